import { ByteReader } from '../base/byte-cursor.js';
import { decodeCounters, encodeCounter, encodeCounters, pageCounter, type CounterFields } from './log-counter.js';
import { decodeLogPage, encodeLogPage, LOG_FORMATS, LOG_PAGES, type LogPage } from './log-page.js';

type Field =
  | 'mounts'
  | 'datasetsWritten'
  | 'recoveredWriteErrors'
  | 'unrecoveredWriteErrors'
  | 'writeServoErrors'
  | 'unrecoveredWriteServoErrors'
  | 'datasetsRead'
  | 'recoveredReadErrors'
  | 'unrecoveredReadErrors'
  | 'lastMountUnrecoveredWriteErrors'
  | 'lastMountUnrecoveredReadErrors'
  | 'lastMountMegabytesWritten'
  | 'lastMountMegabytesRead'
  | 'lifetimeMegabytesWritten'
  | 'lifetimeMegabytesRead'
  | 'lastLoadWriteCompressionRatio'
  | 'lastLoadReadCompressionRatio'
  | 'mountTimeMs'
  | 'readyTimeMs'
  | 'nativeCapacityMegabytes'
  | 'usedNativeCapacityMegabytes'
  | 'beginningOfMediumPasses'
  | 'middleOfMediumPasses';

/**
 * Volume statistics page 17h (SSC-4; LTO-5 and later): the life of the cartridge in the drive. Megabytes are 10^6
 * bytes, compression ratios hundredths. null or '': the drive does not tell.
 */
export interface VolumeStatistics extends Readonly<Record<Field, number | null>> {
  /** False: the numbers are not (yet) right, as without a medium. */
  readonly valid: boolean;
  readonly serial: string;
  readonly writeProtected: boolean | null;
  readonly worm: boolean | null;
}

/** Widths as LTO drives send them. */
const FIELDS: CounterFields<Field> = {
  mounts: { code: 0x0001, width: 4 },
  datasetsWritten: { code: 0x0002, width: 8 },
  recoveredWriteErrors: { code: 0x0003, width: 4 },
  unrecoveredWriteErrors: { code: 0x0004, width: 2 },
  writeServoErrors: { code: 0x0005, width: 2 },
  unrecoveredWriteServoErrors: { code: 0x0006, width: 2 },
  datasetsRead: { code: 0x0007, width: 8 },
  recoveredReadErrors: { code: 0x0008, width: 4 },
  unrecoveredReadErrors: { code: 0x0009, width: 2 },
  lastMountUnrecoveredWriteErrors: { code: 0x000c, width: 2 },
  lastMountUnrecoveredReadErrors: { code: 0x000d, width: 2 },
  lastMountMegabytesWritten: { code: 0x000e, width: 4 },
  lastMountMegabytesRead: { code: 0x000f, width: 4 },
  lifetimeMegabytesWritten: { code: 0x0010, width: 8 },
  lifetimeMegabytesRead: { code: 0x0011, width: 8 },
  lastLoadWriteCompressionRatio: { code: 0x0012, width: 2 },
  lastLoadReadCompressionRatio: { code: 0x0013, width: 2 },
  mountTimeMs: { code: 0x0014, width: 6 },
  readyTimeMs: { code: 0x0015, width: 6 },
  nativeCapacityMegabytes: { code: 0x0016, width: 4 },
  usedNativeCapacityMegabytes: { code: 0x0017, width: 4 },
  beginningOfMediumPasses: { code: 0x0101, width: 4 },
  middleOfMediumPasses: { code: 0x0102, width: 4 },
};

const VALID_CODE = 0x0000;
const SERIAL_CODE = 0x0040;
const WRITE_PROTECT_CODE = 0x0080;
const WORM_CODE = 0x0081;
const SERIAL_LENGTH = 32;

export function decodeVolumeStatisticsLogPage(bytes: Uint8Array): VolumeStatistics {
  const page = decodeLogPage(bytes, LOG_PAGES.volumeStatistics);
  return {
    ...decodeCounters(page, FIELDS),
    valid: flagOf(page, VALID_CODE) ?? false,
    serial: textOf(page, SERIAL_CODE),
    writeProtected: flagOf(page, WRITE_PROTECT_CODE),
    worm: flagOf(page, WORM_CODE),
  };
}

function flagOf(page: LogPage, code: number): boolean | null {
  const counter = pageCounter(page, code);
  return counter === null ? null : counter % 2 === 1;
}

function textOf(page: LogPage, code: number): string {
  const value = page.parameters.find((parameter) => parameter.code === code)?.value ?? new Uint8Array();
  return new ByteReader(value, 'big-endian').ascii(value.length).trim();
}

export function encodeVolumeStatisticsLogPage(statistics: VolumeStatistics): Uint8Array {
  const flag = (code: number, on: boolean | null): ReturnType<typeof encodeCounter> =>
    encodeCounter(code, LOG_FORMATS.binaryList, 1, on === null ? null : Number(on));
  const serial = Uint8Array.from(statistics.serial.padEnd(SERIAL_LENGTH), (char) => char.charCodeAt(0));
  return encodeLogPage({
    pageCode: LOG_PAGES.volumeStatistics,
    subpageCode: 0,
    parameters: [
      flag(VALID_CODE, statistics.valid),
      ...encodeCounters(statistics, FIELDS, LOG_FORMATS.binaryList),
      { code: SERIAL_CODE, control: LOG_FORMATS.asciiList, value: serial },
      flag(WRITE_PROTECT_CODE, statistics.writeProtected),
      flag(WORM_CODE, statistics.worm),
    ],
  });
}
