import { expect } from 'chai';
import { AssertionError } from '../../../src/base/assert.js';
import {
  isWormMediumType,
  knownMamAttribute,
  knownMamAttributes,
  makeNumberAttribute,
  makeTextAttribute,
  MAM_CAPACITY_UNIT_BYTES,
  MAM_IDS,
} from '../../../src/scsi/mam-attributes.js';
import {
  decodeMamAttributeIds,
  decodeMamAttributes,
  encodeMamAttributes,
  findMamAttribute,
  formatMamValue,
  mamNumber,
  mamText,
} from '../../../src/scsi/mam.js';
import { bytesOf, expectMalformed } from './bytes.js';

const ATTRIBUTES = [
  makeNumberAttribute(MAM_IDS.maximumCapacity, 11_444_224, true),
  makeTextAttribute(MAM_IDS.barcode, 'TPL001L8'),
];

describe('the attributes of a cartridge', () => {
  it('are kept before one that is cut', () => {
    const whole = encodeMamAttributes(ATTRIBUTES);
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length);
      if (length < 4) expectMalformed(() => decodeMamAttributes(cut), /attribute list/);
      else expect(decodeMamAttributes(cut)).to.have.length(length === whole.length ? 2 : length < 17 ? 0 : 1);
    }
  });

  it('may come with the allocation length for their own and zeros behind', () => {
    const padded = new Uint8Array(1024);
    padded.set(encodeMamAttributes(ATTRIBUTES));
    padded.set(bytesOf('00000400'));
    expect(decodeMamAttributes(padded)).to.deep.equal(ATTRIBUTES);
    expect(decodeMamAttributeIds(bytesOf('0000ffff 0000 0400 0000 00'))).to.deep.equal([0x0000, 0x0400]);
  });

  it('end where their length says', () => {
    const bytes = encodeMamAttributes(ATTRIBUTES);
    bytes.set(bytesOf('0000000d'));
    expect(decodeMamAttributes(bytes)).to.have.length(1);
  });

  it('keep an attribute 0000h that has no value', () => {
    expect(decodeMamAttributes(bytesOf('00000005 0000 80 0000'))).to.deep.equal([
      { id: 0, readOnly: true, format: 'binary', value: bytesOf('') },
    ]);
  });

  it('have numbers and texts for people', () => {
    const [capacity, barcode] = decodeMamAttributes(encodeMamAttributes(ATTRIBUTES));
    if (capacity === undefined || barcode === undefined) return expect.fail('an attribute is missing');
    expect(mamNumber(capacity)).to.equal(11_444_224);
    expect(formatMamValue(capacity)).to.equal('11444224');
    expect(mamText(barcode)).to.equal('TPL001L8');
    expect(formatMamValue(barcode)).to.equal('TPL001L8');
    expect(formatMamValue({ ...capacity, value: bytesOf('0102030405060708090a') })).to.equal(
      '01 02 03 04 05 06 07 08 09 0a',
    );
    expect(mamNumber({ ...capacity, value: bytesOf('ffffffffffffffff') })).to.equal(null);
    expect(mamText({ ...barcode, value: bytesOf('54e45400') })).to.equal('T\ufffdT');
  });

  it('are found by id', () => {
    expect(findMamAttribute(ATTRIBUTES, MAM_IDS.barcode)).to.equal(ATTRIBUTES[1]);
    expect(findMamAttribute(ATTRIBUTES, MAM_IDS.loadCount)).to.equal(null);
  });

  it('of a WORM cartridge say so in the medium type', () => {
    expect([0x00, 0x01, 0x80].map(isWormMediumType)).to.deep.equal([false, false, true]);
    expect(MAM_CAPACITY_UNIT_BYTES).to.equal(2 ** 20);
  });
});

describe('known attributes', () => {
  it('are in order, once each, with a length that fits the format', () => {
    const ids = knownMamAttributes().map(({ id }) => id);
    expect(ids).to.deep.equal([...new Set(ids)].sort((a, b) => a - b));
    for (const id of Object.values(MAM_IDS)) expect(knownMamAttribute(id), id.toString(16)).to.not.equal(null);
    expect(knownMamAttribute(MAM_IDS.barcode)).to.deep.equal({
      id: 0x0806,
      name: 'barcode',
      format: 'ascii',
      length: 32,
    });
    expect(knownMamAttribute(0x7777)).to.equal(null);
  });

  it('are not made with a value of the wrong kind: that is a mistake of ours', () => {
    expect(() => makeTextAttribute(MAM_IDS.loadCount, 'x')).to.throw(AssertionError);
    expect(() => makeNumberAttribute(MAM_IDS.barcode, 1, false)).to.throw(AssertionError);
    expect(() => makeNumberAttribute(0x0820, 1, false)).to.throw(AssertionError);
    expect(() => makeNumberAttribute(0x7777, 1, false)).to.throw(AssertionError);
  });
});
