import { readdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readScsiDevice, unlessGone, type ScsiDeviceNode } from './sysfs-scsi.js';

/** A tape drive as the kernel's sysfs describes it. */
export interface TapeDriveNode extends ScsiDeviceNode {
  /** Of the no-rewind node, e.g. `nst0`. */
  readonly name: string;
  /** e.g. `/dev/nst0`. */
  readonly devicePath: string;
}

/**
 * All tape drives, by number. `sysfsRoot` is `/sys`. Empty when the `st` module is not loaded.
 * Numbers follow the order of discovery and change between boots: what is configured should be a serial number or a
 * path below /dev/tape/by-id.
 */
export function listTapeDrives(sysfsRoot: string): readonly TapeDriveNode[] {
  const names = unlessGone(() => readdirSync(join(sysfsRoot, 'class/scsi_tape'))) ?? [];
  return (
    names
      // Each drive has st0, st0l, st0m, st0a and the same with n; those without n rewind on close, those with a letter
      // change the mode. Only plain nst is ever used.
      .filter((name) => /^nst\d+$/.test(name))
      .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))
      .map((name) => readTapeDrive(sysfsRoot, name))
      .filter((drive) => drive !== null)
  );
}

/**
 * The drive behind a device path, which may be a link such as /dev/tape/by-id/scsi-SERIAL-nst. Null when there is none, or
 * when the path is not that of a plain no-rewind tape node.
 */
export function findTapeDrive(sysfsRoot: string, devicePath: string): TapeDriveNode | null {
  const target = unlessGone(() => realpathSync(devicePath));
  if (target === null) return null;
  const name = basename(target);
  return /^nst\d+$/.test(name) ? readTapeDrive(sysfsRoot, name) : null;
}

/** Null when the drive is gone, or goes while it is looked at. */
function readTapeDrive(sysfsRoot: string, name: string): TapeDriveNode | null {
  const device = join(sysfsRoot, 'class/scsi_tape', name, 'device');
  return unlessGone(() => ({ name, devicePath: `/dev/${name}`, ...readScsiDevice(device) }));
}
