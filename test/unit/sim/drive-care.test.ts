import { expect } from 'chai';
import { GMT, MTGET_BYTES, MTIO, decodeMtStatus } from '../../../src/device/mtio.js';
import { decodeDeviceStatusLogPage } from '../../../src/scsi/device-status-log-page.js';
import { encodeLogSenseCdb } from '../../../src/scsi/log-sense.js';
import { decodeTapeAlertLogPage } from '../../../src/scsi/tape-alert-log-page.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { DriveCondition } from '../../../sim/drive-condition.js';
import { RackError } from '../../../sim/rack.js';
import { LibraryBench, RACK } from './library-bench.js';

const CLEAN_NOW = 0x14;
const EXPIRED = 0x16;

function logPage(bench: LibraryBench, fd: number, pageCode: number): Uint8Array {
  const allocationLength = 0x2000;
  const cdb = encodeLogSenseCdb({
    save: false,
    pageControl: 1,
    pageCode,
    subpageCode: 0,
    parameterPointer: 0,
    allocationLength,
  });
  return bench.command(cdb, allocationLength, fd).data;
}

function alerts(bench: LibraryBench, fd: number): readonly number[] {
  return decodeTapeAlertLogPage(logPage(bench, fd, 0x2e));
}

function dirty(bench: LibraryBench): DriveCondition {
  const condition = new DriveCondition(bench.files, RACK, 0);
  condition.writeTrouble({ isStuck: false, dirtied: condition.readTrouble().dirtied + 1 });
  return condition;
}

function usesLeft(bench: LibraryBench, barcode: string): number | null {
  return bench.rack.find(barcode).cartridge.cleaningUsesLeft;
}

/** A library with a drive that has `barcode` in its mouth and is open. */
function drive(bench: LibraryBench): number {
  bench.move(bench.slot(1), bench.drive(0));
  return bench.openDrive(0);
}

describe('A simulated drive with dirty heads', () => {
  it('asks for cleaning with TapeAlert, in its status page, and once by sense, which st keeps as CLN', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    const fd = drive(bench);
    expect(bench.awaitDrive(fd)).to.equal(null);
    expect(alerts(bench, fd)).to.deep.equal([]);
    dirty(bench);
    expect(alerts(bench, fd)).to.deep.equal([CLEAN_NOW]);
    expect(alerts(bench, fd), 'reading does not clean').to.deep.equal([CLEAN_NOW]);
    expect(decodeDeviceStatusLogPage(logPage(bench, fd, 0x11)).cleaningRequested).to.equal(true);
    const ready = (): string | null => bench.command(encodeTestUnitReadyCdb(), 0, fd).sense;
    expect([ready(), ready()]).to.deep.equal(['01/00/17', null]);
    bench.port.close(fd);
    const again = bench.openDrive(0);
    const status = new Uint8Array(MTGET_BYTES);
    expect(bench.port.ioctl(again, MTIO.getStatus, status)).to.equal(0);
    expect(decodeMtStatus(status).flags & GMT.cleaningRequested).to.not.equal(0);
  });

  it('is cleaned by a cleaning cartridge, which is ejected then and has one use less', () => {
    const bench = new LibraryBench();
    bench.stock('CLNU01CU', 1);
    const condition = dirty(bench);
    const before = bench.clock.seconds();
    const fd = drive(bench);
    // Opening it has waited for the load already.
    expect(bench.command(encodeTestUnitReadyCdb(), 0, fd).sense, 'at work').to.equal('02/30/03');
    expect(bench.move(bench.drive(0), bench.slot(1)), 'the robot waits').to.equal('05/53/03');
    expect(bench.command(encodeTestUnitReadyCdb(), 0, fd).sense).to.equal('02/3a/00');
    expect(bench.clock.seconds() - before).to.be.greaterThan(150);
    expect(condition.asksForCleaning).to.equal(false);
    expect(alerts(bench, fd)).to.deep.equal([]);
    expect(usesLeft(bench, 'CLNU01CU')).to.equal(49);
    expect(bench.move(bench.drive(0), bench.slot(1))).to.equal(null);
  });

  it('is not cleaned by a cartridge that is used up: TapeAlert says so', () => {
    const bench = new LibraryBench({ clock: 'off' });
    bench.rack.create('CLN001L9', { cleaningUsesLeft: 1 });
    bench.library.putIn('CLN001L9', bench.slot(1));
    const condition = dirty(bench);
    const fd = drive(bench);
    expect(bench.awaitDrive(fd)).to.equal('02/3a/00');
    expect([condition.asksForCleaning, usesLeft(bench, 'CLN001L9')]).to.deep.equal([false, 0]);
    dirty(bench);
    bench.move(bench.drive(0), bench.slot(1));
    bench.move(bench.slot(1), bench.drive(0));
    expect(bench.awaitDrive(fd)).to.equal('02/3a/00');
    expect(alerts(bench, fd)).to.deep.equal([CLEAN_NOW, EXPIRED]);
    expect([condition.asksForCleaning, usesLeft(bench, 'CLN001L9')]).to.deep.equal([true, 0]);
  });

  it('goes on cleaning when the host that had it open is gone', () => {
    const bench = new LibraryBench();
    bench.stock('CLN001L9', 1);
    const fd = drive(bench);
    expect(bench.awaitDrive(fd)).to.equal('02/30/03');
    bench.restart();
    const again = bench.openDrive(0);
    expect(bench.command(encodeTestUnitReadyCdb(), 0, again).sense).to.equal('02/3a/00');
    expect(usesLeft(bench, 'CLN001L9')).to.equal(49);
  });

  it('makes cleaning cartridges as their barcodes say', () => {
    const { rack } = new LibraryBench();
    rack.create('CLN001L9');
    rack.create('CLNU02CU', { cleaningUsesLeft: 3 });
    expect(rack.list().map(({ cartridge }) => cartridge.cleaningUsesLeft)).to.deep.equal([50, 3]);
    expect(() => {
      rack.create('TPL001CX');
    }).to.throw(RackError);
  });
});

describe('A simulated drive that does not let its cartridge go', () => {
  it('fails to unload it, and no robot gets it, until it is freed', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    const fd = drive(bench);
    expect(bench.awaitDrive(fd)).to.equal(null);
    const condition = new DriveCondition(bench.files, RACK, 0);
    condition.writeTrouble({ isStuck: true, dirtied: 0 });
    expect(bench.unloadDrive(fd)).to.equal('04/53/00');
    expect(alerts(bench, fd)).to.include(0x38);
    expect(bench.move(bench.drive(0), bench.slot(1))).to.equal('05/53/03');
    expect(bench.element(bench.drive(0))).to.include({ isException: true, asc: 0x53, ascq: 0x0c, isAccessible: false });
    expect(bench.command(encodeTestUnitReadyCdb(), 0, fd).sense, 'it can still be read').to.equal(null);
    condition.writeTrouble({ isStuck: false, dirtied: 0 });
    expect(bench.unloadDrive(fd)).to.equal(null);
    expect(bench.move(bench.drive(0), bench.slot(1))).to.equal(null);
  });
});
