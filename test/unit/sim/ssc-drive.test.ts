import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP, MT_ST, MT_ST_BOOLEAN } from '../../../src/device/mtio.js';
import { COMPRESSION_PAGE_CODE, decodeCompressionModePage } from '../../../src/scsi/compression-mode-page.js';
import { decodeDeviceStatusLogPage } from '../../../src/scsi/device-status-log-page.js';
import { decodeErrorCounterLogPage } from '../../../src/scsi/error-counter-log-page.js';
import { decodeStandardInquiry, encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { decodeSupportedLogPages, LOG_PAGES } from '../../../src/scsi/log-page.js';
import { encodeLogSenseCdb, LOG_PAGE_CONTROL } from '../../../src/scsi/log-sense.js';
import { MAM_IDS, makeTextAttribute } from '../../../src/scsi/mam-attributes.js';
import {
  decodeMamAttributes,
  encodeMamAttributes,
  findMamAttribute,
  mamNumber,
  mamText,
  type MamAttribute,
} from '../../../src/scsi/mam.js';
import { decodeModeSenseData, findModePage } from '../../../src/scsi/mode-parameters.js';
import { encodeModeSenseCdb } from '../../../src/scsi/mode-sense.js';
import { encodeReadAttributeCdb, READ_ATTRIBUTE_ACTIONS } from '../../../src/scsi/read-attribute.js';
import { decodeBlockLimits, encodeReadBlockLimitsCdb } from '../../../src/scsi/read-block-limits.js';
import { decodeDensitySupport, encodeReportDensitySupportCdb } from '../../../src/scsi/report-density-support.js';
import { encodeRequestSenseCdb } from '../../../src/scsi/request-sense.js';
import { decodeSense } from '../../../src/scsi/sense.js';
import { decodeTapeCapacityLogPage } from '../../../src/scsi/tape-capacity-log-page.js';
import { decodeVolumeStatisticsLogPage } from '../../../src/scsi/volume-statistics-log-page.js';
import {
  decodeSequentialAccessCapabilities,
  decodeSupportedVpdPages,
  decodeUnitSerialNumber,
  VPD_PAGES,
} from '../../../src/scsi/vpd-page.js';
import { encodeWriteAttributeCdb } from '../../../src/scsi/write-attribute.js';
import { encodeWrite6Cdb } from '../../../src/scsi/write.js';
import { block, DRIVE, KIB, SimBench, senseText } from './sim-bench.js';

describe('Commands of a simulated drive', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench({ cartridge: { capacityBytes: 64 * KIB * KIB } });
    bench.open();
  });

  afterEach(() => {
    bench.dispose();
  });

  function inquire(vpdPage: number | null): Uint8Array {
    return bench.command(encodeInquiryCdb({ vpdPage, allocationLength: 255 }), new Uint8Array(255)).data;
  }

  function log(pageCode: number): ReturnType<SimBench['command']> {
    const cdb = encodeLogSenseCdb({
      pageControl: LOG_PAGE_CONTROL.cumulative,
      pageCode,
      subpageCode: 0,
      save: false,
      parameterPointer: 0,
      allocationLength: 4096,
    });
    return bench.command(cdb, new Uint8Array(4096));
  }

  function attributes(): readonly MamAttribute[] {
    const cdb = encodeReadAttributeCdb({
      serviceAction: READ_ATTRIBUTE_ACTIONS.values,
      logicalVolume: 0,
      partition: 0,
      firstAttribute: 0,
      allocationLength: 4096,
      cached: false,
    });
    return decodeMamAttributes(bench.command(cdb, new Uint8Array(4096)).data);
  }

  it('answers ILLEGAL REQUEST to what it does not know: command, page, field', () => {
    expect(senseText(bench.command(Uint8Array.of(0x04, 0, 0, 0, 0, 0)).sense)).to.equal('05/20/00');
    expect(senseText(log(0x3d).sense)).to.equal('05/24/00');
    expect(
      senseText(bench.command(encodeInquiryCdb({ vpdPage: 0xc0, allocationLength: 99 }), new Uint8Array(99)).sense),
    ).to.equal('05/24/00');
    const tooLong = encodeWrite6Cdb({ fixed: false, length: 9 * KIB * KIB });
    expect(senseText(bench.command(tooLong, block(9), 'to-device').sense)).to.equal('05/24/00');
    const fixed = encodeWrite6Cdb({ fixed: true, length: 1 });
    expect(senseText(bench.command(fixed, block(9), 'to-device').sense), 'no block length set').to.equal('05/24/00');
  });

  it('says who it is', () => {
    expect(decodeStandardInquiry(inquire(null))).to.include({ deviceType: 1, product: 'ULTRIUM-TD9', version: 6 });
    expect(decodeSupportedVpdPages(inquire(VPD_PAGES.supportedPages))).to.deep.equal([0x00, 0x80, 0x83, 0xb0]);
    expect(decodeUnitSerialNumber(inquire(VPD_PAGES.unitSerialNumber))).to.equal('SIM0000000');
    expect(decodeSequentialAccessCapabilities(inquire(VPD_PAGES.sequentialAccess)).wormCapable).to.equal(true);
    expect(inquire(null).length, 'no more than there is').to.equal(36);
    const limits = decodeBlockLimits(bench.command(encodeReadBlockLimitsCdb(), new Uint8Array(6)).data);
    expect(limits).to.include({ minBlockBytes: 1, maxBlockBytes: 8 * KIB * KIB });
    const densities = decodeDensitySupport(
      bench.command(
        encodeReportDensitySupportCdb({ currentMediumOnly: false, allocationLength: 1000 }),
        new Uint8Array(1000),
      ).data,
    );
    expect(densities.map(({ primaryCode, writable }) => [primaryCode, writable])).to.deep.equal([
      [0x60, true],
      [0x5e, true],
    ]);
  });

  it('answers REQUEST SENSE with the attention that waits, and then with nothing', () => {
    bench.operate(MT_OP.unload);
    bench.operate(MT_OP.load);
    bench.rack.list();
    const request = (): string | null => {
      const cdb = encodeRequestSenseCdb({ format: 'fixed', allocationLength: 252 });
      return senseText(decodeSense(bench.command(cdb, new Uint8Array(252)).data));
    };
    expect(request()).to.equal('00/00/00');
    bench.operate(MT_OP.offline);
    bench.rack.insert(bench.rack.remove(DRIVE), DRIVE);
    expect(request()).to.equal('02/04/01');
    bench.clock.spend(20);
    expect([request(), request()]).to.deep.equal(['06/28/00', '00/00/00']);
  });

  it('shows in MODE SENSE what MTSETBLK and MTCOMPRESSION set', () => {
    const sense = (form: 6 | 10): { blockLength: number | undefined; compression: boolean } => {
      const command = {
        disableBlockDescriptors: false,
        pageControl: 0,
        pageCode: 0x3f,
        subpageCode: 0,
        allocationLength: 255,
      };
      const modes = decodeModeSenseData(
        form,
        bench.command(encodeModeSenseCdb(form, command), new Uint8Array(255)).data,
      );
      const page = findModePage(modes, COMPRESSION_PAGE_CODE);
      if (page === null) throw new Error('no compression page');
      return {
        blockLength: modes.blockDescriptor?.blockLength,
        compression: decodeCompressionModePage(page).compressionEnabled,
      };
    };
    expect(sense(6)).to.deep.equal({ blockLength: 0, compression: true });
    bench.operate(MT_OP.setBlockSize, 2048);
    bench.operate(MT_OP.setCompression, 0);
    expect(sense(10)).to.deep.equal({ blockLength: 2048, compression: false });
    expect(bench.operate(MT_OP.setBlockSize, 9 * KIB * KIB)).to.equal(-ERRNO.EINVAL);
    expect(bench.operate(MT_OP.setDensity, 0x11)).to.equal(-ERRNO.EIO);
    expect(bench.operate(MT_OP.setDensity, 0x60)).to.equal(0);
  });

  it('has log pages that agree with what was done', () => {
    const mebibyte = KIB * KIB;
    for (let i = 0; i < 5; i++) bench.write(mebibyte);
    expect(decodeSupportedLogPages(log(LOG_PAGES.supportedPages).data)).to.deep.equal([
      0, 2, 3, 0x11, 0x17, 0x2e, 0x31,
    ]);
    expect(decodeTapeCapacityLogPage(log(LOG_PAGES.tapeCapacity).data)).to.include({ remaining: 59, maximum: 64 });
    expect(decodeErrorCounterLogPage('write', log(LOG_PAGES.writeErrors).data)).to.include({
      bytesProcessed: 5 * mebibyte,
      uncorrected: 0,
    });
    expect(decodeErrorCounterLogPage('read', log(LOG_PAGES.readErrors).data)).to.include({ bytesProcessed: 0 });
    expect(decodeVolumeStatisticsLogPage(log(LOG_PAGES.volumeStatistics).data)).to.include({
      valid: true,
      serial: 'SIMTPL001L9',
      mounts: 1,
      lastMountMegabytesWritten: 5,
      lifetimeMegabytesWritten: 5,
      usedNativeCapacityMegabytes: 5,
      writeProtected: false,
      worm: false,
    });
    expect(decodeDeviceStatusLogPage(log(LOG_PAGES.deviceStatus).data)).to.include({
      mediumMounted: true,
      compressionEnabled: true,
    });
    bench.operate(MT_OP.offline);
    expect(decodeDeviceStatusLogPage(log(LOG_PAGES.deviceStatus).data)).to.include({
      mediumMounted: false,
      mediumPresent: true,
    });
  });

  it('keeps in the cartridge what a host writes into its memory', () => {
    const write = (attribute: MamAttribute): string | null => {
      const list = encodeMamAttributes([attribute]);
      const cdb = encodeWriteAttributeCdb({
        writeThrough: true,
        logicalVolume: 0,
        partition: 0,
        parameterListLength: list.length,
      });
      return senseText(bench.command(cdb, list, 'to-device').sense);
    };
    expect(write(makeTextAttribute(MAM_IDS.barcode, 'TPL001L9'))).to.equal(null);
    expect(write(makeTextAttribute(MAM_IDS.mediaPool, 'daily'))).to.equal(null);
    expect(write(makeTextAttribute(MAM_IDS.serialNumber, 'forged'))).to.equal('05/26/00');
    bench.restart();
    bench.open();
    const read = (id: number): string => {
      const attribute = findMamAttribute(attributes(), id);
      return attribute === null ? 'none' : mamText(attribute);
    };
    expect([MAM_IDS.barcode, MAM_IDS.mediaPool, MAM_IDS.serialNumber].map(read)).to.deep.equal([
      'TPL001L9',
      'daily',
      'SIMTPL001L9',
    ]);
    write({ id: MAM_IDS.mediaPool, readOnly: false, format: 'text', value: new Uint8Array() });
    expect(read(MAM_IDS.mediaPool), 'an empty value deletes').to.equal('none');
    bench.write(KIB * KIB);
    const remaining = findMamAttribute(attributes(), MAM_IDS.remainingCapacity);
    expect(remaining === null ? null : mamNumber(remaining)).to.equal(63);
  });

  it('lets only a privileged process set options of the driver', () => {
    const options = MT_ST.setBooleans | MT_ST_BOOLEAN.sili;
    expect(bench.operate(MT_OP.setDriveBuffer, options)).to.equal(-ERRNO.EPERM);
    bench.close();
    bench.restart({ privileged: true });
    bench.open();
    expect(bench.operate(MT_OP.setDriveBuffer, options)).to.equal(0);
    bench.write(100);
    bench.operate(MT_OP.rewind);
    expect(bench.read(1000)).to.equal(100);
    expect(bench.operate(MT_OP.setDriveBuffer, MT_ST.setBooleans | MT_ST_BOOLEAN.fastEndOfData)).to.equal(0);
    bench.operate(MT_OP.endOfData);
    expect(bench.status().fileNumber, 'quick, at a price').to.equal(null);
  });

  it('keeps only the heads of data blocks when told to, and labels and indexes whole', () => {
    bench.close();
    bench.restart({ keepPayload: 'header' });
    bench.open();
    bench.write(5000);
    bench.write(100_000);
    bench.operate(MT_OP.rewind);
    const label = new Uint8Array(5000);
    expect(bench.read(label)).to.equal(5000);
    expect(label).to.deep.equal(block(5000));
    const data = new Uint8Array(100_000).fill(1);
    expect(bench.read(data)).to.equal(100_000);
    expect(data.subarray(0, 256)).to.deep.equal(block(100_000).subarray(0, 256));
    expect(data.subarray(256).some((byte) => byte !== 0)).to.equal(false);
  });
});
