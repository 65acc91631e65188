import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '../../../src/daemon/configuration.js';
import { parseBarcode } from '../../../src/terms/barcode.js';
import { isUuid, parseStreamId, uuidBytes } from '../../../src/terms/ids.js';
import { formatUuid } from '../../../src/terms/ids.js';
import { acceptedBy, must, mustEqual, type FuzzTarget } from '../fuzz-target.js';

const EXAMPLE = fileURLToPath(new URL('../../../../systemd/tapeloom.toml.example', import.meta.url));

function readExample(): string {
  return readFileSync(EXAMPLE, 'utf8');
}

/** With everything that stands there as a comment. */
function readFullExample(): string {
  return readExample()
    .split('\n')
    .map((line) => line.replace(/^# (?=[a-z_]+ = |\[\[)/, ''))
    .join('\n')
    .replace('"..."', `"${'a'.repeat(64)}"`);
}

const configuration: FuzzTarget = {
  name: 'configuration',
  seeds: [Buffer.from(readExample()), Buffer.from(readFullExample())],
  share: 0.15,
  check(input) {
    const directory = mkdtempSync(join(tmpdir(), 'tapeloom-fuzz-'));
    try {
      const file = join(directory, 'tapeloom.toml');
      writeFileSync(file, input);
      const load = (): unknown =>
        acceptedBy(['CONFIG_SYNTAX', 'CONFIG_KEY', 'CONFIG_UNSAFE'], () => loadConfiguration(file));
      mustEqual(load(), load(), 'a configuration means the same each time');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

const terms: FuzzTarget = {
  name: 'terms',
  seeds: ['TPL001L9', ']A0*tpl001l9*', 'CLN001CU', '0192f000-0000-7000-8000-000000000001'].map((text) =>
    Buffer.from(text),
  ),
  share: 0.5,
  check(input) {
    const text = input.toString('latin1');
    const barcode = parseBarcode(text);
    if (barcode !== null) {
      must(/^[A-Z0-9]{8}$/.test(barcode), 'a barcode is eight letters and digits');
      must(parseBarcode(barcode) === barcode, 'a barcode is its own canonical form');
    }
    const streamId = parseStreamId(text);
    must((streamId !== null) === isUuid(text), 'an id is a UUID');
    if (streamId !== null) must(formatUuid(uuidBytes(streamId)) === text, 'an id survives its bytes');
  },
};

export const CONFIGURATION_TARGETS: readonly FuzzTarget[] = [configuration, terms];
