import { z } from 'zod';

/** The bodies of the control door's route that tells why a cartridge is, or is not, written next. */

export const whyQuerySchema = z.strictObject({ pool: z.string().max(64).optional() });

export const whySchema = z.object({
  pool: z.string(),
  /** Name of the drive that would write. */
  drive: z.string(),
  /** How it would become the volume that is written; null: it would not. */
  action: z.enum(['append', 'recycle', 'draw', 'label']).nullable(),
  /** Its place in the order of trying, from 0; null: it would not be tried. */
  rank: z.number().int().nullable(),
  /** The end of a sentence that begins with the barcode. */
  reason: z.string(),
});
export type WhyView = z.infer<typeof whySchema>;
