import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ByteRangeError, ByteReader } from '../base/byte-cursor.js';

/** A SCSI device as the kernel's sysfs describes it. */
export interface ScsiDeviceNode {
  /** e.g. `/dev/sg3`; null when the `sg` module is not loaded. */
  readonly genericPath: string | null;
  /** host:channel:target:lun */
  readonly scsiAddress: string;
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  /** Unit serial number (VPD page 80h); null when the device or the kernel does not tell it. */
  readonly serial: string | null;
}

/** Reads the directory of a SCSI device. The caller copes with a device that goes meanwhile (`unlessGone`). */
export function readScsiDevice(directory: string): ScsiDeviceNode {
  const generic = unlessGone(() => readdirSync(join(directory, 'scsi_generic')))?.find((entry) =>
    /^sg\d+$/.test(entry),
  );
  const page80 = unlessGone(() => readFileSync(join(directory, 'vpd_pg80')));
  return {
    genericPath: generic === undefined ? null : `/dev/${generic}`,
    scsiAddress: basename(realpathSync(directory)),
    vendor: readAttribute(directory, 'vendor'),
    product: readAttribute(directory, 'model'),
    revision: readAttribute(directory, 'rev'),
    serial: page80 === null ? null : decodeSerialPage(page80),
  };
}

export function readAttribute(directory: string, name: string): string {
  return readFileSync(join(directory, name), 'latin1').trim();
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
export function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(error.code)) return null;
    throw error;
  }
}

const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO']);
