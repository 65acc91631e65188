import { assert, unreachable } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { SessionId, StreamId, VolumeId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { BlockRing } from './block-ring.js';
import type { Checkpoint } from './checkpoint-commit.js';
import { closeVolume, runCheckpoint } from './checkpoint-procedure.js';
import { leaveFailedVolume } from './failed-volume.js';
import type { RingShare } from './ring-share.js';
import { RoomWatch } from './room-watch.js';
import type { SaveStream, SaveStreamEvents } from './save-stream.js';
import { SecondsCount, type SecondsByCause } from './seconds-by-cause.js';
import { SessionPace } from './session-pace.js';
import { blocksTooShort, shuttingDown, wrongFrame } from './session-failures.js';
import { decideStep, type CheckpointReason, type SessionSituation, type SessionStep } from './session-step.js';
import { SessionStreams } from './session-streams.js';
import { StreamEndings } from './stream-endings.js';
import type { TransferLimits } from './transfer-limits.js';
import { awaitVolume } from './volume-opening.js';
import type { VolumeSupply } from './volume-supply.js';
import { stopError, VolumeWriter, type RunItem } from './volume-writer.js';
import { Wakeup } from './wakeup.js';

export interface SaveSessionOptions {
  readonly sessionId: SessionId;
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TransferLimits;
  readonly supply: VolumeSupply;
  /** Resolves when the checkpoint is in the inventory, synced. Rejects: nothing of it is acknowledged, the session ends. */
  readonly commit: (checkpoint: Checkpoint) => Promise<void>;
  /** Settles a stream in the inventory of which no checkpoint tells the end: it stays as it is durable, incomplete. */
  readonly giveUp: (streamId: StreamId, reason: string) => Promise<void>;
  /**
   * The volume could not be written, or the drive is not where it was counted to be: what lies behind the last checkpoint
   * is unknown. To be marked before the drive is used again, for which the session waits; then it asks for another volume.
   */
  readonly onVolumeError: (volumeId: VolumeId, error: StorageError) => Promise<void>;
}

export interface SaveSessionSnapshot {
  readonly state: 'mounting' | 'running' | 'ending';
  /** Payload bytes and data blocks that drives accepted. */
  readonly bytes: number;
  readonly blocks: number;
  readonly checkpoints: number;
  readonly seconds: SecondsByCause;
  readonly streams: readonly {
    readonly descriptor: StreamDescriptor;
    readonly receivedBytes: number;
    readonly writtenBytes: number;
    readonly durableBytes: number;
  }[];
}

/**
 * One run of interleaved streams on one drive. Streams join while it goes on; it ends by itself when none is left for a while,
 * on `stop`, or on a failure, after which every stream was told how far it is durable. A volume or drive that fails is none, as long as
 * what was written since the last checkpoint is still in the ring: that is written again on another volume.
 *
 * One loop does everything, one step after the other: `session-step` decides, this carries out. What the door and the drive's
 * thread do meanwhile changes the books of the streams and wakes the loop.
 */
export class SaveSession {
  /**
   * Resolves when the session is over and the drive may be used by others; the volume stays mounted. Rejects with the
   * StorageError that ended it, when every stream was told. Anything else is a mistake: the process must exit.
   */
  readonly done: Promise<void>;
  readonly #options: SaveSessionOptions;
  readonly #streams: SessionStreams;
  readonly #endings: StreamEndings;
  readonly #metadata: RingShare;
  readonly #seconds = new SecondsCount();
  readonly #wakeup: Wakeup;
  readonly #pace: SessionPace;

  #state: 'serving' | 'stopping' | 'over' = 'serving';
  #writer: VolumeWriter | null = null;
  #room: RoomWatch | null = null;
  #volumesOpened = 0;
  #inventoryFailed = false;
  #lastActivityMs: number;
  /** Whole blocks that wait, counted at each look and up from there. */
  #waitingBlocks = 0;
  #undurableSinceMs: number | null = null;
  /** Volumes that failed since the last checkpoint. */
  #volumesFailed = 0;
  /** Of what the last of them cost, until the next checkpoint; null: nothing. */
  #blocksToWriteAgain: number | null = null;
  #settledSinceMs: number | null = null;
  readonly #count = { bytes: 0, blocks: 0, checkpoints: 0 };

  /** JOB_LIMIT when the ring has no blocks left for another session. */
  constructor(options: SaveSessionOptions) {
    const { sessionId, ring, clock, limits, logger, giveUp } = options;
    this.#options = options;
    this.#wakeup = new Wakeup(clock);
    this.#pace = new SessionPace({ ring, clock, limits });
    this.#lastActivityMs = clock.monotonicMs();
    const onActivity = (): void => {
      this.#noteActivity();
    };
    const onBlock = (): void => {
      this.#noteBlock();
    };
    this.#streams = new SessionStreams({ ring, clock, limits, onActivity, onBlock });
    this.#endings = new StreamEndings({ sessionId, streams: this.#streams, giveUp, logger });
    this.#metadata = ring.openShare('procedure', limits.metadataBlocks);
    for (let i = 0; i < limits.metadataBlocks; i++) assert(this.#metadata.grow(), 'a base is always granted');
    this.done = this.#run();
  }

  /** False when the session is about to end: a new stream needs a new session. */
  get acceptsStreams(): boolean {
    return this.#state === 'serving';
  }

  /** Streams that joined and are not over. */
  get streamCount(): number {
    return this.#streams.all.length;
  }

  /** JOB_LIMIT when as many streams are open as the ring has blocks kept for. Events may come before the caller's next turn. */
  openStream(descriptor: StreamDescriptor, events: SaveStreamEvents): SaveStream {
    assert(this.acceptsStreams, 'a stream joins a session that goes on');
    return this.#streams.join(descriptor, events);
  }

  /**
   * Writes what was received and checkpoints it; streams still open fail with JOB_SHUTTING_DOWN. Resolves when the session is
   * over, also when it failed, which `done` tells.
   */
  async stop(): Promise<void> {
    if (this.#state === 'serving') this.#state = 'stopping';
    this.#wakeup.notify();
    await this.done.catch(() => undefined);
  }

  snapshot(): SaveSessionSnapshot {
    return {
      state: this.acceptsStreams ? (this.#writer === null ? 'mounting' : 'running') : 'ending',
      ...this.#count,
      seconds: this.#seconds.total,
      streams: this.#streams.all.map(({ descriptor, receivedBytes, written, durableBytes }) => ({
        descriptor,
        receivedBytes,
        writtenBytes: written.bytes,
        durableBytes,
      })),
    };
  }

  async #run(): Promise<void> {
    // Its maker has the session in hand before anything happens.
    await Promise.resolve();
    try {
      let step: SessionStep;
      do {
        if (this.#writer?.isFull === false && this.#state === 'serving') this.#streams.grantCredit(this.#pace.collects);
        this.#lookAhead();
        step = decideStep(this.#situation(), this.#options.limits);
        await this.#carryOutSomewhere(step);
      } while (step.kind !== 'end');
    } catch (error) {
      // A mistake of ours is not for here: nothing may be built on the state it left.
      if (isStorageError(error)) await this.#failAll(error);
      throw error;
    } finally {
      this.#wakeup.close();
    }
    this.#seconds.endDrive();
    this.#metadata.close();
  }

  /** A volume that fails is left for another one, and the streams do not notice. */
  async #carryOutSomewhere(step: SessionStep): Promise<void> {
    try {
      await this.#carryOut(step);
    } catch (error) {
      if (!isStorageError(error) || this.#writer === null || this.#inventoryFailed) throw error;
      await this.#leaveFailedVolume(error);
      if (++this.#volumesFailed >= this.#options.limits.volumeFailures) throw error;
    }
  }

  async #carryOut(step: SessionStep): Promise<void> {
    switch (step.kind) {
      case 'open-volume':
        return this.#openVolume();
      case 'drop-traceless':
        for (const stream of this.#streams.traceless(this.#writer?.volumeId ?? null))
          await this.#endings.giveUp(stream);
        return;
      case 'settle-stopped-run':
        return this.#settleStoppedRun();
      case 'close-full-volume':
        return this.#closeFullVolume();
      case 'checkpoint':
        return this.#checkpoint(step.reason);
      case 'audit-position':
        return this.#openWriter().auditPosition();
      case 'submit':
        this.#undurableSinceMs ??= this.#options.clock.monotonicMs();
        this.#pace.noteFed(this.#openWriter().submit(this.#streams.takeRun(this.#openWriter())));
        return;
      case 'fail-open-streams':
        // One that ended and only waits for its checkpoint is whole; without a volume it waits for more than that.
        for (const stream of this.#streams.all)
          if (stream.ending === null || this.#writer === null) stream.fail(shuttingDown());
        return;
      case 'wait':
        return this.#wait(step.untilMs);
      case 'end':
        this.#state = 'over';
        return;
      default:
        return unreachable(step);
    }
  }

  #situation(): SessionSituation {
    const writer = this.#writer;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#waitingBlocks = this.#streams.waitingBlocks;
    const streams = this.#streams.count(writer?.volumeId ?? null);
    this.#settledSinceMs = streams.settled === 0 ? null : (this.#settledSinceMs ?? nowMs);
    const stopping = this.#state === 'stopping';
    const hasNews = writer !== null && (writer.runsInFlight > 0 || writer.hasNews);
    if (!hasNews) this.#undurableSinceMs = null;
    return {
      nowMs,
      stopping,
      streams,
      volume: writer && {
        runsInFlight: writer.runsInFlight,
        canSubmit: this.#takesRun(writer.runsInFlight) && this.#streams.canLay(writer),
        isStopped: writer.isStopped,
        isFull: writer.isFull,
        undurableBytes: writer.undurableBytes,
        pace: this.#pace.decide({ ...streams, isOpen: streams.open > 0 && !stopping, hasNews }),
        keepsTooMuch: this.#streams.keepTooMuch,
        isWrittenAgain: this.#blocksToWriteAgain !== null && this.#blocksToWriteAgain <= 0,
        needsAudit: writer.runsInFlight === 0 && nowMs - writer.lastWorkMs >= this.#options.limits.auditIdleMs,
      },
      undurableSinceMs: this.#undurableSinceMs,
      settledSinceMs: this.#settledSinceMs,
      lastActivityMs: this.#lastActivityMs,
    };
  }

  /**
   * A thread that has nothing to write is given what there is; one that has is given whole batches only. So a drive that is faster than
   * its clients costs no more commands than it must, and a slower one finds a batch waiting whenever it is done with one.
   */
  #takesRun(runsInFlight: number): boolean {
    const { batchesInFlight, batchBlocks } = this.#options.limits;
    return runsInFlight === 0 || (runsInFlight < batchesInFlight && this.#waitingBlocks >= batchBlocks);
  }

  /** The next volume is got ready before this one is full, as long as streams go on. */
  #lookAhead(): void {
    const writer = this.#writer;
    if (writer === null || this.#state !== 'serving') return;
    this.#room?.look();
    const isNearlyFull = writer.isFull || this.#room?.isNearlyFull === true;
    if (isNearlyFull && this.#streams.all.some(({ ending }) => ending === null)) this.#options.supply.prepare();
  }

  async #openVolume(): Promise<void> {
    const { sessionId, clock, logger, ring, supply, limits } = this.#options;
    const startedMs = clock.monotonicMs();
    const volume = await awaitVolume({
      reason: this.#volumesOpened === 0 ? 'first' : this.#volumesFailed > 0 ? 'failed' : 'full',
      supply,
      streams: this.#streams,
      wakeup: this.#wakeup,
      isStopping: () => this.#state === 'stopping',
    });
    this.#seconds.add('mount', clock.monotonicMs() - startedMs);
    // The daemon stops: there is nothing to write on, and nothing that must be.
    if (volume === null) return;
    if (volume.blockSizeBytes < ring.slotBytes) throw blocksTooShort(volume, ring.slotBytes);
    await this.#pace.useDrive(volume.thread);
    this.#seconds.startDrive(volume.thread);
    this.#volumesOpened++;
    this.#lastActivityMs = clock.monotonicMs();
    this.#writer = new VolumeWriter({
      volume,
      sessionId,
      clock,
      metadata: this.#metadata,
      slotBytes: ring.slotBytes,
      onSettled: (written) => {
        this.#noteRun(written);
      },
    });
    this.#room = new RoomWatch({
      limits,
      ask: async () => volume.thread.readCapacity(),
      onAnswer: () => {
        this.#wakeup.notify();
      },
    });
    logger.log('info', 'session.volume-opened', `A save session writes to volume ${volume.barcode}.`, {
      session: sessionId,
      volume: volume.volumeId,
      barcode: volume.barcode,
      blockAddress: volume.endOfData.blockAddress,
    });
  }

  #noteRun(written: readonly RunItem[]): void {
    for (const item of written) {
      if (item.kind !== 'data') continue;
      this.#count.bytes += item.block.frame.payloadBytes;
      this.#room?.noteWritten(item.block.frame.payloadBytes);
      this.#count.blocks++;
      if (this.#blocksToWriteAgain !== null) this.#blocksToWriteAgain--;
    }
    this.#noteActivity();
  }

  /** What the run met decides; what was not written waits again, and the thread goes on. */
  async #settleStoppedRun(): Promise<void> {
    const writer = this.#openWriter();
    const stopped = writer.takeStopped();
    assert(stopped !== null, 'a run stopped');
    const { stop, unwritten } = stopped;
    const [first] = unwritten;
    writer.takeBack(unwritten);
    if (stop.kind === 'payload-mismatch' && first?.kind === 'data')
      first.stream.fail(wrongFrame(first.stream, first.block.frame.frameNumber));
    else if (stop.kind !== 'early-warning') throw stopError(stop, writer.barcode);
    await writer.resume();
  }

  async #checkpoint(reason: CheckpointReason | 'full'): Promise<void> {
    const writer = this.#openWriter();
    const { sessionId, logger } = this.#options;
    const told = await runCheckpoint({
      writer,
      sessionId,
      streams: this.#streams.all,
      commit: async (checkpoint) => this.#commit(checkpoint),
    });
    this.#count.checkpoints++;
    this.#volumesFailed = 0;
    this.#blocksToWriteAgain = null;
    this.#lastActivityMs = this.#options.clock.monotonicMs();
    logger.log('debug', 'session.checkpoint', `Everything written to volume ${writer.barcode} is durable.`, {
      session: sessionId,
      barcode: writer.barcode,
      reason,
      blockAddress: writer.endOfData.blockAddress,
      streams: told.length,
    });
    this.#endings.tellCheckpoint(told);
  }

  async #closeFullVolume(): Promise<void> {
    const writer = this.#openWriter();
    const { sessionId, logger } = this.#options;
    const { volumeId, barcode } = writer;
    if (writer.hasNews) await this.#checkpoint('full');
    await closeVolume({
      writer,
      sessionId,
      commit: async (checkpoint) => this.#commit(checkpoint),
      onNoRoom: (error) => {
        logger.log('warn', 'volume.no-room-for-end', error.message, { volume: volumeId, barcode });
      },
    });
    logger.log('info', 'volume.full', `Volume ${barcode} is full and closed.`, { volume: volumeId, barcode });
    await writer.release(async () => this.#wakeup.wait());
    this.#writer = null;
    this.#room = null;
    this.#seconds.endDrive();
  }

  async #commit(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.#options.commit(checkpoint);
    } catch (error) {
      // Not the volume's fault.
      this.#inventoryFailed = true;
      throw error;
    }
  }

  /** The volume is marked, and what it cost waits for another one. */
  async #leaveFailedVolume(error: StorageError): Promise<void> {
    const writer = this.#openWriter();
    const { sessionId, logger } = this.#options;
    const left = await leaveFailedVolume({
      writer,
      streams: this.#streams.all,
      error,
      settled: async () => this.#wakeup.wait(),
    });
    this.#writer = null;
    this.#room = null;
    this.#blocksToWriteAgain = left.blocksAgain > 0 ? left.blocksAgain : null;
    const { volumeId, barcode } = writer;
    logger.log(
      'warn',
      'session.volume-failed',
      `Volume ${barcode} could not be written: ${error.message} ${String(left.blocksAgain)} blocks that were not durable are written again on another volume; ` +
        `of ${String(left.lost.length)} streams not all such blocks are in memory any more, and they end here.`,
      { session: sessionId, volume: volumeId, barcode, code: error.code },
    );
    if (left.releaseError !== null) this.#logError('session.release-failed', left.releaseError);
    await this.#orLog('volume.not-marked', async () => this.#options.onVolumeError(volumeId, error));
    this.#seconds.endDrive();
  }

  /** The session cannot go on: the thread lets go of every slot, every stream is told. */
  async #failAll(error: StorageError): Promise<void> {
    this.#state = 'over';
    const writer = this.#writer;
    if (writer !== null)
      await this.#orLog('session.release-failed', async () => writer.release(async () => this.#wakeup.wait()));
    this.#writer = null;
    for (const stream of this.#streams.all) {
      stream.fail(error);
      await this.#endings.giveUp(stream);
    }
    this.#seconds.endDrive();
    this.#metadata.close();
  }

  /** Where a second failure changes nothing any more, it is told and no more. */
  async #orLog(event: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#logError(event, error);
    }
  }

  #logError(event: string, { code, message }: StorageError): void {
    const { sessionId: session, logger } = this.#options;
    logger.log('error', event, message, { session, code });
  }

  async #wait(untilMs: number): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const isDriveIdle = this.#writer?.runsInFlight === 0;
    const cause = this.#streams.waitForCredit ? 'waitForCredit' : 'waitForData';
    await this.#wakeup.wait(untilMs);
    if (isDriveIdle) this.#seconds.add(cause, clock.monotonicMs() - startedMs);
  }

  #noteActivity(): void {
    this.#lastActivityMs = this.#options.clock.monotonicMs();
    this.#wakeup.notify();
  }

  /** While the drive has all it may have at once there is nothing to decide: a run that settles wakes the loop. */
  #noteBlock(): void {
    this.#lastActivityMs = this.#options.clock.monotonicMs();
    this.#waitingBlocks++;
    if (this.#takesRun(this.#writer?.runsInFlight ?? 0)) this.#wakeup.notify();
  }

  #openWriter(): VolumeWriter {
    assert(this.#writer !== null, 'a volume is open');
    return this.#writer;
  }
}
