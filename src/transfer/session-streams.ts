import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { VolumeId } from '../terms/ids.js';
import type { StreamDescriptor } from '../terms/stream-descriptor.js';
import type { BlockRing } from './block-ring.js';
import { distributeCredit, type CreditDemand } from './credit.js';
import { chooseNext, continueRun, type CurrentRun } from './multiplexer.js';
import type { SaveStreamEvents, WaitReason } from './save-stream.js';
import { SavingStream } from './saving-stream.js';
import type { SessionSituation } from './session-step.js';
import type { TransferLimits } from './transfer-limits.js';
import type { RunItem, VolumeWriter } from './volume-writer.js';
import { WrittenBlocks } from './written-blocks.js';

export interface SessionStreamsOptions {
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly limits: TransferLimits;
  /** An end or a stream came. */
  readonly onActivity: () => void;
  readonly onBlock: () => void;
}

type StreamsSituation = SessionSituation['streams'];

/** How the streams of a session stand together. */
export interface StreamCounts extends StreamsSituation {
  /** Came and were not accepted by a drive. */
  readonly waitingBytes: number;
  /** Ever came, also of streams that are gone. */
  readonly receivedBytes: number;
}

/** The streams of a save session that it still has to tell something, and whose turn it is. */
export class SessionStreams {
  readonly #options: SessionStreamsOptions;
  readonly #streams = new Set<SavingStream>();
  #currentRun: CurrentRun<SavingStream> | null = null;
  #blocksReceived = 0;
  /** Of streams that are removed. */
  #receivedBefore = 0;
  /** What all wait for; one that joins is told as well. */
  #waiting: { readonly reason: WaitReason; readonly message: string; readonly told: Set<SavingStream> } | null = null;

  constructor(options: SessionStreamsOptions) {
    this.#options = options;
  }

