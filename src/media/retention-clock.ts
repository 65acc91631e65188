import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { isStorageError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import { DAY_MS } from './pool-book.js';

const HOUR_MS = 3_600_000;

/** Limits of what a wall clock is believed; milliseconds. */
export const CLOCK_LIMITS = {
  /**
   * How far it may be ahead of the time that is vouched for while the daemon runs: a time zone set right, a virtual machine that
   * was stopped for a while.
   */
  aheadMs: DAY_MS,
  /** The same at a start: a node that was off for the holidays. */
  aheadAtStartMs: 14 * DAY_MS,
  /** How far it may be behind: what NTP takes back. */
  behindMs: HOUR_MS,
  /** How often the time vouched for is written down: what a start after a crash may miss. */
  writeMs: HOUR_MS,
} as const;

/** A moment on both clocks, at which the wall clock was believed. */
export interface VouchedMoment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface ClockJudgement {
  readonly kind: 'believed' | 'ahead' | 'behind';
  /** The true time is not earlier: what has expired by then has expired. */
  readonly earliestMs: number;
  /** The true time is not later: retention that begins now is counted from then. */
  readonly latestMs: number;
  /** What `wallMs` is measured against: the time vouched for, and what has passed since. */
  readonly vouchedMs: number;
}

/** Pure: how far a wall clock is to be believed, that showed `vouched.wallMs` when it was last. */
export function judgeClock(vouched: VouchedMoment, now: VouchedMoment, aheadMs: number): ClockJudgement {
  const vouchedMs = Math.floor(vouched.wallMs + (now.monotonicMs - vouched.monotonicMs));
  const { wallMs } = now;
  if (wallMs > vouchedMs + aheadMs) return { kind: 'ahead', earliestMs: vouchedMs, latestMs: wallMs, vouchedMs };
  if (wallMs < vouchedMs - CLOCK_LIMITS.behindMs)
    return { kind: 'behind', earliestMs: wallMs, latestMs: vouchedMs, vouchedMs };
  return { kind: 'believed', earliestMs: wallMs, latestMs: Math.max(wallMs, vouchedMs), vouchedMs };
}

/**
 * The time by which streams expire. A wall clock that jumps years ahead would expire everything, one that jumps back would give
 * new streams an end that has long passed: so it is measured against the last time that was vouched for, in the inventory
 * and by the clock that never jumps, and beyond CLOCK_LIMITS it is not believed until a person confirms it. Until then nothing
 * expires that would not have without the jump, and everything else goes on.
 */
export class RetentionClock {
  readonly #inventory: Inventory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #vouched: VouchedMoment;
  #aheadMs: number = CLOCK_LIMITS.aheadMs;
  #lastKind: ClockJudgement['kind'] = 'believed';

  constructor({ inventory, clock, logger }: { inventory: Inventory; clock: Clock; logger: Logger }) {
    this.#inventory = inventory;
    this.#clock = clock;
    this.#logger = logger;
    this.#vouched = this.#now();
  }

  /** Before the first stream. An inventory without a mark is new, or was rebuilt: then its newest stream vouches. */
  async open(): Promise<void> {
    const mark = await this.#inventory.clockMark();
    const knownMs = mark?.vouchedMs ?? (await this.#newestStreamMs());
    const now = this.#now();
    this.#vouched = { ...now, wallMs: knownMs ?? now.wallMs };
    // Until it was believed once: the clock of the machine may be set right only after the daemon was started.
    this.#aheadMs = CLOCK_LIMITS.aheadAtStartMs;
    await this.write();
  }

  /** The earliest time it may be, for judging what has expired. */
  get earliestMs(): number {
    return this.judge().earliestMs;
  }

  /** The latest time it may be, for the retention of what is saved now. */
  get latestMs(): number {
    return this.judge().latestMs;
  }

  judge(): ClockJudgement {
    const now = this.#now();
    const judgement = judgeClock(this.#vouched, now, this.#aheadMs);
    if (judgement.kind === 'believed') {
      this.#vouched = now;
      this.#aheadMs = CLOCK_LIMITS.aheadMs;
    }
    if (judgement.kind !== this.#lastKind) this.#logChange(judgement, now.wallMs);
    this.#lastKind = judgement.kind;
    return judgement;
  }

  /** What an operator must know; null when the clock is believed. */
  describeDoubt(): string | null {
    const { kind, vouchedMs } = this.judge();
    if (kind === 'believed') return null;
    return (
      `The wall clock says ${formatTime(this.#clock.wallMs())}, which is ${kind} of the time this node vouches for (${formatTime(vouchedMs)}). ` +
      (kind === 'ahead'
        ? 'Nothing expires by it.'
        : 'Nothing expires early by it, and what is saved now is kept as if the later time were right.') +
      ' Set the clock right, or confirm it: `tapeloom clock confirm`.'
    );
  }

  /** A person says that the wall clock is right. */
  async confirm(who: string): Promise<void> {
    const { kind, vouchedMs } = this.judge();
    this.#vouched = this.#now();
    this.#aheadMs = CLOCK_LIMITS.aheadMs;
    this.#lastKind = 'believed';
    const { wallMs } = this.#vouched;
    await this.#inventory.commit({
      clockMark: { vouchedMs: wallMs },
      audit: [{ timeMs: wallMs, who, what: 'clock.confirm', barcode: null, details: { kind, vouchedMs, wallMs } }],
    });
    this.#logger.log('info', 'clock.confirmed', `${who} confirmed the wall clock: ${formatTime(wallMs)}.`, { who });
  }

  /** Writes down the time vouched for, now and then until aborted, and then once more. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(CLOCK_LIMITS.writeMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      try {
        await this.write();
      } catch (error) {
        if (!isStorageError(error)) throw error;
        // Whatever it is, those who save meet it too; the next start only doubts a little earlier.
        this.#logger.log('error', 'clock.not-written', error.message, { code: error.code });
      }
    }
  }

  async write(): Promise<void> {
    await this.#inventory.commit({ clockMark: { vouchedMs: this.#judgedMs() } });
  }

  /** What a later start may build on: never later than the wall clock was believed. */
  #judgedMs(): number {
    const { kind, earliestMs, vouchedMs } = this.judge();
    return kind === 'behind' ? vouchedMs : earliestMs;
  }

  #now(): VouchedMoment {
    return { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs() };
  }

  async #newestStreamMs(): Promise<number | null> {
    let newest: number | null = null;
    for await (const { startedMs, endedMs } of this.#inventory.everyStream())
      newest = Math.max(newest ?? 0, startedMs, endedMs ?? 0);
    return newest;
  }

  #logChange({ kind, vouchedMs }: ClockJudgement, wallMs: number): void {
    const fields = { wall: formatTime(wallMs), vouched: formatTime(vouchedMs) };
    if (kind === 'believed') this.#logger.log('info', 'clock.believed', 'The wall clock is believed again.', fields);
    else
      this.#logger.log(
        'warn',
        'clock.doubted',
        `The wall clock is ${kind} of the time that is vouched for; nothing expires by it until it is right or confirmed.`,
        fields,
      );
  }
}

function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? `${String(timeMs)} ms` : time.toISOString();
}
