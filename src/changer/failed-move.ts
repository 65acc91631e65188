import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import { describeCartridge, describeElement, type MappedElement } from './element-map.js';
import type { Move } from './move-plan.js';

export type FailedMove =
  | { readonly kind: 'failed'; readonly error: StorageError }
  /** The answer was lost on the way, and the changer says that the cartridge is where it was to go. */
  | { readonly kind: 'made'; readonly message: string };

/**
 * What became of a move that ended with `error`: `look` reads the elements again. The error keeps its code and says where the
 * cartridge was seen.
 */
export async function explainFailedMove(
  move: Move,
  error: StorageError,
  look: () => Promise<readonly MappedElement[]>,
): Promise<FailedMove> {
  const cartridge = describeCartridge(move.from);
  const attempt = `The move of ${cartridge} from ${describeElement(move.from)} to ${describeElement(move.to)} failed`;
  const fail = (seen: string | null, where: string): FailedMove => ({
    kind: 'failed',
    error: new StorageError(error.code, `${attempt}: ${error.message} ${where}`, {
      cause: error,
      disposition: error.disposition,
      context: {
        ...error.context,
        barcode: move.from.barcode,
        from: describeElement(move.from),
        to: describeElement(move.to),
        seen,
      },
    }),
  });
  let elements: readonly MappedElement[];
  try {
    elements = await look();
  } catch (second) {
    if (!isStorageError(second)) throw second;
    return fail(null, `Where it is now the changer does not tell: ${describeError(second)}`);
  }
  const seen = placesOf(move, elements);
  const [place] = seen;
  if (error.code === 'SCSI_TRANSPORT' && seen.length === 1 && place?.address === move.to.address)
    return { kind: 'made', message: `${attempt} by its answer (${error.message}), but it was made.` };
  if (place === undefined) return fail(null, `The changer sees it nowhere: look into the changer.`);
  const where = seen.map((element) => describeElement(element)).join(' and ');
  return fail(where, `It was seen in ${where}.`);
}

/** By its barcode; one without is taken to be in those of source, destination and hand that are full now. */
function placesOf(move: Move, elements: readonly MappedElement[]): readonly MappedElement[] {
  const { barcode } = move.from;
  const byBarcode = barcode === null ? [] : elements.filter((element) => element.barcode === barcode);
  if (byBarcode.length > 0) return byBarcode;
  return elements.filter(
    ({ kind, address, isFull, barcode: other }) =>
      isFull &&
      other === null &&
      (kind === 'transport' || address === move.from.address || address === move.to.address),
  );
}