  /** In the order in which they joined, as they are now. */
  get all(): readonly SavingStream[] {
    return [...this.#streams];
  }

  /** JOB_LIMIT when as many streams are open as the ring has blocks kept for. */
  join(descriptor: StreamDescriptor, events: SaveStreamEvents): SavingStream {
    const { ring, clock, limits, onActivity, onBlock } = this.#options;
    const session = {
      nextOrder: () => this.#blocksReceived++,
      nowMs: () => clock.monotonicMs(),
      noteActivity: onActivity,
      noteBlock: onBlock,
    };
    const share = ring.openShare('stream', 1);
    const written = new WrittenBlocks(ring, share, limits.replay);
    const stream = new SavingStream(descriptor, events, session, { share, written });
    this.#streams.add(stream);
    onActivity();
    return stream;
  }

  /** Nothing more is to be told; the slots the door has of it come back as it returns them. */
  remove(stream: SavingStream): void {
    this.#streams.delete(stream);
    this.#receivedBefore += stream.receivedBytes;
    if (this.#currentRun?.stream === stream) this.#currentRun = null;
    stream.close();
  }

  count(volumeId: VolumeId | null): StreamCounts {
    const count = { count: this.#streams.size, open: 0, settled: 0, traceless: 0, ready: 0, waitingBytes: 0 };
    let receivedBytes = this.#receivedBefore;
    for (const stream of this.#streams) {
      count.waitingBytes += stream.waitingBytes;
      receivedBytes += stream.receivedBytes;
      if (stream.ending === null) count.open++;
      if (stream.hasBlocks) count.ready++;
      if (!stream.isSettled) continue;
      count.settled++;
      if (isTraceless(stream, volumeId)) count.traceless++;
    }
    return { ...count, receivedBytes };
  }

  /** Ended badly, with nothing on the volume that is written: no checkpoint tells of their end. */
  traceless(volumeId: VolumeId | null): readonly SavingStream[] {
    return this.all.filter((stream) => stream.isSettled && isTraceless(stream, volumeId));
  }

  /** Whole blocks that wait to be laid. */
  get waitingBlocks(): number {
    let blocks = 0;
    for (const stream of this.#streams) blocks += stream.waitingBlocks;
    return blocks;
  }

  /** A client could send, had it the credit. */
  get waitForCredit(): boolean {
    for (const stream of this.#streams) if (stream.waitsForCredit) return true;
    return false;
  }

  /** Written blocks that wait for their checkpoint take their share of the ring, or a good part of it and nobody has any left. */
  get keepTooMuch(): boolean {
    const { ring, limits } = this.#options;
    if (limits.replay !== 'always') return false;
    let kept = 0;
    for (const stream of this.#streams) kept += stream.keptSlots;
    const share = (limits.sharedBlocks + limits.collectBlocks) * limits.replayShare;
    return kept >= share || (kept >= share / 4 && ring.counts.sharedFree === 0);
  }

  /**
   * Slots to those who use them. The clients are told when all have theirs: what they do about it finds the books settled.
   * `collects`: the large buffer may be filled, but for what other sessions need; else a session keeps to the small one.
   */
  grantCredit(collects: boolean): void {
    const { limits, ring } = this.#options;
    const streams: SavingStream[] = [];
    const demands: CreditDemand[] = [];
    const ahead = Math.max(1, Math.min(limits.creditCollectBlocks, limits.collectBlocks / (4 * this.#streams.size)));
    let claimed = 0;
    for (const stream of this.#streams) {
      claimed += Math.max(0, stream.claimedBlocks - 1);
      const demand = collects
        ? stream.aheadCredit(Math.floor(ahead), limits.creditIdleMs)
        : stream.updateCredit(limits);
      if (demand === null) continue;
      streams.push(stream);
      demands.push(demand);
    }
    if (streams.length === 0) return;
    const { sharedFree } = ring.counts;
    const { sharedBlocks } = limits;
    const room = collects ? sharedFree - sharedBlocks : Math.min(sharedFree, sharedBlocks - claimed);
    const grants = distributeCredit(demands, Math.max(0, room));
    const granted = streams.filter((_, i) => (grants[i] ?? 0) > 0);
    streams.forEach((stream, i) => {
      for (let frames = grants[i] ?? 0; frames > 0; frames--) stream.reserveFrame();
    });
    for (const stream of granted) stream.tellCredit();
  }

  /** A block can be laid now: its stream is started on the volume, or a slot for the STREAM-START is free. */
  canLay(writer: VolumeWriter): boolean {
    for (const stream of this.#streams) if (isLayable(stream, writer)) return true;
    return false;
  }

  /** The next blocks, in the multiplexer's order, each stream's STREAM-START before its first. At least one can be laid. */
  takeRun(writer: VolumeWriter): readonly RunItem[] {
    const { batchBlocks, runBlocks } = this.#options.limits;
    const items: RunItem[] = [];
    const ready = [...this.#streams].filter((stream) => stream.hasBlocks);
    for (let blocks = 0; blocks < batchBlocks; blocks++) {
      const layable = ready.filter((stream) => isLayable(stream, writer));
      const stream = chooseNext(layable, this.#currentRun, runBlocks);
      if (stream === null) break;
      this.#currentRun = continueRun(this.#currentRun, stream);
      const { block, last } = stream.shift();
      if (stream.startedOn !== writer.volumeId) items.push(writer.start(stream, block.frame.offset));
      items.push({ kind: 'data', stream, block, last });
    }
    assert(items.length > 0, 'a run has blocks');
    return items;
  }

  /** Tells all why they do not move. */
  wait(reason: WaitReason, message: string): void {
    this.#waiting = { reason, message, told: new Set() };
    this.tellWaiting();
  }

  /** Those who joined since are told too. */
  tellWaiting(): void {
    if (this.#waiting === null) return;
    const { reason, message, told } = this.#waiting;
    for (const stream of this.all) {
      if (told.has(stream) || stream.isMuted) continue;
      told.add(stream);
      stream.events.waiting(reason, message);
    }
  }

  waitNoMore(): void {
    this.#waiting = null;
  }
}

/** Of one that is settled: ended badly, with nothing on the volume that is written. */
function isTraceless({ ending, startedOn }: SavingStream, volumeId: VolumeId | null): boolean {
  return ending?.kind !== 'ended' && (startedOn === null || startedOn !== volumeId);
}

function isLayable(stream: SavingStream, writer: VolumeWriter): boolean {
  return stream.hasBlocks && (stream.startedOn === writer.volumeId || writer.canStart);
}
