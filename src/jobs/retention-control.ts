import type { Clock } from '../base/clock.js';
import type { StreamId } from '../terms/ids.js';
import type { RetentionClock } from '../media/retention-clock.js';
import type { StreamHolds } from '../media/stream-holds.js';
import type { ClockView } from '../protocol/retention-api.js';

/** What the control door asks about what is kept. Failures are StorageErrors. */
export interface RetentionControl {
  /** JOB_STREAM_UNKNOWN */
  hold(who: string, streamId: StreamId, reason: string): Promise<void>;
  /** JOB_STREAM_UNKNOWN */
  release(who: string, streamId: StreamId): Promise<void>;
  clock(): Promise<ClockView>;
  /** `who` says that the wall clock is right. */
  confirmClock(who: string): Promise<ClockView>;
}

/** Operators' orders about what is kept, and by which clock. */
export class RetentionOrders implements RetentionControl {
  readonly #holds: StreamHolds;
  readonly #retentionClock: RetentionClock;
  readonly #clock: Clock;

  constructor(options: {
    readonly holds: StreamHolds;
    readonly retentionClock: RetentionClock;
    readonly clock: Clock;
  }) {
    this.#holds = options.holds;
    this.#retentionClock = options.retentionClock;
    this.#clock = options.clock;
  }

  async hold(who: string, streamId: StreamId, reason: string): Promise<void> {
    await this.#holds.hold(who, streamId, reason);
  }

  async release(who: string, streamId: StreamId): Promise<void> {
    await this.#holds.release(who, streamId);
  }

  async clock(): Promise<ClockView> {
    const { kind, vouchedMs } = this.#retentionClock.judge();
    const message = this.#retentionClock.describeDoubt() ?? '';
    return { state: kind, wallMs: this.#clock.wallMs(), vouchedMs, message };
  }

  async confirmClock(who: string): Promise<ClockView> {
    await this.#retentionClock.confirm(who);
    return this.clock();
  }
}
