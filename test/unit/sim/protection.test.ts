import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { GMT, MT_OP } from '../../../src/device/mtio.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { encodeEraseCdb } from '../../../src/scsi/erase.js';
import { encodeLogSenseCdb, LOG_PAGE_CONTROL } from '../../../src/scsi/log-sense.js';
import { LOG_PAGES } from '../../../src/scsi/log-page.js';
import { decodeTapeAlertLogPage } from '../../../src/scsi/tape-alert-log-page.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { encodeWriteFilemarksCdb } from '../../../src/scsi/write-filemarks.js';
import { encodeWrite6Cdb } from '../../../src/scsi/write.js';
import { block, DRIVE, SimBench, senseText } from './sim-bench.js';

function tapeAlerts(bench: SimBench): readonly number[] {
  const cdb = encodeLogSenseCdb({
    pageControl: LOG_PAGE_CONTROL.cumulative,
    pageCode: LOG_PAGES.tapeAlert,
    subpageCode: 0,
    save: false,
    parameterPointer: 0,
    allocationLength: 1024,
  });
  return decodeTapeAlertLogPage(bench.command(cdb, new Uint8Array(1024)).data);
}

const WRITE = encodeWrite6Cdb({ fixed: false, length: 10 });

describe('A write-protected simulated cartridge', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench({ cartridge: { writeProtected: true } });
  });

  afterEach(() => {
    bench.dispose();
  });

  it('is not opened for writing by an open that waits, and can be opened for reading', () => {
    expect(bench.open()).to.equal(-ERRNO.EROFS);
    expect(bench.open(OPEN_FLAGS.readOnly)).to.be.at.least(0);
    expect(bench.status().flags & GMT.writeProtected).to.not.equal(0);
  });

  it('refuses every way to write with EACCES, and DATA PROTECT to raw commands', () => {
    bench.open();
    expect(bench.open(OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking)).to.be.at.least(0);
    expect(bench.write(10)).to.equal(-ERRNO.EACCES);
    expect(bench.operate(MT_OP.writeFilemarks)).to.equal(-ERRNO.EACCES);
    expect(bench.operate(MT_OP.erase)).to.equal(-ERRNO.EACCES);
    expect(senseText(bench.command(WRITE, block(10), 'to-device').sense)).to.equal('07/27/00');
    expect(senseText(bench.command(encodeWriteFilemarksCdb({ count: 1, immediate: false })).sense)).to.equal(
      '07/27/00',
    );
    expect(bench.command(encodeWriteFilemarksCdb({ count: 0, immediate: false })).sense, 'a flush').to.equal(null);
    expect(tapeAlerts(bench)).to.deep.equal([0x09]);
    expect(tapeAlerts(bench), 'reading takes the flags down').to.deep.equal([]);
  });

  it('can be written when its tab was moved', () => {
    bench.open(OPEN_FLAGS.readOnly);
    bench.operate(MT_OP.offline);
    bench.close();
    const [one] = bench.rack.list();
    expect(() => {
      bench.rack.setWriteProtected(one?.barcode ?? '', false);
    }, 'in the drive nobody reaches the tab').to.throw('cannot be reached');
    const barcode = bench.rack.remove(DRIVE);
    bench.rack.setWriteProtected(barcode, false);
    bench.rack.insert(barcode, DRIVE);
    expect(bench.open()).to.be.at.least(0);
    expect(bench.write(10)).to.equal(10);
  });

  it('leaves a descriptor that was opened for reading unable to write to any cartridge', () => {
    bench.dispose();
    bench = new SimBench();
    bench.open(OPEN_FLAGS.readOnly);
    expect(bench.write(10)).to.equal(-ERRNO.EACCES);
  });
});

describe('A simulated WORM cartridge', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench({ barcode: 'TPL002LZ' });
    bench.open();
    bench.write(10);
    bench.write(20);
    bench.operate(MT_OP.rewind);
  });

  afterEach(() => {
    bench.dispose();
  });

  it('refuses to write over what is there, raises the flag, and keeps what was there', () => {
    expect(bench.write(99)).to.equal(-ERRNO.EIO);
    expect(senseText(bench.command(WRITE, block(10), 'to-device').sense)).to.equal('07/30/0c');
    expect(senseText(bench.command(encodeEraseCdb({ long: false, immediate: false })).sense)).to.equal('07/30/0c');
    expect(tapeAlerts(bench)).to.deep.equal([0x3c]);
    bench.operate(MT_OP.rewind);
    expect([bench.read(), bench.read(), bench.read()]).to.deep.equal([10, 20, 0]);
  });

  it('takes what is appended', () => {
    bench.operate(MT_OP.endOfData);
    expect(bench.write(30)).to.equal(30);
    bench.operate(MT_OP.rewind);
    expect(Array.from({ length: 5 }, () => bench.read())).to.deep.equal([10, 20, 0, 30, 0]);
  });
});

describe('A simulated cartridge of another generation', () => {
  it('is read but not written by a drive that only reads it', () => {
    const bench = new SimBench({ barcode: 'TPL003L6', generation: 'LTO-7' });
    expect(bench.open()).to.be.at.least(0);
    expect(bench.write(10)).to.equal(10);
    bench.dispose();
    const older = new SimBench({ barcode: 'TPL003L5', generation: 'LTO-7' });
    expect(older.open()).to.equal(-ERRNO.EROFS);
    older.dispose();
  });

  it('that the drive cannot read is not ready, with its own sense and flag', () => {
    const bench = new SimBench({ barcode: 'TPL003L6' });
    expect(bench.open(OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking)).to.be.at.least(0);
    const answers = [1, 2].map(() => senseText(bench.command(encodeTestUnitReadyCdb()).sense));
    expect(answers).to.deep.equal(['06/28/00', '02/30/00']);
    expect(tapeAlerts(bench)).to.deep.equal([0x0c]);
    bench.dispose();
  });
});
