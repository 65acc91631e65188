import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.js';
import type { SerialLines } from './scanner.js';
import type { ControlClient } from '../client/control-client.js';

/** What `main` hands to the commands: the outside world of the CLI. */
export interface CliContext {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stdin: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly serialLines: SerialLines;
  /** Who is typing, for the daemon's audit. */
  readonly user: string;
}

/** Options every command has. */
export interface GlobalOptions {
  readonly socket: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What a command gets. */
export interface CommandEnvironment extends CliContext {
  readonly options: GlobalOptions;
  readonly control: ControlClient;
}

/** One line of result per record, or a table for people. */
export function writeLine(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}

/** `--json`: one document. */
export function writeJson(environment: CommandEnvironment, document: unknown): void {
  writeLine(environment.stdout, JSON.stringify(document));
}
