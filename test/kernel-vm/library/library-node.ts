import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../../support/daemon-process.js';

const DAEMON = fileURLToPath(new URL('../../../src/daemon/main.js', import.meta.url));
const TOKEN = 'a token that nobody has to guess';
const DATA_PORT = 9750;

/** The real daemon, on what `tapeloomd --scan` found before anything was configured. */
export class LibraryNode extends DaemonProcess {
  /** What `tapeloomd --scan` printed. */
  readonly scanned: string;

  constructor() {
    super();
    const { status, stdout, stderr } = spawnSync(process.execPath, [...this.command, '--scan'], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tapeloomd --scan ended with ${String(status)}: ${stderr}`);
    this.scanned = stdout;
    writeFileSync(join(this.directory, 'demo.token'), TOKEN);
    writeFileSync(this.#configuration, `${this.#text}${this.#completed}`);
  }

  get #configuration(): string {
    return join(this.directory, 'tapeloom.toml');
  }

  protected override get command(): readonly string[] {
    return [DAEMON, '--config', this.#configuration];
  }

  /** tgt cuts off the serial number of the last drive: as the scan says, a person must add where that stands. */
  get #completed(): string {
    const [, changer = ''] = /\[\[changer\]\]\nname = "(.*)"/.exec(this.scanned) ?? [];
    return this.scanned
      .split('\n\n')
      .map((table) => {
        const isUnplaced = table.includes('[[drive]]') && !table.includes('changer =');
        return isUnplaced ? `${table.trimEnd()}\nchanger = "${changer}"\nchanger_drive = 1\n` : table;
      })
      .join('\n\n');
  }

  get #text(): string {
    return `node = "kernel-vm"
state_directory = "${join(this.directory, 'state')}"

[data_door]
port = ${String(DATA_PORT)}

[control_door]
socket = "${join(this.directory, 'control.sock')}"

[buffer]
ring_bytes = "16MiB"
block_size = "256KiB"

[[pool]]
name = "default"
kind = "tape"
media_types = ["L6"]
worm = "allowed"

[[client]]
name = "demo"
token_sha256 = "${createHash('sha256').update(TOKEN).digest('hex')}"

`;
  }
}
