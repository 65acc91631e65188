import { expect } from 'chai';
import { crc32c } from '../../src/base/crc32c.js';
import type { ErrorCode } from '../../src/base/error-codes.js';
import { isStorageError, StorageError } from '../../src/base/storage-error.js';
import type { BlockSeal, DriveThread, RingMemory, RunBlock } from '../../src/drive/drive-thread.js';
import { patternedBytes } from '../support/patterned-bytes.js';
import { TEST_ATTRIBUTES } from '../support/test-attributes.js';

/** A small format of its own: the thread must know nothing but this. */
export const TEST_SEAL: BlockSeal = {
  magic: Uint8Array.from('SEALTEST', (character) => character.charCodeAt(0)),
  headerBytes: 32,
  payloadLengthOffset: 12,
  payloadCrcOffset: 20,
  headerCrcOffset: 28,
};

export const SLOT_BYTES = 64 * 1024;
const SLOT_COUNT = 8;

/** Not at the start of the memory, as in production, where slots are page-aligned. */
export function makeTestRing(): RingMemory {
  const firstSlotOffset = 4080;
  const memory = new SharedArrayBuffer(firstSlotOffset + SLOT_COUNT * SLOT_BYTES);
  return { memory, firstSlotOffset, slotBytes: SLOT_BYTES, slotCount: SLOT_COUNT };
}

export interface DriveThreadFixture {
  /** Over a drive whose mouth is empty. Not opened. */
  readonly thread: DriveThread;
  readonly ring: RingMemory;
  insertBlank(capacityBytes: number): void;
  /** The next write of a block fails for the medium. */
  failNextWrite(): void;
  dispose(): Promise<void>;
}

