import { ByteReader, ByteWriter } from '../base/byte-cursor.js';

/** The identifier of a drive in an element descriptor (DVCID, SMC-3): laid out like a designator of VPD page 83h. */
export interface ElementDevice {
  /** 1 binary, 2 ASCII. */
  readonly codeSet: number;
  /** 0 vendor specific, 1 T10 vendor id, 3 NAA. */
  readonly type: number;
  readonly identifier: Uint8Array;
}

/** What an identifier tells; '' where it does not. */
export interface DriveIdentification {
  readonly vendor: string;
  readonly product: string;
  readonly serial: string;
}

const CODE_SET_ASCII = 2;
const TYPE_VENDOR = 0;
const TYPE_T10 = 1;
const VENDOR_BYTES = 8;
const PRODUCT_BYTES = 16;

/**
 * Text is a serial number (Quantum SuperLoader 3: type 0), or vendor, product and serial number in 8, 16 and the remaining
 * characters (type 1; most have 34 in all). A name in binary, as a WWN, tells none of them.
 */
export function identifyDrive({ codeSet, identifier }: ElementDevice): DriveIdentification {
  if (codeSet !== CODE_SET_ASCII) return { vendor: '', product: '', serial: '' };
  const reader = new ByteReader(identifier, 'big-endian');
  if (identifier.length <= VENDOR_BYTES + PRODUCT_BYTES)
    return { vendor: '', product: '', serial: reader.ascii(identifier.length).trim() };
  const vendor = reader.ascii(VENDOR_BYTES).trim();
  const product = reader.ascii(PRODUCT_BYTES).trim();
  return { vendor, product, serial: reader.ascii(reader.remaining).trim() };
}

/** The long form: vendor, product and the serial number in as many characters as it has, at least 10. */
export function makeElementDevice({ vendor, product, serial }: DriveIdentification): ElementDevice {
  const serialBytes = Math.max(10, serial.length);
  const writer = new ByteWriter(new Uint8Array(VENDOR_BYTES + PRODUCT_BYTES + serialBytes), 'big-endian');
  writer.ascii(vendor, VENDOR_BYTES).ascii(product, PRODUCT_BYTES).ascii(serial, serialBytes);
  return { codeSet: CODE_SET_ASCII, type: TYPE_T10, identifier: writer.bytes };
}

/** The short form; `width` above the serial number's length pads it with spaces. */
export function makeSerialElementDevice(serial: string, width = serial.length): ElementDevice {
  const writer = new ByteWriter(new Uint8Array(width), 'big-endian');
  return { codeSet: CODE_SET_ASCII, type: TYPE_VENDOR, identifier: writer.ascii(serial, width).bytes };
}
