import { z } from 'zod';

/** The bodies of the control door's routes about the health of drives and cartridges. */

const timeMs = z.number().int();

/** Counters by fixed names, their unit last. */
const figuresSchema = z.record(z.string(), z.union([z.number(), z.string()]));

export const historyQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

/** Something a drive and a cartridge went through together, or one alone. */
export const healthRecordSchema = z.object({
  timeMs,
  drive: z.string().nullable(),
  driveSerial: z.string(),
  barcode: z.string().nullable(),
  kind: z.string(),
  /** The error's code; '' for what is no error. */
  code: z.string(),
  message: z.string(),
  figures: figuresSchema,
});
export type HealthRecordView = z.infer<typeof healthRecordSchema>;

export const tapeAlertSchema = z.object({
  /** 1 to 64. */
  flag: z.number().int(),
  name: z.string(),
  severity: z.enum(['critical', 'warning', 'information']),
  meaning: z.string(),
  /** What is done about it. */
  tell: z.enum(['log', 'warn', 'operator']),
  driveAction: z.enum(['clean-now', 'clean-later', 'down']).nullable(),
  volumeState: z.enum(['suspect', 'damaged', 'read-only']).nullable(),
});
export type TapeAlertView = z.infer<typeof tapeAlertSchema>;

export const driveHealthSchema = z.object({
  drive: z.string(),
  barcode: z.string().nullable(),
  /** When these counters were read: now, or while somebody works with the drive when its cartridge was loaded. */
  timeMs: timeMs.nullable(),
  isNow: z.boolean(),
  figures: figuresSchema,
  /** Raised since they were last read; null when the drive cannot tell, or was not asked. */
  tapeAlerts: z.array(tapeAlertSchema).nullable(),
  /** Raised before, newest first. */
  earlierAlerts: z.array(healthRecordSchema),
});
export type DriveHealthView = z.infer<typeof driveHealthSchema>;

/** Which drives failed with which cartridges, as far as it still counts, and who is at fault. */
export const errorMatrixSchema = z.object({
  /** Errors from before this count no more. */
  sinceMs: timeMs,
  cells: z.array(
    z.object({
      drive: z.string(),
      barcode: z.string(),
      errors: z.number().int(),
      lastMs: timeMs,
      message: z.string(),
    }),
  ),
  drives: z.array(z.object({ drive: z.string(), barcodes: z.array(z.string()) })),
  cartridges: z.array(z.object({ barcode: z.string(), drives: z.array(z.string()) })),
});
export type ErrorMatrixView = z.infer<typeof errorMatrixSchema>;
