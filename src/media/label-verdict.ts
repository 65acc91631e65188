import type { ErrorCode } from '../base/error-codes.js';
import type { CartridgeRecord, VolumeRecord } from '../inventory/records.js';
import type { Barcode } from '../terms/barcode.js';
import type { LabelReading } from '../volume/label-io.js';
import { stateOf } from './state-changes.js';

/** What a cartridge holds, held against the books. */
export interface LabelVerdict {
  /** What is on the medium, as the end of a sentence that begins with the cartridge: 'holds volume ... of pool daily'. */
  readonly what: string;
  /** What does not agree; null: nothing. */
  readonly problem: { readonly code: ErrorCode; readonly message: string } | null;
  /** The books know no volume on it, and it is not blank. */
  readonly isForeign: boolean;
}

export function judgeLabel(
  cartridge: CartridgeRecord,
  volume: VolumeRecord | null,
  reading: LabelReading,
): LabelVerdict {
  const what = describeReading(reading);
  if (volume === null) return { what, problem: unlabelledProblem(cartridge, reading), isForeign: isForeign(reading) };
  return { what, problem: volumeProblem(volume, reading), isForeign: false };
}

/** A label that cannot be read may be of anything. */
function isForeign(reading: LabelReading): boolean {
  return reading.kind === 'tapeloom' || reading.kind === 'foreign';
}

export function describeReading(reading: LabelReading): string {
  switch (reading.kind) {
    case 'blank':
      return 'is blank';
    case 'foreign':
      return `holds ${reading.what}`;
    case 'damaged':
      return `has a damaged label: ${reading.reason}`;
    case 'tapeloom': {
      const { volumeId, barcode, pool, createdMs, node } = reading.label;
      return `holds volume ${volumeId} of ${barcode}, pool ${pool}, labelled ${new Date(createdMs).toISOString()} by node ${node}`;
    }
  }
}

function unlabelledProblem(cartridge: CartridgeRecord, reading: LabelReading): LabelVerdict['problem'] {
  const { barcode } = cartridge;
  const isBookedForeign = stateOf(cartridge, null) === 'foreign';
  switch (reading.kind) {
    case 'blank':
      return null;
    case 'damaged':
      return { code: reading.code, message: `${barcode} ${describeReading(reading)}; the books know no volume on it.` };
    case 'foreign':
    case 'tapeloom':
      if (reading.kind === 'tapeloom' && reading.label.barcode !== barcode)
        return wrongCartridge(barcode, reading.label.barcode);
      return isBookedForeign
        ? null
        : {
            code: 'VOLUME_FOREIGN',
            message: `${barcode} ${describeReading(reading)}, which the books do not know. It is foreign from now on; nothing was written to it.`,
          };
  }
}

function volumeProblem({ barcode, volumeId, pool }: VolumeRecord, reading: LabelReading): LabelVerdict['problem'] {
  const should = `should be volume ${volumeId} of pool ${pool}`;
  switch (reading.kind) {
    case 'blank':
      return { code: 'VOLUME_BLANK', message: `${barcode} ${should}, but it is blank. It is suspect from now on.` };
    case 'foreign':
      return {
        code: 'VOLUME_FOREIGN',
        message: `${barcode} ${should}, but it holds ${reading.what}. It is suspect from now on.`,
      };
    case 'damaged':
      return {
        code: reading.code,
        message: `${barcode} ${should}, but its label cannot be trusted: ${reading.reason}. It is suspect from now on; clean the drive and read it again.`,
      };
    case 'tapeloom':
      if (reading.label.volumeId === volumeId) return null;
      if (reading.label.barcode !== barcode) return wrongCartridge(barcode, reading.label.barcode);
      return {
        code: 'VOLUME_LABEL_MISMATCH',
        message: `${barcode} ${should}, but its label says volume ${reading.label.volumeId} of pool ${reading.label.pool}. It is suspect from now on.`,
      };
  }
}

/** Two stickers were swapped, or one was put on the wrong cartridge. */
function wrongCartridge(barcode: Barcode, found: Barcode): LabelVerdict['problem'] {
  return {
    code: 'VOLUME_LABEL_MISMATCH',
    message: `The cartridge with the barcode ${barcode} says on its tape that it is ${found}. Nothing was written; see whether the stickers of the two were swapped.`,
  };
}
