import { silentLogger } from '../../src/base/logger.js';
import type { Clock } from '../../src/base/clock.js';
import { ScsiChanger } from '../../src/changer/scsi-changer.js';
import { InlineScsiChannel } from '../../src/device/inline-scsi-channel.js';
import type { SimClock } from '../../sim/sim-clock.js';
import { CHANGER, LibraryBench, type LibraryBenchOptions } from '../unit/sim/library-bench.js';

/** One time for the library and for who waits for it; it passes when somebody sleeps or something takes time. */
class SharedClock implements Clock, SimClock {
  readonly mode = 'virtual';
  #nowMs = 0;

  seconds(): number {
    return this.#nowMs / 1000;
  }

  spend(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#nowMs += ms;
    await Promise.resolve();
    signal?.throwIfAborted();
  }
}

/** The production ScsiChanger on a simulated library of which the drives are `tape0` (`/dev/nst0`), `tape1`, ... */
export class SimLibraryFixture {
  readonly clock = new SharedClock();
  readonly bench: LibraryBench;
  changer: ScsiChanger;

  constructor(options: Omit<LibraryBenchOptions, 'clock'> = {}) {
    this.bench = new LibraryBench({ ...options, clock: this.clock });
    this.changer = this.#makeChanger();
  }

  get drives(): readonly string[] {
    return this.bench.rack.drives.map((_, number) => `tape${String(number)}`);
  }

  /** As if the daemon had ended, however it did, and a new one begun. */
  restart(powerOn: boolean): void {
    this.bench.restart(powerOn);
    this.changer = this.#makeChanger();
  }

  #makeChanger(): ScsiChanger {
    const drives = this.drives.map((name, number) => ({
      name,
      serial: `SIM${String(number).padStart(7, '0')}`,
      changerDrive: null,
    }));
    return new ScsiChanger({
      name: 'library',
      channel: new InlineScsiChannel(this.bench.port, CHANGER),
      drives: () => drives,
      clock: this.clock,
      logger: silentLogger,
    });
  }
}
