import { expect } from 'chai';
import {
  decodeVolumeLabel,
  differingKeys,
  encodeVolumeLabel,
  LABEL_PAYLOAD_BYTES,
} from '../../../src/volume/volume-label.js';
import { LABEL, OTHER_VOLUME_ID } from '../../support/volume-samples.js';

function payload(change: Readonly<Record<string, unknown>>, without: readonly string[] = []): Uint8Array {
  const values = { ...(JSON.parse(new TextDecoder().decode(encodeVolumeLabel(LABEL))) as object), ...change };
  const kept = Object.entries(values).filter(([key]) => !without.includes(key));
  const bytes = new Uint8Array(LABEL_PAYLOAD_BYTES).fill(0x20);
  bytes.set(new TextEncoder().encode(JSON.stringify(Object.fromEntries(kept))));
  return bytes;
}

describe('the volume label', () => {
  it('gives back what was encoded, from exactly 3,968 bytes', () => {
    const bytes = encodeVolumeLabel(LABEL);
    expect(bytes.length).to.equal(LABEL_PAYLOAD_BYTES);
    expect(decodeVolumeLabel(bytes)).to.deep.equal({ kind: 'good', document: LABEL });
    expect(decodeVolumeLabel(bytes.subarray(1)).kind).to.equal('damaged');
  });

  it('fits its block with the longest names there may be, however they are escaped', () => {
    const label = { ...LABEL, pool: '\u0001'.repeat(255), software: '\u0001'.repeat(64), node: '\u0001'.repeat(255) };
    expect(decodeVolumeLabel(encodeVolumeLabel(label))).to.deep.equal({ kind: 'good', document: label });
  });

  it('ignores keys it does not know', () => {
    expect(decodeVolumeLabel(payload({ later: true })).kind).to.equal('good');
  });

  it('of a later format is told from a damaged one', () => {
    expect(decodeVolumeLabel(payload({ format: 2 })).kind).to.equal('unsupported');
  });

  for (const key of [
    'format',
    'volumeId',
    'barcode',
    'pool',
    'createdMs',
    'blockSize',
    'labelCount',
    'node',
    'software',
  ])
    it(`without ${key} is damaged`, () => {
      const decoded = decodeVolumeLabel(payload({}, [key]));
      expect(decoded.kind).to.equal('damaged');
      expect(decoded).to.have.property('reason').that.includes(key);
    });

  const wrong: readonly [string, Readonly<Record<string, unknown>>][] = [
    ['a volume id that is none', { volumeId: 'x' }],
    ['a barcode in lower case', { barcode: 'tpl001l9' }],
    ['a barcode that is none', { barcode: 'HELLO' }],
    ['a block size below the limit', { blockSize: 4096 }],
    ['a block size above the limit', { blockSize: 2 ** 30 }],
    ['a block size with a fraction', { blockSize: 1048576.5 }],
    ['a count of 0', { labelCount: 0 }],
    ['a time before 1970', { createdMs: -1 }],
    ['a time as text', { createdMs: '0' }],
    ['a pool with a name of 256 characters', { pool: 'x'.repeat(256) }],
    ['a node that is a list', { node: [] }],
  ];
  for (const [what, change] of wrong)
    it(`with ${what} is damaged`, () => {
      expect(decodeVolumeLabel(payload(change)).kind).to.equal('damaged');
    });

  for (const text of ['', '[]', 'null', '{', '"x"', '\ufeff{}'])
    it(`is damaged when its text is ${JSON.stringify(text)}`, () => {
      const bytes = new Uint8Array(LABEL_PAYLOAD_BYTES).fill(0x20);
      bytes.set(new TextEncoder().encode(text));
      expect(decodeVolumeLabel(bytes).kind).to.equal('damaged');
    });

  it('is damaged when it is not UTF-8', () => {
    const bytes = encodeVolumeLabel(LABEL);
    bytes[20] = 0xff;
    expect(decodeVolumeLabel(bytes).kind).to.equal('damaged');
  });

  it('tells in which keys it differs from another', () => {
    expect(differingKeys(LABEL, LABEL)).to.deep.equal([]);
    expect(differingKeys(LABEL, { ...LABEL, labelCount: 2, volumeId: OTHER_VOLUME_ID })).to.deep.equal([
      'volumeId',
      'labelCount',
    ]);
  });
});
