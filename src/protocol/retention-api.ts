import { z } from 'zod';

/** The bodies of the control door's routes about what is kept and by which clock. */

export const holdRequestSchema = z.strictObject({
  reason: z.string().trim().min(1, 'a reason, in words').max(500, 'at most 500 characters'),
});
export type HoldRequest = z.input<typeof holdRequestSchema>;

export const clockSchema = z.object({
  state: z.enum(['believed', 'ahead', 'behind']),
  wallMs: z.number().int(),
  /** What it is measured against. */
  vouchedMs: z.number().int(),
  /** What to do when it is not believed; '' otherwise. */
  message: z.string(),
});
export type ClockView = z.infer<typeof clockSchema>;
