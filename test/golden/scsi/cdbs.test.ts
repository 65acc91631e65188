import { expect } from 'chai';
import { decodeEraseCdb, encodeEraseCdb } from '../../../src/scsi/erase.js';
import { decodeInquiryCdb, encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { decodeLoadUnloadCdb, encodeLoadUnloadCdb } from '../../../src/scsi/load-unload.js';
import {
  decodeLocate10Cdb,
  decodeLocate16Cdb,
  encodeLocate10Cdb,
  encodeLocate16Cdb,
  LOCATE_DESTINATIONS,
} from '../../../src/scsi/locate.js';
import { decodeLogSenseCdb, encodeLogSenseCdb, LOG_PAGE_CONTROL } from '../../../src/scsi/log-sense.js';
import { decodeModeSelectCdb, encodeModeSelectCdb, type ModeSelectCommand } from '../../../src/scsi/mode-select.js';
import {
  decodeModeSenseCdb,
  encodeModeSenseCdb,
  MODE_PAGE_CONTROL,
  type ModeSenseCommand,
} from '../../../src/scsi/mode-sense.js';
import { decodePreventAllowCdb, encodePreventAllowCdb } from '../../../src/scsi/prevent-allow.js';
import {
  decodeReadAttributeCdb,
  encodeReadAttributeCdb,
  READ_ATTRIBUTE_ACTIONS,
} from '../../../src/scsi/read-attribute.js';
import { decodeReadBlockLimitsCdb, encodeReadBlockLimitsCdb } from '../../../src/scsi/read-block-limits.js';
import { decodeReadPositionCdb, encodeReadPositionCdb } from '../../../src/scsi/read-position.js';
import { decodeRead6Cdb, encodeRead6Cdb } from '../../../src/scsi/read.js';
import {
  decodeReportDensitySupportCdb,
  encodeReportDensitySupportCdb,
} from '../../../src/scsi/report-density-support.js';
import {
  decodeReportSupportedOperationCodesCdb,
  encodeReportSupportedOperationCodesCdb,
} from '../../../src/scsi/report-supported-operation-codes.js';
import { decodeRequestSenseCdb, encodeRequestSenseCdb } from '../../../src/scsi/request-sense.js';
import { decodeRewindCdb, encodeRewindCdb } from '../../../src/scsi/rewind.js';
import {
  decodeSpace16Cdb,
  decodeSpace6Cdb,
  encodeSpace16Cdb,
  encodeSpace6Cdb,
  SPACE_CODES,
} from '../../../src/scsi/space.js';
import { decodeTestUnitReadyCdb, encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { decodeWriteAttributeCdb, encodeWriteAttributeCdb } from '../../../src/scsi/write-attribute.js';
import { decodeWriteFilemarksCdb, encodeWriteFilemarksCdb } from '../../../src/scsi/write-filemarks.js';
import { decodeWrite6Cdb, encodeWrite6Cdb } from '../../../src/scsi/write.js';
import { fromHex, toHex } from './hex.js';

/** `hex` is laid out by hand from the table of the clause. */
function golden<T>(
  name: string,
  clause: string,
  command: NoInfer<T>,
  encode: (command: T) => Uint8Array,
  decode: (cdb: Uint8Array) => T,
  hex: string,
): void {
  it(`${name} has the bytes of ${clause}`, () => {
    expect(toHex(encode(command))).to.equal(toHex(fromHex(hex)));
    expect(decode(fromHex(hex))).to.deep.equal(command);
  });
}

describe('command descriptor blocks', () => {
  golden('TEST UNIT READY', 'SPC-4', undefined, encodeTestUnitReadyCdb, decodeTestUnitReadyCdb, '00 00 00 00 00 00');
  // Byte 1 bit 0 DESC; byte 4 allocation length.
  golden(
    'REQUEST SENSE',
    'SPC-4',
    { format: 'descriptor', allocationLength: 252 } as const,
    encodeRequestSenseCdb,
    decodeRequestSenseCdb,
    '03 01 00 00 fc 00',
  );
  // Byte 1 bit 0 EVPD; byte 2 page; bytes 3-4 allocation length.
  golden(
    'INQUIRY of the standard data',
    'SPC-4',
    { vpdPage: null, allocationLength: 36 },
    encodeInquiryCdb,
    decodeInquiryCdb,
    '12 00 00 00 24 00',
  );
  golden(
    'INQUIRY of a VPD page',
    'SPC-4',
    { vpdPage: 0xb0, allocationLength: 0x1234 },
    encodeInquiryCdb,
    decodeInquiryCdb,
    '12 01 b0 12 34 00',
  );
  golden(
    'READ BLOCK LIMITS',
    'SSC-4',
    undefined,
    encodeReadBlockLimitsCdb,
    decodeReadBlockLimitsCdb,
    '05 00 00 00 00 00',
  );
  // Byte 1 bit 3 DBD; byte 2 bits 7-6 PC; byte 3 subpage; byte 4 allocation length.
  golden(
    'MODE SENSE(6)',
    'SPC-4',
    {
      disableBlockDescriptors: true,
      pageControl: MODE_PAGE_CONTROL.saved,
      pageCode: 0x0f,
      subpageCode: 0,
      allocationLength: 255,
    },
    (command: ModeSenseCommand) => encodeModeSenseCdb(6, command),
    (cdb) => decodeModeSenseCdb(6, cdb),
    '1a 08 cf 00 ff 00',
  );
  // Bytes 7-8 allocation length.
  golden(
    'MODE SENSE(10)',
    'SPC-4',
    {
      disableBlockDescriptors: false,
      pageControl: MODE_PAGE_CONTROL.current,
      pageCode: 0x10,
      subpageCode: 0x01,
      allocationLength: 0x0400,
    },
    (command: ModeSenseCommand) => encodeModeSenseCdb(10, command),
    (cdb) => decodeModeSenseCdb(10, cdb),
    '5a 00 10 01 00 00 00 04 00 00',
  );
  // Byte 1 bit 4 PF, bit 0 SP; byte 4 list length.
  golden(
    'MODE SELECT(6)',
    'SPC-4',
    { pageFormat: true, savePages: false, parameterListLength: 28 },
    (command: ModeSelectCommand) => encodeModeSelectCdb(6, command),
    (cdb) => decodeModeSelectCdb(6, cdb),
    '15 10 00 00 1c 00',
  );
  golden(
    'MODE SELECT(10)',
    'SPC-4',
    { pageFormat: true, savePages: true, parameterListLength: 0x0120 },
    (command: ModeSelectCommand) => encodeModeSelectCdb(10, command),
    (cdb) => decodeModeSelectCdb(10, cdb),
    '55 11 00 00 00 00 00 01 20 00',
  );
  // Byte 1 bits 4-0 service action.
  golden(
    'READ POSITION, short form',
    'SSC-4',
    'short',
    () => encodeReadPositionCdb('short'),
    decodeReadPositionCdb,
    '34 00 00 00 00 00 00 00 00 00',
  );
  golden(
    'READ POSITION, long form',
    'SSC-4',
    'long',
    () => encodeReadPositionCdb('long'),
    decodeReadPositionCdb,
    '34 06 00 00 00 00 00 00 00 00',
  );
  // Byte 1 bit 1 CP, bit 0 IMMED; bytes 3-6 address; byte 8 partition.
  golden(
    'LOCATE(10)',
    'SSC-4',
    { blockAddress: 0x89abcdef, partition: 1, immediate: true },
    encodeLocate10Cdb,
    decodeLocate10Cdb,
    '2b 03 00 89 ab cd ef 00 01 00',
  );
  golden(
    'LOCATE(10) within the partition',
    'SSC-4',
    { blockAddress: 1, partition: null, immediate: false },
    encodeLocate10Cdb,
    decodeLocate10Cdb,
    '2b 00 00 00 00 00 01 00 00 00',
  );
  // Byte 1 bits 5-3 DEST_TYPE, bit 1 CP, bit 0 IMMED; byte 3 partition; bytes 4-11 identifier.
  golden(
    'LOCATE(16) to a filemark',
    'SSC-4',
    { destination: LOCATE_DESTINATIONS.file, identifier: 0x1_0000_0002, partition: null, immediate: false },
    encodeLocate16Cdb,
    decodeLocate16Cdb,
    '92 08 00 00 00 00 00 01 00 00 00 02 00 00 00 00',
  );
  golden(
    'LOCATE(16) to the end of data of a partition',
    'SSC-4',
    { destination: LOCATE_DESTINATIONS.endOfData, identifier: 0, partition: 2, immediate: true },
    encodeLocate16Cdb,
    decodeLocate16Cdb,
    '92 1b 00 02 00 00 00 00 00 00 00 00 00 00 00 00',
  );
  golden('REWIND', 'SSC-4', { immediate: true }, encodeRewindCdb, decodeRewindCdb, '01 01 00 00 00 00');
  // Byte 1 bits 3-0 code; bytes 2-4 count in two's complement.
  golden(
    'SPACE(6) one filemark back',
    'SSC-4',
    { code: SPACE_CODES.filemarks, count: -1 },
    encodeSpace6Cdb,
    decodeSpace6Cdb,
    '11 01 ff ff ff 00',
  );
  golden(
    'SPACE(6) to the end of data',
    'SSC-4',
    { code: SPACE_CODES.endOfData, count: 0 },
    encodeSpace6Cdb,
    decodeSpace6Cdb,
    '11 03 00 00 00 00',
  );
  // Bytes 4-11 count.
  golden(
    'SPACE(16)',
    'SSC-4',
    { code: SPACE_CODES.blocks, count: -0x1_0000_0000 },
    encodeSpace16Cdb,
    decodeSpace16Cdb,
    '91 00 00 00 ff ff ff ff 00 00 00 00 00 00 00 00',
  );
  // Byte 1 bit 0 IMMED; bytes 2-4 count.
  golden(
    'WRITE FILEMARKS(6)',
    'SSC-4',
    { count: 0x010203, immediate: true },
    encodeWriteFilemarksCdb,
    decodeWriteFilemarksCdb,
    '10 01 01 02 03 00',
  );
  golden(
    'WRITE FILEMARKS(6) that only synchronizes',
    'SSC-4',
    { count: 0, immediate: false },
    encodeWriteFilemarksCdb,
    decodeWriteFilemarksCdb,
    '10 00 00 00 00 00',
  );
  // Byte 1 bit 0 IMMED; byte 4 bit 3 HOLD, bit 1 RETEN, bit 0 LOAD.
  golden(
    'LOAD UNLOAD that loads',
    'SSC-4',
    { load: true, hold: true, retension: true, immediate: true },
    encodeLoadUnloadCdb,
    decodeLoadUnloadCdb,
    '1b 01 00 00 0b 00',
  );
  golden(
    'LOAD UNLOAD that unloads',
    'SSC-4',
    { load: false, hold: false, retension: false, immediate: false },
    encodeLoadUnloadCdb,
    decodeLoadUnloadCdb,
    '1b 00 00 00 00 00',
  );
  golden(
    'PREVENT ALLOW MEDIUM REMOVAL',
    'SPC-4',
    { prevent: true },
    encodePreventAllowCdb,
    decodePreventAllowCdb,
    '1e 00 00 00 01 00',
  );
  // Byte 1 bit 1 IMMED, bit 0 LONG.
  golden('ERASE(6)', 'SSC-4', { long: true, immediate: false }, encodeEraseCdb, decodeEraseCdb, '19 01 00 00 00 00');
  golden(
    'ERASE(6), short and immediate',
    'SSC-4',
    { long: false, immediate: true },
    encodeEraseCdb,
    decodeEraseCdb,
    '19 02 00 00 00 00',
  );
  // Byte 1 bit 1 SILI, bit 0 FIXED; bytes 2-4 length.
  golden(
    'READ(6) of one block of at most 256 KiB',
    'SSC-4',
    { fixed: false, suppressIncorrectLength: true, length: 0x040000 },
    encodeRead6Cdb,
    decodeRead6Cdb,
    '08 02 04 00 00 00',
  );
  golden(
    'WRITE(6) of fixed blocks',
    'SSC-4',
    { fixed: true, length: 2 },
    encodeWrite6Cdb,
    decodeWrite6Cdb,
    '0a 01 00 00 02 00',
  );
  // Byte 2 bits 7-6 PC; byte 3 subpage; bytes 5-6 parameter pointer; bytes 7-8 allocation length.
  golden(
    'LOG SENSE',
    'SPC-4',
    {
      save: false,
      pageControl: LOG_PAGE_CONTROL.cumulative,
      pageCode: 0x2e,
      subpageCode: 0,
      parameterPointer: 0x0102,
      allocationLength: 0x2000,
    },
    encodeLogSenseCdb,
    decodeLogSenseCdb,
    '4d 00 6e 00 00 01 02 20 00 00',
  );
  // Byte 1 bit 0 MEDIA; bytes 7-8 allocation length.
  golden(
    'REPORT DENSITY SUPPORT',
    'SSC-4',
    { currentMediumOnly: true, allocationLength: 0x0800 },
    encodeReportDensitySupportCdb,
    decodeReportDensitySupportCdb,
    '44 01 00 00 00 00 00 08 00 00',
  );
  // Byte 1 service action 0Ch; byte 2 RCTD and reporting options: all commands; bytes 6-9 length.
  golden(
    'REPORT SUPPORTED OPERATION CODES',
    'SPC-4',
    { allocationLength: 0x1000 },
    encodeReportSupportedOperationCodesCdb,
    decodeReportSupportedOperationCodesCdb,
    'a3 0c 00 00 00 00 00 00 10 00 00 00',
  );
  // Byte 1 service action; byte 5 volume; byte 7 partition; bytes 8-9 first attribute; bytes 10-13 length; byte 14 CACHE.
  golden(
    'READ ATTRIBUTE',
    'SPC-4',
    {
      serviceAction: READ_ATTRIBUTE_ACTIONS.list,
      logicalVolume: 2,
      partition: 3,
      firstAttribute: 0x0806,
      allocationLength: 0x8000,
      cached: true,
    },
    encodeReadAttributeCdb,
    decodeReadAttributeCdb,
    '8c 01 00 00 00 02 00 03 08 06 00 00 80 00 01 00',
  );
  // Byte 1 bit 0 WTC; byte 7 partition; bytes 10-13 list length.
  golden(
    'WRITE ATTRIBUTE',
    'SPC-4',
    { writeThrough: true, logicalVolume: 0, partition: 1, parameterListLength: 41 },
    encodeWriteAttributeCdb,
    decodeWriteAttributeCdb,
    '8d 01 00 00 00 00 00 01 00 00 00 00 00 29 00 00',
  );
});
