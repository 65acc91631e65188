import { expect } from 'chai';
import { decodeElementAddressModePage } from '../../../src/scsi/element-address-mode-page.js';
import type { ElementDescriptor } from '../../../src/scsi/element-descriptor.js';
import { identifyDrive } from '../../../src/scsi/element-device.js';
import { decodeElementStatus, encodeElementStatus, type ElementStatusPage } from '../../../src/scsi/element-status.js';
import { ELEMENT_TYPES } from '../../../src/scsi/read-element-status.js';
import { emptyElement } from '../../support/element-samples.js';
import { bytesOf, expectMalformed } from './bytes.js';

function fullSlot(address: number, identifier: string): ElementDescriptor {
  return { ...emptyElement(address), isFull: true, primaryTag: { identifier, sequence: 7 } };
}

function storage(descriptors: readonly ElementDescriptor[], layout: Partial<ElementStatusPage> = {}): Uint8Array {
  const page = {
    elementType: ELEMENT_TYPES.storage,
    hasPrimaryTags: true,
    hasAlternateTags: false,
    hasIdentifiers: false,
    ...layout,
    descriptors,
  };
  return encodeElementStatus({ pages: [page], missing: 0 });
}

function elementsOf(bytes: Uint8Array): readonly ElementDescriptor[] {
  return decodeElementStatus(bytes).pages.flatMap(({ descriptors }) => descriptors);
}

const HEADERS = 16;

describe('element status data that is no answer', () => {
  it('is refused without a whole header', () => {
    expectMalformed(() => decodeElementStatus(bytesOf('1001 0002 00 0000')), /element status data/);
    expectMalformed(() => decodeElementStatus(new Uint8Array()), /element status data/);
  });

  it('is refused with a page of a type that there is not', () => {
    expectMalformed(
      () => decodeElementStatus(bytesOf(`1001 0001 00 000014  05 00 000c 00 00000c ${'00'.repeat(12)}`)),
      /element type 05h/,
    );
  });

  it('is refused with descriptors too short to be any: they would be read at the wrong places', () => {
    expectMalformed(
      () => decodeElementStatus(bytesOf(`1001 0001 00 000014  02 00 0004 00 00000c ${'00'.repeat(12)}`)),
      /descriptors of 4 bytes/,
    );
  });

  it('of no element at all is none', () => {
    expect(decodeElementStatus(bytesOf('0000 0000 00 000000'))).to.deep.equal({ pages: [], missing: 0 });
  });
});

describe('element status data cut short', () => {
  const three = [fullSlot(1, 'TPL001L9'), fullSlot(2, 'TPL002L9'), emptyElement(3)];
  const bytes = storage(three);

  it('tells the elements that came whole and how many are missing', () => {
    const cut = decodeElementStatus(bytes.subarray(0, HEADERS + 48 + 20));
    expect(cut.pages[0]?.descriptors).to.deep.equal(three.slice(0, 1));
    expect(cut.missing).to.equal(2);
  });

  it('does not make a short barcode of a tag that is cut', () => {
    for (let length = 12; length < 12 + 32; length++)
      expect(elementsOf(bytes.subarray(0, HEADERS + length)), `${String(length)} bytes`).to.deep.equal([]);
  });

  it('uses a short last descriptor that lacks only what carries nothing', () => {
    const short = bytes.subarray(0, bytes.length - 4);
    const decoded = decodeElementStatus(short);
    expect(decoded.missing).to.equal(0);
    expect(decoded.pages[0]?.descriptors).to.deep.equal(three);
  });

  it('uses a short last descriptor without the identifier that the others have', () => {
    const device = { codeSet: 2, type: 0, identifier: Uint8Array.of(0x41) };
    const drives = [
      { ...emptyElement(1), device },
      { ...emptyElement(2), device: null },
    ];
    const all = storage(drives, { elementType: ELEMENT_TYPES.drive, hasPrimaryTags: false, hasIdentifiers: true });
    expect(elementsOf(all.subarray(0, all.length - 5))).to.deep.equal(drives);
  });

  it('does not use a drive whose identifier is cut: half a serial number is another drive', () => {
    const device = { codeSet: 2, type: 0, identifier: Uint8Array.of(0x41, 0x42) };
    const all = storage([{ ...emptyElement(1), device }], { hasPrimaryTags: false, hasIdentifiers: true });
    const cut = decodeElementStatus(all.subarray(0, all.length - 1));
    expect(cut.pages[0]?.descriptors).to.deep.equal([]);
    expect(cut.missing).to.equal(1);
  });

  it('does not take zeros for elements where the host adapter tells no residual', () => {
    const padded = new Uint8Array(bytes.length);
    padded.set(bytes.subarray(0, HEADERS + 48));
    const decoded = decodeElementStatus(padded);
    expect(decoded.pages[0]?.descriptors).to.deep.equal(three.slice(0, 1));
    expect(decoded.missing).to.equal(2);
  });

  it('knows an element at address 0 that is empty', () => {
    const zero = { ...emptyElement(0), isAccessible: false };
    expect(elementsOf(storage([zero, emptyElement(1)]))).to.deep.equal([zero, emptyElement(1)]);
  });
});

