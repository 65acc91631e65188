import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';

/**
 * EXCHANGE MEDIUM (SMC-3): the medium of the source goes to the first destination, whose medium goes to the second; that
 * one may be the source.
 */
export interface ExchangeMediumCommand {
  /** Medium transport element to use; 0: the changer's default. */
  readonly transport: number;
  readonly source: number;
  readonly firstDestination: number;
  readonly secondDestination: number;
  /** INV1 and INV2: turn the medium over on its way to that destination. */
  readonly invertFirst: boolean;
  readonly invertSecond: boolean;
}

const INV1 = 0x02;
const INV2 = 0x01;

export function encodeExchangeMediumCdb(command: ExchangeMediumCommand): Uint8Array {
  return encodeCdb(OPCODES.exchangeMedium, (writer) => {
    writer.zeros(1).u16(command.transport).u16(command.source);
    writer.u16(command.firstDestination).u16(command.secondDestination);
    writer.u8((command.invertFirst ? INV1 : 0) | (command.invertSecond ? INV2 : 0));
  });
}

export function decodeExchangeMediumCdb(cdb: Uint8Array): ExchangeMediumCommand {
  return decodeCdb('EXCHANGE MEDIUM', OPCODES.exchangeMedium, cdb, (reader) => {
    const transport = reader.skip(1).u16();
    const source = reader.u16();
    const firstDestination = reader.u16();
    const secondDestination = reader.u16();
    const flags = reader.u8();
    return {
      transport,
      source,
      firstDestination,
      secondDestination,
      invertFirst: (flags & INV1) !== 0,
      invertSecond: (flags & INV2) !== 0,
    };
  });
}
