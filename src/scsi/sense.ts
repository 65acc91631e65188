import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { additionalSenseName } from './additional-sense.js';
import { decodeBytes, hexNumber, malformedReply } from './malformed-reply.js';

/** Sense keys (SPC-4). */
export const SENSE_KEYS = {
  noSense: 0x0,
  recoveredError: 0x1,
  notReady: 0x2,
  mediumError: 0x3,
  hardwareError: 0x4,
  illegalRequest: 0x5,
  unitAttention: 0x6,
  dataProtect: 0x7,
  blankCheck: 0x8,
  vendorSpecific: 0x9,
  copyAborted: 0xa,
  abortedCommand: 0xb,
  volumeOverflow: 0xd,
  miscompare: 0xe,
  completed: 0xf,
} as const;

const KEY_NAMES = [
  'no sense',
  'recovered error',
  'not ready',
  'medium error',
  'hardware error',
  'illegal request',
  'unit attention',
  'data protect',
  'blank check',
  'vendor specific',
  'copy aborted',
  'aborted command',
  'sense key Ch',
  'volume overflow',
  'miscompare',
  'completed',
] as const;

/** Which field of the command or its parameters an ILLEGAL REQUEST is about (SPC-4). */
export interface SenseFieldPointer {
  /** True: a byte of the CDB; false: of the parameter data. */
  readonly inCdb: boolean;
  readonly byte: number;
  /** Bit 0..7, or null when only the byte is told. */
  readonly bit: number | null;
}

/** What sense data says, in either format. */
export interface Sense {
  /** About an earlier command (71h, 73h): the command that got this sense was not performed (SPC-4). */
  readonly deferred: boolean;
  /** 0..15, see SENSE_KEYS. */
  readonly key: number;
  /** Additional sense code and its qualifier; 0/0 when the drive told none. */
  readonly asc: number;
  readonly ascq: number;
  readonly filemark: boolean;
  /** EOM: at or behind early warning, or at the beginning or end of the medium. */
  readonly endOfMedium: boolean;
  /** ILI: the block on the medium has another length than was asked for. */
  readonly incorrectLength: boolean;
  /**
   * INFORMATION when valid: for tape, what was asked for minus what was done, negative when the block was longer
   * (SSC-4). A 64-bit value outside the safe integers is null.
   */
  readonly information: number | null;
  readonly commandSpecific: number | null;
  /** How far an operation is, in 65536ths (sense-key specific, or a progress descriptor). */
  readonly progress: number | null;
  readonly fieldPointer: SenseFieldPointer | null;
  /** 0: not told. */
  readonly fieldReplaceableUnit: number;
}

export type SenseFormat = 'fixed' | 'descriptor';

/** Sense with everything not named in `more` off or absent. */
export function makeSense(key: number, asc: number, ascq: number, more: Partial<Sense> = {}): Sense {
  return {
    deferred: false,
    filemark: false,
    endOfMedium: false,
    incorrectLength: false,
    information: null,
    commandSpecific: null,
    progress: null,
    fieldPointer: null,
    fieldReplaceableUnit: 0,
    ...more,
    key,
    asc,
    ascq,
  };
}

const FIXED_LENGTH = 18;
/** Sense data descriptor types (SPC-4). */
const DESCRIPTOR_TYPE = { information: 0x00, commandSpecific: 0x01, keySpecific: 0x02, unit: 0x03, stream: 0x04 };

/** What is read of each descriptor, behind its type and length; `bytes` is the shortest body that carries it. */
const DESCRIPTORS: readonly {
  readonly type: number;
  readonly bytes: number;
  readonly read: (body: ByteReader, key: number) => Partial<Sense>;
}[] = [
  {
    type: DESCRIPTOR_TYPE.information,
    bytes: 10,
    read: (body) => ((body.u8() & 0x80) === 0 ? {} : { information: safeInteger(body.skip(1).take(8), true) }),
  },
  {
    type: DESCRIPTOR_TYPE.commandSpecific,
    bytes: 10,
    read: (body) => ({ commandSpecific: safeInteger(body.skip(2).take(8), false) }),
  },
  { type: DESCRIPTOR_TYPE.keySpecific, bytes: 5, read: (body, key) => decodeKeySpecific(key, body.skip(2)) },
  { type: DESCRIPTOR_TYPE.unit, bytes: 2, read: (body) => ({ fieldReplaceableUnit: body.skip(1).u8() }) },
  { type: DESCRIPTOR_TYPE.stream, bytes: 2, read: (body) => streamFlagsOf(body.skip(1).u8()) },
  // Another progress indication (0Ah), which carries a key and codes of its own.
  { type: 0x0a, bytes: 6, read: (body) => ({ progress: body.skip(4).u16() }) },
];