export async function rejectionOf(action: Promise<unknown>): Promise<ErrorCode | 'none'> {
  try {
    await action;
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'none';
}

/** The executable form of the contract in src/drive/drive-thread.ts. */
export function describeDriveThreadContract(name: string, makeFixture: () => Promise<DriveThreadFixture>): void {
  describe(`${name} as a DriveThread`, () => {
    let fixture: DriveThreadFixture;
    let thread: DriveThread;

    beforeEach(async () => {
      fixture = await makeFixture();
      thread = fixture.thread;
    });
    afterEach(() => fixture.dispose());

    async function loadBlank(capacityBytes = 8 * 1024 * 1024): Promise<void> {
      fixture.insertBlank(capacityBytes);
      await thread.open();
      await thread.load();
    }

    function slotBytes(slot: number): Uint8Array {
      const { memory, firstSlotOffset } = fixture.ring;
      return new Uint8Array(memory, firstSlotOffset + slot * SLOT_BYTES, SLOT_BYTES);
    }

    /** Lays block number n, with its payload's CRC as the sender gives it, into a slot. */
    function lay(slot: number, n: number, payloadBytes = n * 10): RunBlock {
      const bytes = slotBytes(slot).fill(0);
      const lengthBytes = TEST_SEAL.headerBytes + payloadBytes;
      const payload = patternedBytes(n, payloadBytes);
      bytes.set(TEST_SEAL.magic);
      bytes.set(payload, TEST_SEAL.headerBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      view.setUint32(8, n, true);
      view.setUint32(TEST_SEAL.payloadLengthOffset, payloadBytes, true);
      view.setUint32(TEST_SEAL.payloadCrcOffset, crc32c(payload), true);
      return { slot, lengthBytes };
    }

    function flipBit(slot: number, byte: number): void {
      const bytes = slotBytes(slot);
      bytes[byte] = (bytes[byte] ?? 0) ^ 1;
    }

    /** Number of the block in a slot. */
    function numberIn(slot: number): number {
      const bytes = slotBytes(slot);
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(8, true);
    }

    /** Numbers of the blocks on the medium, filemarks as 'filemark'. */
    async function readEverything(): Promise<readonly (number | string)[]> {
      await thread.rewind();
      const seen: (number | string)[] = [];
      for (;;) {
        const { blocks, stop } = await thread.readRun([0, 1, 2]);
        blocks.forEach(({ seal }, i) => seen.push(seal === 'good' ? numberIn(i) : seal));
        if (stop === null) continue;
        if (stop.kind !== 'filemark') return seen;
        seen.push('filemark');
      }
    }

    describe('commands', () => {
      it('are carried out in the order of their submission, without waiting for each other', async () => {
        fixture.insertBlank(8 * 1024 * 1024);
        const settled: string[] = [];
        const note = (what: string) => (): void => {
          settled.push(what);
        };
        const results = await Promise.all([
          thread.open().then(note('open')),
          thread.load().then(note('load')),
          thread.writeRun([lay(0, 1), lay(1, 2)]).then(note('write')),
          thread.writeFilemarks(1).then(note('filemarks')),
          thread.readPosition(),
          thread.rewind().then(note('rewind')),
          thread.readPosition(),
        ]);
        expect(settled).to.deep.equal(['open', 'load', 'write', 'filemarks', 'rewind']);
        expect(results[4]).to.include({ blockAddress: 3 });
        expect(results[6]).to.include({ blockAddress: 0 });
      });

      it('settle later than they are submitted, never within the call', async () => {
        let inCall = true;
        const opened = thread.open().then(() => inCall);
        inCall = false;
        expect(await opened).to.equal(false);
      });

      it('reach the drive each with its arguments and bring back its answer', async () => {
        await loadBlank();
        expect(await thread.readStatus()).to.include({ medium: 'ready' });
        await thread.writeRun([lay(0, 1), lay(1, 2)]);
        expect(await thread.writeFilemarks(2)).to.equal(null);
        await thread.synchronize();
        await thread.locate(1);
        expect(await thread.spaceFilemarks(5)).to.deep.equal({ remaining: 3 });
        await thread.locateEndOfData();
        expect(await thread.readPosition()).to.include({ blockAddress: 4, fileNumber: 2 });
        expect(await thread.readMediumAttributes()).to.have.property('capacityBytes');
        expect((await thread.readHealth()).tapeAlerts ?? []).to.deep.equal([]);
        expect(await thread.readCapacity()).to.have.property('totalBytes');
        expect(await thread.writeMediumAttributes(TEST_ATTRIBUTES)).to.be.a('boolean');
        await thread.locate(1);
        await thread.erase('short');
        expect(await readEverything()).to.deep.equal([1]);
        await thread.unload();
        expect(await thread.readStatus()).to.include({ medium: 'no-medium' });
        await thread.close();
      });

      it('reject with the failure of the drive, message and context included, and the next one goes on', async () => {
        await thread.open();
        const error: unknown = await thread.load().catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(StorageError);
        expect(error).to.include({ code: 'DRIVE_NO_MEDIUM', disposition: 'ask-operator' });
        expect((error as StorageError).message).to.match(/Nothing was changed/);
        expect(await thread.readStatus()).to.include({ medium: 'no-medium' });
      });
    });

    describe('a run of writes', () => {
      it('writes its blocks in order and says how many', async () => {
        await loadBlank();
        expect(await thread.writeRun([lay(3, 1), lay(0, 2), lay(5, 3)])).to.deep.equal({ written: 3, stop: null });
        expect(await readEverything()).to.deep.equal([1, 2, 3]);
      });

      it('is nothing when it is empty', async () => {
        await loadBlank();
        expect(await thread.writeRun([])).to.deep.equal({ written: 0, stop: null });
      });

      it('takes blocks as long as a slot, and of a header only', async () => {
        await loadBlank();
        await thread.writeRun([lay(0, 1, SLOT_BYTES - TEST_SEAL.headerBytes), lay(1, 2, 0)]);
        expect(await readEverything()).to.deep.equal([1, 2]);
      });

      it('writes a block that is not to be sealed as it is', async () => {
        await loadBlank();
        slotBytes(0).set(Buffer.from('VOL1 is no block of ours'));
        expect(await thread.writeRun([{ slot: 0, lengthBytes: 24, sealed: false }])).to.include({ written: 1 });
        await thread.rewind();
        slotBytes(1).fill(0);
        const read = await thread.readRun([1]);
        expect(read).to.deep.equal({ blocks: [{ lengthBytes: 24, seal: 'not-a-block' }], stop: null });
        expect(Buffer.from(slotBytes(1).slice(0, 24)).toString()).to.equal('VOL1 is no block of ours');
      });

      it('stops before a block whose payload is not what its sender had, and holds what follows', async () => {
        await loadBlank();
        const run = [lay(0, 1), lay(1, 2), lay(2, 3)];
        flipBit(1, 40);
        const [first, second, filemarks] = await Promise.all([
          thread.writeRun(run),
          thread.writeRun([lay(3, 4)]),
          thread.writeFilemarks(1),
        ]);
        expect(first).to.deep.equal({ written: 1, stop: { kind: 'payload-mismatch' } });
        expect(second).to.deep.equal({ written: 0, stop: { kind: 'held' } });
        expect(filemarks).to.deep.equal({ kind: 'held' });
        expect(await readEverything()).to.deep.equal([1]);
      });

      it('stops at a failure with its error, and holds what follows until it is resumed', async () => {
        await loadBlank();
        await thread.writeRun([lay(0, 1)]);
        await thread.synchronize();
        fixture.failNextWrite();
        const [first, second] = await Promise.all([
          thread.writeRun([lay(0, 2), lay(1, 3)]),
          thread.writeRun([lay(2, 4)]),
        ]);
        expect(first.written).to.equal(0);
        expect(first.stop?.kind === 'failure' && first.stop.error.code).to.equal('MEDIUM_WRITE_ERROR');
        expect(second).to.deep.equal({ written: 0, stop: { kind: 'held' } });
        await thread.locate(1);
        expect(await thread.writeRun([lay(2, 5)]), 'moving does not end the hold').to.deep.equal({
          written: 0,
          stop: { kind: 'held' },
        });
        await thread.resume();
        expect(await thread.writeRun([lay(2, 5)])).to.deep.equal({ written: 1, stop: null });
        expect(await readEverything()).to.deep.equal([1, 5]);
      });

      it('stops behind each block that is written behind early warning, and before the one that does not fit', async () => {
        await loadBlank(1024 * 1024);
        let count = 0;
        let stop;
        do {
          const run = [lay(0, count + 1, 30_000), lay(1, count + 2, 30_000), lay(2, count + 3, 30_000)];
          const result = await thread.writeRun(run);
          count += result.written;
          ({ stop } = result);
        } while (stop === null);
        expect(stop).to.deep.equal({ kind: 'early-warning' });
        expect(await thread.writeRun([lay(0, 99)])).to.deep.equal({ written: 0, stop: { kind: 'held' } });
        do {
          await thread.resume();
          const result = await thread.writeRun([lay(0, count + 1, 30_000), lay(1, 999, 30_000)]);
          count += result.written;
          ({ stop } = result);
        } while (stop?.kind === 'early-warning');
        expect(stop).to.deep.equal({ kind: 'end-of-medium' });
        expect(await readEverything()).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1));
      });

      for (let stopAt = 0; stopAt < 6; stopAt++)
        it(`leaves a prefix of what was submitted when it stops before block ${String(stopAt)}`, async () => {
          await loadBlank();
          const blocks = [1, 2, 3, 4, 5, 6].map((n) => lay(n, n));
          flipBit(stopAt + 1, 35);
          const runs = await Promise.all([
            thread.writeRun(blocks.slice(0, 2)),
            thread.writeRun(blocks.slice(2, 3)),
            thread.writeRun(blocks.slice(3)),
          ]);
          expect(runs.reduce((sum, { written }) => sum + written, 0)).to.equal(stopAt);
          expect(await readEverything()).to.deep.equal([1, 2, 3, 4, 5, 6].slice(0, stopAt));
        });
    });

    describe('a run of reads', () => {
      beforeEach(async () => {
        await loadBlank();
        await thread.writeRun([lay(0, 1), lay(1, 2)]);
        await thread.writeFilemarks(1);
        await thread.writeRun([lay(0, 3)]);
        await thread.rewind();
      });

      it('fills the slots in order, stops behind a filemark, and at the end of the data', async () => {
        expect(await thread.readRun([4])).to.deep.equal({ blocks: [{ lengthBytes: 42, seal: 'good' }], stop: null });
        expect(numberIn(4)).to.equal(1);
        expect(await thread.readRun([6, 2, 1])).to.deep.equal({
          blocks: [{ lengthBytes: 52, seal: 'good' }],
          stop: { kind: 'filemark' },
        });
        expect(numberIn(6)).to.equal(2);
        expect(await thread.readRun([0, 1])).to.deep.equal({
          blocks: [{ lengthBytes: 62, seal: 'good' }],
          stop: { kind: 'end-of-data' },
        });
        expect(await thread.readRun([])).to.deep.equal({ blocks: [], stop: null });
      });

      it('brings back every bit of the payload and seals the header', async () => {
        await thread.readRun([7]);
        const bytes = slotBytes(7);
        expect(Buffer.compare(bytes.subarray(32, 42), patternedBytes(1, 10))).to.equal(0);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        expect(view.getUint32(TEST_SEAL.headerCrcOffset, true)).to.equal(
          crc32c(bytes.subarray(0, TEST_SEAL.headerCrcOffset)),
        );
      });

      it('stops at a failure with its error', async () => {
        await thread.unload();
        const { blocks, stop } = await thread.readRun([0]);
        expect(blocks).to.deep.equal([]);
        expect(stop?.kind === 'failure' && stop.error.code).to.equal('DRIVE_NO_MEDIUM');
      });
    });

    it('counts the seconds spent in each kind of call, which never go back', async () => {
      await loadBlank();
      await thread.writeRun([lay(0, 1, 60_000)]);
      const between = thread.seconds;
      await thread.writeFilemarks(1);
      await readEverything();
      for (const cause of ['write', 'flush', 'read', 'position'] as const) {
        expect(thread.seconds[cause], cause).to.be.at.least(between[cause]).and.below(60);
      }
      expect(between.write).to.be.greaterThan(0);
      expect(thread.seconds.flush).to.be.greaterThan(0);
      expect(thread.seconds.read).to.be.greaterThan(0);
      expect(thread.seconds.position).to.be.greaterThan(0);
    });

    it('dies of a mistake: that command and every later one reject with DEVICE_THREAD_DIED', async () => {
      await loadBlank();
      const bad = thread.writeRun([{ slot: 99, lengthBytes: 100 }]);
      const behind = thread.readPosition();
      expect(await Promise.all([rejectionOf(bad), rejectionOf(behind)])).to.deep.equal([
        'DEVICE_THREAD_DIED',
        'DEVICE_THREAD_DIED',
      ]);
      expect(await rejectionOf(thread.readStatus())).to.equal('DEVICE_THREAD_DIED');
      await thread.terminate();
    });

    it('is terminated: pending and later commands reject, and a second time does nothing', async () => {
      await loadBlank();
      const pending = [thread.writeRun([lay(0, 1)]), thread.synchronize(), thread.readPosition()].map(rejectionOf);
      await thread.terminate();
      expect(await pending.at(-1)).to.equal('DEVICE_THREAD_DIED');
      await Promise.all(pending);
      expect(await rejectionOf(thread.rewind())).to.equal('DEVICE_THREAD_DIED');
      await thread.terminate();
    });
  });
}
