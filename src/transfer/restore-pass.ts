import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { StorageError } from '../base/storage-error.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { Barcode } from '../terms/barcode.js';
import type { VolumeId } from '../terms/ids.js';
import { BLOCK_HEADER_BYTES } from '../volume/block-header.js';
import type { Extent } from '../volume/extent.js';
import type { VolumeItem } from '../volume/volume-reader.js';
import type { BlockRing } from './block-ring.js';
import { planParts, type PlannedPart } from './restore-plan.js';
import type { RestoreStreamState } from './restore-stream-state.js';
import type { RingSlot } from './save-stream.js';
import { RestoreReadAhead } from './restore-read-ahead.js';
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
  /** Blocks given to receivers; blocks read and thrown away; payload bytes delivered. */
  readonly blocksRead: number;
  readonly blocksSkipped: number;
  readonly bytesDelivered: number;
  readonly locates: number;
  /** Objects the drive could not read. */
  readonly unreadable: number;
}

type BlockItem = Extract<VolumeItem, { kind: 'block' }>;

/**
 * One way through a volume, forward, for several streams at once: what is wanted is read in the order of the medium, each block
 * checked and given to the receivers of its stream. The next run is read while the one before is delivered. The slowest
 * receiver paces the pass; one that stands still for too long is dropped.
 */
export class RestorePass {
  readonly #options: RestorePassOptions;
  readonly #wakeup: Wakeup;
  readonly #seconds = new SecondsCount();
  readonly #readAhead: RestoreReadAhead;
  #parts: readonly PlannedPart<RestoreStreamState>[] = [];
  /** When each receiver that holds blocks was last seen to move. */
  readonly #lastMoveMs = new Map<RestoreStreamState, number>();
  readonly #count = { blocksRead: 0, blocksSkipped: 0, bytesDelivered: 0, unreadable: 0 };

