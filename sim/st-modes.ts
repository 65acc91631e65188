import { ERRNO } from '../src/device/errno.js';
import { MT_OP, MT_ST, MT_ST_BOOLEAN } from '../src/device/mtio.js';
import {
  COMPRESSION_PAGE_CODE,
  decodeCompressionModePage,
  encodeCompressionModePage,
} from '../src/scsi/compression-mode-page.js';
import { decodeModeSenseData, encodeModeSelectData, findModePage } from '../src/scsi/mode-parameters.js';
import { encodeModeSelectCdb } from '../src/scsi/mode-select.js';
import { encodeModeSenseCdb } from '../src/scsi/mode-sense.js';
import type { StUnit } from './st-unit.js';

/** The bits of MTSETDRVBUFFER's count that make it an option instead of a buffering mode. */
const OPTION_BITS = 0xf000_0000;

export function isDriverOption(count: number): boolean {
  return (count & OPTION_BITS) !== 0;
}

/** MTCOMPRESSION. 0, or -errno; so all of these. */
export function setCompression(unit: StUnit, on: boolean): number {
  if (unit.ready !== 'ready') return -ERRNO.EIO;
  const data = new Uint8Array(255);
  const sense = {
    disableBlockDescriptors: false,
    pageControl: 0,
    pageCode: COMPRESSION_PAGE_CODE,
    subpageCode: 0,
    allocationLength: data.length,
  };
  if (!unit.send(encodeModeSenseCdb(6, sense), data).good) return -ERRNO.EIO;
  const modes = decodeModeSenseData(6, data);
  const page = findModePage(modes, COMPRESSION_PAGE_CODE);
  if (page === null) return -ERRNO.EIO;
  const changed = encodeCompressionModePage({ ...decodeCompressionModePage(page), compressionEnabled: on });
  return select(unit, encodeModeSelectData(6, { ...modes, pages: [changed] })) ? 0 : -ERRNO.EIO;
}

function select(unit: StUnit, list: Uint8Array): boolean {
  const command = { pageFormat: true, savePages: false, parameterListLength: list.length };
  return unit.send(encodeModeSelectCdb(6, command), list).good;
}

/** MTSETBLK, MTSETDENSITY, and MTSETDRVBUFFER with a buffering mode. */
export function setModes(unit: StUnit, op: number, value: number): number {
  const readiness = unit.readiness();
  if (readiness !== 0) return readiness;
  const blockSize = op === MT_OP.setBlockSize ? value & 0xff_ffff : unit.blockSize;
  const { minBlockBytes, maxBlockBytes } = unit;
  if (blockSize !== 0 && maxBlockBytes > 0 && (blockSize < minBlockBytes || blockSize > maxBlockBytes))
    return -ERRNO.EINVAL;
  const density = op === MT_OP.setDensity ? value & 0xff : unit.density;
  const bufferedMode = op === MT_OP.setDriveBuffer ? value & 7 : unit.bufferedMode;
  const list = encodeModeSelectData(6, {
    mediumType: 0,
    writeProtected: false,
    bufferedMode,
    speed: 0,
    blockDescriptor: { densityCode: density, blockCount: 0, blockLength: blockSize },
    pages: [],
  });
  if (!select(unit, list)) return -ERRNO.EIO;
  unit.blockSize = blockSize;
  unit.density = density;
  unit.bufferedMode = bufferedMode;
  return 0;
}

/** The driver's own options. Those that change nothing the simulator shows are taken and forgotten. */
export function setOptions(unit: StUnit, value: number): number {
  const code = (value & OPTION_BITS) | 0;
  const bit = (flag: number): boolean => (value & flag) !== 0;
  const flags = {
    twoFilemarks: bit(MT_ST_BOOLEAN.twoFilemarks),
    fastEndOfData: bit(MT_ST_BOOLEAN.fastEndOfData),
    noWaitForFilemarks: bit(MT_ST_BOOLEAN.noWaitForFilemarks),
    sili: bit(MT_ST_BOOLEAN.sili),
  };
  switch (code) {
    case MT_ST.booleans:
      Object.assign(unit.options, flags);
      return 0;
    case MT_ST.setBooleans:
    case MT_ST.clearBooleans:
      for (const name of Object.keys(flags) as (keyof typeof flags)[])
        if (flags[name]) unit.options[name] = code === MT_ST.setBooleans;
      return 0;
    case MT_ST.writeThreshold:
    case MT_ST.defaultBlockSize:
    case MT_ST.setTimeout:
    case MT_ST.setCleaning:
    // The default density, compression and buffering share their top bits.
    case MT_ST.defaultDensity & OPTION_BITS:
      return 0;
    default:
      return -ERRNO.EIO;
  }
}
