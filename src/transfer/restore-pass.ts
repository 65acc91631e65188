import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { StorageError } from '../base/storage-error.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import { BLOCK_HEADER_BYTES } from '../volume/block-header.js';
import type { Extent } from '../volume/extent.js';
import { VolumeReader, type VolumeItem } from '../volume/volume-reader.js';
import type { BlockRing, RingShare } from './block-ring.js';
import { planReads, type PlannedPart, type PlannedRead } from './restore-plan.js';
import type { RestoreStreamState } from './restore-stream-state.js';
import type { RingSlot } from './save-stream.js';
import { SecondsCount, type SecondsByCause } from './seconds-by-cause.js';
import type { TransferLimits } from './transfer-limits.js';
import { Wakeup } from './wakeup.js';

/** One volume, mounted, its label read and matched; nobody else uses the thread. */
export interface RestoreVolume {
  readonly thread: DriveThread;
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  /** The label's. */
  readonly blockSizeBytes: number;
}

/** A stream and its extents on the pass's volume, in the order of the stream. */
export interface RestorePart {
  readonly stream: RestoreStreamState;
  readonly extents: readonly Extent[];
}

export interface RestorePassOptions {
  readonly volume: RestoreVolume;
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TransferLimits;
}

export interface RestorePassReport {
  readonly seconds: SecondsByCause;
  /** Data blocks delivered; objects read and thrown away; payload bytes delivered. */
  readonly blocksRead: number;
  readonly blocksSkipped: number;
  readonly bytesDelivered: number;
  readonly locates: number;
}

/** Slots a pass has whatever others do: one is read into while the receiver has the other. */
const LEAST_SLOTS = 2;

/**
 * One way through a volume, forward, for several streams at once: planned reads one after the other, each block checked and
 * given to its stream's receiver. The next run is read while the one before is delivered. The slowest receiver paces the
 * pass; one that stands still for too long is dropped.
 */
export class RestorePass {
  readonly #options: RestorePassOptions;
  readonly #share: RingShare;
  readonly #wakeup: Wakeup;
  readonly #seconds = new SecondsCount();
  readonly #reader: VolumeReader;
  #slots = 0;
  #free = 0;
  #blocksRead = 0;
  #blocksSkipped = 0;
  #bytesDelivered = 0;
  #locates = 0;

  constructor(options: RestorePassOptions) {
    this.#options = options;
    this.#share = options.ring.openShare('procedure', LEAST_SLOTS);
    this.#wakeup = new Wakeup(options.clock);
    this.#reader = new VolumeReader(options.volume.thread, options.volume.volumeId);
  }

  /**
   * Reads what is wanted of each part from the volume and delivers it. A stream that fails, is damaged or is dropped is told
   * and left out; the others go on. Rejects with the drive's StorageError when the drive fails: streams stay open where
   * they are, another pass may continue them, or the caller fails them (`RestoreStreamState.fail`).
   */
  async run(parts: readonly RestorePart[]): Promise<RestorePassReport> {
    const { volume, limits } = this.#options;
    this.#seconds.startDrive(volume.thread);
    try {
      while (this.#slots < limits.restoreBlocks && this.#share.grow()) this.#slots++;
      this.#free = this.#slots;
      const wanted = parts.map(({ stream, extents }) => ({ stream, extents, from: stream.nextOffset, to: stream.to }));
      const reads = planReads(wanted, {
        gapBlocks: limits.restoreGapBlocks,
        maxPayloadBytes: volume.blockSizeBytes - BLOCK_HEADER_BYTES,
      });
      for (const read of reads) await this.#readOne(read);
    } finally {
      // Slots that receivers still hold come back to the ring when they are released.
      this.#share.close();
      this.#seconds.endDrive();
    }
    return this.snapshot();
  }

  snapshot(): RestorePassReport {
    return {
      seconds: this.#seconds.total,
      blocksRead: this.#blocksRead,
      blocksSkipped: this.#blocksSkipped,
      bytesDelivered: this.#bytesDelivered,
      locates: this.#locates,
    };
  }

  async #readOne(read: PlannedRead<RestoreStreamState>): Promise<void> {
    const isWanted = (): boolean => read.parts.some(({ stream }) => stream.isOpen);
    if (!isWanted()) return;
    const end = read.blockAddress + read.objects;
    await this.#reader.seek(read.blockAddress, read.sequence);
    this.#locates++;
    let pending: Run | null = await this.#startWhenFree(end - read.blockAddress, read.parts);
    let address = read.blockAddress;
    while (pending !== null) {
      const run: Run = pending;
      pending = null;
      const items: readonly VolumeItem[] = await this.#settleRun(run);
      address = (items.at(-1)?.blockAddress ?? address) + 1;
      const ended = items.at(-1)?.kind === 'end-of-data';
      // Read ahead with the slots that are free at once; none may be, and then the receivers come first.
      if (!ended && address < end && this.#free > 0 && isWanted()) pending = this.#startRun(end - address);
      try {
        await this.#handOut(items, run.slots, read.parts);
      } catch (error) {
        if (pending !== null) this.#putBack((await pending.settled).slots);
        throw error;
      }
      if (ended) this.#failBehind(read.parts, address - 1);
      else if (pending === null && address < end && isWanted())
        pending = await this.#startWhenFree(end - address, read.parts);
    }
  }

  /** Every slot may be with the receivers. */
  async #startWhenFree(objects: number, parts: readonly PlannedPart<RestoreStreamState>[]): Promise<Run> {
    const streams = parts.map(({ stream }) => stream);
    while (this.#free === 0) await this.#waitForReceivers(streams);
    return this.#startRun(objects);
  }

  /** Starts to read into free slots, of which there are some. */
  #startRun(objects: number): Run {
    const count = Math.min(objects, this.#free, this.#options.limits.restoreBatchBlocks);
    const slots = Array.from({ length: count }, () => this.#share.take());
    this.#free -= count;
    // Looked at when the blocks before it were handed out; until then a failure waits.
    const settled = this.#reader.read(slots).then(
      (items) => ({ slots, items, error: null }),
      (error: unknown) => ({ slots, items: [], error }),
    );
    return { slots, settled };
  }

  async #settleRun(run: Run): Promise<readonly VolumeItem[]> {
    const { items, error } = await run.settled;
    if (error === null) return items;
    this.#putBack(run.slots);
    throw error as Error;
  }

