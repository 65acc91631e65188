import { expect } from 'chai';
import type { FaultCommand, FaultSense } from '../../../sim/fault-plan.js';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import { ERRNO } from '../../../src/device/errno.js';
import { StDrive } from '../../../src/drive/st-drive.js';
import { testBlock } from '../../support/test-block.js';
import { HookedSyscalls } from '../../support/hooked-syscalls.js';
import { StDriveFixture } from '../../support/st-drive-fixture.js';

const CAPACITY = 16 * 1024 * 1024;

interface World {
  readonly fixture: StDriveFixture;
  readonly port: HookedSyscalls;
  readonly drive: StDrive;
}

function makeWorld(): World {
  const fixture = new StDriveFixture();
  const port = new HookedSyscalls(fixture.port);
  fixture.insertBlank(CAPACITY);
  return { fixture, port, drive: new StDrive({ port, device: '/dev/nst0', clock: fixture.clock }) };
}

/** What a save may rely on, as [block number, address], and where it is known to end. */
interface Saved {
  readonly safe: ReadonlyMap<number, number>;
  readonly failures: readonly string[];
}

/**
 * A stubborn caller, as little careful as the contract allows: after any failure it locates the end of the data, and writes
 * on there if that is not before what it relies on.
 */
function saveStubbornly(drive: StDrive): Saved {
  const safe = new Map<number, number>();
  const failures: string[] = [];
  let unsafe = new Map<number, number>();
  let address = 0;
  let safeEnd = 0;
  const attempt = (action: () => void): boolean => {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      failures.push(error.code);
      unsafe = new Map();
      return false;
    }
  };
  const reposition = (): boolean =>
    attempt(() => {
      drive.locateEndOfData();
      address = drive.readPosition().blockAddress;
    }) && address >= safeEnd;
  for (let tries = 0; tries < 4; tries++)
    if (
      attempt(() => {
        drive.open();
      })
    )
      break;
  for (let tries = 0; tries < 4; tries++)
    if (
      attempt(() => {
        drive.load();
      })
    )
      break;
  for (let n = 1; n <= 9; n++) {
    const written = attempt(() => {
      if (drive.writeBlock(testBlock(n)).kind === 'written') unsafe.set(n, address++);
    });
    if (!written) reposition();
    if (n % 3 !== 0) continue;
    const flushed = attempt(() => {
      if (n === 6) drive.synchronize();
      else if (drive.writeFilemarks(1).kind === 'written') address++;
      for (const [block, at] of unsafe) safe.set(block, at);
      safeEnd = address;
      unsafe = new Map();
    });
    if (!flushed) reposition();
  }
  attempt(() => {
    drive.unload();
  });
  attempt(() => {
    drive.close();
  });
  return { safe, failures };
}

/** Every block that is relied on is where it was written, bit for bit. */
function expectSafe({ fixture, port }: World, { safe }: Saved, what: string): void {
  port.hook = () => null;
  fixture.faults.length = 0;
  const drive = new StDrive({ port, device: '/dev/nst0', clock: fixture.clock });
  drive.open();
  drive.load();
  const into = new Uint8Array(4000);
  for (const [n, address] of safe) {
    drive.locate(address);
    const outcome = drive.readBlock(into);
    expect(outcome, `${what}: block ${String(n)} at ${String(address)}`).to.deep.equal({
      kind: 'block',
      lengthBytes: testBlock(n).length,
    });
    expect(Buffer.compare(into.subarray(0, testBlock(n).length), testBlock(n)), what).to.equal(0);
  }
  drive.close();
}

/** Runs the save once for each n, until the n-th fault was never reached. */
function forEveryNth(what: string, arm: (world: World, nth: number) => () => boolean): void {
  for (let nth = 1; ; nth++) {
    const world = makeWorld();
    try {
      const reached = arm(world, nth);
      const saved = saveStubbornly(world.drive);
      expectSafe(world, saved, `${what} number ${String(nth)}`);
      if (!reached()) {
        expect(saved.failures, 'without the fault nothing fails').to.deep.equal([]);
        expect(saved.safe.size).to.equal(9);
        expect(nth, 'there was something to fail').to.be.greaterThan(1);
        return;
      }
    } finally {
      world.fixture.dispose();
    }
  }
}

