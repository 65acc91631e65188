import type { Barcode } from '../../src/terms/barcode.js';
import type { StreamId, VolumeId } from '../../src/terms/ids.js';
import type { StreamRecord, VolumeRecord } from '../../src/inventory/records.js';

/** A well-formed id from a small number. */
function uuid(kind: number, n: number): string {
  return `00000000-0000-7000-8${String(kind).padStart(3, '0')}-${n.toString(16).padStart(12, '0')}`;
}

export const volumeIdOf = (n: number): VolumeId => uuid(1, n) as VolumeId;
export const streamIdOf = (n: number): StreamId => uuid(2, n) as StreamId;
export const barcodeOf = (n: number): Barcode => `TPL${String(n).padStart(3, '0')}L9` as Barcode;

export function volumeRecord(n: number, changes: Partial<VolumeRecord> = {}): VolumeRecord {
  return {
    volumeId: volumeIdOf(n),
    barcode: barcodeOf(n),
    pool: 'default',
    state: 'append',
    stateReason: '',
    labelledMs: 1,
    blockSizeBytes: 1 << 20,
    endOfData: { blockAddress: 3, sequence: 1, lastIndex: null },
    closed: false,
    begunFor: '',
    blocks: 0,
    bytes: 0,
    mounts: 0,
    errors: 0,
    firstWrittenMs: null,
    lastWrittenMs: null,
    retentionEndMs: null,
    tails: [],
    ...changes,
  };
}

export function streamRecord(
  n: number,
  changes: Partial<StreamRecord> = {},
  descriptor: Partial<StreamRecord['descriptor']> = {},
): StreamRecord {
  return {
    descriptor: {
      streamId: streamIdOf(n),
      client: 'web01',
      name: 'home',
      pool: 'default',
      level: 'full',
      basedOn: null,
      timeMs: 0,
      retentionEndMs: 0,
      attributes: {},
      ...descriptor,
    },
    state: 'complete',
    lengthBytes: 0,
    crc32c: 0,
    blocks: 0,
    extents: 0,
    volumes: [],
    startedMs: 0,
    endedMs: 1,
    reason: '',
    hold: null,
    ...changes,
  };
}