  /** Every slot of the run goes to a receiver or back. */
  async #handOut(
    items: readonly VolumeItem[],
    slots: readonly RingSlot[],
    parts: readonly PlannedPart<RestoreStreamState>[],
  ): Promise<void> {
    const left = new Set(slots);
    try {
      for (const item of items) {
        const part = parts.find(
          ({ blockAddress, blocks }) => item.blockAddress >= blockAddress && item.blockAddress < blockAddress + blocks,
        );
        if (part?.stream.isOpen !== true) {
          if (item.kind === 'block') this.#blocksSkipped++;
          continue;
        }
        const slot = item.kind === 'block' ? slots.find((one) => one.index === item.slot.index) : undefined;
        if (item.kind !== 'block' || slot === undefined) {
          this.#damage(part.stream, item);
          continue;
        }
        if (item.header.type !== 'data' || item.header.streamId !== part.stream.streamId) {
          part.stream.damaged(
            part.stream.to,
            `block ${String(item.blockAddress)} of volume ${this.#barcode} is not of this stream`,
          );
          continue;
        }
        await this.#roomFor(part.stream);
        if (!part.stream.isOpen) continue;
        left.delete(slot);
        this.#deliver(part.stream, item, slot);
      }
    } finally {
      this.#putBack([...left]);
    }
  }

  #deliver(stream: RestoreStreamState, item: Extract<VolumeItem, { kind: 'block' }>, slot: RingSlot): void {
    const before = stream.nextOffset;
    this.#blocksRead++;
    stream.deliver(slot, item.header, () => {
      this.#putBack([slot]);
    });
    this.#bytesDelivered += stream.nextOffset - before;
  }

  #damage(stream: RestoreStreamState, item: VolumeItem): void {
    const where = `block ${String(item.blockAddress)} of volume ${this.#barcode}`;
    const why =
      item.kind === 'damage' ? `${where}: ${item.reason}` : `${where} is a ${item.kind} where a block should be`;
    this.#options.logger.log('error', 'restore.damaged', why, {
      volume: this.#options.volume.volumeId,
      stream: stream.streamId,
      blockAddress: item.blockAddress,
      damage: item.kind === 'damage' ? item.damage : item.kind,
    });
    // How long the damaged block was, only the next one tells; the rest is not delivered in any case.
    stream.damaged(stream.to, why);
  }

  #failBehind(parts: readonly PlannedPart<RestoreStreamState>[], endAddress: number): void {
    for (const { stream, blockAddress, blocks } of parts)
      if (blockAddress + blocks > endAddress && stream.isOpen)
        stream.damaged(stream.to, `volume ${this.#barcode} ends at block ${String(endAddress)}`);
  }

  async #roomFor(stream: RestoreStreamState): Promise<void> {
    while (stream.isOpen && !stream.hasRoom) await this.#waitForReceivers([stream]);
  }

  /** Until a receiver released something; those that hold blocks are dropped when none does for too long. */
  async #waitForReceivers(streams: readonly RestoreStreamState[]): Promise<void> {
    const { clock, limits } = this.#options;
    const startedMs = clock.monotonicMs();
    const freeBefore = this.#free;
    await this.#wakeup.wait(startedMs + limits.receiverStallMs);
    const waitedMs = clock.monotonicMs() - startedMs;
    this.#seconds.add('waitForCredit', waitedMs);
    if (this.#free !== freeBefore || waitedMs < limits.receiverStallMs) return;
    for (const stream of streams) if (stream.holdsBlocks) stream.fail(stalled(waitedMs));
  }

  #putBack(slots: readonly RingSlot[]): void {
    for (const slot of slots) this.#share.putBack(slot);
    this.#free += slots.length;
    this.#wakeup.notify();
  }

  get #barcode(): Barcode {
    return this.#options.volume.barcode;
  }
}

interface Run {
  readonly slots: readonly RingSlot[];
  readonly settled: Promise<{
    readonly slots: readonly RingSlot[];
    readonly items: readonly VolumeItem[];
    readonly error: unknown;
  }>;
}

function stalled(waitedMs: number): StorageError {
  return new StorageError(
    'PROTOCOL_TIMEOUT',
    `The receiver took nothing for ${String(Math.round(waitedMs / 1000))} s and held up others; its restore was ended. Start it again where it stopped.`,
  );
}
