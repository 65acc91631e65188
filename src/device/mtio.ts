import { ByteReader, ByteWriter } from '../base/byte-cursor.js';

/**
 * The magnetic tape ioctls of <linux/mtio.h> as the `st` driver serves them: struct mtop, struct mtget, struct mtpos.
 *
 * Numbers and layouts are those of 64-bit little-endian Linux (x86-64, arm64, riscv64; `_IOC` with 2 direction bits).
 * native/layout.c prints them from the real headers and a test compares.
 */
export const MTIO = {
  /** MTIOCTOP: do the operation in a struct mtop. */
  operate: 0x4008_6d01,
  /** MTIOCGET: fill a struct mtget. */
  getStatus: 0x8030_6d02,
  /** MTIOCPOS: fill a struct mtpos. */
  getPosition: 0x8008_6d03,
} as const;

export const MTOP_BYTES = 8;
export const MTGET_BYTES = 48;
export const MTPOS_BYTES = 8;

/** `mt_op` values (MTRESET ... MTWEOFI). */
export const MT_OP = {
  reset: 0,
  forwardSpaceFilemarks: 1,
  backwardSpaceFilemarks: 2,
  forwardSpaceBlocks: 3,
  backwardSpaceBlocks: 4,
  /** Waits until the drive's buffer is on the medium; with count 0 it is only that flush. */
  writeFilemarks: 5,
  rewind: 6,
  /** Rewind and eject. */
  offline: 7,
  /** Also flushes the driver's own buffer, never the drive's. */
  noOperation: 8,
  retension: 9,
  backwardSpaceFilemarksBeyond: 10,
  forwardSpaceFilemarksBefore: 11,
  endOfData: 12,
  erase: 13,
  setBlockSize: 20,
  setDensity: 21,
  seek: 22,
  tell: 23,
  /** Buffering mode 0..7, or with MT_ST bits an option of the driver. */
  setDriveBuffer: 24,
  forwardSpaceSetmarks: 25,
  backwardSpaceSetmarks: 26,
  writeSetmarks: 27,
  lock: 28,
  unlock: 29,
  load: 30,
  unload: 31,
  setCompression: 32,
  setPartition: 33,
  makePartition: 34,
  /** Filemarks with the immediate bit: returns before they are on the medium. */
  writeFilemarksImmediate: 35,
} as const;

/**
 * `mt_count` of MT_OP.setDriveBuffer: a command in the top nibble, its bits or value below. Changing them needs
 * CAP_SYS_ADMIN. Combine as `MT_ST.setBooleans | MT_ST_BOOLEAN.sili`.
 */
export const MT_ST = {
  /** Replaces all boolean options. */
  booleans: 0x1000_0000,
  /** Value in KiB below. */
  writeThreshold: 0x2000_0000,
  setBooleans: 0x3000_0000,
  clearBooleans: 0x4000_0000,
  defaultBlockSize: 0x5000_0000,
  defaultDensity: 0x6010_0000,
  defaultCompression: 0x6020_0000,
  defaultDriveBuffer: 0x6030_0000,
  /** Seconds below, at most 0xfffff. */
  setTimeout: 0x7000_0000,
  setLongTimeout: 0x7010_0000,
  /** 0x80000000 as the signed 32-bit integer `mt_count` is. */
  setCleaning: -0x8000_0000,
} as const;

/** Boolean options of the `st` driver. */
export const MT_ST_BOOLEAN = {
  bufferWrites: 0x1,
  asyncWrites: 0x2,
  readAhead: 0x4,
  debugging: 0x8,
  twoFilemarks: 0x10,
  /** Quicker end of data, at the price of the file number: MTIOCGET then tells -1. */
  fastEndOfData: 0x20,
  autoLock: 0x40,
  defaultsForWrites: 0x80,
  canBackspaceBlocks: 0x100,
  noBlockLimits: 0x200,
  canPartitions: 0x400,
  /** seek and tell use logical (SCSI-2) block addresses. */
  logicalBlockAddresses: 0x800,
  systemV: 0x1000,
  /** Rewind, offline and the like return before they are done. */
  noWait: 0x2000,
  /** Suppress incorrect length indication: no error for blocks shorter than the buffer. */
  sili: 0x4000,
  noWaitForFilemarks: 0x8000,
} as const;

