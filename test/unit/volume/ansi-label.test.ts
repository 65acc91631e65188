import { expect } from 'chai';
import { encodeVol1, recogniseFirstBlock } from '../../../src/volume/ansi-label.js';
import { BARCODE } from '../../support/volume-samples.js';

/** A block of `length` zero bytes with texts at offsets. */
function blockWith(length: number, ...texts: readonly (readonly [number, string])[]): Uint8Array {
  const block = new Uint8Array(length);
  for (const [offset, text] of texts) block.set(Buffer.from(text, 'latin1'), offset);
  return block;
}

describe('VOL1', () => {
  it('is recognised as ours and names the volume', () => {
    expect(recogniseFirstBlock(encodeVol1(BARCODE))).to.deep.equal({ kind: 'ours', volumeIdentifier: 'TPL001' });
  });

  it('is never taken for whole, or for another volume, without anybody noticing, when a bit outside the identifier flips', () => {
    for (let bit = 0; bit < 80 * 8; bit++) {
      const byte = bit >>> 3;
      if (byte >= 4 && byte < 10) continue; // the LABEL's barcode is compared with these: see label-io
      const block = encodeVol1(BARCODE);
      block[byte] = (block[byte] ?? 0) ^ (1 << (bit & 7));
      expect(recogniseFirstBlock(block).kind, `bit ${String(bit)}`).to.be.oneOf(['foreign', 'ours-damaged']);
    }
  });

  it('is damaged when it has another length than 80 bytes', () => {
    const long = new Uint8Array(100);
    long.set(encodeVol1(BARCODE));
    expect(recogniseFirstBlock(long).kind).to.equal('ours-damaged');
  });

  const foreign: readonly [string, Uint8Array, string][] = [
    ['LTFS', blockWith(80, [0, 'VOL1ABC123L'], [24, 'LTFS         ']), 'volume ABC123 of an LTFS file system'],
    [
      'CASTOR',
      blockWith(80, [0, 'VOL1V12345 '], [24, 'CASTOR 2.1.15']),
      'volume V12345 with an ANSI label of CASTOR 2.1.15',
    ],
    ['unnamed', blockWith(80, [0, 'VOL1V12345'.padEnd(80)]), 'volume V12345 with an ANSI label of an unnamed program'],
    ['Bareos', blockWith(64512, [12, 'BB02'], [24, 'Bareos 2.0 immortal\n']), 'a volume of Bacula or Bareos'],
    ['NetBackup', blockWith(1024, [0, 'VOL1ABC123'], [112, 'ThIs Is A BP tApE hEaDer']), 'a volume of NetBackup'],
    ['tar', blockWith(10240, [0, 'etc/passwd'], [257, 'ustar']), 'a tar archive'],
    ['Amanda', blockWith(32768, [0, 'AMANDA: TAPESTART DATE 20260101 TAPE A1\n']), 'a volume of Amanda'],
    ['MTF', blockWith(1024, [0, 'TAPE']), 'a volume in Microsoft Tape Format'],
    ['gzip', blockWith(512, [0, '\u001f\u008b']), 'gzip-compressed bytes'],
    ['unknown', blockWith(512), 'a first block of 512 bytes that no known program writes'],
    ['tiny', blockWith(3, [0, 'VOL']), 'a first block of 3 bytes that no known program writes'],
  ];
  for (const [program, block, what] of foreign)
    it(`of another program tells what it is: ${program}`, () => {
      expect(recogniseFirstBlock(block)).to.deep.equal({ kind: 'foreign', what });
    });

  it('of a stranger never brings control characters into a message', () => {
    const block = blockWith(80, [0, 'VOL1\u001b[2J\u0007\u0000'], [24, 'EVIL\u001b[31m\u00ff']);
    const first = recogniseFirstBlock(block);
    expect(first.kind).to.equal('foreign');
    expect(first)
      .to.have.property('what')
      .that.matches(/^[ -~]+$/);
  });
});
