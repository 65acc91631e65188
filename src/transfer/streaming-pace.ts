import type { StreamingSpeeds } from '../drive/streaming-speeds.js';

/** What the sources and the buffer look like when the pace is decided. Times are of the monotonic clock, milliseconds. */
export interface PaceSituation {
  readonly nowMs: number;
  /** Whole blocks that wait for the drive. */
  readonly bufferedBytes: number;
  /** What the buffer can still take; at 0 the sources are held back. */
  readonly roomBytes: number;
  /** All that ever came. */
  readonly receivedBytes: number;
  /** More may come. */
  readonly isOpen: boolean;
}

export interface PaceLimits {
  /** The whole buffer. */
  readonly bufferBytes: number;
  /** Of the drive's time, what stopping and starting it may take: bursts are made long enough for that, if the buffer is. */
  readonly lostShare: number;
  /** What is written is made durable after so much in any case: a burst need not be longer. */
  readonly durableBytes: number;
  /** So long a block waits at most for others to make a burst with, milliseconds. */
  readonly holdMs: number;
}

/**
 * What is remembered from one decision to the next. The tape stands (`collecting`) or runs (`feeding`); `receivedPerMs` and `weight` make the
 * sources' rate, an average that forgets with AVERAGE_MS.
 */
export interface PaceState {
  readonly phase: 'collecting' | 'feeding';
  readonly seenMs: number;
  readonly seenBytes: number;
  readonly receivedPerMs: number;
  readonly weight: number;
  /** The same over RECENT_MS: whether they send just now. */
  readonly recentPerMs: number;
  /** When bytes came last, and the longest time lately that none came. */
  readonly cameMs: number;
  readonly longestGapMs: number;
  /** Collecting: since when blocks wait. Feeding: since when there are hardly any. Null: they do not, or there are. */
  readonly sinceMs: number | null;
  /** Feeding at a measured pace: what may be handed to the drive now. */
  readonly budgetBytes: number;
}

export type PaceAction =
  /** The tape stands and more is collected; or it runs, and the next block is due at `untilMs`. */
  | { readonly kind: 'hold'; readonly untilMs: number }
  /** Blocks go to the drive as it takes them. */
  | { readonly kind: 'feed' }
  /** The tape will stop: what it was given is made durable now, in the same stop. */
  | { readonly kind: 'stop' };

/** The sources' rate is an average over about so long: longer than backup programs pause between files. */
const AVERAGE_MS = 30_000;
const AVERAGE_GAPS = 3;
const RECENT_MS = 1_500;
/** Before that much was seen of the sources, or LOW_MS of the lowest speed came, nothing is concluded from their rate. */
const FIRST_LOOK_MS = 1_000;
/**
 * Sources count as faster than the lowest speed from this much above it: below, the drive would still starve now and then. Those that
 * pause need more: after each pause the buffer is to be filled again.
 */
const MARGIN = 1.1;
const PAUSING_MARGIN = 1.5;
/** Sources that give the drive nearly all it can take: slowing it down for their pauses would lose more than a stop. */
const NEARLY = 0.8;
/** A tape that runs lives off the drive's own buffer: sources that are fast on average have so long to come back. */
const EMPTY_MS = 10_000;
/**
 * Sources that are not: the burst is over when the buffer had less than so many milliseconds of the lowest speed, for as long as the
 * drive's own buffer, 1 GiB in an LTO-9, lasts: until then the tape runs anyway. And not while they send fast, if only for now.
 */
const LOW_MS = 250;
const LOW_PATIENCE_MS = 3_000;
/** When nothing came for so long, what is there is written: its senders may have gone for the day. */
const IDLE_MS = 45_000;
/** A pause shorter than that is covered by the drive's own buffer, however fast it runs. */
const SHORT_GAP_MS = 500;
/** Of the reserve kept against pauses, what a tape starts with and tries to keep, in longest pauses. */
const RESERVE_GAPS = 1.5;
/** A longer wait than this between two looks is made of several: the rate must be followed. */
const LOOK_MS = 250;
/** Budget is not saved up beyond this: a drive that was held up is not flooded behind. */
const MAX_BUDGET_MS = 500;