describe('a tape drive of which any one system call fails', () => {
  const calls = ['open', 'close', 'read', 'write', 'ioctl', 'sg-io'] as const;
  for (const errno of [ERRNO.EIO, ERRNO.ENOSPC, ERRNO.EINTR, ERRNO.ENXIO, ERRNO.EBUSY])
    it(`loses nothing that was synchronized: errno ${String(errno)}`, () => {
      forEveryNth('call', ({ port }, nth) => {
        let count = 0;
        port.hook = ({ call }) => (calls.includes(call) && ++count === nth ? -errno : null);
        return () => count >= nth;
      });
    });
});

describe('a tape drive that fails any one command', () => {
  const kinds: readonly FaultCommand[] = [
    'write',
    'filemark',
    'synchronize',
    'locate',
    'space',
    'rewind',
    'load',
    'unload',
    'position',
    'other',
  ];
  const senses: readonly (readonly [string, FaultSense])[] = [
    ['a medium error', { key: 3, asc: 0x0c, ascq: 0 }],
    ['a deferred medium error', { key: 3, asc: 0x0c, ascq: 0, deferred: true }],
    ['a hardware error', { key: 4, asc: 0x44, ascq: 0 }],
    ['not ready', { key: 2, asc: 0x04, ascq: 0x01 }],
    ['a changed medium', { key: 6, asc: 0x28, ascq: 0 }],
    ['an aborted command', { key: 0xb, asc: 0, ascq: 0 }],
  ];
  for (const [name, sense] of senses)
    for (const performed of [false, true])
      it(`loses nothing that was synchronized: ${name}${performed ? ', although the command was carried out' : ''}`, () => {
        for (const command of kinds) {
          // Each kind comes at most this often; a fault beyond is never due, which is a run without one.
          for (let nth = 1; nth <= 6; nth++) {
            const world = makeWorld();
            try {
              world.fixture.faults.push({ kind: 'sense', command, sense, performed, nth });
              const saved = saveStubbornly(world.drive);
              expectSafe(world, saved, `${name} of ${command} number ${String(nth)}`);
            } finally {
              world.fixture.dispose();
            }
          }
        }
      });
});

describe('a tape drive that is reset before any one command', () => {
  for (const command of ['write', 'filemark', 'synchronize', 'locate', 'space', 'rewind', 'position', 'other'] as const)
    it(`never has anything synchronized written over: before ${command}`, () => {
      for (let nth = 1; nth <= 12; nth++) {
        const world = makeWorld();
        try {
          world.fixture.faults.push({ kind: 'reset', command, nth });
          const saved = saveStubbornly(world.drive);
          expectSafe(world, saved, `reset before ${command} number ${String(nth)}`);
        } finally {
          world.fixture.dispose();
        }
      }
    });

  it('writes no filemark at the beginning when it is closed right after', () => {
    for (const command of ['write', 'synchronize', 'filemark'] as const) {
      const world = makeWorld();
      const { drive, fixture } = world;
      try {
        drive.open();
        drive.load();
        drive.writeBlock(testBlock(1));
        drive.synchronize();
        drive.writeBlock(testBlock(2));
        fixture.faults.push({ kind: 'reset', command, nth: command === 'write' ? 3 : command === 'filemark' ? 1 : 2 });
        try {
          if (command === 'write') drive.writeBlock(testBlock(3));
          else if (command === 'filemark') drive.writeFilemarks(1);
          else drive.synchronize();
          expect.fail('the reset is noticed');
        } catch (error) {
          if (!isStorageError(error)) throw error;
          expect(error.code).to.equal('DRIVE_POSITION_LOST');
        }
        drive.close();
        expectSafe(world, { safe: new Map([[1, 0]]), failures: [] }, command);
      } finally {
        fixture.dispose();
      }
    }
  });
});
