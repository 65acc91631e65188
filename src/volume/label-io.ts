import { assert, unreachable } from '../base/assert.js';
import { isStorageError, StorageError } from '../base/storage-error.js';
import type { DriveThread, ReadRunResult, RunBlock, WriteRunStop } from '../drive/drive-thread.js';
import type { SessionId } from '../terms/ids.js';
import { encodeVol1, recogniseFirstBlock, VOL1_BYTES, type FirstBlock } from './ansi-label.js';
import { BLOCK_HEADER_BYTES, checkBlock, encodeBlockHeader, sealBlock } from './block-header.js';
import type { BlockSlot } from './block-slot.js';
import type { EndOfData } from './extent.js';
import { putPayload } from './json-document.js';
import { decodeVolumeLabel, differingKeys, encodeVolumeLabel, type VolumeLabel } from './volume-label.js';

/** What lies at the beginning of a medium. */
export type LabelReading =
  | { readonly kind: 'tapeloom'; readonly label: VolumeLabel }
  | { readonly kind: 'blank' }
  /** `what` completes the sentence "the medium holds ...". */
  | { readonly kind: 'foreign'; readonly what: string }
  /** It was ours or looks like it. `label` when the LABEL block itself is whole: what is on the volume can be read. */
  | {
      readonly kind: 'damaged';
      readonly code: 'VOLUME_LABEL_DAMAGED' | 'VOLUME_UNSUPPORTED_FORMAT';
      readonly reason: string;
      readonly label: VolumeLabel | null;
    };

type FirstObject =
  { readonly kind: 'block'; readonly first: FirstBlock } | { readonly kind: 'unreadable'; readonly reason: string };

type LabelBlock =
  | { readonly kind: 'label'; readonly label: VolumeLabel }
  | {
      readonly kind: 'no-label';
      readonly code: 'VOLUME_LABEL_DAMAGED' | 'VOLUME_UNSUPPORTED_FORMAT';
      readonly reason: string;
    };

const LABEL_ADDRESS = 1;

/** A label is written before any session. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000' as SessionId;

/** Where the first block of the first checkpoint goes: behind VOL1, LABEL and their filemark. */
export const FIRST_END_OF_DATA: EndOfData = { blockAddress: 3, sequence: 1, lastIndex: null };

/**
 * Rewinds and reads what is at the beginning of the medium; `slot` holds at least 4,096 bytes and is scratch. Afterwards
 * the position is somewhere in the first tape file. Failures of the drive are thrown; a block that the medium does not
 * give back is an outcome.
 */
export async function readLabel(thread: DriveThread, slot: BlockSlot): Promise<LabelReading> {
  await thread.rewind();
  const run = await thread.readRun([slot.index]);
  const object = await readFirstObject(thread, slot, run);
  if (object.kind !== 'block' && object.kind !== 'unreadable') return object;
  const { first } = object.kind === 'block' ? object : { first: null };

  // A damaged VOL1 may look like a stranger's block of the same length: the LABEL behind it tells.
  if (first?.kind === 'foreign' && run.blocks[0]?.lengthBytes !== VOL1_BYTES) return first;
  const behind = await readLabelBlock(thread, slot);
  if (first?.kind === 'foreign' && behind.kind !== 'label') return first;

  const label = behind.kind === 'label' ? behind.label : null;
  if (object.kind === 'unreadable') return damaged(object.reason, label);
  if (first?.kind === 'foreign') return damaged('the VOL1 block is damaged', label);
  if (first?.kind === 'ours-damaged') return damaged(first.reason, label);
  if (behind.kind !== 'label') return { kind: 'damaged', code: behind.code, reason: behind.reason, label };
  if (first?.volumeIdentifier !== behind.label.barcode.slice(0, 6))
    return damaged(`VOL1 names ${String(first?.volumeIdentifier)}, LABEL ${behind.label.barcode}`, label);
  if (!(await isFilemarkNext(thread, slot)))
    return damaged('no filemark follows the LABEL: labelling was interrupted', label);
  return { kind: 'tapeloom', label: behind.label };
}

