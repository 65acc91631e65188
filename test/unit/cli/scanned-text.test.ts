import { expect } from 'chai';
import fc from 'fast-check';
import { ScannedText, barcodeOfScan, checkCharacter } from '../../../src/cli/scanned-text.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);

describe('scanned text', () => {
  it('is cut into lines by CR, LF or both, wherever the pieces are cut', () => {
    const text = `${A}\r${B}\n${A}\r\n${B}\r\n`;
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
        const scanned = new ScannedText();
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
        const scans = edges.slice(1).flatMap((end, i) => scanned.take(text.slice(edges[i], end), i * 10_000));
        expect(scans.map((scan) => (scan.kind === 'unknown' ? '?' : scan.barcode))).to.deep.equal([A, B, A, B]);
      }),
    );
  });

  it('keeps a line that has not ended for what comes', () => {
    const scanned = new ScannedText();
    expect(scanned.take('TPL00', 0)).to.deep.equal([]);
    expect(scanned.end(0)).to.deep.equal([{ kind: 'unknown', text: 'TPL00' }]);
    expect(scanned.take(A, 0)).to.deep.equal([]);
    expect(scanned.end(1)).to.deep.equal([{ kind: 'barcode', barcode: A }]);
    expect(scanned.end(2)).to.deep.equal([]);
  });

  it('finds the barcode in whatever scanners put around it', () => {
    const check = checkCharacter(A) ?? '';
    for (const text of [
      A,
      A.toLowerCase(),
      ` ${A} `,
      `*${A}*`,
      `]A0${A}`,
      `]A2*${A}*`,
      `${A}${check}`,
      `*${A}${check}*`,
    ])
      expect(barcodeOfScan(text), text).to.equal(A);
  });

  it('knows the check character of Code 39', () => {
    // 1+2+3+4+5 = 15 is F; the example of ISO/IEC 16388 is CODE39 with W.
    expect(checkCharacter('12345')).to.equal('F');
    expect(checkCharacter('CODE39')).to.equal('W');
    expect(checkCharacter('TPL001_9')).to.equal(null);
  });

  it('does not take a barcode with a wrong check character for one without', () => {
    const check = checkCharacter(A);
    for (const wrong of '0AZ-.$/+%') if (wrong !== check) expect(barcodeOfScan(`${A}${wrong}`), wrong).to.equal(null);
  });

  it('says what is no barcode of a cartridge', () => {
    for (const text of ['', 'TPL001', '4006381333931', 'TPL001XX', '**', ']A0', 'TPL001L9TPL002L9'])
      expect(barcodeOfScan(text), text).to.equal(null);
  });

  it('ignores a repeat within half a second, and only of the same barcode', () => {
    const scanned = new ScannedText();
    const kinds = [
      ...scanned.take(`${A}\n`, 0),
      ...scanned.take(`${A}\n`, 499),
      ...scanned.take(`${B}\n`, 600),
      ...scanned.take(`${A}\n`, 700),
      ...scanned.take(`${A}\n`, 1200),
    ].map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['barcode', 'repeat', 'barcode', 'barcode', 'barcode']);
  });

  it('lets a trigger that is held down count once', () => {
    const scanned = new ScannedText();
    const kinds = [0, 400, 800, 1200].flatMap((ms) => scanned.take(`${A}\n`, ms)).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['barcode', 'repeat', 'repeat', 'repeat']);
  });

  it('forgets noise that has no end', () => {
    const scanned = new ScannedText();
    for (let i = 0; i < 1000; i++) expect(scanned.take('\xff'.repeat(100), i)).to.deep.equal([]);
    const [noise] = scanned.take('\n', 0);
    expect(noise).to.have.property('text').that.has.length.lessThan(200);
    expect(scanned.take(`${A}\n`, 0)).to.deep.equal([{ kind: 'barcode', barcode: A }]);
  });
});
