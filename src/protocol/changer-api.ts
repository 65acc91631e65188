import { z } from 'zod';

/** The bodies of the control door's routes about changers. */

const identitySchema = z.object({
  vendor: z.string(),
  product: z.string(),
  revision: z.string(),
  /** Unit serial number; '' when the changer tells none. */
  serial: z.string(),
});

const changerKind = z.enum(['scsi', 'manual', 'disk']);

export const changerSchema = z.object({
  name: z.string(),
  /** `scsi`: a library or autoloader; `manual`: the operator of stand-alone drives; `disk`: a directory of disk volumes. */
  kind: changerKind,
  /** Device path or directory; '' for an operator. */
  device: z.string(),
  /** The configured drives it serves. */
  drives: z.array(z.string()),
  /** Null of what is no device, and of one that could not be asked. */
  identity: identitySchema.nullable(),
  slots: z.number().int(),
  importExportSlots: z.number().int(),
  /** Elements that hold a cartridge. */
  cartridges: z.number().int(),
  /** Why it cannot be asked; '' when it can. Its numbers are 0 then. */
  problem: z.string(),
});
export type ChangerView = z.infer<typeof changerSchema>;

export const elementSchema = z.object({
  kind: z.enum(['transport', 'drive', 'slot', 'import-export']),
  /** As mtx counts: drives from 0, slots from 1, import/export slots on from the last slot. */
  number: z.number().int(),
  /** Element address (SMC-3); null where there is none. */
  address: z.number().int().nullable(),
  /** Name of the configured drive in a drive element; null for other elements, and for a drive nobody configured. */
  drive: z.string().nullable(),
  driveSerial: z.string().nullable(),
  isFull: z.boolean(),
  barcode: z.string().nullable(),
  /** What the label says when it is no barcode; '' when nothing was read. */
  tag: z.string(),
  /** The slot the cartridge came from, where the changer knows. */
  sourceSlot: z.number().int().nullable(),
  isAccessible: z.boolean(),
  /** What is wrong with the element, in words; null when nothing is. */
  exception: z.string().nullable(),
});
export type ElementView = z.infer<typeof elementSchema>;

/** `changer status`: asked of the changer itself; elements in the order transport, drives, slots, import/export slots. */
export const changerStatusSchema = z.object({
  name: z.string(),
  kind: changerKind,
  device: z.string(),
  identity: identitySchema.nullable(),
  elements: z.array(elementSchema),
});
export type ChangerStatusView = z.infer<typeof changerStatusSchema>;
