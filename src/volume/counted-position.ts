import { StorageError } from '../base/storage-error.js';
import type { TapePosition } from '../drive/tape-drive.js';
import type { Barcode } from '../terms/barcode.js';

const kept = 'What was saved up to the last checkpoint is safe; what was written since is not acknowledged.';

/** Throws DRIVE_POSITION_LOST unless the drive, after a flush, stands where the books say and holds nothing back. */
export function matchPosition(barcode: Barcode, counted: number, position: TapePosition): void {
  matchAddress(barcode, counted, position);
  const { blockAddress, blocksInBuffer } = position;
  const context = { barcode, counted, reported: blockAddress, inBuffer: blocksInBuffer };
  if (blocksInBuffer !== null && blocksInBuffer > 0)
    throw new StorageError(
      'DRIVE_POSITION_LOST',
      `The drive holds ${String(blocksInBuffer)} objects of volume ${barcode} in its buffer after a flush. ${kept} Check the drive.`,
      { context },
    );
}

/** Throws DRIVE_POSITION_LOST unless the drive stands where the books say, whatever it still has in its buffer. */
export function matchAddress(barcode: Barcode, counted: number, { blockAddress }: TapePosition): void {
  if (blockAddress !== counted)
    throw new StorageError(
      'DRIVE_POSITION_LOST',
      `The drive is at block address ${String(blockAddress)} of volume ${barcode}, but ${String(counted)} objects were ` +
        `counted. ${kept} Verify the volume before it is used again.`,
      { context: { barcode, counted, reported: blockAddress } },
    );
}
