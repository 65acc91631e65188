import { z } from 'zod';
import { StorageError } from '../base/storage-error.js';
import { errorSchema } from '../protocol/control-api.js';
import { parseBarcode, type Barcode } from '../terms/barcode.js';
import { parseStreamId, type StreamId } from '../terms/ids.js';

/** What the routes of the control door have in common. */

export const driveParams = z.strictObject({ drive: z.string().max(64) });
export const streamParams = z.strictObject({ streamId: z.string().max(64) });
export const barcodeParams = z.strictObject({ barcode: z.string().max(64) });

/** The answer of every route that failed. */
export const failure = { default: errorSchema };

/** Who asked, in their own words, for the audit: the socket's permissions decided that they may. */
export function callerOf(headers: Record<string, unknown>): string {
  const named = headers['x-tapeloom-user'];
  return typeof named === 'string' && /^[\w.@-]{1,64}$/.test(named) ? named : 'control-door';
}

/** PROTOCOL_BODY. */
export function barcodeOf(text: string): Barcode {
  const barcode = parseBarcode(text);
  if (barcode === null)
    throw new StorageError(
      'PROTOCOL_BODY',
      `"${text}" is not a barcode: six characters A-Z 0-9 and a media type such as L9 (TPL001L9), or DK for a disk volume.`,
      { context: { barcode: text } },
    );
  return barcode;
}

/** PROTOCOL_BODY. */
export function streamIdOf(text: string): StreamId {
  const streamId = parseStreamId(text);
  if (streamId === null)
    throw new StorageError('PROTOCOL_BODY', `"${text}" is not a stream id (a lower-case UUID).`, {
      context: { streamId: text },
    });
  return streamId;
}