  /** JOB_LIMIT when the ring has no blocks left for another pass. `run` follows. */
  constructor(options: RestorePassOptions) {
    const { volume, ring, clock, limits } = options;
    this.#options = options;
    this.#wakeup = new Wakeup(clock);
    this.#readAhead = new RestoreReadAhead({
      volume,
      ring,
      limits,
      onSlotFree: () => {
        this.#wakeup.notify();
      },
    });
  }

  /**
   * Reads what is wanted of each part from the volume and delivers it, once. A stream that fails, is damaged or is dropped is
   * told and left out; the others go on. Rejects with the drive's StorageError when the drive fails: streams stay open
   * where they are, another pass may continue them, or the caller fails them (`RestoreStreamState.fail`).
   */
  async run(parts: readonly RestorePart[]): Promise<RestorePassReport> {
    const { volume } = this.#options;
    const wanted = parts.map(({ stream, extents }) => ({ stream, extents, from: stream.nextOffset, to: stream.to }));
    this.#parts = planParts(wanted, volume.blockSizeBytes - BLOCK_HEADER_BYTES);
    this.#seconds.startDrive(volume.thread);
    try {
      await this.#readAll();
    } finally {
      await this.#readAhead.close();
      this.#wakeup.close();
      this.#seconds.endDrive();
    }
    for (const { stream, extents } of parts) {
      const last = extents.at(-1);
      stream.settleDamage(last === undefined ? stream.nextOffset : last.offset + last.bytes);
      this.#logLeft(stream);
    }
    return this.snapshot();
  }

  snapshot(): RestorePassReport {
    return { seconds: this.#seconds.total, ...this.#count, locates: this.#readAhead.locates };
  }

  async #readAll(): Promise<void> {
    for (;;) {
      if (!this.#readAhead.start(this.#openParts())) {
        if (this.#readAhead.isDone(this.#openParts())) return;
        // Every slot is with a receiver.
        await this.#waitForReceivers(this.#parts.map(({ stream }) => stream));
        continue;
      }
      const { items, slots } = await this.#readAhead.take();
      this.#readAhead.start(this.#openParts());
      await this.#handOut(items, slots);
    }
  }

  #logLeft({ streamId, nextOffset, ended }: RestoreStreamState): void {
    const { volume, logger } = this.#options;
    logger.log('debug', 'restore.pass-ended', `Volume ${volume.barcode} was read for stream ${streamId}.`, {
      volume: volume.volumeId,
      barcode: volume.barcode,
      stream: streamId,
      deliveredTo: nextOffset,
      ended,
    });
  }

  #openParts(): readonly PlannedPart<RestoreStreamState>[] {
    return this.#parts.filter(({ stream }) => stream.isOpen);
  }

  /** Every slot of the run goes to receivers or back. */
  async #handOut(items: readonly VolumeItem[], slots: readonly RingSlot[]): Promise<void> {
    const left = new Set(slots);
    try {
      for (const item of items) {
        const wanting = this.#openParts().filter((part) => isIn(part, item.blockAddress));
        if (item.kind === 'damage' && item.damage === 'unreadable') this.#count.unreadable++;
        if (item.kind === 'end-of-data') this.#noteEnd(item.blockAddress);
        else if (item.kind !== 'block') for (const { stream } of wanting) this.#noteDamage(stream, item);
        else {
          const slot = slots.find(({ index }) => index === item.slot.index);
          assert(slot !== undefined, 'a block lies in a slot of its run');
          if (await this.#deliver(item, slot, wanting)) left.delete(slot);
        }
      }
    } finally {
      this.#readAhead.putBack([...left]);
    }
  }

  /** Gives one block to all who want it. Returns whether any has it: then the slot comes back when the last releases it. */
  async #deliver(
    item: BlockItem,
    slot: RingSlot,
    wanting: readonly PlannedPart<RestoreStreamState>[],
  ): Promise<boolean> {
    // One more than the receivers, so that the slot stays while it is being handed out.
    let holders = 1;
    const letGo = (): void => {
      holders--;
      if (holders === 0) this.#readAhead.putBack([slot]);
    };
    let isDelivered = false;
    for (const part of wanting) {
      const { stream } = part;
      const wrong = whatIsWrong(item, part);
      if (wrong !== null) {
        this.#noteDamage(stream, { ...item, reason: wrong });
        continue;
      }
      if (!(await this.#makeRoom(stream))) continue;
      const before = stream.nextOffset;
      holders++;
      const taken = stream.deliver(slot, item.header, () => {
        this.#noteMove(stream);
        letGo();
      });
      if (!taken) holders--;
      else isDelivered = true;
      this.#count.bytesDelivered += stream.nextOffset - before;
    }
    if (isDelivered) this.#count.blocksRead++;
    else this.#count.blocksSkipped++;
    if (isDelivered) letGo();
    return isDelivered;
  }

  #noteDamage(stream: RestoreStreamState, item: VolumeItem | (BlockItem & { readonly reason: string })): void {
    const { barcode, volumeId } = this.#options.volume;
    const where = `block ${String(item.blockAddress)} of volume ${barcode}`;
    const why = 'reason' in item ? `${where}: ${item.reason}` : `${where} is a ${item.kind}`;
    this.#options.logger.log('error', 'restore.damaged', `Stream ${stream.streamId} is damaged at ${why}.`, {
      volume: volumeId,
      barcode,
      stream: stream.streamId,
      blockAddress: item.blockAddress,
      damage: item.kind === 'damage' ? item.damage : item.kind,
    });
    stream.noteDamage(why);
  }

  /** Nothing of what was still wanted is there. */
  #noteEnd(blockAddress: number): void {
    for (const { stream } of this.#openParts().filter((part) => part.blockAddress + part.blocks > blockAddress))
      stream.noteDamage(`volume ${this.#options.volume.barcode} ends at block ${String(blockAddress)}`);
  }

  /** Waits until the receiver takes another block; false when the stream is over before that. */
  async #makeRoom(stream: RestoreStreamState): Promise<boolean> {
    while (stream.isOpen && !stream.hasRoom) await this.#waitForReceivers([stream]);
    if (stream.isOpen && !stream.holdsBlocks) this.#noteMove(stream);
    return stream.isOpen;
  }

  /** Until something is released. Of these receivers, those that held blocks and did not move for too long are dropped. */
  async #waitForReceivers(streams: readonly RestoreStreamState[]): Promise<void> {
    const { clock, limits } = this.#options;
    const startedMs = clock.monotonicMs();
    const holding = [...new Set(streams)].filter((stream) => stream.isOpen && stream.holdsBlocks);
    const dueMs = (stream: RestoreStreamState): number => {
      if (!this.#lastMoveMs.has(stream)) this.#noteMove(stream);
      return (this.#lastMoveMs.get(stream) ?? startedMs) + limits.receiverStallMs;
    };
    await this.#wakeup.wait(Math.min(Infinity, ...holding.map(dueMs)));
    const nowMs = clock.monotonicMs();
    this.#seconds.add('waitForCredit', nowMs - startedMs);
    for (const stream of holding)
      // It may have moved or ended meanwhile.
      if (stream.isOpen && stream.holdsBlocks && dueMs(stream) <= nowMs) this.#drop(stream);
  }

  #drop(stream: RestoreStreamState): void {
    const seconds = Math.round(this.#options.limits.receiverStallMs / 1000);
    const { streamId, nextOffset } = stream;
    stream.fail(
      new StorageError(
        'PROTOCOL_TIMEOUT',
        `The receiver of stream ${streamId} took nothing for ${String(seconds)} s while others waited; its restore ended at byte ${String(nextOffset)}. ` +
          'What was delivered is right; restore the rest from there.',
        { context: { streamId, deliveredTo: nextOffset } },
      ),
    );
    this.#options.logger.log('warn', 'restore.receiver-dropped', `The receiver of stream ${streamId} stood still.`, {
      stream: streamId,
      deliveredTo: nextOffset,
    });
  }

  #noteMove(stream: RestoreStreamState): void {
    this.#lastMoveMs.set(stream, this.#options.clock.monotonicMs());
  }
}

function isIn({ blockAddress, blocks }: PlannedPart<RestoreStreamState>, address: number): boolean {
  return address >= blockAddress && address < blockAddress + blocks;
}

/** Whether a good block is the one the extent promises; null when it is. */
function whatIsWrong({ header, blockAddress }: BlockItem, part: PlannedPart<RestoreStreamState>): string | null {
  if (header.type !== 'data') return `it is a ${header.type} block`;
  if (header.streamId !== part.stream.streamId) return `it belongs to stream ${String(header.streamId)}`;
  const sequence = part.sequence + blockAddress - part.blockAddress;
  if (header.sequence === sequence) return null;
  return `it has number ${String(header.sequence)} where ${String(sequence)} was written`;
}
