import { expect } from 'chai';
import { decodeDeviceStatusLogPage, encodeDeviceStatusLogPage } from '../../../src/scsi/device-status-log-page.js';
import {
  decodeErrorCounterLogPage,
  encodeErrorCounterLogPage,
  type ErrorCounters,
} from '../../../src/scsi/error-counter-log-page.js';
import {
  decodeLogPage,
  decodeSupportedLogPages,
  encodeLogPage,
  encodeSupportedLogPages,
} from '../../../src/scsi/log-page.js';
import {
  decodeSequentialAccessLogPage,
  encodeSequentialAccessLogPage,
} from '../../../src/scsi/sequential-access-log-page.js';
import {
  decodeTapeAlertLogPage,
  decodeTapeAlertResponseLogPage,
  encodeTapeAlertLogPage,
  encodeTapeAlertResponseLogPage,
} from '../../../src/scsi/tape-alert-log-page.js';
import { decodeTapeCapacityLogPage, encodeTapeCapacityLogPage } from '../../../src/scsi/tape-capacity-log-page.js';
import {
  decodeVolumeStatisticsLogPage,
  encodeVolumeStatisticsLogPage,
} from '../../../src/scsi/volume-statistics-log-page.js';
import { fromHex, toHex } from './hex.js';

/** `hex` is laid out by hand: page header of 4 bytes, then parameters (code, control, length, value). */
function golden<T>(
  name: string,
  value: NoInfer<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  hex: string,
): void {
  it(name, () => {
    expect(toHex(encode(value))).to.equal(toHex(fromHex(hex)));
    expect(decode(fromHex(hex))).to.deep.equal(value);
  });
}

