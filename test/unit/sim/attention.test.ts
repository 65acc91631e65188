import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { GMT, MT_OP, MTGET_BYTES, MTIO } from '../../../src/device/mtio.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { encodeLoadUnloadCdb } from '../../../src/scsi/load-unload.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { BARCODE, DRIVE, SimBench, senseText } from './sim-bench.js';

const NON_BLOCKING = OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking;
const TUR = encodeTestUnitReadyCdb();

describe('Unit attentions and readiness of a simulated drive', () => {
  let bench: SimBench;

  afterEach(() => {
    bench.dispose();
  });

  function testUnitReady(): string | null {
    return senseText(bench.command(TUR).sense);
  }

  it('makes the position unknown at power on: nothing works but what finds the position again', () => {
    bench = new SimBench({ powerOnAttention: true });
    bench.open();
    bench.write(10);
    bench.close();
    bench.restart({ powerOnAttention: true });
    expect(bench.open(), 'the cartridge is still loaded').to.be.at.least(0);
    const refused = [
      bench.write(10),
      bench.read(),
      bench.port.ioctl(bench.fd, MTIO.getStatus, new Uint8Array(MTGET_BYTES)),
      bench.tell(),
      ...[MT_OP.writeFilemarks, MT_OP.forwardSpaceFilemarks, MT_OP.backwardSpaceBlocks, MT_OP.load].map((op) =>
        bench.operate(op),
      ),
    ];
    expect(new Set(refused)).to.deep.equal(new Set([-ERRNO.EIO]));
    expect(() => bench.command(TUR)).to.throw('SG_IO: -5');
    expect(bench.operate(MT_OP.rewind)).to.equal(0);
    expect(bench.read()).to.equal(10);
  });

  for (const [name, op, count] of [
    ['seek', MT_OP.seek, 1],
    ['end of data', MT_OP.endOfData, 1],
  ] as const)
    it(`takes ${name} for finding the position again`, () => {
      bench = new SimBench({ powerOnAttention: true });
      bench.open();
      bench.write(10);
      bench.close();
      bench.restart({ powerOnAttention: true });
      bench.open();
      expect(bench.operate(op, count)).to.equal(0);
      expect(bench.write(20)).to.equal(20);
    });

  it('tells once that the medium may have changed, after a cartridge was put in', () => {
    bench = new SimBench();
    bench.open();
    bench.operate(MT_OP.offline);
    bench.rack.remove(DRIVE);
    expect(testUnitReady()).to.equal('02/3a/00');
    bench.rack.insert(BARCODE, DRIVE);
    const answers = [testUnitReady(), testUnitReady(), testUnitReady()];
    expect(answers, 'loading, then the attention, then ready').to.deep.equal(['02/04/01', '06/28/00', null]);
    expect(bench.clock.seconds(), 'loading took its time').to.be.greaterThan(15);
  });

  it('has no medium when it is opened without one, by an open that does not wait', () => {
    bench = new SimBench();
    bench.rack.remove(DRIVE);
    expect(bench.open(NON_BLOCKING)).to.be.at.least(0);
    expect(bench.status().flags & GMT.noMedium).to.not.equal(0);
    expect(bench.status().flags & GMT.online).to.equal(0);
    expect([bench.read(), bench.write(10), bench.operate(MT_OP.rewind)]).to.deep.equal([
      -ERRNO.ENOMEDIUM,
      -ERRNO.ENOMEDIUM,
      -ERRNO.ENOMEDIUM,
    ]);
  });

  it('fails an open that waits after two minutes without a medium', () => {
    bench = new SimBench();
    bench.rack.remove(DRIVE);
    expect(bench.open()).to.equal(-ERRNO.ENOMEDIUM);
    expect(bench.clock.seconds()).to.equal(120);
    expect(bench.open(), 'and is not left open').to.equal(-ERRNO.ENOMEDIUM);
  });

  it('waits in open until a cartridge that was just put in is ready', () => {
    bench = new SimBench();
    expect(bench.open()).to.be.at.least(0);
    expect(bench.clock.seconds()).to.be.within(16, 18);
    expect(bench.status()).to.include({ fileNumber: 0, blockNumber: 0, densityCode: 0x60 });
  });

  it('has a cartridge ready at once when nothing takes time', () => {
    bench = new SimBench({ clock: 'off' });
    expect(bench.open(NON_BLOCKING)).to.be.at.least(0);
    expect(bench.write(10)).to.equal(10);
    bench.operate(MT_OP.offline);
    bench.rack.insert(bench.rack.remove(DRIVE), DRIVE);
    expect([testUnitReady(), testUnitReady()]).to.deep.equal(['06/28/00', null]);
    expect(bench.operate(MT_OP.load)).to.equal(0);
    expect(bench.read()).to.equal(10);
  });

  it('loads what was ejected and not taken away, by ioctl and by command', () => {
    bench = new SimBench();
    bench.open();
    bench.write(10);
    expect(bench.operate(MT_OP.offline)).to.equal(0);
    expect(bench.status().flags & GMT.noMedium).to.not.equal(0);
    expect(bench.read()).to.equal(-ERRNO.ENOMEDIUM);
    expect(bench.operate(MT_OP.load)).to.equal(0);
    expect(bench.status()).to.include({ fileNumber: 0, blockNumber: 0 });
    expect(bench.read()).to.equal(10);
    expect(bench.operate(MT_OP.unload)).to.equal(0);
    expect(testUnitReady()).to.equal('02/3a/00');
    const load = encodeLoadUnloadCdb({ load: true, hold: false, retension: false, immediate: false });
    expect(bench.command(load).sense).to.equal(null);
    expect([testUnitReady(), testUnitReady()]).to.deep.equal(['06/28/00', null]);
    expect(bench.read(), 'SG_IO is not noticed by st').to.equal(-ERRNO.ENOMEDIUM);
  });

  it('keeps a cartridge from being unloaded while removal is prevented', () => {
    bench = new SimBench();
    bench.open();
    expect(bench.operate(MT_OP.lock)).to.equal(0);
    expect(bench.operate(MT_OP.unload)).to.equal(-ERRNO.EIO);
    expect(bench.operate(MT_OP.unlock)).to.equal(0);
    expect(bench.operate(MT_OP.unload)).to.equal(0);
  });

  it("is one opener's at a time, and its position stays when it is closed and opened again", () => {
    bench = new SimBench();
    bench.open();
    bench.write(10);
    bench.write(10);
    expect(bench.port.open(DRIVE, OPEN_FLAGS.readOnly)).to.equal(-ERRNO.EBUSY);
    expect(bench.close()).to.equal(0);
    expect(bench.port.write(bench.fd, new Uint8Array(1)), 'a closed descriptor').to.equal(-ERRNO.EBADF);
    bench.open();
    expect(bench.tell(), 'two blocks and the filemark of the close').to.equal(3);
    expect(bench.status()).to.include({ fileNumber: 1, blockNumber: 0 });
    bench.close();
    bench.open(OPEN_FLAGS.readWrite, '/dev/st0');
    bench.close();
    bench.open();
    expect(bench.tell(), '/dev/st0 rewinds').to.equal(0);
  });

  it('does not know devices that are not there', () => {
    bench = new SimBench();
    expect(bench.open(0, '/dev/nst7')).to.equal(-ERRNO.ENOENT);
    expect(bench.open(0, '/dev/null')).to.equal(-ERRNO.ENOENT);
  });

  it('loses a cartridge that is torn out, and tells so at the next question', () => {
    bench = new SimBench();
    bench.open();
    bench.write(10);
    bench.operate(MT_OP.writeFilemarks);
    expect(() => bench.rack.remove(DRIVE)).to.throw('unload it first');
    bench.rack.remove(DRIVE, { force: true });
    expect(testUnitReady()).to.equal('02/3a/00');
    expect(bench.write(10)).to.equal(-ERRNO.EIO);
    expect(bench.rack.list()[0]?.drive).to.equal(null);
  });
});
