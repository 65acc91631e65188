import { expect } from 'chai';
import { MAM_IDS, makeNumberAttribute, makeTextAttribute } from '../../../src/scsi/mam-attributes.js';
import {
  decodeMamAttributeIds,
  decodeMamAttributes,
  encodeMamAttributeIds,
  encodeMamAttributes,
} from '../../../src/scsi/mam.js';
import { fromHex, toHex } from './hex.js';

describe('cartridge memory', () => {
  // SPC-4 and 7.4.1: 4 bytes of length; each attribute id (2), READ ONLY 80h with the format, length (2), value.
  it('attribute lists carry id, format and length of each attribute', () => {
    const attributes = [
      makeNumberAttribute(MAM_IDS.remainingCapacity, 0x00b71b00, true),
      makeNumberAttribute(MAM_IDS.mediumType, 0x80, true),
      makeTextAttribute(MAM_IDS.barcode, 'TPL001L8'),
      { id: MAM_IDS.userMediumTextLabel, readOnly: false, format: 'text' as const, value: fromHex('') },
    ];
    const hex = `0000003d  0000 80 0008 0000000000b71b00  0408 80 0001 80
      0806 01 0020 54504c3030314c38 ${'20'.repeat(24)}  0803 02 0000`;
    expect(toHex(encodeMamAttributes(attributes))).to.equal(toHex(fromHex(hex)));
    expect(decodeMamAttributes(fromHex(hex))).to.deep.equal(attributes);
  });

  it('lists of ids are ids behind a length', () => {
    const hex = '00000006 0000 0400 0806';
    expect(toHex(encodeMamAttributeIds([0x0000, 0x0400, 0x0806]))).to.equal(toHex(fromHex(hex)));
    expect(decodeMamAttributeIds(fromHex(hex))).to.deep.equal([0x0000, 0x0400, 0x0806]);
  });
});