/**
 * Decodes sense data of either format, as delivered with CHECK CONDITION or by REQUEST SENSE. `bytes` is what was
 * transferred; data may end early, what is missing then reads as not told. SCSI_MALFORMED_REPLY when there is no key.
 */
export function decodeSense(bytes: Uint8Array): Sense {
  return decodeBytes('sense data', bytes, (reader) => {
    const responseCode = reader.u8() & 0x7f;
    switch (responseCode) {
      case 0x70:
      case 0x71:
        return decodeFixed(withinAdditionalLength(bytes), responseCode === 0x71);
      case 0x72:
      case 0x73:
        return decodeDescriptor(withinAdditionalLength(bytes), responseCode === 0x73);
      default:
        throw malformedReply('sense data', `response code ${hexNumber(responseCode)}`, bytes);
    }
  });
}

/** Both formats carry the count of bytes behind byte 7 in byte 7. */
function withinAdditionalLength(bytes: Uint8Array): Uint8Array {
  const additional = bytes[7];
  return additional === undefined ? bytes : bytes.subarray(0, 8 + additional);
}

function decodeFixed(bytes: Uint8Array, deferred: boolean): Sense {
  return decodeBytes('fixed sense data', bytes, (reader) => {
    const valid = (reader.u8() & 0x80) !== 0;
    const flags = reader.skip(1).u8();
    const key = flags & 0x0f;
    const has = (end: number): boolean => bytes.length >= end;
    const specific = has(18) ? decodeKeySpecific(key, reader.seek(15)) : {};
    return makeSense(key, has(13) ? reader.seek(12).u8() : 0, has(14) ? reader.seek(13).u8() : 0, {
      deferred,
      ...streamFlagsOf(flags),
      information: valid && has(7) ? reader.seek(3).i32() : null,
      // The fixed format has no valid bit here: 0 is nothing told.
      commandSpecific: has(12) ? reader.seek(8).u32() || null : null,
      fieldReplaceableUnit: has(15) ? reader.seek(14).u8() : 0,
      ...specific,
    });
  });
}

type KeySpecific = Partial<Pick<Sense, 'progress' | 'fieldPointer'>>;

/** The three sense-key specific bytes; the same in both formats (SPC-4). */
function decodeKeySpecific(key: number, reader: ByteReader): KeySpecific {
  const first = reader.u8();
  const value = reader.u16();
  if ((first & 0x80) === 0) return {};
  if (key === SENSE_KEYS.noSense || key === SENSE_KEYS.notReady) return { progress: value };
  if (key !== SENSE_KEYS.illegalRequest) return {};
  const bit = (first & 0x08) !== 0 ? first & 0x07 : null;
  return { fieldPointer: { inCdb: (first & 0x40) !== 0, byte: value, bit } };
}

function decodeDescriptor(bytes: Uint8Array, deferred: boolean): Sense {
  return decodeBytes('descriptor sense data', bytes, (reader) => {
    const key = reader.skip(1).u8() & 0x0f;
    const asc = reader.remaining > 0 ? reader.u8() : 0;
    const ascq = reader.remaining > 0 ? reader.u8() : 0;
    let more: Partial<Sense> = { deferred };
    if (bytes.length >= 8) {
      reader.seek(8);
      while (reader.remaining >= 2) {
        const type = reader.u8();
        const length = reader.u8();
        // A descriptor cut off by the transfer length is as good as absent.
        if (reader.remaining < length) break;
        more = { ...more, ...readDescriptor(type, key, reader.take(length)) };
      }
    }
    return makeSense(key, asc, ascq, more);
  });
}

/** A descriptor too short for its type, like one of an unknown type, tells nothing: the key must not be lost for it. */
function readDescriptor(type: number, key: number, body: Uint8Array): Partial<Sense> {
  const descriptor = DESCRIPTORS.find((entry) => entry.type === type);
  if (descriptor === undefined || body.length < descriptor.bytes) return {};
  return descriptor.read(new ByteReader(body, 'big-endian'), key);
}

function streamFlagsOf(byte: number): Pick<Sense, 'filemark' | 'endOfMedium' | 'incorrectLength'> {
  return { filemark: (byte & 0x80) !== 0, endOfMedium: (byte & 0x40) !== 0, incorrectLength: (byte & 0x20) !== 0 };
}