export function startPace({ nowMs, receivedBytes }: Pick<PaceSituation, 'nowMs' | 'receivedBytes'>): PaceState {
  return {
    phase: 'collecting',
    seenMs: nowMs,
    seenBytes: receivedBytes,
    receivedPerMs: 0,
    weight: 0,
    recentPerMs: 0,
    cameMs: nowMs,
    longestGapMs: 0,
    sinceMs: null,
    budgetBytes: 0,
  };
}

/** The sources' rate as far as it is known, bytes a second. */
export function sourceRate({ receivedPerMs, weight }: PaceState): number {
  return weight === 0 ? 0 : (receivedPerMs / weight) * 1000;
}

/**
 * Whether the tape should stand or run, and how fast it is fed: a pure decision.
 *
 * Sources that can hold the lowest speed: the tape starts when there is enough in the buffer to bridge their pauses, and the feed follows
 * their average, so that the drive finds the speed at which it need not stop. Sources that cannot: the tape stands while the buffer fills,
 * then runs at full speed until it is empty, one stop a burst. The burst is as long as `lostShare` asks, or as the buffer allows.
 */
export function decidePace(
  before: PaceState,
  situation: PaceSituation,
  speeds: StreamingSpeeds,
  limits: PaceLimits,
): { readonly state: PaceState; readonly action: PaceAction } {
  const state = look(before, situation, speeds);
  if (state.phase === 'collecting') return collect(state, situation, speeds, limits);
  return feed(state, situation, speeds, limits, situation.nowMs - before.seenMs);
}

/** Whether the tape runs and the sources give it all it needs by themselves, so that no more than a little need be buffered. */
export function isSteadyAndFast(state: PaceState, speeds: StreamingSpeeds): boolean {
  return state.phase === 'feeding' && state.longestGapMs < SHORT_GAP_MS && holdsLowest(state, speeds);
}

/** The buffer was handed to the drive: of what is fed at a measured pace, so much is used up. */
export function noteFed(state: PaceState, bytes: number): PaceState {
  return { ...state, budgetBytes: state.budgetBytes - bytes };
}

/** Brings the averages up to date. */
function look(
  state: PaceState,
  { nowMs, receivedBytes, roomBytes }: PaceSituation,
  { highest }: StreamingSpeeds,
): PaceState {
  const elapsedMs = nowMs - state.seenMs;
  const came = receivedBytes > state.seenBytes;
  if (elapsedMs <= 0) return state;
  const gapMs = nowMs - state.cameMs;
  // Pauses are forgotten as the rate is; a source that is held back by us makes none.
  const faded = state.longestGapMs * Math.exp(-elapsedMs / (4 * AVERAGE_MS));
  const next = {
    ...state,
    seenMs: nowMs,
    seenBytes: receivedBytes,
    cameMs: came || roomBytes <= 0 ? nowMs : state.cameMs,
    longestGapMs: came || roomBytes <= 0 ? faded : Math.max(faded, gapMs),
  };
  // Over several of the sources' pauses, else the average would follow each of them.
  const keep = Math.exp(-elapsedMs / (AVERAGE_MS + AVERAGE_GAPS * next.longestGapMs));
  const keepRecent = Math.exp(-elapsedMs / RECENT_MS);
  const seenPerMs = (receivedBytes - state.seenBytes) / elapsedMs;
  // Held back, they could give at least what the drive takes.
  const perMs = roomBytes <= 0 ? Math.max(seenPerMs, highest / 1000) : seenPerMs;
  return {
    ...next,
    receivedPerMs: state.receivedPerMs * keep + perMs * (1 - keep),
    weight: state.weight * keep + (1 - keep),
    recentPerMs: state.recentPerMs * keepRecent + perMs * (1 - keepRecent),
  };
}

function collect(
  state: PaceState,
  situation: PaceSituation,
  speeds: StreamingSpeeds,
  limits: PaceLimits,
): { readonly state: PaceState; readonly action: PaceAction } {
  const { nowMs, bufferedBytes } = situation;
  const sinceMs = bufferedBytes === 0 ? null : (state.sinceMs ?? nowMs);
  if (bufferedBytes > 0 && isEnough(state, sinceMs ?? nowMs, situation, speeds, limits))
    return { state: { ...state, phase: 'feeding', sinceMs: null, budgetBytes: 0 }, action: { kind: 'feed' } };
  return { state: { ...state, sinceMs }, action: { kind: 'hold', untilMs: nowMs + LOOK_MS } };
}

