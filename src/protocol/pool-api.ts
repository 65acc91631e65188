import { z } from 'zod';
import { ALLOCATION_WORDS, WORM_RULES } from '../terms/pool-policy.js';
import { VOLUME_STATES } from '../terms/media-state.js';

/** The bodies of the control door's routes about pools. */

/** What may be changed of a pool; the rules of the values are the daemon's (pool-rules.ts). */
const policy = z.strictObject({
  retentionDays: z.number(),
  mediaTypes: z.array(z.string().max(8)).max(64),
  allocation: z.enum(ALLOCATION_WORDS),
  maxVolumes: z.number().nullable(),
  maxDrives: z.number(),
  streamsPerDrive: z.number(),
  drawsFromScratch: z.boolean(),
  labelsBlank: z.boolean(),
  recycles: z.boolean(),
  worm: z.enum(WORM_RULES),
  encryption: z.boolean(),
});

export const poolUpdateSchema = policy.partial();
export type PoolUpdate = z.output<typeof poolUpdateSchema>;

export const poolCreateSchema = poolUpdateSchema.extend({
  name: z.string().max(64),
  kind: z.enum(['tape', 'disk']),
});
export type PoolCreate = z.output<typeof poolCreateSchema>;

export const poolViewSchema = policy.extend({
  name: z.string(),
  /** `any`: the reserved pool, which takes both. */
  kind: z.enum(['tape', 'disk', 'any']),
  /** Who can change it: the configuration's file, an operator, or nobody. */
  origin: z.enum(['configuration', 'operator', 'reserved']),
  /** How many volumes belong to it, by state. */
  volumes: z.partialRecord(z.enum(VOLUME_STATES), z.number().int()),
  /** Volumes whose streams have all expired, so that they may be used again. */
  expiredVolumes: z.number().int(),
  bytes: z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]),
});
export type PoolView = z.infer<typeof poolViewSchema>;
