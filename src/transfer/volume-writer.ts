import { assert, unreachable } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { StorageError } from '../base/storage-error.js';
import type { DriveThread, RunBlock, WriteRunResult, WriteRunStop } from '../drive/drive-thread.js';
import type { Barcode } from '../terms/barcode.js';
import type { SessionId, VolumeId } from '../terms/ids.js';
import type { EndOfData } from '../volume/extent.js';
import type { StreamEnd } from '../volume/stream-documents.js';
import { VolumeAppender, type CheckpointOnVolume, type StreamStanding } from '../volume/volume-appender.js';
import type { OpenVolume } from './open-volume.js';
import type { RingShare } from './ring-share.js';
import type { RingSlot } from './save-stream.js';
import type { ReceivedBlock, SavingStream } from './saving-stream.js';

/** A block of a run: data of a stream, or the STREAM-START before its first data on this volume. */
export type RunItem =
  | { readonly kind: 'data'; readonly stream: SavingStream; readonly block: ReceivedBlock; readonly last: boolean }
  | { readonly kind: 'start'; readonly stream: SavingStream; readonly slot: RingSlot; readonly continuesAt: number };

/** A run did not simply succeed: what it met, and what of it and of all behind it was not written, in order. */
export interface StoppedRun {
  readonly stop: WriteRunStop;
  readonly unwritten: readonly RunItem[];
}

/**
 * A volume that is being written: the appender's books and the thread's answers kept in step. Runs of blocks are submitted
 * ahead; the thread's answers come in order. Metadata is written when no run is in flight.
 *
 * After a run stopped the thread holds and this takes no more until `resume`. After a failure the owner calls `release`.
 */
export class VolumeWriter {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly thread: DriveThread;
  readonly #appender: VolumeAppender;
  readonly #metadata: RingShare;
  readonly #clock: Clock;
  readonly #onSettled: (written: readonly RunItem[]) => void;

  #runsInFlight = 0;
  #bytesInFlight = 0;
  #stopped: { readonly stop: WriteRunStop; readonly unwritten: RunItem[] } | null = null;
  #failure: { readonly error: unknown; readonly unsettled: RunItem[] } | null = null;
  #isFull = false;
  #endOfData: EndOfData;
  #blocksSinceCheckpoint = 0;
  #lastWorkMs: number;

