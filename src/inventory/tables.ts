import type { Barcode } from '../terms/barcode.js';
import { parseStreamId, type JobId, type StreamId, type VolumeId } from '../terms/ids.js';

/**
 * The tables and their keys. Numbers in keys are 16 hexadecimal digits, so that keys sort as numbers do; stream ids are of
 * UUID version 7 and sort by time.
 *
 * | key                  | record                                                                         |
 * | -------------------- | ------------------------------------------------------------------------------ |
 * | a/TRANSACTION/INDEX  | audit                                                                          |
 * | c/BARCODE            | cartridge                                                                      |
 * | d/NAME               | drive                                                                          |
 * | e/STREAM/OFFSET      | extents of one commit on one volume; OFFSET is that of the first               |
 * | f/VOLUME             | a forgotten volume: its extents count no more and are being deleted            |
 * | h/TRANSACTION/INDEX  | health: what a drive and a cartridge went through                              |
 * | j/JOB                | job                                                                            |
 * | k/mark               | the time vouched for                                                           |
 * | l/VOLUME             | volume                                                                         |
 * | m/BARCODE/TRANSACTION/INDEX | move of a cartridge                                                     |
 * | p/NAME               | pool                                                                           |
 * | s/STREAM             | stream                                                                         |
 * | t/NUMBER             | transaction: what the tables add up to after it                                |
 * | v/VOLUME/STREAM      | the stream has extents on the volume                                           |
 */
const ALL_TABLES = ['a', 'c', 'd', 'e', 'f', 'h', 'j', 'k', 'l', 'm', 'p', 's', 't', 'v'] as const;
export type Table = (typeof ALL_TABLES)[number];

const TABLES = new Set<string>(ALL_TABLES);

/** A range of keys: from (inclusive) to (exclusive). */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

export const EVERY_KEY: KeyRange = { from: '', to: '\x7f' };

/** The table a key belongs to; null when it is none of ours. */
export function tableOfKey(key: string): Table | null {
  const [table = ''] = key;
  return TABLES.has(table) && key[1] === '/' ? (table as Table) : null;
}

export function keysOfTable(table: Table): KeyRange {
  return keysUnder(`${table}/`);
}

/** '0' is the character behind '/'. */
function keysUnder(prefix: string): KeyRange {
  return { from: prefix, to: `${prefix.slice(0, -1)}0` };
}

function formatNumber(value: number): string {
  return value.toString(16).padStart(16, '0');
}

export const auditKey = (transaction: number, index: number): string =>
  `a/${formatNumber(transaction)}/${formatNumber(index)}`;
export const cartridgeKey = (barcode: Barcode): string => `c/${barcode}`;
export const driveKey = (name: string): string => `d/${name}`;
export const extentsKey = (streamId: StreamId, offset: number): string => `e/${streamId}/${formatNumber(offset)}`;
export const extentsOfStream = (streamId: StreamId): KeyRange => keysUnder(`e/${streamId}/`);
export const forgottenKey = (volumeId: VolumeId): string => `f/${volumeId}`;
export const healthKey = (transaction: number, index: number): string =>
  `h/${formatNumber(transaction)}/${formatNumber(index)}`;
export const CLOCK_MARK_KEY = 'k/mark';
export const jobKey = (jobId: JobId): string => `j/${jobId}`;
export const moveKey = (barcode: Barcode, transaction: number, index: number): string =>
  `m/${barcode}/${formatNumber(transaction)}/${formatNumber(index)}`;
export const movesOfCartridge = (barcode: Barcode): KeyRange => keysUnder(`m/${barcode}/`);
export const poolKey = (name: string): string => `p/${name}`;
export const volumeKey = (volumeId: VolumeId): string => `l/${volumeId}`;
export const streamKey = (streamId: StreamId): string => `s/${streamId}`;
export const transactionKey = (number: number): string => `t/${formatNumber(number)}`;
export const streamOnVolumeKey = (volumeId: VolumeId, streamId: StreamId): string => `v/${volumeId}/${streamId}`;
export const streamsOfVolume = (volumeId: VolumeId): KeyRange => keysUnder(`v/${volumeId}/`);

/** The stream of a key of table `v`. */
export function streamIdOfKey(key: string): StreamId | null {
  return parseStreamId(key.slice(key.lastIndexOf('/') + 1));
}

/** The stream of a key of table `e`. */
export function streamIdOfExtentsKey(key: string): StreamId | null {
  const [, streamId = ''] = key.split('/');
  return parseStreamId(streamId);
}
