import { z } from 'zod';
import type { FilePort } from '../src/device/file-port.js';
import { readDocument, writeJsonFile } from './json-file.js';

/** What is stuck on a cartridge. Longer than 32 characters no volume tag is. */
const CartridgeLabel = z.strictObject({
  /** What is printed on it; two cartridges may have the same. */
  text: z.string().max(32),
  state: z.enum(['readable', 'unreadable', 'missing']),
});
export type CartridgeLabel = z.infer<typeof CartridgeLabel>;

const FILE = 'label.json';

/** Of a cartridge that has no label file: its own barcode, readable. */
export function readLabel(files: FilePort, rackDirectory: string, cartridge: string): CartridgeLabel {
  const label = readDocument(files, pathOf(rackDirectory, cartridge), CartridgeLabel);
  return label ?? { text: cartridge, state: 'readable' };
}

export function writeLabel(files: FilePort, rackDirectory: string, cartridge: string, label: CartridgeLabel): void {
  writeJsonFile(files, pathOf(rackDirectory, cartridge), CartridgeLabel.parse(label));
}

/** What a barcode reader makes of it; '' when that is nothing. */
export function scannedText({ text, state }: CartridgeLabel): string {
  return state === 'readable' ? text : '';
}

function pathOf(rackDirectory: string, cartridge: string): string {
  return `${rackDirectory}/cartridges/${cartridge}/${FILE}`;
}
