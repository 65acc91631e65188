import { silentLogger } from '../../src/base/logger.js';
import type { ServedDrive } from '../../src/changer/drive-matching.js';
import { ScsiChanger } from '../../src/changer/scsi-changer.js';
import { InlineScsiChannel } from '../../src/device/inline-scsi-channel.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { FAKE_ADDRESSES, FakeChanger, type FakeQuirks } from './fake-changer.js';
import { ManualClock } from './manual-clock.js';

/** Two drives whose serial numbers the fake changer knows. */
export const TWO_DRIVES: readonly ServedDrive[] = [
  { name: 'tape0', serial: 'SER0000000', changerDrive: null },
  { name: 'tape1', serial: 'SER0000001', changerDrive: null },
];

export interface ScsiChangerBench {
  readonly device: FakeChanger;
  readonly changer: ScsiChanger;
  readonly clock: ManualClock;
}

/** A changer with cartridges TPL001L9... in its first slots. */
export function makeScsiChanger(
  options: {
    readonly slots?: number;
    readonly importExports?: number;
    readonly cartridges?: number;
    readonly drives?: readonly ServedDrive[];
    readonly quirks?: Partial<FakeQuirks>;
    readonly port?: (device: FakeChanger) => SyscallPort;
  } = {},
): ScsiChangerBench {
  const { slots = 6, importExports = 2, cartridges = 3, drives = TWO_DRIVES, quirks = {} } = options;
  const device = new FakeChanger({ slots, importExports, drives: 2 }, quirks);
  for (let n = 0; n < cartridges; n++)
    device.put(FAKE_ADDRESSES.storage + n, `TPL${String(n + 1).padStart(3, '0')}L9`, FAKE_ADDRESSES.storage + n);
  const clock = new ManualClock();
  const changer = new ScsiChanger({
    name: 'library',
    channel: new InlineScsiChannel(options.port?.(device) ?? device, '/dev/sg9'),
    drives: () => drives,
    clock,
    logger: silentLogger,
  });
  return { device, changer, clock };
}
