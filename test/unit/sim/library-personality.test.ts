import { expect } from 'chai';
import { decodeDeviceCapabilitiesModePage } from '../../../src/scsi/device-capabilities-mode-page.js';
import { decodeElementAddressModePage } from '../../../src/scsi/element-address-mode-page.js';
import { identifyDrive } from '../../../src/scsi/element-device.js';
import { encodeInitializeElementRangeCdb } from '../../../src/scsi/initialize-element-status.js';
import { decodeModeSenseData, findModePage } from '../../../src/scsi/mode-parameters.js';
import { encodeModeSenseCdb } from '../../../src/scsi/mode-sense.js';
import { ELEMENT_TYPES } from '../../../src/scsi/read-element-status.js';
import { encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { decodeUnitSerialNumber } from '../../../src/scsi/vpd-page.js';
import { writeLabel } from '../../../sim/cartridge-label.js';
import { LIBRARY_NAMES, libraryPersonality } from '../../../sim/library/library-personality.js';
import { LibraryBench, RACK } from './library-bench.js';

/** Bytes of a reply with `slots` storage elements with tags and room for an identifier. */
const REPORT_BYTES = (slots: number): number => 8 + 8 + slots * (12 + 36 + 4);

function modePage(bench: LibraryBench, pageCode: number) {
  const cdb = encodeModeSenseCdb(6, {
    disableBlockDescriptors: true,
    pageControl: 0,
    pageCode,
    subpageCode: 0,
    allocationLength: 255,
  });
  const page = findModePage(decodeModeSenseData(6, bench.command(cdb, 255).data), pageCode);
  if (page === null) throw new Error('the page is not there');
  return page;
}

describe('A simulated library', () => {
  it('of every name tells its elements as it has them', () => {
    expect(libraryPersonality('nonsense')).to.equal(null);
    for (const personality of LIBRARY_NAMES) {
      const bench = new LibraryBench({ personality });
      const { ranges } = bench.library.shape;
      expect(decodeElementAddressModePage(modePage(bench, 0x1d)), personality).to.deep.equal({
        transport: ranges.transport,
        storage: ranges.slot,
        importExport: ranges.mailslot,
        drive: ranges.drive,
      });
      const { pages, missing } = bench.status();
      expect(missing).to.equal(0);
      expect(pages.map(({ elementType, descriptors }) => [elementType, descriptors.length])).to.deep.equal([
        [ELEMENT_TYPES.transport, 1],
        [ELEMENT_TYPES.storage, ranges.slot.count],
        [ELEMENT_TYPES.importExport, ranges.mailslot.count],
        [ELEMENT_TYPES.drive, ranges.drive.count],
      ]);
    }
  });

  it('can move everything everywhere, and exchange nothing with its hand', () => {
    const { moves, exchanges, stores } = decodeDeviceCapabilitiesModePage(modePage(new LibraryBench(), 0x1f));
    expect(stores).to.deep.equal({ transport: true, storage: true, importExport: true, drive: true });
    expect(moves.drive).to.deep.equal(stores);
    expect(exchanges.transport.storage).to.equal(false);
    expect(exchanges.storage.drive).to.equal(true);
  });

  it('tells elements of one type, from an address on, and so many', () => {
    const bench = new LibraryBench();
    const addresses = (options: Parameters<LibraryBench['status']>[0]): readonly number[] =>
      bench.status(options).pages.flatMap(({ descriptors }) => descriptors.map(({ address }) => address));
    expect(addresses({ elementType: ELEMENT_TYPES.storage, firstAddress: 4118 })).to.deep.equal([4118, 4119]);
    expect(addresses({ elementType: ELEMENT_TYPES.importExport, count: 2 })).to.deep.equal([16, 17]);
    expect(addresses({ firstAddress: 17, count: 27 }).slice(-4)).to.deep.equal([4119, 17, 18, 19]);
    expect(addresses({ elementType: ELEMENT_TYPES.drive, firstAddress: 5000 })).to.deep.equal([]);
    expect(bench.readStatus({ elementType: 5 }).sense).to.equal('05/24/00');
  });

  it('sends whole descriptors only, and announces all of them', () => {
    const bench = new LibraryBench();
    const elementType = ELEMENT_TYPES.storage;
    for (const [allocationLength, descriptors] of [
      [REPORT_BYTES(24), 24],
      [REPORT_BYTES(24) - 1, 23],
      [REPORT_BYTES(5), 5],
      [REPORT_BYTES(0) + 1, 0],
      [REPORT_BYTES(0) - 1, 0],
      [8, 0],
    ] as const) {
      const { pages, missing } = bench.status({ elementType, allocationLength });
      expect(pages[0]?.descriptors.length ?? 0, String(allocationLength)).to.equal(descriptors);
      expect(missing).to.equal(24 - descriptors);
    }
    expect(bench.readStatus({ elementType, allocationLength: 4 }).data.length).to.equal(4);
    expect(bench.readStatus({ elementType, allocationLength: 0 }).data.length).to.equal(0);
  });

  it('tells labels as a barcode reader sees them, and the medium they name', () => {
    const bench = new LibraryBench();
    for (const [index, barcode] of ['TPL001L9', 'TPL002LZ', 'CLN001L9', 'TPL004L9', 'TPL005L9'].entries())
      bench.stock(barcode, index + 1);
    writeLabel(bench.files, RACK, 'TPL004L9', { text: 'TPL004L9', state: 'unreadable' });
    writeLabel(bench.files, RACK, 'TPL005L9', { text: 'TPL001L9', state: 'readable' });
    const told = [1, 2, 3, 4, 5, 6].map((number) => {
      const { primaryTag, mediumType, isFull } = bench.element(bench.slot(number));
      return [primaryTag?.identifier ?? null, mediumType, isFull];
    });
    expect(told).to.deep.equal([
      ['TPL001L9', 1, true],
      ['TPL002LZ', 4, true],
      ['CLN001L9', 2, true],
      [null, 0, true],
      ['TPL001L9', 1, true],
      [null, 0, false],
    ]);
    expect(bench.element(bench.slot(4)).isException).to.equal(false);
  });

  it('tells which drive is where, by vendor, product and serial number', () => {
    const bench = new LibraryBench();
    const { device } = bench.element(bench.drive(1), { withDeviceIds: true });
    if (device === null) throw new Error('no identifier');
    expect(device.identifier.length).to.equal(34);
    expect(identifyDrive(device)).to.deep.equal({ vendor: 'TPLOOM', product: 'ULTRIUM-TD9', serial: 'SIM0000001' });
    expect(bench.element(bench.drive(1)).device, 'not asked for').to.equal(null);
    const fd = bench.openDrive(1);
    const page = bench.command(encodeInquiryCdb({ vpdPage: 0x80, allocationLength: 96 }), 96, fd);
    expect(decodeUnitSerialNumber(page.data), 'what the drive says itself').to.equal('SIM0000001');
  });
});

describe('A simulated library of its own kind', () => {
  const stocked = (personality: string): LibraryBench => {
    const bench = new LibraryBench({ personality });
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    return bench;
  };

  it('voltag-or-dvcid leaves out the tags when drives are to be identified', () => {
    const bench = stocked('voltag-or-dvcid');
    const both = bench.status({ withDeviceIds: true });
    expect(both.pages.some(({ hasPrimaryTags }) => hasPrimaryTags)).to.equal(false);
    expect(both.pages.at(-1)?.descriptors[0]?.device).to.not.equal(null);
    expect(bench.element(bench.slot(1)).primaryTag?.identifier).to.equal('TPL001L9');
  });

  it('short-last-descriptor ends early and counts what it sent', () => {
    const [short, whole] = ['short-last-descriptor', 'library'].map((personality) => {
      const bench = stocked(personality);
      const { data } = bench.readStatus({ elementType: ELEMENT_TYPES.storage });
      const tags = bench
        .status({ elementType: ELEMENT_TYPES.storage })
        .pages[0]?.descriptors.map((one) => one.primaryTag);
      return { length: data.length, tags };
    });
    expect(whole?.length).to.equal(REPORT_BYTES(24));
    expect(short?.length).to.equal(REPORT_BYTES(24) - 8);
    expect(short?.tags).to.deep.equal(whole?.tags);
  });

  it('sixteen-bit-lengths sends nothing when asked for 64 KiB', () => {
    const bench = stocked('sixteen-bit-lengths');
    expect(bench.readStatus({ allocationLength: 0x10000 }).data.length).to.equal(0);
    expect(bench.readStatus({ allocationLength: 0x10008 }).data.length).to.equal(8);
    expect(bench.status({ allocationLength: 0xffff }).missing).to.equal(0);
  });

  it('no-voltags is full without saying of what', () => {
    const bench = stocked('no-voltags');
    const [page] = bench.status({ elementType: ELEMENT_TYPES.storage }).pages;
    expect(page?.hasPrimaryTags).to.equal(true);
    const told = page?.descriptors.slice(0, 3).map(({ isFull, primaryTag }) => [isFull, primaryTag]);
    expect(told).to.deep.equal([
      [true, null],
      [true, null],
      [false, null],
    ]);
    const bytes = bench.readStatus({ elementType: ELEMENT_TYPES.storage }).data;
    expect([bytes[16 + 12], bytes[16 + 52 + 12]], 'zeros here, spaces there').to.deep.equal([0x00, 0x20]);
  });

  it('no-source never tells where a cartridge came from', () => {
    const bench = stocked('no-source');
    bench.move(bench.slot(1), bench.drive(0));
    expect(bench.element(bench.drive(0))).to.include({ isFull: true, sourceAddress: null });
  });

  it('serial-only-dvcid tells the serial number of a drive alone', () => {
    const { device } = stocked('serial-only-dvcid').element(256, { withDeviceIds: true });
    expect(device).to.include({ codeSet: 2, type: 0 });
    expect(device === null ? null : identifyDrive(device).serial).to.equal('SIM0000000');
  });

  it('no-range-init does not know INITIALIZE ELEMENT STATUS WITH RANGE', () => {
    const cdb = encodeInitializeElementRangeCdb({ fast: false, range: { first: 4096, count: 1 } });
    expect(stocked('no-range-init').command(cdb).sense).to.equal('05/20/00');
  });

  it('vendor-sense-83 tells why it read no label', () => {
    const bench = stocked('vendor-sense-83');
    writeLabel(bench.files, RACK, 'TPL001L9', { text: 'TPL001L9', state: 'unreadable' });
    writeLabel(bench.files, RACK, 'TPL002L9', { text: '', state: 'missing' });
    const exceptions = [1, 2, 3].map((number) => {
      const { isException, asc, ascq } = bench.element(bench.slot(number));
      return [isException, asc, ascq];
    });
    expect(exceptions).to.deep.equal([
      [true, 0x83, 0x09],
      [true, 0x83, 0x00],
      [false, 0, 0],
    ]);
  });

  it('crossed-drives has its first drive in the second element', () => {
    const bench = stocked('crossed-drives');
    bench.move(bench.slot(1), bench.drive(1));
    expect(bench.awaitDrive(bench.openDrive(0)), '/dev/nst0 holds it').to.equal(null);
    expect(bench.awaitDrive(bench.openDrive(1))).to.equal('02/3a/00');
  });

  it('autoloader leaves no room for identifiers nobody asked for', () => {
    const bench = stocked('autoloader');
    const page = (withDeviceIds: boolean) => bench.status({ elementType: ELEMENT_TYPES.drive, withDeviceIds }).pages[0];
    expect(page(false)?.hasIdentifiers).to.equal(false);
    expect(page(true)?.hasIdentifiers).to.equal(true);
  });
});
