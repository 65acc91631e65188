import { StorageError } from '../base/storage-error.js';
import type { OpenVolume } from './open-volume.js';
import type { SavingStream } from './saving-stream.js';

/** The errors a save session itself finds, and what each stream is told of one. */

/** `error` as the stream's client is told: with how far the stream is durable. */
export function withDurable(error: StorageError, { descriptor, durableBytes }: SavingStream): StorageError {
  return new StorageError(error.code, `${error.message} Of this stream ${String(durableBytes)} bytes are durable.`, {
    disposition: error.disposition,
    cause: error,
    context: { ...error.context, streamId: descriptor.streamId, durableOffset: durableBytes },
  });
}

export function wrongFrame({ descriptor }: SavingStream, frameNumber: number): StorageError {
  const { streamId } = descriptor;
  return new StorageError(
    'PROTOCOL_CHECKSUM',
    `Frame ${String(frameNumber)} of stream ${streamId} does not match the CRC32C its sender gave; it was not written. ` +
      'Send the stream again; if it happens again, suspect the memory or network card of the client or of this node.',
    { context: { streamId, frameNumber } },
  );
}

export function shuttingDown(): StorageError {
  return new StorageError(
    'JOB_SHUTTING_DOWN',
    'The daemon is stopping. The stream is kept as incomplete; send it again when the daemon is back.',
  );
}

/** The daemon's block size was raised after the volume was labelled: its clients' frames would not fit. */
export function blocksTooShort({ barcode, blockSizeBytes }: OpenVolume, slotBytes: number): StorageError {
  return new StorageError(
    'MEDIUM_INCOMPATIBLE',
    `Volume ${barcode} was labelled for blocks of at most ${String(blockSizeBytes)} bytes, but this node makes blocks of ${String(slotBytes)}. ` +
      'Nothing was written to it. Set the block size of the configuration back, or take the volume out of the pool.',
    { context: { barcode, blockSizeBytes, slotBytes } },
  );
}
