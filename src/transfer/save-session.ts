import { assert, unreachable } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import type { SessionId, StreamId, VolumeId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { BlockRing, RingShare } from './block-ring.js';
import type { Checkpoint } from './checkpoint-commit.js';
import { closeVolume, runCheckpoint, type StreamAtCheckpoint } from './checkpoint-procedure.js';
import { distributeCredit } from './credit.js';
import { chooseNext, continueRun, type CurrentRun } from './multiplexer.js';
import type { OpenVolume, OpenVolumeReason } from './open-volume.js';
import type { SaveStream, SaveStreamEvents, WaitReason } from './save-stream.js';
import { SavingStream } from './saving-stream.js';
import { SecondsCount, type SecondsByCause } from './seconds-by-cause.js';
import { decideStep, type SessionSituation, type SessionStep } from './session-step.js';
import type { TransferLimits } from './transfer-limits.js';
import { VolumeWriter, stopError, type RunItem } from './volume-writer.js';
import { Wakeup } from './wakeup.js';

export interface SaveSessionOptions {
  readonly sessionId: SessionId;
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TransferLimits;
  /** Mounts the volume to write next. `waiting` tells the streams what that waits for. */
  readonly openVolume: (
    reason: OpenVolumeReason,
    waiting: (reason: WaitReason, message: string) => void,
  ) => Promise<OpenVolume>;
  /** Makes a checkpoint durable in the inventory. */
  readonly commit: (checkpoint: Checkpoint) => Promise<void>;
  /** Settles a stream in the inventory of which no checkpoint tells the end. */
  readonly giveUp: (streamId: StreamId, reason: string) => Promise<void>;
  /** The volume or its drive failed while it was written. */
  readonly onVolumeError: (volumeId: VolumeId, error: StorageError) => Promise<void>;
}

export interface SaveSessionSnapshot {
  readonly state: 'mounting' | 'running' | 'ending';
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
 * on `stop`, or on a failure, after which every stream was told how far it is durable.
 *
 * One loop does everything in turn: `session-step` decides, this carries out. Blocks go on being received meanwhile.
 */
export class SaveSession {
  /** Settles when the session is over and every slot came back; rejects with what ended it. */
  readonly done: Promise<void>;
  readonly #options: SaveSessionOptions;
  readonly #streams = new Set<SavingStream>();
  readonly #metadata: RingShare;
  readonly #seconds = new SecondsCount();
  readonly #wakeup: Wakeup;

  #writer: VolumeWriter | null = null;
  #currentRun: CurrentRun<SavingStream> | null = null;
  #volumesOpened = 0;
  #isStopping = false;
  #isOver = false;
  #order = 0;

  #bytes = 0;
  #blocks = 0;
  #checkpoints = 0;
  #undurableSinceMs: number | null = null;
  #settledSinceMs: number | null = null;
  #lastActivityMs: number;

  constructor(options: SaveSessionOptions) {
    const { ring, clock, limits } = options;
    this.#options = options;
    this.#wakeup = new Wakeup(clock);
    this.#lastActivityMs = clock.monotonicMs();
    this.#metadata = ring.openShare('procedure', limits.metadataBlocks);
    for (let i = 0; i < limits.metadataBlocks; i++) assert(this.#metadata.grow(), 'a base is always granted');
    this.done = this.#run();
    // Whoever made the session looks at it when it is over.
    this.done.catch(() => undefined);
  }

  /** False when the session is about to end: a new stream needs a new session. */
  get acceptsStreams(): boolean {
    return !this.#isOver && !this.#isStopping;
  }

  /** JOB_LIMIT when as many streams are open as the ring has blocks set apart for. */
  openStream(descriptor: StreamDescriptor, events: SaveStreamEvents): SaveStream {
    assert(this.acceptsStreams, 'a stream joins a session that goes on');
    const { ring, clock } = this.#options;
    const session = {
      nextOrder: () => this.#order++,
      nowMs: () => clock.monotonicMs(),
      noteActivity: () => {
        this.#noteActivity();
      },
    };
    const stream = new SavingStream(descriptor, events, session, ring.openShare('stream', 1));
    this.#streams.add(stream);
    this.#noteActivity();
    return stream;
  }

  /** Writes what was received and checkpoints it; streams still open fail with JOB_SHUTTING_DOWN. Resolves when the session is over. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wakeup.notify();
    await this.done.catch(() => undefined);
  }

  snapshot(): SaveSessionSnapshot {
    return {
      state: this.acceptsStreams ? (this.#writer === null ? 'mounting' : 'running') : 'ending',
      bytes: this.#bytes,
      blocks: this.#blocks,
      checkpoints: this.#checkpoints,
      seconds: this.#seconds.total,
      streams: [...this.#streams].map(({ descriptor, receivedBytes, written, durableBytes }) => ({
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
      for (;;) {
        this.#distributeCredit();
        const step = decideStep(this.#situation(), this.#options.limits);
        if (step.kind === 'end') break;
        await this.#carryOut(step);
      }
    } catch (error) {
      await this.#failAll(error);
      throw error;
    } finally {
      this.#isOver = true;
      this.#seconds.endDrive();
      this.#metadata.close();
    }
  }

  async #carryOut(step: Exclude<SessionStep, { readonly kind: 'end' }>): Promise<void> {
    switch (step.kind) {
      case 'open-volume':
        return this.#openVolume();
      case 'drop-traceless':
        return this.#dropTraceless();
      case 'settle-stopped-run':
        return this.#settleStoppedRun();
      case 'close-full-volume':
        return this.#closeFullVolume();
      case 'checkpoint':
        return this.#checkpoint();
      case 'submit':
        this.#submit();
        return;
      case 'fail-open-streams':
        for (const stream of this.#streams) stream.fail(withDurable(shuttingDown(), stream));
        this.#noteSettled();
        return;
      case 'wait':
        return this.#wait(step.untilMs);
      default:
        return unreachable(step);
    }
  }

  #situation(): SessionSituation {
    const streams = [...this.#streams];
    const writer = this.#writer;
    const { clock, limits } = this.#options;
    const settled = streams.filter((stream) => stream.isSettled);
    return {
      nowMs: clock.monotonicMs(),
      stopping: this.#isStopping,
      streams: {
        count: streams.length,
        open: streams.filter((stream) => stream.ending === null).length,
        settled: settled.length,
        traceless: settled.filter((stream) => this.#isTraceless(stream)).length,
        ready: streams.filter((stream) => stream.hasBlocks).length,
      },
      volume:
        writer === null
          ? null
          : {
              runsInFlight: writer.runsInFlight,
              canSubmit: writer.runsInFlight < limits.batchesInFlight && this.#layable(writer).length > 0,
              isStopped: writer.isStopped,
              isFull: writer.isFull,
              undurableBytes: writer.undurableBytes,
            },
      undurableSinceMs: this.#undurableSinceMs,
      settledSinceMs: this.#settledSinceMs,
      lastActivityMs: this.#lastActivityMs,
    };
  }

  /** Ended badly, and nothing on the volume that is written now must tell of it. */
  #isTraceless(stream: SavingStream): boolean {
    const badly = stream.ending !== null && stream.ending.kind !== 'ended';
    return badly && (stream.startedOn === null || stream.startedOn !== this.#writer?.volumeId);
  }

  async #openVolume(): Promise<void> {
    const { openVolume, sessionId, clock, logger, ring } = this.#options;
    const startedMs = clock.monotonicMs();
    const volume = await openVolume(this.#volumesOpened === 0 ? 'first' : 'full', (reason, message) => {
      for (const stream of this.#streams) if (!stream.isMuted) stream.events.waiting(reason, message);
    });
    this.#seconds.add('mount', clock.monotonicMs() - startedMs);
    this.#seconds.startDrive(volume.thread);
    this.#volumesOpened++;
    this.#currentRun = null;
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
    this.#lastActivityMs = clock.monotonicMs();
    logger.log('info', 'session.volume-opened', `A save session writes to volume ${volume.barcode}.`, {
      session: sessionId,
      volume: volume.volumeId,
      barcode: volume.barcode,
      blockAddress: volume.endOfData.blockAddress,
    });
  }

  /** Lays ready blocks as one run, in the multiplexer's order. */
  #submit(): void {
    const writer = this.#openedWriter();
    const { batchBlocks, runBlocks } = this.#options.limits;
    const items: RunItem[] = [];
    while (items.length < batchBlocks) {
      const stream = chooseNext(this.#layable(writer), this.#currentRun, runBlocks);
      if (stream === null) break;
      this.#currentRun = continueRun(this.#currentRun, stream);
      const { block, last } = stream.shift();
      if (stream.startedOn !== writer.volumeId) items.push(writer.start(stream, block.frame.offset));
      items.push({ kind: 'data', stream, block, last });
    }
    this.#undurableSinceMs ??= this.#options.clock.monotonicMs();
    writer.submit(items);
  }

  /** Streams whose next block may be laid: begun on this volume, or a slot for their STREAM-START is free. */
  #layable(writer: VolumeWriter): readonly SavingStream[] {
    return [...this.#streams].filter(
      (stream) => stream.hasBlocks && (stream.startedOn === writer.volumeId || writer.canStart),
    );
  }

  #noteRun(written: readonly RunItem[]): void {
    for (const item of written) {
      if (item.kind !== 'data') continue;
      this.#bytes += item.block.frame.payloadBytes;
      this.#blocks++;
    }
    this.#noteActivity();
  }

  /** What the run met decides; what was not written waits again, and the thread goes on. */
  async #settleStoppedRun(): Promise<void> {
    const writer = this.#openedWriter();
    const stopped = writer.takeStopped();
    if (stopped === null) return;
    const { stop, unwritten } = stopped;
    writer.takeBack(unwritten);
    if (stop.kind === 'payload-mismatch') {
      const [first] = unwritten;
      if (first?.kind !== 'data') throw stopError(stop, writer.barcode);
      first.stream.fail(withDurable(payloadMismatch(first.stream.descriptor), first.stream));
      this.#noteSettled();
    } else if (stop.kind !== 'early-warning') throw stopError(stop, writer.barcode);
    await writer.resume();
  }

  async #checkpoint(): Promise<void> {
    const { sessionId, commit } = this.#options;
    const told = await runCheckpoint({
      writer: this.#openedWriter(),
      sessionId,
      streams: [...this.#streams],
      commit,
    });
    this.#checkpoints++;
    this.#undurableSinceMs = null;
    this.#settledSinceMs = null;
    this.#lastActivityMs = this.#options.clock.monotonicMs();
    const events = told.map((standing) => this.#tellOf(standing));
    // The books of the session first: who hears of it may look at once.
    for (const tell of events) tell();
    this.#noteSettled();
  }

  /** Enters what a checkpoint brought a stream; returns what to tell its client. */
  #tellOf({ stream, state, error }: StreamAtCheckpoint): () => void {
    const isNews = stream.noteDurable();
    const { durableBytes, written } = stream;
    const volumes = [...stream.volumes];
    if (state !== 'open') {
      this.#streams.delete(stream);
      stream.close();
    }
    return () => {
      if (stream.isMuted) return;
      if (isNews) stream.events.durable(durableBytes);
      if (state === 'complete') stream.events.saved({ lengthBytes: durableBytes, crc32c: written.crc32c, volumes });
      else if (error !== null) stream.events.failed(withDurable(error, stream));
    };
  }

  async #closeFullVolume(): Promise<void> {
    const writer = this.#openedWriter();
    const { sessionId, commit, logger } = this.#options;
    if (writer.hasNews) await this.#checkpoint();
    await closeVolume({
      writer,
      sessionId,
      commit,
      onNoRoom: (error) => {
        logger.log('warn', 'volume.no-room-for-end', error.message, { volume: writer.volumeId, barcode: writer.barcode });
      },
    });
    logger.log('info', 'volume.full', `Volume ${writer.barcode} is full and closed.`, {
      volume: writer.volumeId,
      barcode: writer.barcode,
    });
    this.#writer = null;
    this.#seconds.endDrive();
  }

  async #dropTraceless(): Promise<void> {
    for (const stream of [...this.#streams]) {
      if (!stream.isSettled || !this.#isTraceless(stream)) continue;
      await this.#giveUp(stream);
    }
    this.#settledSinceMs = null;
    this.#noteSettled();
  }

  async #giveUp(stream: SavingStream): Promise<void> {
    const { ending, descriptor } = stream;
    assert(ending !== null && ending.kind !== 'ended', 'only a stream that ended badly is given up');
    const reason = ending.kind === 'aborted' ? ending.reason : ending.error.message;
    try {
      await this.#options.giveUp(descriptor.streamId, reason);
    } catch (cause) {
      // The inventory is not to be had: the next start settles the stream.
      this.#options.logger.log('error', 'stream.not-settled', describeError(cause), { stream: descriptor.streamId });
    }
    this.#streams.delete(stream);
    stream.close();
    if (ending.kind === 'failed' && !stream.isMuted) stream.events.failed(ending.error);
  }

  /** The session cannot go on: the thread lets go of every slot, the books are settled, every stream is told. */
  async #failAll(cause: unknown): Promise<void> {
    this.#isOver = true;
    const error = isStorageError(cause)
      ? cause
      : new StorageError('DEVICE_IO', `The session ended: ${describeError(cause)}`, { cause });
    const writer = this.#writer;
    if (writer !== null) {
      try {
        await writer.release(async () => this.#wakeup.wait());
      } catch (secondary) {
        // The thread is gone with its drive; its slots are back.
        this.#options.logger.log('warn', 'session.release-failed', describeError(secondary));
      }
      await this.#options.onVolumeError(writer.volumeId, error);
    }
    for (const stream of [...this.#streams]) {
      if (stream.ending?.kind === 'ended' || stream.ending === null) stream.fail(withDurable(error, stream));
      await this.#giveUp(stream);
    }
  }

  async #wait(untilMs: number): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const cause = this.#waitCause();
    await this.#wakeup.wait(untilMs);
    if (cause !== null) this.#seconds.add(cause, clock.monotonicMs() - startedMs);
  }

  /** Whom a wait is to be put down to: the drive's own seconds are counted by its thread. */
  #waitCause(): 'waitForData' | 'waitForCredit' | null {
    const writer = this.#writer;
    if (writer === null || this.#streams.size === 0) return null;
    if (writer.runsInFlight === 0) return 'waitForData';
    return [...this.#streams].some((stream) => stream.waitsForCredit) ? 'waitForCredit' : null;
  }

  /** While a volume is open: slots to those who use them. */
  #distributeCredit(): void {
    const { limits, ring } = this.#options;
    if (this.#writer === null || this.#isStopping) return;
    const entitled: { stream: SavingStream; outstanding: number; window: number }[] = [];
    for (const stream of this.#streams) {
      const demand = stream.updateCredit(limits);
      if (demand !== null) entitled.push({ stream, ...demand });
    }
    const grants = distributeCredit(entitled, ring.counts.sharedFree);
    for (const [i, { stream }] of entitled.entries()) {
      const frames = grants[i] ?? 0;
      if (frames > 0) stream.grant(frames);
    }
  }

  #noteActivity(): void {
    this.#lastActivityMs = this.#options.clock.monotonicMs();
    this.#noteSettled();
    this.#wakeup.notify();
  }

  #noteSettled(): void {
    if ([...this.#streams].some((stream) => stream.isSettled))
      this.#settledSinceMs ??= this.#options.clock.monotonicMs();
  }

  #openedWriter(): VolumeWriter {
    assert(this.#writer !== null, 'a volume is open');
    return this.#writer;
  }
}

function payloadMismatch({ streamId }: StreamDescriptor): StorageError {
  return new StorageError(
    'PROTOCOL_CHECKSUM',
    'A block does not match the CRC32C that its sender gave; it was not written. What was acknowledged as durable is safe. ' +
      'Send the stream again; if it happens again, suspect the memory or network card of the client or of this node.',
    { context: { streamId } },
  );
}

function withDurable(error: StorageError, stream: SavingStream): StorageError {
  return new StorageError(error.code, error.message, {
    disposition: error.disposition,
    cause: error,
    context: { ...error.context, streamId: stream.descriptor.streamId, durableOffset: stream.durableBytes },
  });
}

function shuttingDown(): StorageError {
  return new StorageError(
    'JOB_SHUTTING_DOWN',
    'The daemon is stopping. What was acknowledged as durable is safe; the stream is kept as incomplete. Send it again when the daemon is back.',
  );
}