/**
 * Labels the medium: rewinds, writes VOL1, LABEL and a filemark, reads them back and compares. **Everything on the medium
 * is lost**: whether that may be is for the caller to know. `slot` is scratch. Returns where the first block goes; the
 * position is there. After a failure the medium has no valid label, or one that was not verified.
 */
export async function writeLabel(thread: DriveThread, slot: BlockSlot, label: VolumeLabel): Promise<EndOfData> {
  await thread.rewind();
  slot.bytes.set(encodeVol1(label.barcode));
  await writeOne(thread, { slot: slot.index, lengthBytes: VOL1_BYTES, sealed: false }, label);
  const lengthBytes = layLabel(slot.bytes, label);
  await writeOne(thread, { slot: slot.index, lengthBytes }, label);
  await writeFilemark(thread, label);

  const reading = await readLabel(thread, slot);
  if (reading.kind !== 'tapeloom') throw notReadBack(label, reading.kind);
  const differing = differingKeys(label, reading.label);
  if (differing.length > 0) throw notReadBack(label, `other values of ${differing.join(', ')}`);
  await thread.locate(FIRST_END_OF_DATA.blockAddress);
  return FIRST_END_OF_DATA;
}

/** Lays the LABEL block into `slot`; returns its length. */
function layLabel(slot: Uint8Array, label: VolumeLabel): number {
  const payloadBytes = putPayload(slot, BLOCK_HEADER_BYTES, encodeVolumeLabel(label));
  encodeBlockHeader(slot, {
    type: 'label',
    last: false,
    volumeId: label.volumeId,
    sessionId: NO_SESSION,
    sequence: 0,
    streamId: null,
    offset: 0,
    payloadBytes,
    frameNumber: 0,
    timeMs: label.createdMs,
  });
  const lengthBytes = BLOCK_HEADER_BYTES + payloadBytes;
  sealBlock(slot.subarray(0, lengthBytes));
  return lengthBytes;
}

async function readFirstObject(
  thread: DriveThread,
  slot: BlockSlot,
  run: ReadRunResult,
): Promise<FirstObject | Extract<LabelReading, { kind: 'blank' | 'foreign' }>> {
  const [block] = run.blocks;
  if (block !== undefined) return { kind: 'block', first: recogniseFirstBlock(slot.bytes.slice(0, block.lengthBytes)) };
  const { stop } = run;
  assert(stop !== null, 'a run that read nothing tells why');
  switch (stop.kind) {
    case 'end-of-data':
      return { kind: 'blank' };
    case 'filemark': {
      // `mt weof` on a new cartridge leaves a filemark and nothing else.
      const next = await thread.readRun([slot.index]);
      if (next.stop?.kind === 'end-of-data' && next.blocks.length === 0) return { kind: 'blank' };
      return { kind: 'foreign', what: 'a filemark at the beginning and more behind it' };
    }
    case 'failure':
      if (stop.error.code === 'MEDIUM_BLOCK_TOO_LARGE')
        return { kind: 'foreign', what: `a first block of more than ${String(slot.bytes.length)} bytes` };
      if (stop.error.code === 'MEDIUM_READ_ERROR')
        return { kind: 'unreadable', reason: 'the VOL1 block cannot be read' };
      throw StorageError.fromRecord(stop.error);
    default:
      return unreachable(stop);
  }
}

