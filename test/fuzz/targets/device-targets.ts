import { AssertionError } from '../../../src/base/assert.js';
import { ByteRangeError } from '../../../src/base/byte-cursor.js';
import {
  decodeMtOperation,
  decodeMtPosition,
  decodeMtStatus,
  encodeMtOperation,
  encodeMtPosition,
  encodeMtStatus,
  GMT,
  MT_OP,
  MT_TYPE,
  MTGET_BYTES,
  MTOP_BYTES,
  MTPOS_BYTES,
} from '../../../src/device/mtio.js';
import {
  decodeSgIoRequest,
  decodeSgIoResult,
  encodeSgIoRequest,
  fillSgIoResult,
  SG_IO_HEADER_BYTES,
} from '../../../src/device/sg-io.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { decodeSense, encodeSense } from '../../../src/scsi/sense.js';
import { fromHex } from '../../golden/scsi/hex.js';
import { SCSI_DECODERS, type ScsiDecoder } from '../../support/scsi-decoders.js';
import { acceptedBy, must, mustEqual, oneOf, seedsOf, type FuzzTarget } from '../fuzz-target.js';

/** Answers of real devices and of our own encoders, beside the bare beginnings every decoder has. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'fixed sense': ['f0 00 80 00000001 0a 00000000 00 01 00 000000', '70 00 05 00000000 0a 00000000 24 00 00 cb 0001'],
  'descriptor sense': ['72 00 00 01 000000 18  00 0a 80 00 fffffffffffffffe  04 02 00 80  02 06 00 00 cb 0001 00'],
  'standard INQUIRY data': ['01 80 06 02 5b 00 00 02 49424d2020202020 554c54524956554d2d54443820202020 4e394431'],
  'VPD page 83h': ['01 83 0018  01 03 00 08 5000e11112345678  02 01 00 08 49424d2020202020'],
  'density support': [
    `0036 0000 5e 00 a1 002f 004e20 007f 1a00 00b71b00 4c544f2d43565320 552d383136202020 556c74726970756d 20382f3136542020202020202020`,
  ],
  'MODE SENSE(6) data': ['27 00 10 08 5e 000000 00 000000  0f 0e c0 80 00000001 00000001 00000000  11 02 0000'],
  'MODE SENSE(10) data': ['001a 00 10 00 00 0008 5e 000000 00 000000  0f 0e c0 80 00000001 00000001 00000000'],
  'any log page': ['30 00 0012  0000 60 04 00000000  0001 60 06 000000000001'],
  'log page 02h': ['02 00 0010  0000 60 04 00000000  0006 60 04 00000001'],
  'log page 0Ch': ['0c 00 001c  0000 40 08 00000000000003e8  0004 40 04 ffffffff  0100 40 08 0000000000000001'],
  'log page 11h': ['11 00 0008  0000 03 04 a4 07 05 10'],
  'log page 17h': ['17 00 0014  0000 03 01 01  0001 03 04 00000007  0040 01 04 41424344'],
  'log page 2Eh': ['2e 00 000f  0001 00 01 00  0002 00 01 01  0014 00 01 01'],
  'attribute values': ['0000001e  0000 80 0008 0000000000bc614e  0806 01 000c 54504c3030314c3920202020'],
  'element status': [
    `1001 0001 00 00003c   02 80 0034 00 000034  1001 09 00 00 00 000000 81 1001
     54504c3030314c3920202020202020202020202020202020202020202020202000000000  00 00 00 00`,
  ],
  'element status of drives': [
    `0100 0001 00 00003a   04 00 0032 00 000032  0100 01 00 00 00 30 05 00 81 1007
     02 01 00 22  49424d2020202020 554c54333538302d544438 2020202020 31303638303030303733`,
  ],
};

function seedsOfDecoder(name: string, prefix: readonly number[]): readonly Uint8Array[] {
  const bare = [0x00, 0x01, 0xff].map((fill) => Buffer.concat([Buffer.from(prefix), Buffer.alloc(60, fill)]));
  return [...bare, ...(SAMPLES[name] ?? []).map((hex) => Uint8Array.from(fromHex(hex)))];
}

/** What a decoder makes of bytes: its value, or the record of its refusal. */
function resultOf(decode: ScsiDecoder, bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (!isStorageError(error, 'SCSI_MALFORMED_REPLY')) throw error;
    return error.toRecord();
  }
}

