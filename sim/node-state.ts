import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LibraryPersonality } from './library/library-personality.js';

/** The device of the library, wherever there is one. */
const CHANGER_DEVICE = '/dev/sg2';

/**
 * Makes the directory of a node with a configuration as an operator would write it, and the token of its client `demo`.
 * `library`: the one its drives stand in; null for a drive that stands alone.
 */
export function makeNodeState(state: string, configurationFile: string, library: LibraryPersonality | null): void {
  mkdirSync(state, { recursive: true });
  const token = randomBytes(24).toString('base64url');
  const tokenSha256 = createHash('sha256').update(token, 'utf8').digest('hex');
  writeFileSync(join(state, 'demo.token'), `${token}\n`, { mode: 0o600 });
  const text = `# Made by tapeloom-sim; edit it as you like.
node = "sim"
state_directory = ${JSON.stringify(state)}

[data_door]
port = 0

[control_door]
socket = ${JSON.stringify(join(state, 'control.sock'))}

${library === null ? standAloneDrive() : libraryTables(library)}
[[drive]]
name = "disk0"
kind = "disk"
directory = ${JSON.stringify(join(state, 'disk0'))}
capacity = "4GiB"

[[pool]]
name = "default"
kind = "tape"
retention_days = 30

[[pool]]
name = "disk"
kind = "disk"
retention_days = 30

[[client]]
name = "demo"
token_sha256 = "${tokenSha256}"
`;
  writeFileSync(configurationFile, text, { mode: 0o640 });
}

function standAloneDrive(): string {
  return `[[drive]]
name = "tape0"
kind = "tape"
device = "/dev/nst0"
`;
}

function libraryTables({ name, shape }: LibraryPersonality): string {
  const drives = shape.of('drive').map(
    (_, number) => `
[[drive]]
name = "tape${String(number)}"
kind = "tape"
device = "/dev/nst${String(number)}"
changer = "${name}"
`,
  );
  return `[[changer]]
name = "${name}"
device = "${CHANGER_DEVICE}"
${drives.join('')}`;
}
