import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readAttribute, readScsiDevice, unlessGone, type ScsiDeviceNode } from './sysfs-scsi.js';

/** SCSI device type of a medium changer (SPC-4). */
const MEDIUM_CHANGER = '8';

/**
 * All medium changers, by SCSI address: also those of which the `sg` module, or `ch`, knows nothing. `sysfsRoot` is `/sys`.
 * Numbers of sg nodes follow the order of discovery and change between boots: what is configured should be a path below
 * /dev/tape/by-id.
 */
export function listChangers(sysfsRoot: string): readonly ScsiDeviceNode[] {
  const directory = join(sysfsRoot, 'bus/scsi/devices');
  const addresses = (unlessGone(() => readdirSync(directory)) ?? []).filter((name) => /^\d+:\d+:\d+:\d+$/.test(name));
  return addresses
    .sort(byNumbers)
    .map((address) => unlessGone(() => readChanger(join(directory, address))))
    .filter((changer) => changer !== null);
}

function readChanger(device: string): ScsiDeviceNode | null {
  return readAttribute(device, 'type') === MEDIUM_CHANGER ? readScsiDevice(device) : null;
}

/** `2:0:1:0` before `10:0:0:0`. */
function byNumbers(a: string, b: string): number {
  const [left, right] = [a.split(':').map(Number), b.split(':').map(Number)];
  return left.reduce((order, number, i) => (order === 0 ? number - (right[i] ?? 0) : order), 0);
}