/** The eight bytes as a number, or null outside the safe integers: the key must not be lost for an odd counter. */
function safeInteger(bytes: Uint8Array, signed: boolean): number | null {
  const raw = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const value = Number(signed ? BigInt.asIntN(64, raw) : raw);
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * The bytes a drive sends. Fixed format: 18 bytes; INFORMATION outside 32 bits is sent as not valid, and a
 * command-specific value must fit 32 bits.
 */
export function encodeSense(sense: Sense, format: SenseFormat = 'fixed'): Uint8Array {
  return format === 'fixed' ? encodeFixed(sense) : encodeDescriptor(sense);
}

function streamFlags(sense: Sense): number {
  return (sense.filemark ? 0x80 : 0) | (sense.endOfMedium ? 0x40 : 0) | (sense.incorrectLength ? 0x20 : 0);
}

function encodeFixed(sense: Sense): Uint8Array {
  const { information } = sense;
  const valid = information !== null && information === (information | 0);
  const writer = new ByteWriter(new Uint8Array(FIXED_LENGTH), 'big-endian');
  writer.u8((valid ? 0x80 : 0) | (sense.deferred ? 0x71 : 0x70)).u8(0);
  writer.u8(streamFlags(sense) | sense.key).i32(valid ? information : 0);
  writer.u8(FIXED_LENGTH - 8).u32(sense.commandSpecific ?? 0);
  writer.u8(sense.asc).u8(sense.ascq).u8(sense.fieldReplaceableUnit);
  return writer.put(encodeKeySpecific(sense)).bytes;
}

function encodeKeySpecific(sense: Sense): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(3), 'big-endian');
  const pointer = sense.fieldPointer;
  if (pointer !== null) {
    const bit = pointer.bit === null ? 0 : 0x08 | pointer.bit;
    writer.u8(0x80 | (pointer.inCdb ? 0x40 : 0) | bit).u16(pointer.byte);
  } else if (sense.progress !== null) {
    writer.u8(0x80).u16(sense.progress);
  }
  return writer.bytes;
}

function encodeDescriptor(sense: Sense): Uint8Array {
  const descriptors: number[] = [];
  const add = (type: number, ...body: readonly number[]): void => {
    descriptors.push(type, body.length, ...body);
  };
  if (sense.information !== null) add(DESCRIPTOR_TYPE.information, 0x80, 0, ...int64Bytes(sense.information));
  if (sense.commandSpecific !== null) add(DESCRIPTOR_TYPE.commandSpecific, 0, 0, ...int64Bytes(sense.commandSpecific));
  const keySpecific = encodeKeySpecific(sense);
  if (keySpecific[0] !== 0) add(DESCRIPTOR_TYPE.keySpecific, 0, 0, ...keySpecific, 0);
  if (sense.fieldReplaceableUnit !== 0) add(DESCRIPTOR_TYPE.unit, 0, sense.fieldReplaceableUnit);
  if (streamFlags(sense) !== 0) add(DESCRIPTOR_TYPE.stream, 0, streamFlags(sense));
  const writer = new ByteWriter(new Uint8Array(8 + descriptors.length), 'big-endian');
  writer
    .u8(sense.deferred ? 0x73 : 0x72)
    .u8(sense.key)
    .u8(sense.asc)
    .u8(sense.ascq);
  return writer.zeros(3).u8(descriptors.length).put(Uint8Array.from(descriptors)).bytes;
}

function int64Bytes(value: number): Uint8Array {
  return new ByteWriter(new Uint8Array(8), 'big-endian').i64(value).bytes;
}

export function senseKeyName(key: number): string {
  return KEY_NAMES[key & 0x0f] ?? '';
}

/** For logs and messages: `medium error 3/0C/00 (write error), end of medium, 1 left undone`. */
export function formatSense(sense: Sense): string {
  const codes = `${sense.key.toString(16).toUpperCase()}/${hexByte(sense.asc)}/${hexByte(sense.ascq)}`;
  const parts = [`${senseKeyName(sense.key)} ${codes} (${additionalSenseName(sense.asc, sense.ascq)})`];
  if (sense.deferred) parts.push('deferred: about an earlier command');
  if (sense.filemark) parts.push('filemark');
  if (sense.endOfMedium) parts.push('end of medium');
  if (sense.incorrectLength) parts.push('incorrect length');
  if (sense.information !== null) parts.push(`information ${String(sense.information)}`);
  if (sense.progress !== null) parts.push(`${String(Math.floor((sense.progress * 100) / 0x10000))} % done`);
  const pointer = sense.fieldPointer;
  if (pointer !== null) {
    const bit = pointer.bit === null ? '' : ` bit ${String(pointer.bit)}`;
    parts.push(`byte ${String(pointer.byte)}${bit} of the ${pointer.inCdb ? 'CDB' : 'parameters'}`);
  }
  return parts.join(', ');
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}