  /** `onSettled` hears of each run, in order: what of it was written; then `stopped` and `runsInFlight` tell the rest. */
  constructor(options: {
    readonly volume: OpenVolume;
    readonly sessionId: SessionId;
    readonly clock: Clock;
    readonly metadata: RingShare;
    readonly slotBytes: number;
    readonly onSettled: (written: readonly RunItem[]) => void;
  }) {
    const { volume, sessionId, clock, metadata, slotBytes } = options;
    const { volumeId, barcode, thread, endOfData, written } = volume;
    this.volumeId = volumeId;
    this.barcode = barcode;
    this.thread = thread;
    this.#endOfData = endOfData;
    this.#metadata = metadata;
    this.#clock = clock;
    this.#lastWorkMs = clock.monotonicMs();
    this.#onSettled = options.onSettled;
    this.#appender = new VolumeAppender({
      volumeId,
      barcode,
      sessionId,
      // A volume may allow longer blocks than this node makes.
      blockSizeBytes: Math.min(volume.blockSizeBytes, slotBytes),
      endOfData,
      ...(written === undefined ? {} : { written }),
      clock,
    });
  }

  get runsInFlight(): number {
    return this.#runsInFlight;
  }
  /** Early warning was met: only what closes the volume is written any more. */
  get isFull(): boolean {
    return this.#isFull;
  }
  /** Payload bytes written since the last checkpoint or with the thread. */
  get undurableBytes(): number {
    return this.#appender.sinceCheckpoint.bytes + this.#bytesInFlight;
  }
  /** Blocks of any kind lie behind the last checkpoint. */
  get hasNews(): boolean {
    return this.#blocksSinceCheckpoint > 0;
  }
  /** Where the next block goes after the last checkpoint, or went when the volume was opened. */
  get endOfData(): EndOfData {
    return this.#endOfData;
  }

  /** When the drive did something for this volume last, of the monotonic clock. */
  get lastWorkMs(): number {
    return this.#lastWorkMs;
  }

  /** A STREAM-START may be laid: a slot for it is there. */
  get canStart(): boolean {
    return this.#metadata.available > 0;
  }

  /** A STREAM-START for the next run. */
  start(stream: SavingStream, continuesAt: number): RunItem {
    stream.startedOn = this.volumeId;
    return { kind: 'start', stream, slot: this.#metadata.take(), continuesAt };
  }

  /** Lays the items and hands them to the thread as one run. Returns how many bytes of payload that is. */
  submit(items: readonly RunItem[]): number {
    assert(items.length > 0 && this.#stopped === null && this.#failure === null, 'a run is submitted in good order');
    const run = items.map((item) => this.#lay(item));
    const bytes = payloadBytesOf(items);
    this.#runsInFlight++;
    this.#bytesInFlight += bytes;
    this.thread.writeRun(run).then(
      (result) => {
        this.#runsInFlight--;
        this.#bytesInFlight -= bytes;
        this.#settle(items, result);
      },
      (error: unknown) => {
        this.#runsInFlight--;
        this.#bytesInFlight -= bytes;
        this.#failure ??= { error, unsettled: [] };
        this.#failure.unsettled.push(...items);
        this.#onSettled([]);
      },
    );
    return bytes;
  }

  /**
   * What stopped the runs, once none is in flight; null when nothing did. The unwritten items are the caller's again and the
   * thread may be resumed. Throws what the thread rejected with.
   */
  takeStopped(): StoppedRun | null {
    if (this.#runsInFlight > 0) return null;
    if (this.#failure !== null) throw this.#failure.error;
    const stopped = this.#stopped;
    if (stopped === null) return null;
    this.#stopped = null;
    this.#appender.rollback();
    if (stopped.stop.kind === 'early-warning') this.#isFull = true;
    return stopped;
  }
  /** A run stopped or failed: no more is submitted until it is looked at. */
  get isStopped(): boolean {
    return this.#stopped !== null || this.#failure !== null;
  }

  /** The thread takes runs again. */
  async resume(): Promise<void> {
    await this.thread.resume();
  }

  /** Gives back what an item holds when it is not written: blocks wait again, the youngest first; starts never were. */
  takeBack(items: readonly RunItem[]): void {
    for (const item of items.toReversed()) {
      if (item.kind === 'data') item.stream.takeBack(item.block);
      else this.#dropStart(item);
    }
  }

  /**
   * Nothing is in flight and something is about to be written: throws DRIVE_POSITION_LOST when the drive is not where it was left, since
   * somebody rewound it or reset it, and the next block would destroy what is there.
   */
  async auditPosition(): Promise<void> {
    this.#appender.auditPosition(await this.thread.readPosition());
    this.#noteWork();
  }

  async writeStreamStart(stream: SavingStream): Promise<void> {
    stream.startedOn = this.volumeId;
    await this.#writeOne((slot) => this.#appender.layStreamStart(slot, stream.descriptor, stream.written.bytes));
  }

  async writeStreamEnd(end: StreamEnd): Promise<void> {
    await this.#writeOne((slot) => this.#appender.layStreamEnd(slot, end));
  }

  /** The index of everything since the last checkpoint, its filemark, which flushes, and the position against the books. */
  async checkpoint(standings: readonly StreamStanding[]): Promise<CheckpointOnVolume> {
    const parts = this.#appender.buildIndex(standings);
    for (let part = 0; part < parts; part++) await this.#writeOne((slot) => this.#appender.layIndexPart(slot, part));
    return this.#finishTapeFile();
  }

  /** VOLUME-END and its filemark, behind the last checkpoint. MEDIUM_FULL when there is no room: what is durable stays so. */
  async writeVolumeEnd(): Promise<CheckpointOnVolume> {
    assert(!this.hasNews, 'a volume is closed behind a checkpoint');
    await this.#writeOne((slot) => this.#appender.layVolumeEnd(slot, { reason: 'full', nextVolume: null }));
    return this.#finishTapeFile();
  }

  /**
   * The volume is left, in whatever state: waits until the thread has let go of every slot, takes back what was not written
   * and ends the thread's hold. Rejects when the thread does not answer; what it had is taken back all the same.
   */
  async release(settled: () => Promise<void>): Promise<void> {
    while (this.#runsInFlight > 0) await settled();
    this.takeBack([...(this.#stopped?.unwritten ?? []), ...(this.#failure?.unsettled ?? [])]);
    this.#stopped = null;
    this.#failure = null;
    await this.thread.resume();
  }

  #lay(item: RunItem): RunBlock {
    if (item.kind === 'start') {
      const { slot, stream, continuesAt } = item;
      return {
        slot: slot.index,
        lengthBytes: this.#appender.layStreamStart(slot.bytes, stream.descriptor, continuesAt),
      };
    }
    const { stream, block, last } = item;
    const { offset, frameNumber, payloadBytes } = block.frame;
    const { streamId } = stream.descriptor;
    const data = { streamId, offset, frameNumber, payloadBytes, last };
    return { slot: block.slot.index, lengthBytes: this.#appender.layDataHeader(block.slot.bytes, data) };
  }

  #settle(items: readonly RunItem[], { written, stop }: WriteRunResult): void {
    this.#noteBlocks(written);
    for (const item of items.slice(0, written)) {
      if (item.kind === 'data') item.stream.noteWritten(item.block, this.volumeId);
      else this.#metadata.putBack(item.slot);
    }
    if (stop === null) assert(written === items.length, 'a run that did not stop was written');
    else {
      assert((stop.kind === 'held') === (this.#stopped !== null), 'runs behind a stopped one are held, no others');
      this.#stopped ??= { stop, unwritten: [] };
      this.#stopped.unwritten.push(...items.slice(written));
    }
    this.#onSettled(items.slice(0, written));
  }

  /** Writes one block of metadata; nothing else is in flight. */
  async #writeOne(lay: (slot: Uint8Array) => number): Promise<void> {
    assert(this.#runsInFlight === 0 && !this.isStopped, 'metadata is written alone');
    const slot = this.#metadata.take();
    try {
      const { written, stop } = await this.thread.writeRun([{ slot: slot.index, lengthBytes: lay(slot.bytes) }]);
      this.#noteBlocks(written);
      await this.#passEarlyWarning(stop);
      assert(written === 1, 'a block that was not written has a reason');
    } finally {
      this.#metadata.putBack(slot);
    }
  }

  async #finishTapeFile(): Promise<CheckpointOnVolume> {
    await this.#passEarlyWarning(await this.thread.writeFilemarks(1));
    this.#appender.noteFilemark();
    const checkpoint = this.#appender.checkpointDone(await this.thread.readPosition());
    this.#endOfData = checkpoint.endOfData;
    this.#blocksSinceCheckpoint = 0;
    this.#noteWork();
    return checkpoint;
  }

  /** What closes a volume fits behind early warning; anything else is a failure. */
  async #passEarlyWarning(stop: WriteRunStop | null): Promise<void> {
    if (stop === null) return;
    if (stop.kind !== 'early-warning') throw stopError(stop, this.barcode);
    this.#isFull = true;
    await this.thread.resume();
  }

  #noteBlocks(written: number): void {
    this.#appender.noteWritten(written);
    this.#blocksSinceCheckpoint += written;
    this.#noteWork();
  }

  #noteWork(): void {
    this.#lastWorkMs = this.#clock.monotonicMs();
  }

  #dropStart({ stream, slot }: { readonly stream: SavingStream; readonly slot: RingSlot }): void {
    stream.startedOn = null;
    this.#metadata.putBack(slot);
  }
}

function payloadBytesOf(items: readonly RunItem[]): number {
  return items.reduce((sum, item) => sum + (item.kind === 'data' ? item.block.frame.payloadBytes : 0), 0);
}

/** A stop after which nothing can be written to the volume. */
export function stopError(
  stop: Exclude<WriteRunStop, { readonly kind: 'early-warning' }>,
  barcode: Barcode,
): StorageError {
  const kept = 'What was acknowledged as durable is safe; what was written since is not.';
  switch (stop.kind) {
    case 'failure':
      return StorageError.fromRecord(stop.error);
    case 'end-of-medium':
      return new StorageError(
        'MEDIUM_FULL',
        `Volume ${barcode} came to its physical end before it could be closed. ${kept} Send the streams again; they go to another volume.`,
        { context: { barcode } },
      );
    case 'payload-mismatch':
      return new StorageError(
        'DEVICE_IO',
        `A block this node made for volume ${barcode} changed in memory before it was written. ${kept} Check the memory of this machine.`,
        { context: { barcode } },
      );
    case 'held':
      return unreachable(stop as never);
    default:
      return unreachable(stop);
  }
}
