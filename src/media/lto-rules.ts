import { mediaTypeOfBarcode, mediumOfBarcode, type Barcode } from '../terms/barcode.js';

/** Media types of WORM cartridges, from LTO-3 on. */
const WORM_TYPES = ['LT', 'LU', 'LV', 'LW', 'LX', 'LY', 'LZ'];
const FIRST_WORM_GENERATION = 3;

/** Written by one generation of drives alone (IBM TS4300, "LTO type M cartridge"). */
const TYPE_M = { type: 'M8', generation: 8 } as const;

/** LTO-1 and LTO-10 drives write their own generation only. */
const WRITES_ONE_GENERATION = new Set([1, 10]);

/**
 * The LTO generation of a drive, from the product name of its INQUIRY; null: none that is known here. As vendors write them:
 * ULT3580-TD9, ULTRIUM-HH8, ULTRIUM-TDA (IBM: A is 10), Ultrium 6-SCSI (HP), ULTRIUM 5 (Quantum), LTO-7 and the like.
 */
export function ltoGenerationOf(product: string): number | null {
  const text = product.toUpperCase();
  const digit = /(?:ULT\w*|LTO)-(?:TD|HH)([1-9A])/.exec(text)?.[1] ?? /(?:ULTRIUM|LTO)[ -]?(\d{1,2})\b/.exec(text)?.[1];
  if (digit === undefined) return null;
  const generation = digit === 'A' ? 10 : Number(digit);
  return generation >= 1 && generation <= 10 ? generation : null;
}

/** Why a drive cannot write a cartridge, as the end of a sentence that begins with the barcode; null: it can, or nobody knows. */
export function writeProblem(driveGeneration: number | null, barcode: Barcode): string | null {
  if (driveGeneration === null || mediumOfBarcode(barcode) === 'disk') return null;
  const type = mediaTypeOfBarcode(barcode);
  const generations =
    type === TYPE_M.type ? driveGeneration === TYPE_M.generation : isWrittenBy(generationOfType(type), driveGeneration);
  return generations ? null : `is of type ${type}, which an LTO-${String(driveGeneration)} drive does not write`;
}

/** A drive writes its own generation and the one before. */
function isWrittenBy(medium: number, drive: number): boolean {
  return medium === drive || (medium === drive - 1 && !WRITES_ONE_GENERATION.has(drive));
}

function generationOfType(type: string): number {
  const worm = WORM_TYPES.indexOf(type);
  if (worm >= 0) return worm + FIRST_WORM_GENERATION;
  return type === 'LA' ? 10 : Number(type.slice(1));
}
