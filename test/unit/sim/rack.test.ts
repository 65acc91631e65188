import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { driveLockPath, ProcessLock } from '../../../sim/process-lock.js';
import { RackError } from '../../../sim/rack.js';
import { BARCODE, DRIVE, SimBench } from './sim-bench.js';

describe('The rack of simulated cartridges', () => {
  let bench: SimBench;

  beforeEach(() => {
    bench = new SimBench();
  });

  afterEach(() => {
    bench.dispose();
  });

  it('refuses what no hand can do', () => {
    const { rack } = bench;
    rack.create('TPL009L9');
    for (const nonsense of [
      () => {
        rack.create(BARCODE);
      },
      () => {
        rack.create('nonsense');
      },
      () => {
        rack.create('TPL001DK');
      },
      () => {
        rack.insert('TPL777L9', '/dev/nst1');
      },
      () => {
        rack.insert('TPL009L9', '/dev/nst9');
      },
      () => {
        rack.insert('TPL009L9', DRIVE);
      },
      () => {
        rack.insert(BARCODE, DRIVE);
      },
      () => {
        rack.insert(BARCODE, '/dev/nst1');
      },
      () => rack.remove('/dev/nst1'),
      () => {
        rack.setWriteProtected('TPL777L9', true);
      },
    ])
      expect(nonsense).to.throw(RackError);
    const places = rack.list().map(({ barcode, drive, loaded }) => [barcode, drive, loaded]);
    expect(places, 'nothing of it had an effect').to.deep.equal([
      [BARCODE, DRIVE, false],
      ['TPL009L9', null, false],
    ]);
  });

  it('makes cartridges as their barcodes say', () => {
    bench.rack.create('TPL005LY');
    bench.rack.create('TPL006L7', { capacityBytes: 1000 });
    const worm = bench.rack.list().find(({ barcode }) => barcode === 'TPL005LY')?.cartridge;
    expect(worm).to.include({ generation: 'LTO-8', worm: true, capacityBytes: 12e12 });
    const small = bench.rack.list().find(({ barcode }) => barcode === 'TPL006L7')?.cartridge;
    expect(small).to.include({ generation: 'LTO-7', worm: false, earlyWarningBytes: 125 });
  });

  it('is the same rack for another process, and counts loads and bytes of a cartridge over its life', () => {
    for (let load = 1; load <= 3; load++) {
      bench.restart();
      bench.open();
      bench.write(1000);
      bench.operate(MT_OP.offline);
      bench.close();
      const [one] = bench.rack.list();
      expect(one?.cartridge).to.include({ loadCount: load, lifetimeBytesWritten: 1000 * load });
      bench.rack.insert(bench.rack.remove(DRIVE), DRIVE);
    }
  });

  it('answers EIO when the files of a cartridge are damaged', () => {
    writeFileSync(`${bench.directory}/cartridges/${BARCODE}/cartridge.json`, '{"format":1}');
    expect(bench.open()).to.equal(-ERRNO.EIO);
  });
});

describe('The lock of a simulated drive', () => {
  it('keeps a refused open from touching a cartridge that another process is writing', () => {
    const bench = new SimBench();
    bench.open();
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    // In the data already, in the index not yet: what a second scan would cut off.
    bench.write(20);
    const { port, fd } = bench;
    new ProcessLock(bench.files, driveLockPath(bench.directory, 0), process.ppid).release();
    expect(new ProcessLock(bench.files, driveLockPath(bench.directory, 0), process.ppid).take()).to.equal(true);
    bench.restart();
    expect(bench.open()).to.equal(-ERRNO.EBUSY);
    expect(port.close(fd), 'the writer ends, with its filemark').to.equal(0);
    bench.open();
    bench.operate(MT_OP.rewind);
    expect([1, 2, 3, 4].map(() => bench.read())).to.deep.equal([10, 0, 20, 0]);
    bench.dispose();
  });

  it('lets a process that was refused see, when the other is gone, what that one did with the cartridge', () => {
    const bench = new SimBench();
    bench.open();
    const { port, fd } = bench;
    bench.operate(MT_OP.rewind);
    bench.close();
    bench.restart();
    bench.open();
    bench.operate(MT_OP.offline);
    bench.close();
    expect(port.open(DRIVE, 0o4002)).to.be.greaterThan(fd);
    expect(port.read(fd + 1, new Uint8Array(1))).to.equal(-ERRNO.ENOMEDIUM);
    bench.dispose();
  });

  it('is refused while another living process holds it, and void when that process has died', () => {
    const bench = new SimBench();
    const mine = new ProcessLock(bench.files, driveLockPath(bench.directory, 0), process.pid);
    const theirs = new ProcessLock(bench.files, driveLockPath(bench.directory, 0), process.ppid);
    expect(theirs.take()).to.equal(true);
    expect(bench.open()).to.equal(-ERRNO.EBUSY);
    theirs.release();
    expect(mine.take()).to.equal(true);
    expect(mine.take(), 'another thread of the same process').to.equal(true);
    const path = `${bench.directory}/drives/0.lock.json`;
    writeFileSync(path, JSON.stringify({ pid: process.ppid, started: '1' }));
    expect(mine.take(), 'the number was given to another process since').to.equal(true);
    writeFileSync(path, JSON.stringify({ pid: 4_194_305, started: '1' }));
    expect(mine.take(), 'no process has that number').to.equal(true);
    bench.dispose();
  });
});