function isEnough(
  state: PaceState,
  sinceMs: number,
  { nowMs, bufferedBytes, roomBytes, isOpen }: PaceSituation,
  speeds: StreamingSpeeds,
  limits: PaceLimits,
): boolean {
  if (!isOpen || roomBytes <= 0) return true;
  if (nowMs - sinceMs >= limits.holdMs || nowMs - state.cameMs >= IDLE_MS) return true;
  const rate = sourceRate(state);
  const isKnown = state.weight >= FIRST_LOOK_WEIGHT || bufferedBytes >= lowMark(speeds);
  const enough = holdsLowest(state, speeds)
    ? Math.min(limits.bufferBytes / 2, reserveOf(state, speeds))
    : burstOf(rate, speeds, limits);
  return isKnown && bufferedBytes >= enough;
}

/** What the average weighs after FIRST_LOOK_MS. */
const FIRST_LOOK_WEIGHT = 1 - Math.exp(-FIRST_LOOK_MS / AVERAGE_MS);

function feed(
  state: PaceState,
  situation: PaceSituation,
  speeds: StreamingSpeeds,
  limits: PaceLimits,
  elapsedMs: number,
): { readonly state: PaceState; readonly action: PaceAction } {
  const { nowMs, bufferedBytes, isOpen } = situation;
  const rate = sourceRate(state);
  const sinceMs = bufferedBytes < lowMark(speeds) ? (state.sinceMs ?? nowMs) : null;
  const isOver = holdsLowest(state, speeds)
    ? bufferedBytes === 0 && nowMs - state.cameMs >= EMPTY_MS
    : sinceMs !== null && nowMs - sinceMs >= LOW_PATIENCE_MS && state.recentPerMs * 1000 < speeds.lowest;
  if (isOver && isOpen) return { state: { ...state, phase: 'collecting', sinceMs: null }, action: { kind: 'stop' } };
  if (bufferedBytes === 0) return { state: { ...state, sinceMs }, action: { kind: 'hold', untilMs: nowMs + LOOK_MS } };
  const target = reserveOf(state, speeds);
  const isBetween = holdsLowest(state, speeds) && rate < NEARLY * speeds.highest;
  const bridges = target > 0 && target <= limits.bufferBytes / 2;
  if (!isOpen || !bridges || !isBetween || bufferedBytes >= 2 * target)
    return { state: { ...state, sinceMs, budgetBytes: 0 }, action: { kind: 'feed' } };
  // Follows the sources' average: faster with more in the buffer than the reserve, slower with less, never below the lowest speed.
  const bytesPerMs = Math.max(speeds.lowest * MARGIN, (rate * bufferedBytes) / target) / 1000;
  const budgetBytes = Math.min(state.budgetBytes + bytesPerMs * elapsedMs, bytesPerMs * MAX_BUDGET_MS);
  const paced = { ...state, sinceMs, budgetBytes };
  if (budgetBytes >= 0) return { state: paced, action: { kind: 'feed' } };
  return { state: paced, action: { kind: 'hold', untilMs: nowMs + Math.ceil(-budgetBytes / bytesPerMs) } };
}

function lowMark({ lowest }: StreamingSpeeds): number {
  return (lowest * LOW_MS) / 1000;
}

function holdsLowest(state: PaceState, { lowest }: StreamingSpeeds): boolean {
  return sourceRate(state) >= (state.longestGapMs < SHORT_GAP_MS ? MARGIN : PAUSING_MARGIN) * lowest;
}

/** What bridges the sources' pauses at the lowest speed; the buffer may be too small for it. */
function reserveOf({ longestGapMs }: PaceState, { lowest }: StreamingSpeeds): number {
  return longestGapMs < SHORT_GAP_MS ? 0 : (RESERVE_GAPS * longestGapMs * lowest) / 1000;
}

/**
 * What must be in the buffer for a burst that loses no more than the share. With so much in it the burst takes W / (highest - rate)
 * seconds, since more comes meanwhile.
 */
function burstOf(
  rate: number,
  { highest, backhitchSeconds }: StreamingSpeeds,
  { lostShare, bufferBytes, durableBytes }: PaceLimits,
): number {
  const seconds = (backhitchSeconds * (1 - lostShare)) / lostShare;
  const untilDurable = durableBytes / highest;
  return Math.min(bufferBytes, Math.min(seconds, untilDurable) * Math.max(0, highest - rate));
}
