import { existsSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { StorageError, describeError } from '../base/storage-error.js';

/** Where scanned text comes from. Ends when nothing more will come; DEVICE_IO when it broke off. */
export type ScannedSource = AsyncIterable<string>;

/** What is used of the package `serialport`: tests give a port that is none. */
export interface SerialPortLike {
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  on(event: 'close', listener: (error?: (Error & { readonly disconnected?: boolean }) | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  open(callback: (error: Error | null) => void): void;
  close(callback: (error: Error | null) => void): void;
}

/** Serial lines of this machine, behind a port. */
export interface SerialLines {
  /** Not opened yet. */
  makePort(path: string, baudRate: number): Promise<SerialPortLike>;
  /** Its device node is there: that of a scanner that was unplugged vanishes, whoever has it open. */
  isThere(path: string): boolean;
}

/** Most scanners, as they come: 9600 baud, 8 data bits, no parity, 1 stop bit. */
export const DEFAULT_BAUD_RATE = 9600;

/** How often it is looked whether the scanner is still plugged in, milliseconds. */
const LOOK_MS = 500;

/**
 * A serial hand-held scanner, opened: text as it comes, until `signal` aborts (then the source simply ends) or the scanner is
 * unplugged (DEVICE_IO). DEVICE_OPEN_FAILED.
 */
export async function openScanner(
  lines: SerialLines,
  clock: Clock,
  { path, baudRate }: { readonly path: string; readonly baudRate: number },
  signal: AbortSignal,
): Promise<ScannedSource> {
  const port = await lines.makePort(path, baudRate);
  const feed = new TextFeed();
  port.on('data', (bytes) => {
    feed.push(Buffer.from(bytes).toString('latin1'));
  });
  port.on('error', (error) => {
    feed.fail(brokenOff(path, error));
  });
  port.on('close', (error) => {
    if (error?.disconnected === true) feed.fail(brokenOff(path, error));
    else feed.end();
  });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error === null) resolve();
      else reject(notOpened(path, error));
    });
  });
  void watch(lines, clock, path, signal).then((isGone) => {
    if (isGone) feed.fail(brokenOff(path, new Error('its device is no longer there')));
    else feed.end();
    // A port that is closing already is as good as closed.
    port.close(() => undefined);
  });
  return feed;
}

/**
 * True when the device vanished, false when the signal aborted. A line that hung up reads as endlessly empty, which the serial
 * package takes for nothing to read yet.
 */
async function watch(lines: SerialLines, clock: Clock, path: string, signal: AbortSignal): Promise<boolean> {
  while (lines.isThere(path)) {
    try {
      await clock.sleep(LOOK_MS, signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
  return true;
}

/** The real ones; the package is loaded only when there is a scanner to open. */
export const serialLines: SerialLines = {
  async makePort(path, baudRate) {
    const { SerialPort } = await import('serialport');
    return new SerialPort({ path, baudRate, autoOpen: false });
  },
  isThere: (path) => existsSync(path),
};

function notOpened(path: string, cause: Error): StorageError {
  return new StorageError(
    'DEVICE_OPEN_FAILED',
    `The scanner on ${path} cannot be opened: ${describeError(cause)}. Nothing was scanned; check the cable, the name, and that you may use it (group dialout).`,
    { cause, context: { device: path } },
  );
}

function brokenOff(path: string, cause: Error): StorageError {
  return new StorageError('DEVICE_IO', `The scanner on ${path} went away: ${describeError(cause)}.`, {
    cause,
    context: { device: path },
    disposition: 'ask-operator',
  });
}

/** Text that is pushed by events and read one after another. */
class TextFeed implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #outcome: { readonly error: StorageError | null } | null = null;
  #wake: () => void = () => undefined;

  push(text: string): void {
    this.#waiting.push(text);
    this.#wake();
  }

  end(): void {
    this.#outcome ??= { error: null };
    this.#wake();
  }

  fail(error: StorageError): void {
    this.#outcome ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const text = this.#waiting.shift();
      if (text !== undefined) yield text;
      else if (this.#outcome === null)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else if (this.#outcome.error === null) return;
      else throw this.#outcome.error;
    }
  }
}
