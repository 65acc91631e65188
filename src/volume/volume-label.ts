import { assert } from '../base/assert.js';
import { parseBarcode, type Barcode } from '../terms/barcode.js';
import { parseVolumeId, type VolumeId } from '../terms/ids.js';
import { STREAM_LIMITS } from '../terms/stream-descriptor.js';
import { decodeDocument, encodeDocument, type DecodedDocument } from './json-document.js';
import { VOLUME_LIMITS } from './volume-limits.js';

/** docs/VOLUME-FORMAT.md, LABEL: who a volume is. */
export interface VolumeLabel {
  readonly volumeId: VolumeId;
  readonly barcode: Barcode;
  readonly pool: string;
  readonly createdMs: number;
  /** Largest data block of the volume, header included. */
  readonly blockSizeBytes: number;
  /** From 1; one more each time the cartridge is labelled again. */
  readonly labelCount: number;
  /** The host that wrote it and its program. */
  readonly node: string;
  readonly software: string;
}

/** The LABEL block is 4,096 bytes long, so that it is one sector of anything. */
export const LABEL_PAYLOAD_BYTES = 3968;

const SPACE = 0x20;

export function encodeVolumeLabel(label: VolumeLabel): Uint8Array {
  const { volumeId, barcode, pool, createdMs, labelCount, node, software } = label;
  assert(pool.length <= STREAM_LIMITS.nameCharacters, 'the name of a pool keeps its limit');
  assert(software.length <= VOLUME_LIMITS.softwareNameCharacters, 'the name of the program keeps its limit');
  assert(node.length <= VOLUME_LIMITS.nodeNameCharacters, 'the name of the node keeps its limit');
  assert(isBlockSize(label.blockSizeBytes), 'the block size keeps its limits');
  const document = encodeDocument({
    format: 1,
    volumeId,
    barcode,
    pool,
    createdMs,
    blockSize: label.blockSizeBytes,
    labelCount,
    node,
    software,
  });
  const payload = new Uint8Array(LABEL_PAYLOAD_BYTES).fill(SPACE);
  payload.set(document);
  return payload;
}

export function decodeVolumeLabel(payload: Uint8Array): DecodedDocument<VolumeLabel> {
  if (payload.length !== LABEL_PAYLOAD_BYTES)
    return { kind: 'damaged', reason: `LABEL has a payload of ${String(payload.length)} bytes` };
  return decodeDocument(payload, 'LABEL', (fields) => {
    fields.format();
    return {
      volumeId: fields.parsed('volumeId', parseVolumeId),
      barcode: fields.parsed('barcode', parseCanonicalBarcode),
      pool: fields.text('pool', { max: STREAM_LIMITS.nameCharacters }),
      createdMs: fields.integer('createdMs'),
      blockSizeBytes: fields.integer('blockSize', {
        min: VOLUME_LIMITS.minBlockSizeBytes,
        max: VOLUME_LIMITS.maxBlockSizeBytes,
      }),
      labelCount: fields.integer('labelCount', { min: 1 }),
      node: fields.text('node', { max: VOLUME_LIMITS.nodeNameCharacters }),
      software: fields.text('software', { max: VOLUME_LIMITS.softwareNameCharacters }),
    };
  });
}

/** The keys in which two labels differ. */
export function differingKeys(a: VolumeLabel, b: VolumeLabel): readonly (keyof VolumeLabel)[] {
  return (Object.keys(a) as (keyof VolumeLabel)[]).filter((key) => a[key] !== b[key]);
}

function isBlockSize(bytes: number): boolean {
  return bytes >= VOLUME_LIMITS.minBlockSizeBytes && bytes <= VOLUME_LIMITS.maxBlockSizeBytes;
}

function parseCanonicalBarcode(text: string): Barcode | null {
  const barcode = parseBarcode(text);
  return barcode === text ? barcode : null;
}
