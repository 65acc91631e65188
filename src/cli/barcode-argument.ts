import { parseBarcode, type Barcode } from '../terms/barcode.js';
import { UsageError } from './usage-error.js';

/** A barcode as typed or scanned, refused before the daemon is asked. */
export function parseBarcodeArgument(text: string): Barcode {
  const barcode = parseBarcode(text);
  if (barcode === null)
    throw new UsageError(
      `"${text}" is not a barcode: six characters A-Z 0-9 and a media type, such as TPL001L9, or DSK001DK for a disk volume.`,
    );
  return barcode;
}