describe('element status data of changers with habits of their own', () => {
  it('a byte count that includes the header leads to no page that is not there', () => {
    const bytes = storage([fullSlot(1, 'TPL001L9')]);
    const counted = bytes.slice();
    counted[7] = (counted[7] ?? 0) + 8;
    expect(decodeElementStatus(counted)).to.deep.equal(decodeElementStatus(bytes));
    const padded = new Uint8Array(bytes.length + 8);
    padded.set(counted);
    expect(decodeElementStatus(padded)).to.deep.equal(decodeElementStatus(bytes));
  });

  it('a full slot without voltag is full, whether the tag is spaces or zeros', () => {
    const spaces = { ...fullSlot(1, ''), primaryTag: { identifier: '', sequence: 0 } };
    const zeros = { ...fullSlot(2, ''), primaryTag: null };
    for (const element of elementsOf(storage([spaces, zeros]))) {
      expect(element.isFull).to.equal(true);
      expect(element.primaryTag).to.equal(null);
    }
  });

  it('a voltag is what is left without padding, on either side, and with what is behind a NUL left out', () => {
    const [padded, zeroed] = elementsOf(storage([fullSlot(1, '  TPL001L9'), fullSlot(2, 'TPL002L9\0\0 x')]));
    expect(padded?.primaryTag?.identifier).to.equal('TPL001L9');
    expect(zeroed?.primaryTag?.identifier).to.equal('TPL002L9');
  });

  it('an alternate tag that is announced but has no room is not there (Quantum SuperLoader 3)', () => {
    const drive = { ...fullSlot(0x100, 'TPL001L9'), device: { codeSet: 2, type: 0, identifier: Uint8Array.of(0x53) } };
    const bytes = storage([drive], { elementType: ELEMENT_TYPES.drive, hasIdentifiers: true });
    bytes[9] = 0xc0;
    expect(elementsOf(bytes)).to.deep.equal([drive]);
  });

  it('identifiers are of 34 bytes with vendor and product, longer ones, or a serial number alone', () => {
    const text = (hexless: string): Uint8Array => Uint8Array.from(hexless, (char) => char.charCodeAt(0));
    const long = identifyDrive({ codeSet: 2, type: 1, identifier: text('HP      Ultrium 8-SCSI  CZ1234ABCD') });
    expect(long).to.deep.equal({ vendor: 'HP', product: 'Ultrium 8-SCSI', serial: 'CZ1234ABCD' });
    const longer = identifyDrive({
      codeSet: 2,
      type: 1,
      identifier: text('IBM     ULT3580-TD9     000000000000000YX1'),
    });
    expect(longer.serial).to.equal('000000000000000YX1');
    const alone = identifyDrive({ codeSet: 2, type: 0, identifier: text('  HU1328WGF6  ') });
    expect(alone).to.deep.equal({ vendor: '', product: '', serial: 'HU1328WGF6' });
    const wwn = identifyDrive({ codeSet: 1, type: 3, identifier: bytesOf('500507631234abcd') });
    expect(wwn.serial).to.equal('');
  });

  it('a mode page 1Dh without its reserved end is used, a shorter one refused', () => {
    const page = (parameters: Uint8Array): Parameters<typeof decodeElementAddressModePage>[0] => ({
      pageCode: 0x1d,
      subpageCode: 0,
      saveable: false,
      parameters,
    });
    expect(decodeElementAddressModePage(page(bytesOf('0001 0001 1001 0018 0010 0003 0100 0002'))).drive).to.deep.equal({
      first: 0x100,
      count: 2,
    });
    expectMalformed(
      () => decodeElementAddressModePage(page(bytesOf('0001 0001 1001 0018 0010 0003 0100'))),
      /element address assignment/,
    );
  });
});
