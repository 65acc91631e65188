import { systemBlockingClock } from '../src/base/blocking-clock.js';
import type { SyscallPort } from '../src/device/syscall-port.js';
import type { SimClock } from '../sim/sim-clock.js';
import { SimSyscalls, type SimSyscallOptions } from '../sim/sim-syscalls.js';

/** What takes longer than this is mechanics: loading, winding. */
const STREAMING_SECONDS = 1;

/**
 * Simulated drives that stream in real time, `speed` times as fast as their generation does, while all that is not streaming takes
 * no time: to measure how well a drive is kept fed, not how long it winds.
 */
export function createSyscallPort(options: unknown): SyscallPort {
  // Options come from the composition root that chose this module.
  const { speed = 1, ...rest } = options as SimSyscallOptions;
  const clock: SimClock = {
    mode: 'wall',
    seconds: () => (systemBlockingClock.monotonicMs() / 1000) * speed,
    spend: (seconds) => {
      if (seconds <= STREAMING_SECONDS) systemBlockingClock.sleepMs((seconds * 1000) / speed);
    },
  };
  return new SimSyscalls(rest, { clock });
}
