import { isStorageError, StorageError } from '../base/storage-error.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import type { Barcode } from '../terms/barcode.js';
import type { BlockSlot } from '../volume/block-slot.js';
import { readLabel } from '../volume/label-io.js';
import { catalogVolume } from '../volume/volume-catalog.js';
import type { VolumeLabel } from '../volume/volume-label.js';
import { VolumeReader, type ReaderWatch } from '../volume/volume-reader.js';
import type { VolumeReading } from './volume-adoption.js';

/** Blocks read at once: enough to keep a drive going, few enough to leave saves their room. */
const SLOTS = 4;

/** What lies on a medium that is loaded. */
export type Survey =
  | { readonly kind: 'volume'; readonly reading: VolumeReading; readonly reader: VolumeReader }
  /** `what` completes "the cartridge ...". */
  | { readonly kind: 'no-volume'; readonly what: string };

export interface WantedSurvey {
  /** That is loaded in the drive. */
  readonly barcode: Barcode;
  /** From the indexes as far as they are whole, or from all blocks. */
  readonly source: 'index' | 'blocks';
  readonly watch: ReaderWatch;
}

/** A job can be ended while a volume is read, and shows how far that is. */
export function watchOf({ signal }: { readonly signal: AbortSignal }, say: (doing: string) => void): ReaderWatch {
  return {
    signal,
    onRead: (blockAddress) => {
      say(`at block ${String(blockAddress)}`);
    },
  };
}

/**
 * Reads the label of what is loaded in `bay` and then its catalogue, from the indexes or from all blocks, and hands that to
 * `use` while the drive is still there to be asked. Writes nothing. The caller holds the drive's lease.
 */
export async function surveyMedium<T>(
  environment: MediaEnvironment,
  bay: DriveBay,
  wanted: WantedSurvey,
  use: (survey: Survey, slots: readonly BlockSlot[]) => Promise<T>,
): Promise<T> {
  const slots: BlockSlot[] = [];
  try {
    while (slots.length < SLOTS) slots.push(environment.slots.take());
    return await use(await survey(bay, wanted, slots), slots);
  } finally {
    for (const slot of slots) environment.slots.give(slot);
  }
}

async function survey(
  bay: DriveBay,
  { barcode, source, watch }: WantedSurvey,
  slots: readonly BlockSlot[],
): Promise<Survey> {
  const [first] = slots;
  if (first === undefined) return { kind: 'no-volume', what: 'could not be read' };
  bay.activity = `reading what is on ${barcode}`;
  // Who uses the drive next reads the label for itself.
  bay.mounted = null;
  const found = await readLabel(bay.thread, first);
  if (found.kind === 'blank') return { kind: 'no-volume', what: 'is blank' };
  if (found.kind === 'foreign') return { kind: 'no-volume', what: `holds ${found.what}` };
  const { label } = found;
  if (label === null)
    return {
      kind: 'no-volume',
      what: `has a damaged label (${found.kind === 'damaged' ? found.reason : ''}); the stand-alone reader may still give back what is on it`,
    };
  refuseOther(label, bay, barcode);
  refuseLargeBlocks(label, first);
  const reader = new VolumeReader(bay.thread, label.volumeId, watch);
  const catalog = await catalogVolume(reader, slots, source);
  const damage =
    found.kind === 'damaged'
      ? [{ blockAddress: 0, damage: 'payload-damaged', reason: found.reason } as const, ...catalog.damage]
      : catalog.damage;
  return {
    kind: 'volume',
    reading: { label, catalog: { ...catalog, damage }, mediumSerial: await readSerial(bay) },
    reader,
  };
}

function refuseOther(label: VolumeLabel, bay: DriveBay, barcode: Barcode): void {
  if (label.barcode === barcode) return;
  throw new StorageError(
    'VOLUME_LABEL_MISMATCH',
    `The cartridge in drive ${bay.name} should be ${barcode}, but its label says ${label.barcode}. It was not entered; look which cartridge this is.`,
    { context: { barcode, drive: bay.name, found: label.barcode, volume: label.volumeId } },
  );
}

function refuseLargeBlocks(label: VolumeLabel, slot: BlockSlot): void {
  if (label.blockSizeBytes <= slot.bytes.length) return;
  throw new StorageError(
    'MEDIUM_BLOCK_TOO_LARGE',
    `Volume ${label.barcode} has blocks of up to ${String(label.blockSizeBytes)} bytes, this node reads ${String(slot.bytes.length)}. ` +
      'It was not entered; set buffer.block_size of the configuration to that much and start the daemon again.',
    { context: { barcode: label.barcode, blockSizeBytes: label.blockSizeBytes } },
  );
}

/** Cartridge memory is a help, not a need. */
async function readSerial(bay: DriveBay): Promise<string | null> {
  try {
    return (await bay.thread.readMediumAttributes()).mediumSerial ?? null;
  } catch (error) {
    if (isStorageError(error, 'SCSI_CHECK_CONDITION', 'SCSI_MALFORMED_REPLY')) return null;
    throw error;
  }
}
