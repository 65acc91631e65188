import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import type { StreamRecord } from '../inventory/records.js';
import type { MediaEnvironment } from './media-environment.js';
import { Protection, formatTime } from './protection.js';
import type { RetentionClock } from './retention-clock.js';

/** A stream, the one it is based on, and so on. */
export type StreamChain = readonly [StreamRecord, ...StreamRecord[]];

/**
 * Invariant 8 while the daemon runs: nothing that must be kept is overwritten, by whatever comes first.
 *
 * Who destroys what is on a volume (a label, an erase) does it inside `whileDestroying`; who makes something depend on a stream
 * that may have expired (an incremental that is based on it, a hold) does that inside `whileDepending`. The two exclude each
 * other volume by volume, from the check to the end of the work. What is being written protects itself: its drive is leased.
 */
export class RetentionGuard {
  readonly #environment: MediaEnvironment;
  readonly #clock: RetentionClock;
  /** Volumes being destroyed, and whether somebody came to need them since their check began. */
  readonly #destroying = new Map<VolumeId, { isNeeded: boolean; isCondemned: boolean }>();
  /** Volumes of streams that something is just coming to depend on, and how many do. */
  readonly #depended = new Map<VolumeId, number>();
  /** Volumes destroyed so far: a chain that was read before one more was, is read again. */
  #destroyed = 0;

  constructor(environment: MediaEnvironment, clock: RetentionClock) {
    this.#environment = environment;
    this.#clock = clock;
  }

  /** The earliest time it may be: what has not expired by then is kept. */
  get earliestMs(): number {
    return this.#clock.earliestMs;
  }