async function readLabelBlock(thread: DriveThread, slot: BlockSlot): Promise<LabelBlock> {
  try {
    await thread.locate(LABEL_ADDRESS);
  } catch (error) {
    if (isStorageError(error, 'MEDIUM_READ_ERROR')) return noLabel('the LABEL block cannot be reached');
    throw error;
  }
  const { blocks, stop } = await thread.readRun([slot.index]);
  const [block] = blocks;
  if (block === undefined) {
    if (stop?.kind !== 'failure') return noLabel('no LABEL block follows VOL1');
    const { error } = stop;
    if (error.code === 'MEDIUM_READ_ERROR' || error.code === 'MEDIUM_BLOCK_TOO_LARGE')
      return noLabel('the LABEL block cannot be read');
    throw StorageError.fromRecord(error);
  }
  const bytes = slot.bytes.subarray(0, block.lengthBytes);
  const decoded = checkBlock(bytes);
  if (decoded.kind === 'unsupported-version')
    return { kind: 'no-label', code: 'VOLUME_UNSUPPORTED_FORMAT', reason: decoded.reason };
  if (decoded.kind !== 'good') return noLabel(`the LABEL block is damaged: ${decoded.reason}`);
  if (decoded.header.type !== 'label' || decoded.header.sequence !== 0)
    return noLabel('the block behind VOL1 is no LABEL');
  const label = decodeVolumeLabel(bytes.subarray(BLOCK_HEADER_BYTES));
  if (label.kind === 'unsupported')
    return { kind: 'no-label', code: 'VOLUME_UNSUPPORTED_FORMAT', reason: label.reason };
  if (label.kind === 'damaged') return noLabel(`the LABEL block is damaged: ${label.reason}`);
  if (label.document.volumeId !== decoded.header.volumeId) return noLabel('the LABEL block names two volumes');
  return { kind: 'label', label: label.document };
}

async function isFilemarkNext(thread: DriveThread, slot: BlockSlot): Promise<boolean> {
  const { blocks, stop } = await thread.readRun([slot.index]);
  if (stop?.kind === 'failure' && !isMediumFailure(stop.error.code)) throw StorageError.fromRecord(stop.error);
  return blocks.length === 0 && stop?.kind === 'filemark';
}

function isMediumFailure(code: string): boolean {
  return code === 'MEDIUM_READ_ERROR' || code === 'MEDIUM_BLOCK_TOO_LARGE';
}

function damaged(reason: string, label: VolumeLabel | null): LabelReading {
  return { kind: 'damaged', code: 'VOLUME_LABEL_DAMAGED', reason, label };
}

function noLabel(reason: string): LabelBlock {
  return { kind: 'no-label', code: 'VOLUME_LABEL_DAMAGED', reason };
}

async function writeOne(thread: DriveThread, block: RunBlock, label: VolumeLabel): Promise<void> {
  const { stop } = await thread.writeRun([block]);
  await endWrite(thread, stop, label);
}

async function writeFilemark(thread: DriveThread, label: VolumeLabel): Promise<void> {
  let stop: WriteRunStop | null;
  try {
    stop = await thread.writeFilemarks(1);
  } catch (error) {
    if (isStorageError(error)) throw notWritten(label, error);
    throw error;
  }
  await endWrite(thread, stop, label);
}

/** Whatever stopped the label, nothing may follow it: frees the thread for the next who uses it and throws. */
async function endWrite(thread: DriveThread, stop: WriteRunStop | null, label: VolumeLabel): Promise<void> {
  if (stop === null) return;
  assert(
    stop.kind !== 'held' && stop.kind !== 'payload-mismatch',
    'a label is written to a thread at rest, with its CRC',
  );
  await thread.resume();
  if (stop.kind === 'failure') throw notWritten(label, StorageError.fromRecord(stop.error));
  throw notWritten(label, new StorageError('MEDIUM_FULL', 'Its end was met at the beginning.'));
}

function notWritten(label: VolumeLabel, cause: StorageError): StorageError {
  return new StorageError(
    cause.code,
    `The label of ${label.barcode} was not written: ${cause.message} Nothing was saved on this cartridge; use another one.`,
    {
      context: { ...cause.context, barcode: label.barcode, volumeId: label.volumeId },
      disposition: cause.disposition,
      cause,
    },
  );
}

function notReadBack(label: VolumeLabel, what: string): StorageError {
  return new StorageError(
    'MEDIUM_WRITE_ERROR',
    `The label of ${label.barcode} was written but not read back: found ${what}. Nothing was saved on this cartridge; ` +
      'label it again or use another one.',
    { context: { barcode: label.barcode, volumeId: label.volumeId } },
  );
}
