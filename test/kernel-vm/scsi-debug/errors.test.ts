import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { systemBlockingClock } from '../../../src/base/blocking-clock.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { StDrive } from '../../../src/drive/st-drive.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { codeOf } from '../../support/code-of.js';
import { testBlock } from '../../support/test-block.js';
import { ScsiDebugBay } from './scsi-debug-bay.js';
import { ScsiDebugDrive } from './scsi-debug-drive.js';

const debug = new ScsiDebugDrive();
const block = (n: number): Uint8Array => testBlock(n, 1000 + n);

describe('an StDrive on the kernel, when things go wrong around it', () => {
  let bay: ScsiDebugBay;
  let drive: StDrive;

  beforeEach(() => {
    bay = new ScsiDebugBay(debug);
    bay.insertBlank(8 * 1024 * 1024);
    drive = new StDrive({ port: createSyscallPort(), device: bay.path, clock: systemBlockingClock });
  });
  afterEach(() => {
    drive.close();
    bay.empty();
  });

  function load(): void {
    drive.open();
    drive.load();
  }

  it('refuses a drive that another program has open: DEVICE_BUSY, and takes it when that is gone', async () => {
    const other = spawn('sh', ['-c', `exec 3< ${bay.path}; echo open; read line`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    expect(
      codeOf(() => {
        drive.open();
      }),
    ).to.equal('DEVICE_BUSY');
    other.stdin.end();
    await once(other, 'exit');
    load();
    expect(drive.writeBlock(block(1))).to.include({ kind: 'written' });
  });

  it('keeps others out while it has the drive', () => {
    load();
    expect(spawnSync('mt-st', ['-f', bay.path, 'status'], { encoding: 'utf8' }).stderr).to.include('busy');
    expect(() => openSync(bay.path, 'r')).to.throw(/EBUSY/);
  });

  it('calls a command that is never answered SCSI_TRANSPORT once the kernel has given it up, and works on when the drive does', () => {
    load();
    for (const n of [1, 2]) drive.writeBlock(block(n));
    drive.synchronize();
    // Before each move; the kernel gives it a minute.
    debug.swallow(OPCODES.testUnitReady);
    expect(
      codeOf(() => {
        drive.locate(1);
      }),
    ).to.equal('SCSI_TRANSPORT');
    expect(codeOf(() => drive.writeBlock(block(3)))).to.equal('DRIVE_POSITION_LOST');
    drive.locateEndOfData();
    expect(drive.readPosition().blockAddress).to.equal(2);
    expect(drive.writeBlock(block(3))).to.include({ kind: 'written' });
  });

  it('calls a write that the drive itself failed a failure, of which nothing is written', () => {
    load();
    drive.writeBlock(block(1));
    drive.synchronize();
    debug.fail(OPCODES.write6, [0x4, 0x44, 0x00], 1);
    expect(codeOf(() => drive.writeBlock(block(2)))).to.be.oneOf(['DRIVE_HARDWARE', 'MEDIUM_WRITE_ERROR']);
    expect(codeOf(() => drive.writeBlock(block(3)))).to.equal('DRIVE_POSITION_LOST');
    drive.locateEndOfData();
    expect(drive.readPosition().blockAddress).to.equal(1);
  });

  it('takes a unit attention for another cartridge as one, and moves nothing before it was loaded', () => {
    load();
    drive.writeBlock(block(1));
    drive.synchronize();
    const before = drive.readStatus().mediumGeneration;
    debug.fail(OPCODES.testUnitReady, [0x6, 0x28, 0x00], 1);
    expect(
      codeOf(() => {
        drive.locate(0);
      }),
    ).to.equal('DRIVE_POSITION_LOST');
    expect(drive.readStatus().mediumGeneration).to.be.greaterThan(before);
    drive.load();
    expect(drive.readPosition().blockAddress).to.equal(0);
  });
});
