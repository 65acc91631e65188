import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** The demo speaks to the daemon as a user does: by running `tapeloom`. */
export class Cli {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  spawn(args: readonly string[], stdio: StdioOptions): ChildProcess {
    return spawn(process.execPath, [CLI, ...args], { env: this.#environment, stdio });
  }

  /** Runs to the end; what it printed. Throws with its messages when it fails. */
  async run(...args: readonly string[]): Promise<string> {
    const child = this.spawn(args, ['ignore', 'pipe', 'pipe']);
    const output = readAll(child);
    const [status] = (await once(child, 'close')) as [number | null];
    const { stdout, stderr } = await output;
    if (status !== 0) throw new Error(`tapeloom ${args.join(' ')} exited with ${String(status)}: ${stderr}`);
    return stdout;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run('--json', ...args)) as T;
  }
}

async function readAll(child: ChildProcess): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ]);
  return { stdout, stderr };
}
