import { ByteWriter, type ByteReader } from '../base/byte-cursor.js';
import { decodeCdb, encodeCdb, OPCODES } from './cdb.js';
import { decodeBytes } from './malformed-reply.js';

/** REPORT DENSITY SUPPORT (SSC-4), density descriptors only. */
export interface ReportDensitySupportCommand {
  /** MEDIA: only the densities of the cartridge in the drive. */
  readonly currentMediumOnly: boolean;
  readonly allocationLength: number;
}

export function encodeReportDensitySupportCdb(command: ReportDensitySupportCommand): Uint8Array {
  return encodeCdb(OPCODES.reportDensitySupport, (writer) => {
    writer
      .u8(command.currentMediumOnly ? 0x01 : 0)
      .zeros(5)
      .u16(command.allocationLength);
  });
}

export function decodeReportDensitySupportCdb(cdb: Uint8Array): ReportDensitySupportCommand {
  return decodeCdb('REPORT DENSITY SUPPORT', OPCODES.reportDensitySupport, cdb, (reader) => ({
    currentMediumOnly: (reader.u8() & 0x01) !== 0,
    allocationLength: reader.skip(5).u16(),
  }));
}

/** Density support data block descriptor (SSC-4). */
export interface DensityDescriptor {
  readonly primaryCode: number;
  readonly secondaryCode: number;
  /** WRTOK: the drive can write it, not just read it. */
  readonly writable: boolean;
  /** DEFLT: the drive uses it when not told otherwise. */
  readonly isDefault: boolean;
  readonly bitsPerMillimetre: number;
  /** Tenths of a millimetre. */
  readonly mediumWidth: number;
  readonly tracks: number;
  /** 10^6 bytes, native. */
  readonly capacityMegabytes: number;
  readonly organization: string;
  readonly name: string;
  readonly description: string;
}

const HEADER_LENGTH = 4;
const DESCRIPTOR_LENGTH = 52;
/** DLV: the length field is valid; without it every descriptor has 52 bytes. */
const DLV = 0x01;

/** A descriptor cut by the allocation length or the residual is left out. */
export function decodeDensitySupport(bytes: Uint8Array): readonly DensityDescriptor[] {
  return decodeBytes('density support data', bytes, (header) => {
    // The length does not count itself.
    const end = Math.min(bytes.length, 2 + header.u16());
    const reader = header.skip(2);
    const descriptors: DensityDescriptor[] = [];
    while (reader.offset + DESCRIPTOR_LENGTH <= end) {
      const start = reader.offset;
      const { descriptor, length } = readDescriptor(reader);
      descriptors.push(descriptor);
      if (start + length > end) break;
      reader.seek(start + length);
    }
    return descriptors;
  });
}

function readDescriptor(reader: ByteReader): { readonly descriptor: DensityDescriptor; readonly length: number } {
  const primaryCode = reader.u8();
  const secondaryCode = reader.u8();
  const flags = reader.u8();
  const following = reader.u16();
  const descriptor = {
    primaryCode,
    secondaryCode,
    writable: (flags & 0x80) !== 0,
    isDefault: (flags & 0x20) !== 0,
    bitsPerMillimetre: reader.u24(),
    mediumWidth: reader.u16(),
    tracks: reader.u16(),
    capacityMegabytes: reader.u32(),
    organization: reader.ascii(8),
    name: reader.ascii(8),
    description: reader.ascii(20),
  };
  // A valid length counts what follows it (bytes 5 and on).
  const length = (flags & DLV) !== 0 ? Math.max(5 + following, DESCRIPTOR_LENGTH) : DESCRIPTOR_LENGTH;
  return { descriptor, length };
}

export function encodeDensitySupport(descriptors: readonly DensityDescriptor[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(HEADER_LENGTH + descriptors.length * DESCRIPTOR_LENGTH), 'big-endian');
  writer.u16(writer.bytes.length - 2).zeros(2);
  for (const density of descriptors) {
    writer.u8(density.primaryCode).u8(density.secondaryCode);
    writer.u8((density.writable ? 0x80 : 0) | (density.isDefault ? 0x20 : 0)).zeros(2);
    writer.u24(density.bitsPerMillimetre).u16(density.mediumWidth).u16(density.tracks).u32(density.capacityMegabytes);
    writer.ascii(density.organization, 8).ascii(density.name, 8).ascii(density.description, 20);
  }
  return writer.bytes;
}
