import { z } from 'zod';
import type { FilePort } from '../src/device/file-port.js';
import { GENERATIONS, type Generation } from './generations.js';
import { readDocument, writeJsonFile } from './json-file.js';

const Count = z.number().int().nonnegative();

/** One attribute of the cartridge memory that a host wrote. */
const HostAttribute = z.strictObject({
  id: z.number().int().min(0x0800).max(0x0bff),
  format: z.enum(['binary', 'ascii', 'text']),
  valueHex: z.string().regex(/^([0-9a-f]{2})*$/),
});

const Cartridge = z.strictObject({
  format: z.literal(1),
  barcode: z.string(),
  serial: z.string().max(32),
  manufacturer: z.string().max(8),
  generation: z.enum(GENERATIONS as readonly [Generation, ...Generation[]]),
  /** Native bytes: where the medium ends, and how long before that early warning comes. */
  capacityBytes: Count.min(1),
  earlyWarningBytes: Count,
  /** Bytes of the host in one byte on the medium, while the drive compresses. */
  compressionRatio: z.number().min(0.5).max(100),
  writeProtected: z.boolean(),
  worm: z.boolean(),
  /** Of a cleaning cartridge: how often it can clean yet; null for one with a tape for data. */
  cleaningUsesLeft: Count.nullable().default(null),
  loadCount: Count,
  /** Native bytes in the cartridge's life. */
  lifetimeBytesWritten: Count,
  lifetimeBytesRead: Count,
  attributes: z.array(HostAttribute),
});

/** A cartridge but for its tape: what is printed on it, its tab and its memory chip. */
export type Cartridge = z.infer<typeof Cartridge>;

const FILE = 'cartridge.json';

/** Null when the directory holds no cartridge. One that does not read as a cartridge throws FileError EBADMSG. */
export function readCartridge(files: FilePort, directory: string): Cartridge | null {
  return readDocument(files, `${directory}/${FILE}`, Cartridge);
}

/** In one step. */
export function writeCartridge(files: FilePort, directory: string, cartridge: Cartridge): void {
  writeJsonFile(files, `${directory}/${FILE}`, Cartridge.parse(cartridge));
}
