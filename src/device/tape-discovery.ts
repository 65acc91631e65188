import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ByteRangeError, ByteReader } from '../base/byte-cursor.js';

/** A tape drive as the kernel's sysfs describes it. */
export interface TapeDriveNode {
  /** Of the no-rewind node, e.g. `nst0`. */
  readonly name: string;
  /** e.g. `/dev/nst0`. */
  readonly devicePath: string;
  /** e.g. `/dev/sg3`; null when the `sg` module is not loaded. */
  readonly genericPath: string | null;
  /** host:channel:target:lun */
  readonly scsiAddress: string;
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  /** Unit serial number (VPD page 80h); null when the drive or the kernel does not tell it. */
  readonly serial: string | null;
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
  return unlessGone(() => {
    const generic = unlessGone(() => readdirSync(join(device, 'scsi_generic')))?.find((entry) => /^sg\d+$/.test(entry));
    const page80 = unlessGone(() => readFileSync(join(device, 'vpd_pg80')));
    return {
      name,
      devicePath: `/dev/${name}`,
      genericPath: generic === undefined ? null : `/dev/${generic}`,
      scsiAddress: basename(realpathSync(device)),
      vendor: readAttribute(device, 'vendor'),
      product: readAttribute(device, 'model'),
      revision: readAttribute(device, 'rev'),
      serial: page80 === null ? null : decodeSerialPage(page80),
    };
  });
}

function readAttribute(device: string, name: string): string {
  return readFileSync(join(device, name), 'latin1').trim();
}

/** VPD page 80h (SPC-4, 7.8.15): page code at byte 1, length at 2, then ASCII, padded on either side. Null when it is not. */
function decodeSerialPage(page: Uint8Array): string | null {
  try {
    const reader = new ByteReader(page, 'big-endian');
    if (reader.skip(1).u8() !== 0x80) return null;
    const serial = reader.ascii(reader.u16()).trim();
    return serial === '' ? null : serial;
  } catch (error) {
    if (error instanceof ByteRangeError) return null;
    throw error;
  }
}

/** Null when the file is missing or its device was unplugged meanwhile; anything else is a failure and goes on. */
function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(error.code)) return null;
    throw error;
  }
}

const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO']);
