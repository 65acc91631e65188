import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/** INITIALIZE ELEMENT STATUS (SMC-3): look at every element, reading labels; status comes when that is done. */
export function encodeInitializeElementStatusCdb(): Uint8Array {
  return encodeCdb(OPCODES.initializeElementStatus);
}

/** Checks the operation code; there is nothing else in it. */
export function decodeInitializeElementStatusCdb(cdb: Uint8Array): void {
  decodeCdb('INITIALIZE ELEMENT STATUS', OPCODES.initializeElementStatus, cdb, () => undefined);
}

/** INITIALIZE ELEMENT STATUS WITH RANGE (SMC-3, 37h; IBM libraries know it as E7h as well). */
export interface InitializeElementRangeCommand {
  /** FAST: only whether elements are full, no labels. */
  readonly fast: boolean;
  /** Null (RANGE off): all elements. Else `count` elements from the first address on; 0: all from there. */
  readonly range: { readonly first: number; readonly count: number } | null;
}

const FAST = 0x02;
const RANGE = 0x01;

export function encodeInitializeElementRangeCdb(command: InitializeElementRangeCommand): Uint8Array {
  return encodeCdb(OPCODES.initializeElementStatusWithRange, (writer) => {
    writer.u8((command.fast ? FAST : 0) | (command.range === null ? 0 : RANGE));
    writer
      .u16(command.range?.first ?? 0)
      .zeros(2)
      .u16(command.range?.count ?? 0);
  });
}

export function decodeInitializeElementRangeCdb(cdb: Uint8Array): InitializeElementRangeCommand {
  const name = 'INITIALIZE ELEMENT STATUS WITH RANGE';
  return decodeCdb(name, OPCODES.initializeElementStatusWithRange, cdb, (reader) => {
    const flags = reader.u8();
    const first = reader.u16();
    const count = reader.skip(2).u16();
    return { fast: (flags & FAST) !== 0, range: (flags & RANGE) === 0 ? null : { first, count } };
  });
}