describe('log pages', () => {
  // SPC-4: SPF 40h with the page, subpage, length; parameters.
  golden(
    'have parameters that carry their own length',
    {
      pageCode: 0x37,
      subpageCode: 0x40,
      parameters: [
        { code: 0x0001, control: 0x03, value: fromHex('64') },
        { code: 0x8000, control: 0x01, value: fromHex('') },
        { code: 0x8001, control: 0x01, value: fromHex('4142') },
      ],
    },
    encodeLogPage,
    (bytes) => decodeLogPage(bytes, 0x37, 0x40),
    '77 40 000f  0001 03 01 64  8000 01 00  8001 01 02 4142',
  );
  golden(
    '00h lists the pages of the drive',
    [0x00, 0x02, 0x03, 0x2e],
    encodeSupportedLogPages,
    (bytes) => [...decodeSupportedLogPages(bytes)],
    '00 00 0004 00 02 03 2e',
  );
  // SPC-4.
  golden(
    '02h counts write errors',
    {
      correctedWithoutDelay: 0,
      correctedWithDelay: 1,
      rewritesOrRereads: 2,
      corrected: 3,
      correctionAlgorithmUses: 4,
      bytesProcessed: 0x01_0000_0000,
      uncorrected: 6,
    },
    (counters: ErrorCounters) => encodeErrorCounterLogPage('write', counters),
    (bytes) => decodeErrorCounterLogPage('write', bytes),
    `02 00 003c  0000 60 04 00000000  0001 60 04 00000001  0002 60 04 00000002  0003 60 04 00000003
     0004 60 04 00000004  0005 60 08 0000000100000000  0006 60 04 00000006`,
  );
  // SSC-4; all ones: the drive does not know; parameter 0100h: cleaning.
  golden(
    '0Ch tells bytes on both sides of the compression, and that cleaning is wanted',
    {
      bytesReceivedFromHost: 1000,
      bytesWrittenToMedium: 500,
      bytesReadFromMedium: 0,
      bytesSentToHost: 0,
      nativeMegabytesToEndOfData: null,
      nativeMegabytesToEarlyWarning: 12_000_000,
      nativeMegabytesBehindEarlyWarning: 1,
      nativeMegabytesToPosition: 2,
      nativeMegabytesInBuffer: 0,
      cleaningRequired: true,
    },
    encodeSequentialAccessLogPage,
    decodeSequentialAccessLogPage,
    `0c 00 0064  0000 40 08 00000000000003e8  0001 40 08 00000000000001f4  0002 40 08 0000000000000000
     0003 40 08 0000000000000000  0004 40 04 ffffffff  0005 40 04 00b71b00  0006 40 04 00000001
     0007 40 04 00000002  0008 40 04 00000000  0100 40 08 0000000000000001`,
  );
  // ADC-3: byte 0 PAMR HUI MACC CMPR WRTP CRQST CRQRD DINIT; byte 1 INXTN - RAA MPRSNT - MSTD MTHRD MOUNTED;
  // byte 2 activity; byte 3 ... RRQST INTFC TAFC.
  golden(
    '11h tells that the drive writes to a threaded medium and wants cleaning',
    {
      removalPrevented: true,
      hostInitiatedUnload: false,
      mamAccessible: true,
      compressionEnabled: true,
      writeProtected: false,
      cleaningRequested: true,
      cleaningRequired: false,
      initialized: true,
      inTransition: false,
      roboticAccessAllowed: false,
      mediumPresent: true,
      mediumSeated: true,
      mediumThreaded: true,
      mediumMounted: true,
      activity: 'writing',
      recoveryRequested: false,
      interfaceChanged: false,
      tapeAlertChanged: true,
    } as const,
    encodeDeviceStatusLogPage,
    decodeDeviceStatusLogPage,
    '11 00 0008  0000 03 04 b5 17 06 01',
  );
  // ADC-3: 64 bits, flag 1 in bit 7 of the first byte.
  golden(
    '12h holds the TapeAlert flags as bits, flag 1 first',
    [1, 8, 9, 64],
    encodeTapeAlertResponseLogPage,
    (bytes) => [...decodeTapeAlertResponseLogPage(bytes)],
    '12 00 000c  0000 03 08 81 80 00 00 00 00 00 01',
  );
  // SSC-4: parameters 0001h to 0040h of one byte.
  golden(
    '2Eh holds the TapeAlert flags as 64 parameters',
    [0x03, 0x14, 0x40],
    encodeTapeAlertLogPage,
    (bytes) => [...decodeTapeAlertLogPage(bytes)],
    `2e 00 0140 ${Array.from({ length: 64 }, (_, index) => {
      const flag = index + 1;
      return `00${flag.toString(16).padStart(2, '0')} c0 01 ${[0x03, 0x14, 0x40].includes(flag) ? '01' : '00'}`;
    }).join(' ')}`,
  );
  golden(
    '31h tells remaining and maximum capacity of both partitions',
    { remaining: 0x00b00000, secondRemaining: 0, maximum: 0x00b71b00, secondMaximum: null },
    encodeTapeCapacityLogPage,
    decodeTapeCapacityLogPage,
    '31 00 0020  0001 c0 04 00b00000  0002 c0 04 00000000  0003 c0 04 00b71b00  0004 c0 04 ffffffff',
  );
  // SSC-4; serial 0040h of 32 characters, write protect 0080h, WORM 0081h.
  golden(
    '17h tells the life of the cartridge',
    {
      valid: true,
      mounts: 7,
      datasetsWritten: 100,
      recoveredWriteErrors: 1,
      unrecoveredWriteErrors: 0,
      writeServoErrors: 2,
      unrecoveredWriteServoErrors: 0,
      datasetsRead: 50,
      recoveredReadErrors: 3,
      unrecoveredReadErrors: 0,
      lastMountUnrecoveredWriteErrors: 0,
      lastMountUnrecoveredReadErrors: 0,
      lastMountMegabytesWritten: 10,
      lastMountMegabytesRead: 20,
      lifetimeMegabytesWritten: 30,
      lifetimeMegabytesRead: 40,
      lastLoadWriteCompressionRatio: 250,
      lastLoadReadCompressionRatio: 100,
      mountTimeMs: 12000,
      readyTimeMs: 15000,
      nativeCapacityMegabytes: 12_000_000,
      usedNativeCapacityMegabytes: null,
      beginningOfMediumPasses: 5,
      middleOfMediumPasses: 6,
      serial: 'AB12345678',
      writeProtected: false,
      worm: true,
    },
    encodeVolumeStatisticsLogPage,
    decodeVolumeStatisticsLogPage,
    `17 00 00ef  0000 03 01 01  0001 03 04 00000007  0002 03 08 0000000000000064  0003 03 04 00000001
     0004 03 02 0000  0005 03 02 0002  0006 03 02 0000  0007 03 08 0000000000000032  0008 03 04 00000003
     0009 03 02 0000  000c 03 02 0000  000d 03 02 0000  000e 03 04 0000000a  000f 03 04 00000014
     0010 03 08 000000000000001e  0011 03 08 0000000000000028  0012 03 02 00fa  0013 03 02 0064
     0014 03 06 000000002ee0  0015 03 06 000000003a98  0016 03 04 00b71b00  0017 03 04 ffffffff
     0101 03 04 00000005  0102 03 04 00000006
     0040 01 20 41423132333435363738 ${'20'.repeat(22)}  0080 03 01 00  0081 03 01 01`,
  );
});
