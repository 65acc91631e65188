import { DriveStatistics } from '../../sim/drive-statistics.js';
import { personalityOf } from '../../sim/generations.js';
import { createSimClock } from '../../sim/sim-clock.js';
import { DriveTiming } from '../../sim/timing.js';
import type { StreamingSpeeds } from '../../src/drive/streaming-speeds.js';
import { decidePace, noteFed, startPace, type PaceLimits, type PaceState } from '../../src/transfer/streaming-pace.js';

/** All sources together: at `rate` bytes a second on average; with pauses, they send `burstSeconds` of every `periodSeconds`. */
export interface SourceShape {
  readonly rate: number;
  readonly burstSeconds?: number;
  readonly periodSeconds?: number;
}

export interface StreamingOutcome {
  /** Tape in motion, reversing included. */
  readonly driveSeconds: number;
  readonly streamingSeconds: number;
  /** Stops because the buffer ran empty, unasked. */
  readonly starved: number;
  /** Stops to make what was written durable. */
  readonly flushes: number;
  /** From the first byte to the last on the medium. */
  readonly totalSeconds: number;
  readonly bursts: number;
}

const BLOCK_BYTES = 16 * 2 ** 20;
/** As TRANSFER_LIMITS has them. */
const FLUSH_EVERY_BYTES = 16 * 2 ** 30;
const FLUSH_EVERY_SECONDS = 60;
/** With nothing to decide, the next look at the sources. */
const STEP_SECONDS = 0.05;

/** A simulated LTO-9, a buffer and sources on one virtual clock. `pace` null: what comes is written at once. */
export function playStreaming(options: {
  readonly source: SourceShape;
  readonly totalBytes: number;
  readonly bufferBytes: number;
  readonly speeds: StreamingSpeeds;
  readonly pace: PaceLimits | null;
}): StreamingOutcome {
  const { source, totalBytes, bufferBytes, speeds, pace } = options;
  const clock = createSimClock('virtual');
  const statistics = new DriveStatistics();
  const timing = new DriveTiming(personalityOf('LTO-9'), clock, statistics);
  let state: PaceState | null = pace === null ? null : startPace({ nowMs: 0, receivedBytes: 0 });
  let seen = 0;
  let sourceSeconds = 0;
  let received = 0;
  let written = 0;
  let sinceFlush = 0;
  let undurableSince = Infinity;
  let bursts = 0;

  /** What the sources sent since the last look, as far as there was room. Their own time stands still while they are held back. */
  const receive = (): void => {
    const now = clock.seconds();
    const offer = sent(source, sourceSeconds, sourceSeconds + now - seen);
    const taken = Math.min(offer, totalBytes - received, written + bufferBytes - received);
    sourceSeconds += offer === 0 ? now - seen : ((now - seen) * taken) / offer;
    received += taken;
    seen = now;
  };
  const flush = (): void => {
    timing.flush();
    sinceFlush = 0;
    undurableSince = Infinity;
  };

  while (written < totalBytes) {
    receive();
    const isOpen = received < totalBytes;
    const buffered = isOpen ? Math.floor((received - written) / BLOCK_BYTES) * BLOCK_BYTES : received - written;
    let feeds = buffered > 0;
    let until = clock.seconds() + STEP_SECONDS;
    if (state !== null && pace !== null) {
      const wasCollecting = state.phase === 'collecting';
      const situation = {
        nowMs: clock.seconds() * 1000,
        bufferedBytes: buffered,
        roomBytes: Math.max(0, written + bufferBytes - received - BLOCK_BYTES),
        receivedBytes: received,
        isOpen,
      };
      const decided = decidePace(state, situation, speeds, pace);
      state = decided.state;
      if (wasCollecting && state.phase === 'feeding') bursts++;
      feeds = decided.action.kind === 'feed';
      if (decided.action.kind === 'stop') flush();
      if (decided.action.kind === 'hold') until = Math.min(until, decided.action.untilMs / 1000);
    }
    if (!feeds) {
      clock.spend(Math.max(0.001, until - clock.seconds()));
      continue;
    }
    const bytes = Math.min(BLOCK_BYTES, buffered);
    undurableSince = Math.min(undurableSince, clock.seconds());
    timing.write(bytes);
    written += bytes;
    sinceFlush += bytes;
    if (state !== null) state = noteFed(state, bytes);
    if (sinceFlush >= FLUSH_EVERY_BYTES || clock.seconds() - undurableSince >= FLUSH_EVERY_SECONDS) flush();
  }
  flush();
  const streamingSeconds = statistics.get('secondsStreaming');
  return {
    streamingSeconds,
    driveSeconds: streamingSeconds + statistics.get('secondsRepositioning'),
    starved: statistics.get('backhitches'),
    flushes: statistics.get('flushStops'),
    totalSeconds: clock.seconds(),
    bursts,
  };
}

/**
 * What nothing can do for less with this buffer: the bytes, and a stop for each burst that cannot be avoided. Sources that hold the lowest speed, pauses
 * bridged, need no burst: the tape runs as long as they send (`sendingSeconds`), and stops to make what is written durable. From others so much
 * is collected as the buffer, or the hold, allows; while that is written more comes. Where they pause for longer than the buffer lasts, each
 * pause ends a burst.
 */
export function idealSeconds(
  { rate, burstSeconds = 1, periodSeconds = 1 }: SourceShape,
  totalBytes: number,
  { lowest, highest }: StreamingSpeeds,
  { bufferBytes, holdMs, durableBytes }: PaceLimits,
  sendingSeconds: number,
): number {
  const running = Math.min(rate, highest);
  const isBridged = (periodSeconds - burstSeconds) * lowest <= bufferBytes;
  if (rate >= lowest && isBridged) {
    const stops = Math.ceil(totalBytes / Math.min(durableBytes, running * FLUSH_EVERY_SECONDS));
    return Math.max(totalBytes / running + stops * stopSeconds(highest), sendingSeconds);
  }
  const held = Math.min(bufferBytes, (rate * holdMs) / 1000) / Math.max(0.01, 1 - rate / highest);
  const burst = rate >= lowest ? rate * periodSeconds : held;
  const stops = Math.ceil((totalBytes / burst) * Math.ceil(burst / durableBytes));
  return totalBytes / highest + stops * stopSeconds(highest);
}

/** What one stop costs this drive beyond its bytes: it runs its buffer empty, slower and slower, and reverses. Measured on it. */
function stopSeconds(highest: number): number {
  const clock = createSimClock('virtual');
  const statistics = new DriveStatistics();
  const timing = new DriveTiming(personalityOf('LTO-9'), clock, statistics);
  const bytes = 256 * BLOCK_BYTES;
  for (let written = 0; written < bytes; written += BLOCK_BYTES) timing.write(BLOCK_BYTES);
  timing.flush();
  clock.spend(60);
  timing.write(BLOCK_BYTES);
  return statistics.get('secondsStreaming') + statistics.get('secondsRepositioning') - bytes / highest;
}

/** Bytes sent between two times. */
function sent({ rate, burstSeconds, periodSeconds }: SourceShape, from: number, to: number): number {
  if (burstSeconds === undefined || periodSeconds === undefined) return rate * (to - from);
  const upTo = (time: number): number =>
    Math.floor(time / periodSeconds) * burstSeconds + Math.min(burstSeconds, time % periodSeconds);
  return ((rate * periodSeconds) / burstSeconds) * (upTo(to) - upTo(from));
}
