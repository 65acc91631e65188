import { z } from 'zod';

/** The bodies of the control door's routes about drives; what they have in common with others is in control-api.ts. */

/** Why, in words: for the record and for whoever sees it in `drive list`. */
const reason = z.string().trim().max(500, 'at most 500 characters');

export const downRequestSchema = z.strictObject({ reason: reason.min(1, 'a reason, in words') });
export type DownRequest = z.input<typeof downRequestSchema>;

export const upRequestSchema = z.strictObject({ reason: reason.default('') });
export type UpRequest = z.input<typeof upRequestSchema>;
