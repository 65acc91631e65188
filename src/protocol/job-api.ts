import { z } from 'zod';
import { parseBarcode, type Barcode } from '../terms/barcode.js';
import { parseJobId, parseStreamId, type JobId, type StreamId } from '../terms/ids.js';
import { VOLUME_STATES } from '../terms/media-state.js';
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

const vaultName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore, 1 to 64');
const changerName = z.string().min(1).max(64);
/** As people count them; null: the only one. */
const changer = changerName.nullable().default(null);
/** Import/export slots are counted on from the last storage slot. */
const slot = z.number().int().min(1).max(65_535);

const ejectOrder = z.strictObject({
  kind: z.literal('eject'),
  barcodes,
  /** Where they are brought; null: to the shelf. */
  vault: vaultName.nullable().default(null),
  /** When they should be back. */
  dueMs: timeMs.nullable().default(null),
});

const importOrder = z.strictObject({
  kind: z.literal('import'),
  changer,
  /** Import/export slots; null: all. */
  slots: z.array(slot).min(1).max(1000).nullable().default(null),
  /** Also read their labels and compare them with the books. */
  readLabels: z.boolean().default(false),
  /** The vault they come from: what of it is overdue and did not come is told. */
  vault: vaultName.nullable().default(null),
});

const transferOrder = z.strictObject({ kind: z.literal('transfer'), changer, from: slot, to: slot });

const loadOrder = z.strictObject({
  kind: z.literal('load'),
  cartridge: z.union([z.strictObject({ barcode }), z.strictObject({ changer, slot })]),
  /** Null: one that it can be brought to. */
  drive: drive.nullable().default(null),
});

const unloadOrder = z.strictObject({
  kind: z.literal('unload'),
  drive,
  /** Null: where it came from. */
  slot: slot.nullable().default(null),
  /** Leave it in the mouth of the drive. */
  ejectOnly: z.boolean().default(false),
});

const inventoryOrder = z.strictObject({
  kind: z.literal('inventory'),
  /** Null: all. */
  changer: changerName.nullable().default(null),
  /** Also mount each cartridge, read its label and compare it with the books. */
  readLabels: z.boolean().default(false),
});

const eraseOrder = z.strictObject({
  kind: z.literal('erase'),
  barcodes,
  /** `long` overwrites the whole medium, which takes hours. */
  extent: z.enum(['short', 'long']).default('short'),
  becomes: z.enum(['blank', 'scratch']).default('blank'),
  /** As in a label order. */
  overwrite: z.array(barcode).max(1000).default([]),
});

const cleanOrder = z.strictObject({
  kind: z.literal('clean'),
  drive,
  /** Null: one that has uses left. */
  cartridge: barcode.nullable().default(null),
});

const setStateOrder = z.strictObject({
  kind: z.literal('set-state'),
  barcodes,
  state: z.enum(VOLUME_STATES),
  reason: z.string().trim().min(1, 'a reason, in words').max(500, 'at most 500 characters'),
});

/** None: an empty shelf was counted. */
const scanned = z.array(barcode).max(5000);

const checkOutOrder = z.strictObject({
  kind: z.literal('check-out'),
  barcodes,
  vault: vaultName,
  dueMs: timeMs.nullable().default(null),
});

const checkInOrder = z.strictObject({ kind: z.literal('check-in'), barcodes });

const stockTakeOrder = z.strictObject({
  kind: z.literal('stock-take'),
  place: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('shelf') }),
    z.strictObject({ kind: z.literal('vault'), vault: vaultName }),
  ]),
  /** What was found there. */
  barcodes: scanned,
  markMissing: z.boolean().default(false),
});

const readLabelOrder = z.strictObject({
  kind: z.literal('read-label'),
  cartridges: z.union([barcodes, z.strictObject({ drive })]),
});

const rebuildOrder = z.strictObject({
  kind: z.literal('rebuild'),
  /** `unknown`: every cartridge in reach that carries no volume the inventory knows. */
  barcodes: z.union([z.literal('unknown'), barcodes]),
  /** What is believed: the indexes as far as they are whole, or the blocks alone, which takes as long as reading the volume. */
  source: z.enum(['index', 'blocks']).default('index'),
  /** First the newest catalogue on this volume is entered; `barcodes` is then `unknown`. */
  from: barcode.nullable().default(null),
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
  rebuildOrder,
  scrubOrder,
  verifyOrder,
  verifyStreamOrder,
  readLabelOrder,
  ejectOrder,
  importOrder,
  transferOrder,
  loadOrder,
  unloadOrder,
  inventoryOrder,
  eraseOrder,
  cleanOrder,
  setStateOrder,
  checkOutOrder,
  checkInOrder,
  stockTakeOrder,
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
