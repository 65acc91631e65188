import type { Sense } from '../src/scsi/sense.js';
import { personalityOf } from './generations.js';
import type { SscDrive } from './ssc-drive.js';
import { SSC_SENSE } from './ssc-sense.js';
import type { TapeTransport } from './tape-transport.js';

/** Density code of the loaded medium, or null without one. */
export function densityOf(drive: SscDrive): number | null {
  const generation = drive.bay.medium?.cartridge.generation;
  return generation === undefined ? null : personalityOf(generation).densityCode;
}

/** What WP of MODE SENSE says: the tab, or a generation that this drive only reads. */
export function isWriteProtected(drive: SscDrive): boolean {
  const cartridge = drive.bay.medium?.cartridge;
  if (cartridge === undefined) return false;
  return cartridge.writeProtected || !drive.personality.writable.includes(cartridge.generation);
}

/** Why nothing may be written at the position, or null. A WORM cartridge takes what is appended, and nothing else. */
export function writeRefusal(drive: SscDrive, transport: TapeTransport): Sense | null {
  const { cartridge } = transport.medium;
  if (cartridge.writeProtected) return SSC_SENSE.writeProtected();
  if (!drive.personality.writable.includes(cartridge.generation)) return SSC_SENSE.cannotWriteMedium();
  if (cartridge.worm && transport.position < transport.medium.objectCount) return SSC_SENSE.wormOverwrite();
  return null;
}
