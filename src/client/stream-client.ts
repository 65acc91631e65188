import type { Writable } from 'node:stream';
import { assert } from '../base/assert.js';
import { systemClock, type Clock } from '../base/clock.js';
import { crc32c as portableCrc32c, type Crc32c } from '../base/crc32c.js';
import { StorageError, describeError } from '../base/storage-error.js';
import type { BackupLevel } from '../terms/stream-descriptor.js';
import type { StreamId } from '../terms/ids.js';
import { DoorConnection, type DataDoorAddress, type DoorCredentials, type DoorTls } from './door-connection.js';
import { RestoredStream, type RestoredResult, type RestoreProgress } from './restored-stream.js';
import { SaveSender, type SavedResult, type SaveProgress } from './save-sender.js';

export type {
  DataDoorAddress,
  DoorCredentials,
  DoorTls,
  RestoredResult,
  RestoredStream,
  RestoreProgress,
  SavedResult,
  SaveProgress,
};

/**
 * The data door for programs: save a stream, get it back. Every failure of the server, the connection or the protocol is a StorageError with
 * its code; a signal's abort is JOB_CANCELLED with the signal's reason as cause.
 */

interface CommonOptions {
  readonly address: DataDoorAddress;
  readonly credentials: DoorCredentials;
  /** Null or absent: no TLS, which doors offer on loopback only. */
  readonly tls?: DoorTls | null;
  readonly signal?: AbortSignal;
  /** Name and version of the calling program, for the daemon's log. */
  readonly software?: string;
  /** A faster CRC32C than the portable one (about 1 GB/s); the same results. */
  readonly crc32c?: Crc32c;
  readonly clock?: Clock;
}

/** What the stream is. Absent: `full`, based on nothing, of now, with the pool's retention and no attributes. */
export interface SaveRequestOptions {
  readonly name: string;
  readonly pool: string;
  readonly level?: BackupLevel;
  readonly basedOn?: StreamId | null;
  /** When the data was taken, milliseconds since the epoch. */
  readonly timeMs?: number;
  readonly retentionDays?: number | null;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface SaveStreamOptions extends CommonOptions {
  readonly request: SaveRequestOptions;
  /** The bytes: a Readable (without an encoding), or any iterable of Uint8Arrays. */
  readonly source: AsyncIterable<Uint8Array>;
  readonly onProgress?: (progress: SaveProgress) => void;
  /** Input that has waited so long in a frame that is not full is sent, milliseconds; 5,000 when absent. */
  readonly partialFrameMs?: number;
}

export interface RestoreStreamOptions extends CommonOptions {
  readonly request: {
    readonly streamId: StreamId;
    /** First byte wanted; 0 when absent. */
    readonly offset?: number;
    /** Bytes wanted; to the end when absent or null. */
    readonly length?: number | null;
    /** Also of a stream that was never completed, as far as it is durable; false when absent. */
    readonly partial?: boolean;
  };
  readonly onProgress?: (progress: RestoreProgress) => void;
}

const DEFAULT_SOFTWARE = 'tapeloom-client';
const DEFAULT_PARTIAL_FRAME_MS = 5_000;

/**
 * Saves everything `source` gives. Resolves when it is durable and complete: on the medium and in the inventory. When it rejects the
 * stream is at best an incomplete one; `context.streamId` and `context.durableOffset` of the error say how much of it is safe. An error of the
 * source itself is passed on as it is.
 */
export async function saveStream(options: SaveStreamOptions): Promise<SavedResult> {
  const { request, source, signal, clock = systemClock } = options;
  const connection = await connect(options);
  try {
    const sender = new SaveSender({
      connection,
      source,
      clock,
      request: {
        name: request.name,
        pool: request.pool,
        level: request.level ?? 'full',
        basedOn: request.basedOn ?? null,
        timeMs: request.timeMs ?? clock.wallMs(),
        retentionDays: request.retentionDays ?? null,
        attributes: { ...request.attributes },
      },
      crc32c: options.crc32c ?? portableCrc32c,
      partialFrameMs: options.partialFrameMs ?? DEFAULT_PARTIAL_FRAME_MS,
      onProgress: options.onProgress ?? ignore,
    });
    return await cancellable(signal, sender, async () => sender.run());
  } finally {
    connection.close();
  }
}

/** Asks for a stream and hands it out to be iterated; leaving the iteration, or the signal, gives it up. */
export async function openRestore(options: RestoreStreamOptions): Promise<RestoredStream> {
  const { request, signal } = options;
  const connection = await connect(options);
  try {
    const stream = await RestoredStream.open({
      connection,
      request: {
        streamId: request.streamId,
        offset: request.offset ?? 0,
        length: request.length ?? null,
        partial: request.partial ?? false,
      },
      crc32c: options.crc32c ?? portableCrc32c,
      onProgress: options.onProgress ?? ignore,
    });
    cancelOnAbort(signal, stream);
    return stream;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Writes a stream to `destination`, which is not ended. Resolves when every byte was checked and taken by it; its own error is passed on
 * as it is. After a rejection what was written is right as far as it goes (`context.goodBytes`), but not whole.
 */
export async function restoreStream(
  options: RestoreStreamOptions & { readonly destination: Writable },
): Promise<RestoredResult> {
  const { destination, signal } = options;
  const stream = await openRestore(options);
  const broken: Error[] = [];
  const note = (error: Error): void => {
    broken.push(error);
    stream.cancel(`The output failed: ${describeError(error)}`, error);
  };
  destination.on('error', note);
  try {
    for await (const part of stream) {
      if (!destination.write(part)) await drained(destination, signal);
    }
    await flushed(destination);
  } catch (error) {
    throw broken[0] ?? error;
  } finally {
    destination.off('error', note);
  }
  const { result } = stream;
  assert(result !== null, 'an iteration that ended well has a result');
  return result;
}

/** Resolves when `destination` takes more; rejects when it never will, or nobody wants to wait. */
async function drained(destination: Writable, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (settled: () => void) => (): void => {
      destination.off('drain', onDrain).off('close', onClose).off('error', reject);
      signal?.removeEventListener('abort', onAbort);
      settled();
    };
    const onDrain = settle(resolve);
    const onClose = settle(() => {
      reject(new Error('the output was closed'));
    });
    const onAbort = settle(() => {
      reject(cancelled(signal?.reason));
    });
    destination.once('drain', onDrain).once('close', onClose).once('error', reject);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}

function cancelled(reason: unknown): StorageError {
  return new StorageError('JOB_CANCELLED', `Cancelled: ${describeError(reason)}`, { cause: reason });
}

/** Resolves when everything written before has left. */
async function flushed(destination: Writable): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    destination.write(new Uint8Array(0), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function connect(options: CommonOptions): Promise<DoorConnection> {
  const { address, credentials, tls = null, software = DEFAULT_SOFTWARE, clock = systemClock, signal } = options;
  return DoorConnection.open({ address, credentials, tls, software, clock }, signal);
}

interface Cancellable {
  cancel(reason: string, cause: unknown): void;
}

/** Until the returned function is called, the signal's abort cancels. */
function cancelOnAbort(signal: AbortSignal | undefined, one: Cancellable): () => void {
  if (signal === undefined) return ignore;
  const cancel = (): void => {
    one.cancel(`Cancelled: ${describeError(signal.reason)}`, signal.reason);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
  };
}

async function cancellable<T>(signal: AbortSignal | undefined, one: Cancellable, work: () => Promise<T>): Promise<T> {
  const off = cancelOnAbort(signal, one);
  try {
    return await work();
  } finally {
    off();
  }
}

function ignore(): void {
  // Nobody listens.
}

export { StorageError };
