import type { PaceAction } from './streaming-pace.js';
import type { TransferLimits } from './transfer-limits.js';

/** What a save session looks like when it decides what to do next. Times are of the monotonic clock, milliseconds. */
export interface SessionSituation {
  readonly nowMs: number;
  readonly stopping: boolean;
  readonly streams: {
    /** All that the session still has to tell something. */
    readonly count: number;
    /** Not ended in any way. */
    readonly open: number;
    /** Ended, with nothing of them waiting or on the way: a checkpoint is to tell of them. */
    readonly settled: number;
    /** Of the settled: failed or given up without a trace on this volume, so that no checkpoint need tell. */
    readonly traceless: number;
    /** Have a whole block waiting. */
    readonly ready: number;
  };
  readonly volume: {
    readonly runsInFlight: number;
    /** Another run may be submitted now. */
    readonly canSubmit: boolean;
    /** A run did not simply succeed. */
    readonly isStopped: boolean;
    readonly isFull: boolean;
    /** Payload bytes written or with the thread, and not durable. */
    readonly undurableBytes: number;
    /** Whether the tape should be fed. */
    readonly pace: PaceAction;
    /** Written blocks that keep their slots until a checkpoint take more of the ring than they may. */
    readonly keepsTooMuch: boolean;
    /** All that had to be written again on this volume is written, and not durable yet. */
    readonly isWrittenAgain: boolean;
    /** The drive did nothing for so long that somebody may have moved the medium. */
    readonly needsAudit: boolean;
  } | null;
  /** When the oldest byte that is not durable was handed to the drive; null when there is none. */
  readonly undurableSinceMs: number | null;
  /** When the first of the settled streams became so; null when there is none. */
  readonly settledSinceMs: number | null;
  /** When a block, an end or a stream came, or a run was written, last. */
  readonly lastActivityMs: number;
}

/** `burst`: the tape stops, for want of data to run on. */
export type CheckpointReason =
  'bytes' | 'ring' | 'written-again' | 'seconds' | 'idle' | 'stream-end' | 'burst' | 'stop';

export type SessionStep =
  | { readonly kind: 'open-volume' }
  | { readonly kind: 'drop-traceless' }
  | { readonly kind: 'settle-stopped-run' }
  | { readonly kind: 'close-full-volume' }
  | { readonly kind: 'checkpoint'; readonly reason: CheckpointReason }
  | { readonly kind: 'audit-position' }
  | { readonly kind: 'submit' }
  /** The daemon stops and all that was received is written: streams still open end here. */
  | { readonly kind: 'fail-open-streams' }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'end' };

type CheckpointLimits = Pick<
  TransferLimits,
  'checkpointBytes' | 'checkpointMs' | 'checkpointIdleMs' | 'checkpointGroupingMs' | 'lingerMs'
>;

const WAIT_FOR_EVENT: SessionStep = { kind: 'wait', untilMs: Infinity };

/** The session's next step: a pure decision. */
export function decideStep(situation: SessionSituation, limits: CheckpointLimits): SessionStep {
  const { volume, streams, stopping } = situation;
  if (volume?.isStopped === true) return volume.runsInFlight > 0 ? WAIT_FOR_EVENT : { kind: 'settle-stopped-run' };
  if (volume?.isFull === true) return volume.runsInFlight > 0 ? WAIT_FOR_EVENT : { kind: 'close-full-volume' };
  if (streams.traceless > 0) return { kind: 'drop-traceless' };
  if (volume === null) return withoutVolume(situation, limits);

  const due = nextCheckpoint(situation, limits);
  const { pace } = volume;
  const reason = due !== null && due.atMs <= situation.nowMs ? due.reason : pace.kind === 'stop' ? 'burst' : null;
  if (reason !== null && volume.runsInFlight > 0) return WAIT_FOR_EVENT;
  const isFed = pace.kind === 'feed' && streams.ready > 0 && volume.canSubmit;
  if ((reason !== null || isFed) && volume.needsAudit) return { kind: 'audit-position' };
  if (reason !== null) return { kind: 'checkpoint', reason };
  if (isFed) return { kind: 'submit' };
  const untilMs = Math.min(due?.atMs ?? Infinity, pace.kind === 'hold' ? pace.untilMs : Infinity);
  if (volume.runsInFlight > 0) return { kind: 'wait', untilMs };
  if (stopping) return streams.open > 0 ? { kind: 'fail-open-streams' } : { kind: 'end' };
  if (streams.count === 0) return linger(situation, limits);
  return { kind: 'wait', untilMs };
}

/** Nothing is mounted, nothing is undurable; blocks may wait for the next volume. */
function withoutVolume(situation: SessionSituation, limits: CheckpointLimits): SessionStep {
  const { stopping, streams } = situation;
  if (stopping) return streams.count > 0 ? { kind: 'fail-open-streams' } : { kind: 'end' };
  return streams.count > 0 ? { kind: 'open-volume' } : linger(situation, limits);
}

/** The next client of the same backup run need not wait for a drive. */
function linger({ nowMs, lastActivityMs }: SessionSituation, { lingerMs }: CheckpointLimits): SessionStep {
  const untilMs = lastActivityMs + lingerMs;
  return untilMs <= nowMs ? { kind: 'end' } : { kind: 'wait', untilMs };
}

/** When the next checkpoint is due as things stand, and why; null when there is nothing to make durable or to tell. */
function nextCheckpoint(
  situation: SessionSituation,
  limits: CheckpointLimits,
): { readonly atMs: number; readonly reason: CheckpointReason } | null {
  const { nowMs, stopping, streams, volume, undurableSinceMs, settledSinceMs, lastActivityMs } = situation;
  const candidates: { readonly atMs: number; readonly reason: CheckpointReason }[] = [];
  const isDrained = streams.ready === 0 && volume?.runsInFlight === 0;
  if ((volume?.undurableBytes ?? 0) >= limits.checkpointBytes) candidates.push({ atMs: nowMs, reason: 'bytes' });
  if (volume?.keepsTooMuch === true) candidates.push({ atMs: nowMs, reason: 'ring' });
  if (volume?.isWrittenAgain === true) candidates.push({ atMs: nowMs, reason: 'written-again' });
  if (settledSinceMs !== null) {
    const othersGoOn = streams.settled < streams.count;
    const atMs = othersGoOn ? settledSinceMs + limits.checkpointGroupingMs : settledSinceMs;
    candidates.push({ atMs, reason: 'stream-end' });
  }
  if (undurableSinceMs !== null) {
    if (isDrained) candidates.push({ atMs: lastActivityMs + limits.checkpointIdleMs, reason: 'idle' });
    candidates.push({ atMs: undurableSinceMs + limits.checkpointMs, reason: 'seconds' });
  }
  // Stopping: what was received is written first, and all streams have ended, one way or the other.
  if (stopping)
    return isDrained && streams.open === 0 && candidates.length > 0 ? { atMs: nowMs, reason: 'stop' } : null;
  return candidates.reduce<(typeof candidates)[number] | null>(
    (first, one) => (first === null || one.atMs < first.atMs ? one : first),
    null,
  );
}
