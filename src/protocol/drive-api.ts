import { z } from 'zod';

/** The bodies of the control door's routes about drives; what they have in common with others is in control-api.ts. */

/** Why, in words: for the record and for whoever sees it in `drive list`. */
const reason = z.string().trim().max(500, 'at most 500 characters');

export const downRequestSchema = z.strictObject({ reason: reason.min(1, 'a reason, in words') });
export type DownRequest = z.input<typeof downRequestSchema>;

export const upRequestSchema = z.strictObject({ reason: reason.default('') });
export type UpRequest = z.input<typeof upRequestSchema>;

const count = z.number().int().min(1).max(0x7f_ffff);

/** A move of the tape by hand. */
export const motionRequestSchema = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('rewind') }),
  /** Over so many filemarks. */
  z.strictObject({ operation: z.literal('fsf'), count: count.default(1) }),
  z.strictObject({ operation: z.literal('bsf'), count: count.default(1) }),
  /** Behind the last object. */
  z.strictObject({ operation: z.literal('eod') }),
  z.strictObject({ operation: z.literal('locate'), blockAddress: z.number().int().nonnegative() }),
  /** Nowhere: only says where it stands. */
  z.strictObject({ operation: z.literal('tell') }),
]);
export type MotionRequest = z.input<typeof motionRequestSchema>;
export type Motion = z.output<typeof motionRequestSchema>;

export const positionSchema = z.object({
  drive: z.string(),
  blockAddress: z.number().int(),
  fileNumber: z.number().int().nullable(),
  beginningOfMedium: z.boolean(),
  earlyWarning: z.boolean(),
  /** Filemarks that were not there to be passed. */
  remaining: z.number().int(),
});
export type PositionView = z.infer<typeof positionSchema>;

export const cartridgeMemorySchema = z.object({
  drive: z.string(),
  barcode: z.string().nullable(),
  /** Null: the drive or the cartridge has none. */
  attributes: z.array(z.object({ id: z.number().int(), name: z.string(), value: z.string() })).nullable(),
});
export type CartridgeMemoryView = z.infer<typeof cartridgeMemorySchema>;
