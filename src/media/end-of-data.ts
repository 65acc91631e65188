import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import type { DriveThread } from '../drive/drive-thread.js';
import type { VolumeRecord } from '../inventory/records.js';
import { decodeBlockHeader } from '../volume/block-header.js';
import type { MediaEnvironment } from './media-environment.js';
import { updateVolume } from './update-volume.js';

/**
 * Invariant 3: a volume is written on only where its data ends, on the medium and in the inventory alike.
 * The drive stands at the end of data. Three cases:
 * - equal: nothing to do;
 * - the medium has less: acknowledged data is missing, VOLUME_SUSPECT;
 * - the medium has more: what a crash left behind the last checkpoint. It was never acknowledged. It is recorded as a tail and
 *   writing goes on behind it, so that nothing is ever written over; the record is committed before anything is written.
 * The drive stands at the end of data afterwards.
 */
export async function settleEndOfData(
  environment: MediaEnvironment,
  thread: DriveThread,
  volume: VolumeRecord,
): Promise<VolumeRecord> {
  const { blockAddress: found } = await thread.readPosition();
  const expected = volume.endOfData.blockAddress;
  if (found === expected) return currentRecord(environment, volume);
  if (found < expected)
    throw new StorageError(
      'VOLUME_SUSPECT',
      `Volume ${volume.barcode} ends at block ${String(found)}, but the inventory has data up to block ${String(expected)}. ` +
        'Nothing was written to it; what is there can be restored. Verify it and copy what it holds.',
      { context: { barcode: volume.barcode, found, expected } },
    );
  const sequence = await sequenceBehindTail(environment, thread, volume, found);
  await thread.locateEndOfData();
  const settled = await updateVolume(environment, volume.volumeId, (current) => ({
    ...current,
    endOfData: { ...current.endOfData, blockAddress: found, sequence },
    tails: [...current.tails, { from: expected, to: found, foundMs: environment.clock.wallMs() }],
  }));
  assert(settled !== null, 'a volume that is mounted to be written is in the inventory');
  environment.logger.log(
    'warn',
    'volume.tail-recorded',
    `Volume ${volume.barcode} has blocks ${String(expected)} to ${String(found - 1)} that were never acknowledged, left by a crash; writing goes on behind them.`,
    { volume: volume.volumeId, barcode: volume.barcode, from: expected, to: found },
  );
  return settled;
}

async function currentRecord(environment: MediaEnvironment, volume: VolumeRecord): Promise<VolumeRecord> {
  return (await environment.inventory.volume(volume.volumeId)) ?? volume;
}

/** Objects of a tail looked at from its end for its last block: a crash leaves at most two filemarks in a row. */
const TAIL_OBJECTS = 8;

/** The number the next block gets: one more than that of the last block of the tail, which must be this volume's. */
async function sequenceBehindTail(
  environment: MediaEnvironment,
  thread: DriveThread,
  volume: VolumeRecord,
  end: number,
): Promise<number> {
  const first = Math.max(volume.endOfData.blockAddress, end - TAIL_OBJECTS);
  const slot = environment.slots.take();
  try {
    for (let address = end - 1; address >= first; address--) {
      await thread.locate(address);
      const { blocks, stop } = await thread.readRun([slot.index]);
      const [block] = blocks;
      if (block === undefined && stop?.kind === 'filemark') continue;
      const decoded = block === undefined ? null : decodeBlockHeader(slot.bytes.subarray(0, block.lengthBytes));
      if (
        decoded?.kind === 'good' &&
        decoded.header.volumeId === volume.volumeId &&
        decoded.header.sequence >= volume.endOfData.sequence
      )
        return decoded.header.sequence + 1;
      throw strangeTail(volume, address);
    }
  } finally {
    environment.slots.give(slot);
  }
  // Nothing but filemarks: the numbering of blocks is where it was.
  if (first === volume.endOfData.blockAddress) return volume.endOfData.sequence;
  throw strangeTail(volume, first);
}

function strangeTail(volume: VolumeRecord, address: number): StorageError {
  return new StorageError(
    'VOLUME_SUSPECT',
    `Volume ${volume.barcode} has something at block ${String(address)}, behind the data the inventory knows, that this node did not write there. ` +
      'Nothing was written to it; what the inventory knows can be restored. Somebody else may have written to this cartridge.',
    { context: { barcode: volume.barcode, blockAddress: address } },
  );
}
