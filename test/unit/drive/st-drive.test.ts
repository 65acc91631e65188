import { expect } from 'chai';
import { ERRNO } from '../../../src/device/errno.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { StDrive } from '../../../src/drive/st-drive.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { codeOf } from '../../support/code-of.js';
import { testBlock } from '../../support/test-block.js';
import { HookedSyscalls, type HookedAnswer, type HookedCall } from '../../support/hooked-syscalls.js';
import { StDriveFixture, VirtualBlockingClock } from '../../support/st-drive-fixture.js';

const CAPACITY = 8 * 1024 * 1024;
const BECOMING_READY: HookedAnswer = { key: 2, asc: 0x04, ascq: 0x01 };
const NO_MEDIUM: HookedAnswer = { key: 2, asc: 0x3a, ascq: 0x00 };
const NOT_SUPPORTED: HookedAnswer = { key: 5, asc: 0x20, ascq: 0x00 };
const MEDIUM_CHANGED: HookedAnswer = { key: 6, asc: 0x28, ascq: 0x00 };
const RESET: HookedAnswer = { key: 6, asc: 0x29, ascq: 0x00 };

describe('st-drive', () => {
  let world: StDriveFixture;
  let port: HookedSyscalls;
  let clock: VirtualBlockingClock;
  let drive: StDrive;

  beforeEach(() => {
    world = new StDriveFixture();
    port = new HookedSyscalls(world.port);
    clock = new VirtualBlockingClock();
    drive = new StDrive({ port, device: '/dev/nst0', clock });
  });
  afterEach(() => {
    port.hook = () => null;
    drive.close();
    world.dispose();
  });

  function loadBlank(): void {
    world.insertBlank(CAPACITY);
    drive.open();
    drive.load();
  }

  /** The next `times` matching calls get this answer. */
  function answerNext(matches: (call: HookedCall) => boolean, answer: HookedAnswer, times = 1): void {
    let left = times;
    port.hook = (call) => (matches(call) && left-- > 0 ? answer : null);
  }

  const isCommand =
    (opcode: number) =>
    (call: HookedCall): boolean =>
      call.call === 'sg-io' && call.opcode === opcode;
  const isOperation =
    (op: number) =>
    (call: HookedCall): boolean =>
      call.call === 'ioctl' && call.op === op;
  const isWrite = (call: HookedCall): boolean => call.call === 'write';
  const isRead = (call: HookedCall): boolean => call.call === 'read';

  function readAll(): readonly (number | string)[] {
    drive.rewind();
    const seen: (number | string)[] = [];
    const into = new Uint8Array(65_536);
    for (;;) {
      const outcome = drive.readBlock(into);
      if (outcome.kind === 'end-of-data') return seen;
      seen.push(outcome.kind === 'block' ? (outcome.lengthBytes - 1) / 100 : outcome.kind);
    }
  }

  describe('opening', () => {
    const refusals = [
      [ERRNO.EBUSY, 'DEVICE_BUSY'],
      [ERRNO.EACCES, 'DEVICE_PERMISSION'],
      [ERRNO.EPERM, 'DEVICE_PERMISSION'],
      [ERRNO.ENOENT, 'DEVICE_OPEN_FAILED'],
      [ERRNO.ENXIO, 'DEVICE_OPEN_FAILED'],
      [ERRNO.EIO, 'DEVICE_OPEN_FAILED'],
    ] as const;
    for (const [errno, code] of refusals)
      it(`fails with ${code} when the system says ${String(errno)}, and may be tried again`, () => {
        answerNext((call) => call.call === 'open', -errno);
        expect(
          codeOf(() => {
            drive.open();
          }),
        ).to.equal(code);
        drive.open();
        expect(drive.readStatus().identity.vendor).to.not.equal('');
      });

    it('is tried again when a signal interrupted it', () => {
      answerNext((call) => call.call === 'open', -ERRNO.EINTR, 3);
      drive.open();
      expect(drive.readStatus().medium).to.equal('no-medium');
    });

    it('falls back to reading when the system refuses to write to a protected cartridge', () => {
      world.insertBlank(CAPACITY);
      answerNext((call) => call.call === 'open' && (call.flags & 2) !== 0, -ERRNO.EROFS);
      drive.open();
      expect(drive.readStatus().identity.product).to.not.equal('');
    });

    it('is refused for a node that rewinds when it is closed', () => {
      for (const device of ['/dev/st0', 'st1', '/dev/st2a']) {
        const wrong = new StDrive({ port, device, clock });
        expect(
          codeOf(() => {
            wrong.open();
          }),
        ).to.equal('CONFIG_UNSAFE');
      }
      expect(port.log).to.deep.equal([]);
    });

    it('says which capability is missing when SG_IO is refused, and closes the device again', () => {
      answerNext((call) => call.call === 'sg-io', -ERRNO.EPERM, 1000);
      expect(
        codeOf(() => {
          drive.open();
        }),
      ).to.equal('DEVICE_PERMISSION');
      expect(() => {
        drive.open();
      }).to.throw(/CAP_SYS_RAWIO/);
      port.hook = () => null;
      expect(
        codeOf(() => {
          drive.open();
        }),
      ).to.equal('none');
    });

    it('is refused for a device that is no tape drive', () => {
      port.hook = (call) => {
        if (call.call !== 'sg-io' || call.opcode !== OPCODES.inquiry) return null;
        call.data[0] = 0x08;
        call.data[4] = 31;
        return { status: 0 };
      };
      expect(
        codeOf(() => {
          drive.open();
        }),
      ).to.equal('DEVICE_OPEN_FAILED');
    });

    it('tells a reservation of another host', () => {
      answerNext((call) => call.call === 'sg-io', { status: 0x18 });
      expect(
        codeOf(() => {
          drive.open();
        }),
      ).to.equal('DEVICE_BUSY');
    });

    it('succeeds after a power-on that the driver has made a lost position of, and moves nothing otherwise', () => {
      world.insertBlank(CAPACITY);
      const fresh = new HookedSyscalls(world.powerOn(true));
      const other = new StDrive({ port: fresh, device: '/dev/nst0', clock });
      other.open();
      other.load();
      expect(other.writeBlock(testBlock(1)).kind).to.equal('written');
      other.locate(1);
      other.synchronize();
      other.close();
      fresh.log.length = 0;
      other.open();
      expect(other.readPosition().blockAddress).to.equal(1);
      const moves: readonly number[] = [OPCODES.rewind, OPCODES.locate16, OPCODES.space6];
      expect(fresh.log.filter((call) => call.call === 'sg-io' && moves.includes(call.opcode))).to.deep.equal([]);
      other.close();
    });

    it('copes with a drive that knows no serial number and no block limits', () => {
      port.hook = (call) =>
        call.call === 'sg-io' &&
        (call.opcode === OPCODES.readBlockLimits || (call.opcode === OPCODES.inquiry && (call.cdb[1] ?? 0) !== 0))
          ? NOT_SUPPORTED
          : null;
      drive.open();
      expect(drive.readStatus()).to.deep.include({ minBlockBytes: 1, maxBlockBytes: 0xff_ffff });
      expect(drive.readStatus().identity.serial).to.equal('');
    });
  });

  describe('loading', () => {
    it('waits for a drive that is becoming ready', () => {
      world.insertBlank(CAPACITY);
      drive.open();
      answerNext(isCommand(OPCODES.testUnitReady), BECOMING_READY, 90);
      drive.load();
      expect(clock.monotonicMs()).to.be.within(80_000, 100_000);
      expect(drive.readStatus().medium).to.equal('ready');
    });

    it('ends waiting after a stated time', () => {
      world.insertBlank(CAPACITY);
      drive.open();
      port.hook = (call) => (isCommand(OPCODES.testUnitReady)(call) ? BECOMING_READY : null);
      expect(
        codeOf(() => {
          drive.load();
        }),
      ).to.equal('DRIVE_NOT_READY');
      expect(clock.monotonicMs()).to.be.within(2 * 3600_000, 3 * 3600_000);
      expect(drive.readStatus().medium).to.equal('loading');
    });

    it('tells the drive to load a cartridge that it does not load by itself', () => {
      loadBlank();
      drive.unload();
      port.log.length = 0;
      drive.load();
      expect(port.log.filter(isCommand(OPCODES.loadUnload))).to.have.length(1);
      expect(drive.readStatus().medium).to.equal('ready');
    });

    it('asks once and no more of a drive that has no cartridge', () => {
      drive.open();
      port.log.length = 0;
      expect(
        codeOf(() => {
          drive.load();
        }),
      ).to.equal('DRIVE_NO_MEDIUM');
      expect(port.log.filter(isCommand(OPCODES.loadUnload))).to.have.length(1);
      expect(clock.monotonicMs()).to.equal(0);
    });

    it('takes all unit attentions off the drive, but not for ever', () => {
      world.insertBlank(CAPACITY);
      drive.open();
      answerNext(isCommand(OPCODES.testUnitReady), MEDIUM_CHANGED, 10);
      drive.load();
      port.hook = (call) => (isCommand(OPCODES.testUnitReady)(call) ? MEDIUM_CHANGED : null);
      expect(
        codeOf(() => {
          drive.load();
        }),
      ).to.equal('SCSI_CHECK_CONDITION');
    });

    const failures = [
      [{ key: 2, asc: 0x30, ascq: 0x03 }, 'MEDIUM_INCOMPATIBLE'],
      [{ key: 3, asc: 0x53, ascq: 0x00 }, 'MEDIUM_INCOMPATIBLE'],
      [{ key: 4, asc: 0x44, ascq: 0x00 }, 'DRIVE_HARDWARE'],
      [{ hostStatus: 3 }, 'SCSI_TRANSPORT'],
    ] as const;
    for (const [answer, code] of failures)
      it(`fails with ${code} when the drive says ${JSON.stringify(answer)}`, () => {
        world.insertBlank(CAPACITY);
        drive.open();
        answerNext(isCommand(OPCODES.testUnitReady), answer);
        expect(
          codeOf(() => {
            drive.load();
          }),
        ).to.equal(code);
        drive.load();
      });

    it('tells that another program took the device between the cartridges, and recovers when it is free', () => {
      world.insertBlank(CAPACITY);
      drive.open();
      answerNext((call) => call.call === 'open', -ERRNO.EBUSY);
      expect(
        codeOf(() => {
          drive.load();
        }),
      ).to.equal('DEVICE_BUSY');
      expect(
        codeOf(() => {
          drive.rewind();
        }),
      ).to.equal('DEVICE_IO');
      drive.load();
      expect(drive.readStatus().medium).to.equal('ready');
    });

    it('sets blocks of variable length', () => {
      loadBlank();
      drive.close();
      const fd = world.port.open('/dev/nst0', 0o4002);
      const mtop = new Uint8Array(8);
      new DataView(mtop.buffer).setInt16(0, MT_OP.setBlockSize, true);
      new DataView(mtop.buffer).setInt32(4, 1024, true);
      expect(world.port.ioctl(fd, 0x4008_6d01, mtop)).to.equal(0);
      world.port.close(fd);
      drive.open();
      drive.load();
      drive.writeBlock(testBlock(3));
      expect(readAll()).to.deep.equal([3]);
    });
  });

  describe('near the end of the medium', () => {
    it('repeats a block that is refused with ENOSPC: accepted it is early warning', () => {
      loadBlank();
      answerNext(isWrite, -ERRNO.ENOSPC);
      expect(drive.writeBlock(testBlock(1))).to.deep.equal({ kind: 'written', earlyWarning: true });
      expect(readAll()).to.deep.equal([1]);
    });

    it('takes a second refusal for the end of the medium', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      answerNext(isWrite, -ERRNO.ENOSPC, 2);
      expect(drive.writeBlock(testBlock(2))).to.deep.equal({ kind: 'end-of-medium' });
      expect(readAll()).to.deep.equal([1]);
    });

    it('does not write a block twice that the driver says was refused and the drive has written', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.synchronize();
      // A drive that counts the residual wrongly with its early warning: the block is there, the driver says ENOSPC.
      port.afterWrite = () => -ERRNO.ENOSPC;
      expect(drive.writeBlock(testBlock(2))).to.deep.equal({ kind: 'written', earlyWarning: true });
      port.afterWrite = (result) => result;
      expect(readAll()).to.deep.equal([1, 2]);
    });

    it('writes nothing more when the tape is at another place than was counted', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.writeBlock(testBlock(2));
      drive.synchronize();
      port.hook = (call) => {
        if (isWrite(call)) return -ERRNO.ENOSPC;
        if (call.call !== 'sg-io' || call.opcode !== OPCODES.readPosition) return null;
        call.data.fill(0);
        call.data[15] = 1;
        return { status: 0 };
      };
      expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('DRIVE_POSITION_LOST');
      port.hook = () => null;
      expect(readAll()).to.deep.equal([1, 2]);
    });

    it('repeats filemarks that were refused in the place of an earlier asynchronous write', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      answerNext(isOperation(MT_OP.writeFilemarks), -ERRNO.ENOSPC);
      expect(drive.writeFilemarks(1)).to.deep.equal({ kind: 'written', earlyWarning: true });
      expect(readAll()).to.deep.equal([1, 'filemark']);
    });

    it('takes early warning from a command that the driver refused for an asynchronous write', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      answerNext(isCommand(OPCODES.testUnitReady), -ERRNO.ENOSPC);
      expect(drive.readStatus().medium).to.equal('ready');
      expect(drive.readPosition()).to.include({ blockAddress: 1, earlyWarning: true });
    });
  });

  describe('a failed write', () => {
    const causes = [
      [-ERRNO.EACCES, 'MEDIUM_WRITE_PROTECTED'],
      [-ERRNO.EROFS, 'MEDIUM_WRITE_PROTECTED'],
      [-ERRNO.EPERM, 'DEVICE_PERMISSION'],
      [-ERRNO.ENXIO, 'DEVICE_IO'],
      [-ERRNO.EBUSY, 'DEVICE_IO'],
      [-ERRNO.ENOMEDIUM, 'DRIVE_NO_MEDIUM'],
      [-ERRNO.EINTR, 'DRIVE_POSITION_LOST'],
      [-ERRNO.EIO, 'MEDIUM_WRITE_ERROR'],
      [17, 'MEDIUM_WRITE_ERROR'],
    ] as const;
    for (const [result, code] of causes)
      it(`is ${code} when the system call returns ${String(result)}, and nothing is written before a move`, () => {
        loadBlank();
        drive.writeBlock(testBlock(1));
        drive.synchronize();
        answerNext(isWrite, result);
        expect(codeOf(() => drive.writeBlock(testBlock(2)))).to.equal(code);
        expect(codeOf(() => drive.writeBlock(testBlock(3)))).to.equal('DRIVE_POSITION_LOST');
        drive.locateEndOfData();
        drive.writeBlock(testBlock(4));
        expect(readAll()).to.deep.equal([1, 4]);
      });

    it('is blamed on whom the drive blames by TapeAlert, and the flags stay to be read', () => {
      const blames = [
        [[0x1f], 'DRIVE_HARDWARE'],
        [[0x06, 0x04], 'MEDIUM_WRITE_ERROR'],
        [[0x09], 'MEDIUM_WRITE_PROTECTED'],
      ] as const;
      loadBlank();
      for (const [flags, code] of blames) {
        drive.rewind();
        port.hook = (call) => {
          if (isWrite(call)) return -ERRNO.EIO;
          if (call.call !== 'sg-io' || call.opcode !== OPCODES.logSense) return null;
          call.data.set([0x2e, 0, 0, flags.length * 5]);
          flags.forEach((flag, i) => {
            call.data.set([0, flag, 0xc0, 1, 1], 4 + i * 5);
          });
          return { status: 0 };
        };
        expect(codeOf(() => drive.writeBlock(testBlock(1)))).to.equal(code);
        port.hook = () => null;
        expect(drive.readHealth().tapeAlerts).to.deep.equal([...flags].sort((a, b) => a - b));
        expect(drive.readHealth().tapeAlerts).to.deep.equal([]);
      }
    });

    it('is a lost position when the drive stands at the beginning where it must not', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.writeFilemarks(1);
      const before = drive.readStatus().mediumGeneration;
      // Powered off and on; the driver swallowed the unit attention and passed on an errno only.
      port.hook = (call) => {
        if (isWrite(call)) return -ERRNO.EIO;
        if (call.call !== 'sg-io' || call.opcode !== OPCODES.readPosition) return null;
        call.data.fill(0);
        call.data[0] = 0x80;
        return { status: 0 };
      };
      expect(codeOf(() => drive.writeBlock(testBlock(2)))).to.equal('DRIVE_POSITION_LOST');
      port.hook = () => null;
      expect(drive.readStatus().mediumGeneration).to.be.greaterThan(before);
      expect(codeOf(() => drive.readPosition())).to.equal('DRIVE_POSITION_LOST');
      drive.locateEndOfData();
      expect(drive.readPosition().blockAddress).to.equal(2);
    });

    it('that the drive tells of with another command is told by the next that depends on the medium', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      answerNext(isCommand(OPCODES.testUnitReady), { key: 3, asc: 0x0c, ascq: 0, deferred: true });
      expect(drive.readStatus().medium).to.equal('ready');
      port.hook = () => null;
      expect(codeOf(() => drive.writeFilemarks(1))).to.equal('MEDIUM_WRITE_ERROR');
      expect(codeOf(() => drive.writeFilemarks(1))).to.equal('DRIVE_POSITION_LOST');
      drive.rewind();
      expect(drive.writeFilemarks(1).kind).to.equal('written');
    });

    it('that was asynchronous is told by the next call, whichever that is', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      answerNext((call) => call.call === 'sg-io', -ERRNO.EIO);
      expect(drive.readStatus().medium).to.equal('ready');
      port.hook = () => null;
      expect(
        codeOf(() => {
          drive.synchronize();
        }),
      ).to.equal('MEDIUM_WRITE_ERROR');
    });

    it('never leaves the driver in the state in which it writes a filemark of its own', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.synchronize();
      answerNext(isWrite, -ERRNO.EIO);
      expect(codeOf(() => drive.writeBlock(testBlock(2)))).to.equal('MEDIUM_WRITE_ERROR');
      const after = port.log.slice(port.log.findIndex(isWrite));
      expect(
        after.some((call) => isOperation(MT_OP.writeFilemarks)(call) && call.call === 'ioctl' && call.count === 0),
      ).to.equal(true);
    });
  });

  describe('a failed read', () => {
    it('that succeeds when it is tried again is none', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.writeBlock(testBlock(2));
      drive.rewind();
      answerNext(isRead, -ERRNO.EIO);
      const into = new Uint8Array(1000);
      expect(drive.readBlock(into)).to.deep.equal({ kind: 'block', lengthBytes: 101 });
      expect(Buffer.compare(into.subarray(0, 101), testBlock(1))).to.equal(0);
      expect(drive.readBlock(into)).to.deep.equal({ kind: 'block', lengthBytes: 201 });
    });

    it('that turns out to be a filemark, or the end of the data, is none', () => {
      loadBlank();
      drive.writeFilemarks(1);
      drive.rewind();
      answerNext(isRead, -ERRNO.EIO);
      expect(drive.readBlock(new Uint8Array(10))).to.deep.equal({ kind: 'filemark' });
      answerNext(isRead, -ERRNO.EIO);
      expect(drive.readBlock(new Uint8Array(10))).to.deep.equal({ kind: 'end-of-data' });
      expect(drive.readPosition().blockAddress).to.equal(1);
    });

    it('of a drive that sets the end-of-medium flag at the end of the data is the end, not a block of what was in the room', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      world.failNext('read', { key: 0x8, asc: 0x00, ascq: 0x00, endOfMedium: true });
      expect(drive.readBlock(new Uint8Array(101))).to.deep.equal({ kind: 'end-of-data' });
      expect(drive.readPosition().blockAddress).to.equal(1);
      drive.rewind();
      expect(drive.readBlock(new Uint8Array(101))).to.deep.equal({ kind: 'block', lengthBytes: 101 });
    });

    it('carries the sense that the drive gives when it is asked itself', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      drive.synchronize();
      world.damageBlock(0);
      drive.rewind();
      // The driver has the sense and passes on an errno; a drive that stays before the block can be asked again.
      answerNext(isRead, -ERRNO.EIO);
      expect(() => drive.readBlock(new Uint8Array(1000))).to.throw(/3\/11\/00/);
    });

    it('of a drive that has passed the bad block is not taken for one of the block behind', () => {
      loadBlank();
      for (const n of [1, 2, 3]) drive.writeBlock(testBlock(n));
      drive.synchronize();
      world.damageBlock(1);
      drive.locate(1);
      expect(codeOf(() => drive.readBlock(new Uint8Array(1000)))).to.equal('MEDIUM_READ_ERROR');
      drive.locate(2);
      expect(drive.readBlock(new Uint8Array(1000))).to.deep.equal({ kind: 'block', lengthBytes: 301 });
    });
  });

  describe('moving', () => {
    it('uses LOCATE(10) and the short position where the drive knows no others', () => {
      port.hook = (call) => {
        if (call.call !== 'sg-io') return null;
        if (call.opcode === OPCODES.locate16) return NOT_SUPPORTED;
        return call.opcode === OPCODES.readPosition && ((call.cdb[1] ?? 0) & 0x1f) === 6 ? NOT_SUPPORTED : null;
      };
      loadBlank();
      for (const n of [1, 2, 3]) drive.writeBlock(testBlock(n));
      drive.locate(1);
      expect(drive.readPosition()).to.include({ blockAddress: 1, fileNumber: null });
      expect(drive.readBlock(new Uint8Array(1000))).to.deep.equal({ kind: 'block', lengthBytes: 201 });
    });

    it('finds out when the drive went to another place than it was sent to', () => {
      loadBlank();
      for (const n of [1, 2, 3]) drive.writeBlock(testBlock(n));
      drive.synchronize();
      port.hook = (call) => {
        if (call.call === 'sg-io' && call.opcode === OPCODES.locate16) call.cdb[11] = 2;
        return null;
      };
      expect(
        codeOf(() => {
          drive.locate(1);
        }),
      ).to.equal('DRIVE_POSITION_LOST');
      expect(codeOf(() => drive.writeBlock(testBlock(9)))).to.equal('DRIVE_POSITION_LOST');
      port.hook = () => null;
      expect(readAll()).to.deep.equal([1, 2, 3]);
    });

    it('tells a position that the drive does not know', () => {
      loadBlank();
      port.hook = (call) => {
        if (!isCommand(OPCODES.readPosition)(call) || call.call !== 'sg-io') return null;
        call.data.fill(0);
        call.data[0] = 0x0c;
        return { status: 0 };
      };
      expect(codeOf(() => drive.readPosition())).to.equal('DRIVE_POSITION_LOST');
    });

    for (const [name, attention] of [
      ['a reset', RESET],
      ['another medium', MEDIUM_CHANGED],
    ] as const)
      it(`is stopped once by ${name}, and a second time succeeds`, () => {
        loadBlank();
        drive.writeBlock(testBlock(1));
        drive.synchronize();
        const before = drive.readStatus().mediumGeneration;
        for (const move of [
          () => {
            drive.rewind();
          },
          () => {
            drive.locate(1);
          },
          () => {
            drive.locateEndOfData();
          },
        ]) {
          answerNext(isCommand(OPCODES.testUnitReady), attention);
          expect(codeOf(move)).to.equal('DRIVE_POSITION_LOST');
          expect(codeOf(move)).to.equal('none');
        }
        expect(drive.readStatus().mediumGeneration).to.equal(before + 3);
      });

    it('is not stopped by unit attentions that say nothing of the position', () => {
      loadBlank();
      const before = drive.readStatus().mediumGeneration;
      answerNext(isCommand(OPCODES.testUnitReady), { key: 6, asc: 0x2a, ascq: 0x01 });
      expect(
        codeOf(() => {
          drive.rewind();
        }),
      ).to.equal('none');
      expect(drive.readStatus().mediumGeneration).to.equal(before);
    });

    it('never writes at the beginning after a reset that came while blocks were being written', () => {
      loadBlank();
      for (const n of [1, 2, 3]) drive.writeBlock(testBlock(n));
      drive.writeFilemarks(1);
      drive.writeBlock(testBlock(4));
      world.reset();
      expect(codeOf(() => drive.writeBlock(testBlock(5)))).to.equal('DRIVE_POSITION_LOST');
      drive.close();
      drive = new StDrive({ port, device: '/dev/nst0', clock });
      drive.open();
      drive.load();
      expect(readAll().slice(0, 4)).to.deep.equal([1, 2, 3, 'filemark']);
    });
  });

  describe('status', () => {
    it('tells what the drive says of the cartridge', () => {
      loadBlank();
      expect(drive.readStatus()).to.deep.include({
        medium: 'ready',
        writeProtected: false,
        worm: false,
        densityCode: 0x5e,
        compression: true,
        cleaningRequested: false,
      });
    });

    it('is told while a cartridge is becoming ready, and when it cannot be used', () => {
      drive.open();
      for (const [answer, medium] of [
        [BECOMING_READY, 'loading'],
        [NO_MEDIUM, 'no-medium'],
        [{ key: 2, asc: 0x30, ascq: 0x00 }, 'no-medium'],
        [{ key: 2, asc: 0x04, ascq: 0x03 }, 'no-medium'],
      ] as const) {
        answerNext(isCommand(OPCODES.testUnitReady), answer);
        expect(drive.readStatus().medium).to.equal(medium);
      }
    });

    it('does not call a cartridge ready that became so after the driver had looked, until it was loaded', () => {
      world.insertBlank(CAPACITY);
      answerNext(isCommand(OPCODES.testUnitReady), BECOMING_READY);
      drive.open();
      drive.readStatus();
      const { medium } = drive.readStatus();
      if (medium === 'ready') drive.rewind();
      else drive.load();
      expect(drive.readStatus().medium).to.equal('ready');
      drive.rewind();
    });

    it('of a broken drive is a failure', () => {
      drive.open();
      answerNext(isCommand(OPCODES.testUnitReady), { key: 4, asc: 0x44, ascq: 0 });
      expect(codeOf(() => drive.readStatus())).to.equal('DRIVE_HARDWARE');
    });

    it('does not swallow the failure of an asynchronous write', () => {
      loadBlank();
      drive.writeBlock(testBlock(1));
      port.log.length = 0;
      drive.readStatus();
      expect(port.log.filter((call) => call.call === 'ioctl')).to.deep.equal([]);
    });

    it('is told by a drive that knows neither mode pages nor TapeAlert nor cartridge memory', () => {
      const unknown: readonly number[] = [OPCODES.modeSense6, OPCODES.logSense, OPCODES.readAttribute];
      loadBlank();
      port.hook = (call) => (call.call === 'sg-io' && unknown.includes(call.opcode) ? NOT_SUPPORTED : null);
      drive.load();
      expect(drive.readStatus()).to.deep.include({ worm: false, compression: null, densityCode: null });
      expect(Object.values(drive.readHealth())).to.deep.equal([null, null, null, null, null, null]);
      expect(drive.readCapacity()).to.equal(null);
      expect(drive.readMediumAttributes()).to.deep.equal({});
    });
  });
});