/** `mt_gstat` bits. */
export const GMT = {
  /** Behind a filemark. */
  filemark: 0x8000_0000,
  beginningOfTape: 0x4000_0000,
  /** At or behind early warning. */
  endOfTape: 0x2000_0000,
  setmark: 0x1000_0000,
  endOfData: 0x0800_0000,
  writeProtected: 0x0400_0000,
  online: 0x0100_0000,
  density6250: 0x0080_0000,
  density1600: 0x0040_0000,
  density800: 0x0020_0000,
  /** Door open: no medium. */
  noMedium: 0x0004_0000,
  /** Writes are acknowledged when they are in the drive's buffer. */
  immediateReports: 0x0001_0000,
  cleaningRequested: 0x0000_8000,
} as const;

/** `mt_type` of the `st` driver. */
export const MT_TYPE = { scsi1: 0x71, scsi2: 0x72 } as const;

/** struct mtop. `count` is a signed 32-bit integer. */
export interface MtOperation {
  readonly op: number;
  readonly count: number;
}

export function encodeMtOperation(operation: MtOperation): Uint8Array {
  const bytes = new Uint8Array(MTOP_BYTES);
  new ByteWriter(bytes, 'little-endian').u16(operation.op).zeros(2).i32(operation.count);
  return bytes;
}

/** `op` may be one that MT_OP does not name; the driver answers such with ENOSYS. */
export function decodeMtOperation(bytes: Uint8Array): MtOperation {
  const reader = new ByteReader(bytes, 'little-endian');
  const op = reader.u16();
  return { op, count: reader.skip(2).i32() };
}

/** struct mtget as `st` fills it. */
export interface MtStatus {
  /** MT_TYPE of the drive. */
  readonly type: number;
  /** `mt_resid`, where `st` tells the active partition. */
  readonly partition: number;
  /** 0: blocks of variable size. */
  readonly blockSizeBytes: number;
  readonly densityCode: number;
  /** GMT bits, unsigned 32-bit. */
  readonly flags: number;
  /** Recovered errors since the last MTIOCGET. */
  readonly softErrors: number;
  /** Filemarks before the position; null when the driver has lost count. */
  readonly fileNumber: number | null;
  /** Blocks since the last filemark; null when the driver has lost count. */
  readonly blockNumber: number | null;
}

export function encodeMtStatus(status: MtStatus): Uint8Array {
  const bytes = new Uint8Array(MTGET_BYTES);
  fillMtStatus(bytes, status);
  return bytes;
}

/** What the driver does: fills the caller's struct mtget. */
export function fillMtStatus(bytes: Uint8Array, status: MtStatus): void {
  new ByteWriter(bytes, 'little-endian')
    .i64(status.type)
    .i64(status.partition)
    .u24(status.blockSizeBytes)
    .u8(status.densityCode)
    .zeros(4)
    .u32(status.flags)
    .zeros(4)
    .u16(status.softErrors)
    .zeros(6)
    .i32(status.fileNumber ?? -1)
    .i32(status.blockNumber ?? -1);
}

/**
 * The upper halves of the register longs are ignored: the registers are 32-bit, and kernels have sign-extended them.
 */
export function decodeMtStatus(bytes: Uint8Array): MtStatus {
  const reader = new ByteReader(bytes, 'little-endian');
  const type = reader.i64();
  const partition = reader.i64();
  const blockSizeBytes = reader.u24();
  const densityCode = reader.u8();
  const flags = reader.skip(4).u32();
  const softErrors = reader.skip(4).u16();
  const fileNumber = reader.skip(6).i32();
  const blockNumber = reader.i32();
  return {
    type,
    partition,
    blockSizeBytes,
    densityCode,
    flags,
    softErrors,
    fileNumber: fileNumber < 0 ? null : fileNumber,
    blockNumber: blockNumber < 0 ? null : blockNumber,
  };
}

/** What the driver does: fills the caller's struct mtpos with a block address. */
export function fillMtPosition(bytes: Uint8Array, blockAddress: number): void {
  new ByteWriter(bytes, 'little-endian').i64(blockAddress);
}

export function encodeMtPosition(blockAddress: number): Uint8Array {
  const bytes = new Uint8Array(MTPOS_BYTES);
  fillMtPosition(bytes, blockAddress);
  return bytes;
}

/** The block address in a struct mtpos. */
export function decodeMtPosition(bytes: Uint8Array): number {
  return new ByteReader(bytes, 'little-endian').i64();
}
