import { expect } from 'chai';
import { decodeSense, encodeSense, makeSense, type Sense, type SenseFormat } from '../../../src/scsi/sense.js';
import { fromHex, toHex } from './hex.js';

function golden(name: string, format: SenseFormat, sense: Sense, hex: string): void {
  it(name, () => {
    expect(toHex(encodeSense(sense, format))).to.equal(toHex(fromHex(hex)));
    expect(decodeSense(fromHex(hex))).to.deep.equal(sense);
  });
}

// SPC-4: byte 0 VALID and response code; 2 FILEMARK, EOM, ILI, key; 3-6 INFORMATION; 7 additional length;
// 8-11 command specific; 12 ASC; 13 ASCQ; 14 field replaceable unit; 15-17 sense-key specific.
describe('fixed format sense data', () => {
  golden(
    'carries a filemark met when one object of the request was left',
    'fixed',
    makeSense(0x0, 0x00, 0x01, { filemark: true, information: 1 }),
    'f0 00 80 00000001 0a 00000000 00 01 00 000000',
  );
  golden(
    'carries early warning',
    'fixed',
    makeSense(0x0, 0x00, 0x02, { endOfMedium: true }),
    '70 00 40 00000000 0a 00000000 00 02 00 000000',
  );
  golden(
    'carries the negative difference of a block that was too long',
    'fixed',
    makeSense(0x0, 0x00, 0x00, { incorrectLength: true, information: -512 }),
    'f0 00 20 fffffe00 0a 00000000 00 00 00 000000',
  );
  golden(
    'carries a deferred write error with the unit to replace',
    'fixed',
    makeSense(0x3, 0x0c, 0x00, { deferred: true, fieldReplaceableUnit: 0x11, commandSpecific: 0x01020304 }),
    '71 00 03 00000000 0a 01020304 0c 00 11 000000',
  );
  golden(
    'carries how far becoming ready is, half way being 8000h',
    'fixed',
    makeSense(0x2, 0x04, 0x01, { progress: 0x8000 }),
    '70 00 02 00000000 0a 00000000 04 01 00 80 8000',
  );
  // SKSV 80h, C/D 40h, BPV 08h, bit 3.
  golden(
    'carries which bit of the CDB was refused',
    'fixed',
    makeSense(0x5, 0x24, 0x00, { fieldPointer: { inCdb: true, byte: 1, bit: 3 } }),
    '70 00 05 00000000 0a 00000000 24 00 00 cb 0001',
  );
});

// SPC-4: byte 0 response code; 1 key; 2 ASC; 3 ASCQ; 7 additional length; descriptors from byte 8.
describe('descriptor format sense data', () => {
  // Descriptor 00h: length 0Ah, VALID, reserved, 8 bytes. Descriptor 04h: length 02h, reserved, flags.
  golden(
    'carries a filemark with a residual in 64 bits',
    'descriptor',
    makeSense(0x0, 0x00, 0x01, { filemark: true, information: -2 }),
    '72 00 00 01 000000 10  00 0a 80 00 fffffffffffffffe  04 02 00 80',
  );
  golden(
    'carries a unit attention without descriptors',
    'descriptor',
    makeSense(0x6, 0x29, 0x00),
    '72 06 29 00 000000 00',
  );
  // Descriptor 02h: length 06h, two reserved, three sense-key specific, one reserved. Descriptor 03h: unit.
  golden(
    'carries a deferred error with progress and unit',
    'descriptor',
    makeSense(0x2, 0x04, 0x07, { deferred: true, progress: 0x4000, fieldReplaceableUnit: 5 }),
    '73 02 04 07 000000 0c  02 06 00 00 80 4000 00  03 02 00 05',
  );
  golden(
    'carries a command-specific value',
    'descriptor',
    makeSense(0xb, 0x4b, 0x00, { commandSpecific: 0x1_0000_0000 }),
    '72 0b 4b 00 000000 0c  01 0a 00 00 0000000100000000',
  );
});
