import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DaemonProcess, type CliResult } from './daemon-process.js';

const DAEMON = fileURLToPath(new URL('../../sim/main.js', import.meta.url));

/** The daemon on simulated hardware. */
export class SimNode extends DaemonProcess {
  readonly #args: readonly string[];

  constructor(...args: readonly string[]) {
    super();
    this.#args = args;
  }

  protected override get command(): readonly string[] {
    return [DAEMON, '--state', this.directory, '--clock', 'off', ...this.#args];
  }

  /** What an operator does to the simulated hardware: `tapeloom-sim COMMAND`. */
  async operate(command: string, ...args: readonly string[]): Promise<CliResult> {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', DAEMON, command, ...args, '--state', this.directory],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [out, messages, closed] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status: (closed as [number | null])[0], stdout: out, stderr: messages };
  }
}
