import { z } from 'zod';

/** The bodies of the control door's routes about catalogues. */

export const exportQuerySchema = z.strictObject({ pool: z.string().min(1).max(64).optional() });

/** Bytes of an import's body: a catalogue comes in parts of a megabyte, or one line that is longer. */
export const IMPORT_BODY_BYTES = 16 * 1024 * 1024;

/** Some lines of a catalogue that was read to its end and is whole, in order; a volume's line is in one part with its cartridge's. */
export const importSchema = z.strictObject({
  /** Of the header. */
  createdMs: z.number(),
  node: z.string().max(255),
  /** Of the trailer: which catalogue it is, for the audit. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The audit is told of the import with its first part. */
  isFirst: z.boolean(),
  /** Behind its last part the changers are asked where the cartridges are. */
  isLast: z.boolean(),
  /** Nothing is entered; what would be is told. */
  dryRun: z.boolean(),
  /** Records that give way although they are not older: barcodes, stream ids, `pool:NAME`. */
  overwrite: z.array(z.string().max(80)).max(10_000),
  lines: z.array(z.strictObject({ kind: z.string().max(32), record: z.unknown() })).max(100_000),
});
export type ImportRequest = z.output<typeof importSchema>;

export const importOutcomeSchema = z.object({
  entered: z.number().int(),
  same: z.number().int(),
  newer: z.array(z.object({ name: z.string(), why: z.string() })),
  left: z.array(z.string()),
  history: z.number().int(),
});
export type ImportOutcomeView = z.infer<typeof importOutcomeSchema>;
