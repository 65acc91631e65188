import { z } from 'zod';
import { VOLUME_STATES } from '../terms/media-state.js';
import { locationSchema } from './control-api.js';

/** What is outside every changer, and how each cartridge came where it is. */

const timeMs = z.number().int();

export const offsiteSchema = z.object({
  barcode: z.string(),
  /** Shelf, vault or missing. */
  location: locationSchema,
  sinceMs: timeMs,
  state: z.enum(VOLUME_STATES),
  /** '' without a volume. */
  pool: z.string(),
  /** Who brought it there, and why; '' when that is no longer known. */
  who: z.string(),
  reason: z.string(),
});
export type OffsiteView = z.infer<typeof offsiteSchema>;

export const offsiteQuerySchema = z.strictObject({
  kind: z.enum(['shelf', 'vault', 'missing']).optional(),
  vault: z.string().max(64).optional(),
  /** Only what should be back by now. */
  overdue: z.enum(['true', 'false']).default('false'),
});

/** As a client asks. */
export interface OffsiteQuery {
  readonly kind?: 'shelf' | 'vault' | 'missing';
  readonly vault?: string;
  readonly overdue?: boolean;
}

export const moveSchema = z.object({
  timeMs,
  /** Null: it was not known before. */
  from: locationSchema.nullable(),
  to: locationSchema,
  who: z.string(),
  reason: z.string(),
});
export type MoveView = z.infer<typeof moveSchema>;

export const moveQuerySchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(10_000).default(100) });
