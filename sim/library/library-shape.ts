/** Kinds of elements (SMC-3), with the words of this project. */
export type ElementKind = 'transport' | 'slot' | 'mailslot' | 'drive';

/** One element of a library. `index` counts from 0 within its kind. */
export interface SimElement {
  readonly kind: ElementKind;
  readonly index: number;
  readonly address: number;
  /** Of a drive element: the number N of the drive `/dev/nstN` in it; null for others. */
  readonly drive: number | null;
}

export interface ElementRange {
  readonly first: number;
  readonly count: number;
}

/** How many elements of each kind a library has, and at which addresses. One transport element: the robot's hand. */
export class LibraryShape {
  readonly ranges: Readonly<Record<ElementKind, ElementRange>>;
  readonly elements: readonly SimElement[];
  readonly #byAddress: ReadonlyMap<number, SimElement>;

  /** `driveNumbers`: the drive behind each drive element, in the order of the elements. */
  constructor(ranges: Readonly<Record<ElementKind, ElementRange>>, driveNumbers: readonly number[]) {
    this.ranges = ranges;
    const kinds: readonly ElementKind[] = ['transport', 'slot', 'mailslot', 'drive'];
    this.elements = kinds.flatMap((kind) =>
      Array.from({ length: ranges[kind].count }, (_, index) => ({
        kind,
        index,
        address: ranges[kind].first + index,
        drive: kind === 'drive' ? (driveNumbers[index] ?? null) : null,
      })),
    );
    this.#byAddress = new Map(this.elements.map((element) => [element.address, element]));
  }

  get transport(): number {
    return this.ranges.transport.first;
  }

  /** Null when there is no such element. */
  at(address: number): SimElement | null {
    return this.#byAddress.get(address) ?? null;
  }

  of(kind: ElementKind): readonly SimElement[] {
    return this.elements.filter((element) => element.kind === kind);
  }

  driveElement(driveNumber: number): SimElement | null {
    return this.elements.find(({ drive }) => drive === driveNumber) ?? null;
  }

  /** As people count: slots from 1, the import/export slots on from the last storage slot. Null when there is no such one. */
  slotNumbered(number: number): SimElement | null {
    const { slot, mailslot } = this.ranges;
    if (!Number.isInteger(number) || number < 1) return null;
    if (number <= slot.count) return this.at(slot.first + number - 1);
    const mail = number - slot.count;
    return mail <= mailslot.count ? this.at(mailslot.first + mail - 1) : null;
  }

  /** The inverse of `slotNumbered`; null for drives and the hand. */
  numberOf({ kind, index }: SimElement): number | null {
    if (kind === 'slot') return index + 1;
    return kind === 'mailslot' ? this.ranges.slot.count + index + 1 : null;
  }
}
