import { z } from 'zod';
import { parseBarcode, type Barcode } from '../terms/barcode.js';
import { parseJobId, parseStreamId, type JobId, type StreamId } from '../terms/ids.js';
import { JOB_KINDS, JOB_STATES, JOB_STEP_STATES, type JobState } from '../terms/job-words.js';

/** The bodies of the control door's routes about operators' jobs. */

const timeMs = z.number().int();

const barcode = z
  .string()
  .max(64)
  .transform((text, context): Barcode => {
    const parsed = parseBarcode(text);
    if (parsed !== null) return parsed;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a barcode: six characters A-Z 0-9 and a media type such as L9 (TPL001L9), or DK for a disk volume`,
    });
    return z.NEVER;
  });
const streamId = z
  .string()
  .max(64)
  .transform((text, context): StreamId => {
    const parsed = parseStreamId(text);
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: `"${text}" is not a stream id (a lower-case UUID)` });
    return z.NEVER;
  });
/** As many as a job has steps. */
const barcodes = z.array(barcode).min(1).max(1000);
/** A name or a number. */
const drive = z.string().min(1).max(64);

const labelOrder = z.strictObject({
  kind: z.literal('label'),
  /** `blank`: every blank cartridge in the slots of a changer that the pool takes. */
  barcodes: z.union([z.literal('blank'), barcodes]),
  /** Null: the pool each belongs to already. */
  pool: z.string().max(64).nullable(),
  /** What may be destroyed, named again: a volume of ours, another program's data, a label that cannot be read. */
  overwrite: z.array(barcode).max(1000).default([]),
});

const ejectOrder = z.strictObject({ kind: z.literal('eject'), barcodes });

const loadOrder = z.strictObject({ kind: z.literal('load'), barcode, drive });

const unloadOrder = z.strictObject({ kind: z.literal('unload'), drive });

const rebuildOrder = z.strictObject({
  kind: z.literal('rebuild'),
  /** `unknown`: every cartridge in reach that carries no volume the inventory knows. */
  barcodes: z.union([z.literal('unknown'), barcodes]),
  /** What is believed: the indexes as far as they are whole, or the blocks alone, which takes as long as reading the volume. */
  source: z.enum(['index', 'blocks']).default('index'),
});

const scrubOrder = z.strictObject({ kind: z.literal('scrub') });

const verifyOrder = z.strictObject({ kind: z.literal('verify'), barcodes });

const verifyStreamOrder = z.strictObject({
  kind: z.literal('verify-stream'),
  streams: z.array(streamId).min(1).max(1000),
});

/** What an operator can order, with what it takes. */
export const jobOrderSchema = z.discriminatedUnion('kind', [
  labelOrder,
  ejectOrder,
  loadOrder,
  unloadOrder,
  rebuildOrder,
  scrubOrder,
  verifyOrder,
  verifyStreamOrder,
]);
export type JobOrder = z.output<typeof jobOrderSchema>;
export type JobRequest = z.input<typeof jobOrderSchema>;

const stepSchema = z.object({
  subject: z.string(),
  state: z.enum(JOB_STEP_STATES),
  message: z.string(),
  code: z.string(),
});
export type JobStepView = z.infer<typeof stepSchema>;

export const jobSchema = z.object({
  jobId: z.string(),
  kind: z.enum(JOB_KINDS),
  who: z.string(),
  title: z.string(),
  state: z.enum(JOB_STATES),
  createdMs: timeMs,
  endedMs: timeMs.nullable(),
  steps: z.array(stepSchema),
  waitingFor: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
});
export type JobView = z.infer<typeof jobSchema>;

/** What an order would do; nothing was done. */
export const jobPlanSchema = z.object({
  kind: z.enum(JOB_KINDS),
  title: z.string(),
  steps: z.array(
    z.object({
      subject: z.string(),
      what: z.string(),
      /** The volume that is lost by it; `isNamed`: the order says that it may be, and nothing is begun otherwise. */
      destroys: z
        .object({
          volumeId: z.string(),
          pool: z.string(),
          bytes: z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]),
          isNamed: z.boolean(),
        })
        .nullable(),
    }),
  ),
});
export type JobPlanView = z.infer<typeof jobPlanSchema>;

export const jobListSchema = z.object({ jobs: z.array(jobSchema) });

export const jobQuerySchema = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
/** As a client asks. */
export interface JobQuery {
  readonly state?: JobState;
  readonly limit?: number;
}

export const jobParamsSchema = z.strictObject({
  jobId: z
    .string()
    .max(64)
    .transform((text, context): JobId => {
      const parsed = parseJobId(text);
      if (parsed !== null) return parsed;
      context.addIssue({ code: 'custom', message: `"${text}" is not a job id (a lower-case UUID)` });
      return z.NEVER;
    }),
});

export const jobWaitSchema = z.strictObject({
  /** Answer when the job has ended, or after so long. */
  waitMs: z.coerce.number().int().min(0).max(60_000).default(0),
});