const replies: FuzzTarget = {
  name: 'scsi-replies',
  seeds: seedsOf(SCSI_DECODERS.map(([name, , prefix]) => seedsOfDecoder(name, prefix))),
  share: 3,
  check(input) {
    const { choice, rest } = oneOf(SCSI_DECODERS, input);
    const decode = choice[1];
    const before = Buffer.from(rest);
    const result = resultOf(decode, rest);
    must(rest.equals(before), 'a decoder leaves its input as it is');
    // The same bytes where others follow: a reply lies in a larger buffer.
    const larger = Buffer.concat([Buffer.alloc(16, 0x5a), before, Buffer.alloc(64, 0x5a)]);
    mustEqual(resultOf(decode, larger.subarray(16, 16 + before.length)), result, 'a decoder stays within its bytes');
  },
};

const sense: FuzzTarget = {
  name: 'sense',
  seeds: [...(SAMPLES['fixed sense'] ?? []), ...(SAMPLES['descriptor sense'] ?? [])].map((hex) =>
    Uint8Array.from(fromHex(hex)),
  ),
  share: 1,
  check(input) {
    const decoded = acceptedBy(['SCSI_MALFORMED_REPLY'], () => decodeSense(input));
    if (decoded === null) return;
    const again = decodeSense(encodeSense(decoded, 'descriptor'));
    must(
      again.key === decoded.key && again.asc === decoded.asc && again.ascq === decoded.ascq,
      'sense means the same when it is written again',
    );
  },
};

const STRUCTS: readonly {
  readonly bytes: number;
  readonly seeds: readonly Uint8Array[];
  readonly decode: (bytes: Uint8Array) => unknown;
}[] = [
  {
    bytes: MTGET_BYTES,
    seeds: [
      encodeMtStatus({
        type: MT_TYPE.scsi2,
        partition: 0,
        blockSizeBytes: 0,
        densityCode: 0x5e,
        flags: GMT.online + GMT.endOfData,
        softErrors: 3,
        fileNumber: null,
        blockNumber: 7,
      }),
    ],
    decode: decodeMtStatus,
  },
  { bytes: MTPOS_BYTES, seeds: [encodeMtPosition(123_456)], decode: decodeMtPosition },
  { bytes: MTOP_BYTES, seeds: [encodeMtOperation({ op: MT_OP.seek, count: -5 })], decode: decodeMtOperation },
  { bytes: SG_IO_HEADER_BYTES, seeds: [sgHeader()], decode: decodeSgIoResult },
  { bytes: SG_IO_HEADER_BYTES, seeds: [sgHeader()], decode: decodeSgIoRequest },
];

function sgHeader(): Uint8Array {
  const header = encodeSgIoRequest({
    direction: 'from-device',
    cdbBytes: 6,
    dataBytes: 96,
    senseBytes: 64,
    timeoutMs: 1000,
  });
  fillSgIoResult(header, { status: 2, senseBytes: 18, residualBytes: 4 });
  return header;
}

/** What the kernel fills in; a request is what our own code filled in, and a wrong one our own mistake. */
const structs: FuzzTarget = {
  name: 'kernel-structs',
  seeds: seedsOf(STRUCTS.map(({ seeds }) => seeds)),
  share: 1,
  check(input) {
    const { choice, rest } = oneOf(STRUCTS, input);
    const whole = Buffer.alloc(choice.bytes);
    rest.copy(whole);
    try {
      choice.decode(whole);
    } catch (error) {
      const isDeclared = choice.decode === decodeSgIoRequest ? error instanceof AssertionError : false;
      if (!isDeclared && !(error instanceof ByteRangeError)) throw error;
    }
  },
};

export const DEVICE_TARGETS: readonly FuzzTarget[] = [replies, sense, structs];