  /** What must be kept now; one pass over every stream. */
  async protection(): Promise<Protection> {
    const streams: StreamRecord[] = [];
    for await (const stream of this.#environment.inventory.everyStream()) streams.push(stream);
    return new Protection(streams, this.#clock.earliestMs);
  }

  /** VOLUME_LIVE when what is on the cartridge, as far as the books know, must be kept. */
  async refuseLive(barcode: Barcode): Promise<void> {
    const volumeId = await this.#volumeOf(barcode);
    if (volumeId !== null) await this.#refuseProtected(barcode, volumeId);
  }

  /**
   * Runs `body`, which destroys what is on the cartridge. VOLUME_LIVE, and nothing was run, when that must be kept. Until it is
   * done nothing can come to depend on it.
   */
  async whileDestroying<T>(barcode: Barcode, body: () => Promise<T>): Promise<T> {
    const volumeId = await this.#volumeOf(barcode);
    if (volumeId === null) return body();
    if (this.#destroying.has(volumeId)) throw beingDestroyed(barcode);
    // What is just being committed may not be among the streams that are read below.
    const mark = { isNeeded: this.#depended.has(volumeId), isCondemned: false };
    this.#destroying.set(volumeId, mark);
    try {
      await this.#refuseProtected(barcode, volumeId);
      // Nothing is awaited between this and the mark.
      if (mark.isNeeded) throw justNeeded(barcode);
      mark.isCondemned = true;
      return await body();
    } finally {
      this.#destroying.delete(volumeId);
      this.#destroyed++;
    }
  }

  /**
   * Runs `commit`, after which something depends on the stream and on all it is based on: the stream first, the full last as far
   * as they are still there. JOB_STREAM_UNKNOWN, and nothing was run, when it does not exist or is just being overwritten.
   */
  async whileDepending<T>(streamId: StreamId, commit: (chain: StreamChain) => Promise<T>): Promise<T> {
    const [stream, ...bases] = await this.#readChain(streamId);
    if (stream === undefined) throw unknownStream(streamId);
    const chain: StreamChain = [stream, ...bases];
    const volumes = [...new Set(chain.flatMap((link) => link.volumes))];
    for (const volumeId of volumes) {
      const mark = this.#destroying.get(volumeId);
      if (mark?.isCondemned === true) throw beingOverwritten(streamId);
      if (mark !== undefined) mark.isNeeded = true;
    }
    for (const volumeId of volumes) this.#depended.set(volumeId, (this.#depended.get(volumeId) ?? 0) + 1);
    try {
      return await commit(chain);
    } finally {
      for (const volumeId of volumes) {
        const left = (this.#depended.get(volumeId) ?? 1) - 1;
        if (left === 0) this.#depended.delete(volumeId);
        else this.#depended.set(volumeId, left);
      }
    }
  }

  async #volumeOf(barcode: Barcode): Promise<VolumeId | null> {
    return (await this.#environment.inventory.cartridge(barcode))?.volumeId ?? null;
  }

  async #refuseProtected(barcode: Barcode, volumeId: VolumeId): Promise<void> {
    const reasons = await this.#reasonsFor(volumeId);
    if (reasons.length === 0) return;
    const more = reasons.length > SHOWN_REASONS ? ` and ${String(reasons.length - SHOWN_REASONS)} more` : '';
    throw new StorageError(
      'VOLUME_LIVE',
      `Volume ${barcode} must not be overwritten: ${reasons.slice(0, SHOWN_REASONS).join('; ')}${more}. Nothing was changed.`,
      { context: { barcode, volume: volumeId, streams: reasons.length } },
    );
  }

  /** What the streams say; and the volume itself, should streams on it be missing from the books. */
  async #reasonsFor(volumeId: VolumeId): Promise<readonly string[]> {
    const { inventory } = this.#environment;
    const isUsed = (await inventory.streamsOnVolume(volumeId)).length > 0;
    const reasons = isUsed ? (await this.protection()).reasonsFor(volumeId) : [];
    if (reasons.length > 0) return reasons;
    const endMs = (await inventory.volume(volumeId))?.retentionEndMs ?? null;
    if (endMs === null || endMs <= this.#clock.earliestMs) return [];
    return [`something on it is to be kept until ${formatTime(endMs)}, although no stream is known that is`];
  }

  /** The stream and what it is based on, as of one moment between destructions; a base that is gone ends it. */
  async #readChain(streamId: StreamId): Promise<readonly StreamRecord[]> {
    for (;;) {
      const destroyed = this.#destroyed;
      const chain: StreamRecord[] = [];
      for (let id: StreamId | null = streamId; id !== null;) {
        const link: StreamRecord | null = await this.#environment.inventory.stream(id);
        if (link === null || chain.some((one) => one.descriptor.streamId === link.descriptor.streamId)) break;
        chain.push(link);
        id = link.descriptor.basedOn;
      }
      if (destroyed === this.#destroyed) return chain;
    }
  }
}

/** Reasons named in a refusal: the first tell what to do. */
const SHOWN_REASONS = 3;

/** A stream that is named by nothing the inventory knows. */
export function unknownStream(streamId: StreamId): StorageError {
  return new StorageError('JOB_STREAM_UNKNOWN', `No stream has the id ${streamId}; see \`tapeloom stream list\`.`, {
    context: { streamId },
  });
}

function beingOverwritten(streamId: StreamId): StorageError {
  return new StorageError(
    'JOB_STREAM_UNKNOWN',
    `Stream ${streamId}, or one it is based on, has expired, and the volume it lies on is just being overwritten. Nothing was done.`,
    { context: { streamId } },
  );
}

function justNeeded(barcode: Barcode): StorageError {
  return new StorageError(
    'VOLUME_LIVE',
    `Volume ${barcode} must not be overwritten: a stream that is based on one of it just began, or one was just held. Nothing was changed.`,
    { context: { barcode } },
  );
}

function beingDestroyed(barcode: Barcode): StorageError {
  return new StorageError(
    'VOLUME_BUSY',
    `Volume ${barcode} is just being labelled or erased by somebody else. Nothing was changed; look at it again when that is done.`,
    { context: { barcode } },
  );
}
