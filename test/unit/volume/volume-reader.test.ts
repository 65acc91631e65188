import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import type { ReadRunResult } from '../../../src/drive/drive-thread.js';
import { uuidBytes } from '../../../src/terms/ids.js';
import { VolumeReader, type VolumeItem } from '../../../src/volume/volume-reader.js';
import { MemoryDriveThread } from '../../support/memory-drive-thread.js';
import {
  bytesOfStream,
  makeVolume,
  OTHER_VOLUME_ID,
  SampleSession,
  VOLUME_ID,
  type SampleVolume,
} from '../../support/volume-samples.js';

/** A volume with STREAM-START at 3, data at 4 to 9, the index at 10, filemark 11. */
async function makeWritten(): Promise<SampleVolume> {
  const volume = await makeVolume();
  const session = new SampleSession(volume);
  for (let i = 0; i < 6; i++) await session.data(0, 100);
  await session.checkpoint();
  return volume;
}

/** Everything from `from` on, up to the end of data. */
async function readAll(volume: SampleVolume, from = 3, sequence: number | null = null): Promise<readonly VolumeItem[]> {
  const reader = new VolumeReader(volume.thread, VOLUME_ID);
  await reader.seek(from, sequence);
  const items: VolumeItem[] = [];
  while (items.at(-1)?.kind !== 'end-of-data') items.push(...(await reader.read(volume.slots.slice(0, 3))));
  return items;
}

function summary(items: readonly VolumeItem[]): readonly string[] {
  return items.map((item) => {
    switch (item.kind) {
      case 'block':
        return `${String(item.blockAddress)} ${item.header.type}`;
      case 'damage':
        return `${String(item.blockAddress)} ${item.damage}`;
      case 'filemark':
      case 'end-of-data':
        return `${String(item.blockAddress)} ${item.kind}`;
    }
  });
}

/** Changes the header of a block and makes its CRC right again. */
function rewriteHeader(volume: SampleVolume, address: number, change: (block: Uint8Array) => void): void {
  const block = volume.medium.blockAt(address);
  change(block);
  new DataView(block.buffer, block.byteOffset).setUint32(124, crc32c(block.subarray(0, 124)), true);
}

const WHOLE = [
  '3 stream-start',
  '4 data',
  '5 data',
  '6 data',
  '7 data',
  '8 data',
  '9 data',
  '10 index',
  '11 filemark',
  '12 end-of-data',
];

function withDamage(address: number, damage: string): readonly string[] {
  return WHOLE.map((line) => (line.startsWith(`${String(address)} `) ? `${String(address)} ${damage}` : line));
}

describe('a reader of a volume', () => {
  it('brings every object in order, with its address', async () => {
    const volume = await makeWritten();
    expect(summary(await readAll(volume))).to.deep.equal(WHOLE);
    expect(summary(await readAll(volume, 7))).to.deep.equal(WHOLE.slice(4));
  });

  it('leaves each block in the slot its item names', async () => {
    const volume = await makeWritten();
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    await reader.seek(4);
    const items = await reader.read([volume.slots[5], volume.slots[2], volume.slots[7]].flatMap((slot) => slot ?? []));
    const seen = items.flatMap((item) => (item.kind === 'block' ? [item] : []));
    expect(seen.map(({ slot }) => slot.index)).to.deep.equal([5, 2, 7]);
    for (const [i, { slot, lengthBytes }] of seen.entries())
      expect(slot.bytes.slice(128, lengthBytes)).to.deep.equal(bytesOfStream(0, 100 * i, 100));
  });

  const damages: readonly [string, string, (volume: SampleVolume, address: number) => void][] = [
    [
      'an object the drive cannot read',
      'unreadable',
      (volume, address) => {
        volume.medium.unreadable.add(address);
      },
    ],
    [
      'a block without the magic',
      'not-a-block',
      (volume, address) => {
        volume.medium.flipBit(address, 5);
      },
    ],
    [
      'a flipped bit in a header',
      'header-damaged',
      (volume, address) => {
        volume.medium.flipBit(address, 8 * 50);
      },
    ],
    [
      'a flipped bit in a payload',
      'payload-damaged',
      (volume, address) => {
        volume.medium.flipBit(address, 8 * 150);
      },
    ],
    [
      'a block that was cut off',
      'length-mismatch',
      (volume, address) => {
        const { objects } = volume.medium;
        objects[address] = { kind: 'block', bytes: volume.medium.blockAt(address).slice(0, -1) };
      },
    ],
    [
      'a block longer than a slot',
      'unreadable',
      (volume, address) => {
        volume.medium.objects[address] = { kind: 'block', bytes: new Uint8Array(5000) };
      },
    ],
    [
      'a block of a later version',
      'unsupported-version',
      (volume, address) => {
        rewriteHeader(volume, address, (block) => {
          block[8] = 2;
        });
      },
    ],
    [
      'a block of another volume',
      'other-volume',
      (volume, address) => {
        rewriteHeader(volume, address, (block) => {
          block.set(uuidBytes(OTHER_VOLUME_ID), 16);
        });
      },
    ],
    [
      'a block with another number',
      'out-of-sequence',
      (volume, address) => {
        rewriteHeader(volume, address, (block) => {
          block[48] = 200;
        });
      },
    ],
  ];
  for (const [what, damage, inflict] of damages)
    it(`classifies ${what} and goes on with the next object`, async () => {
      for (const address of [4, 5, 6, 9]) {
        const volume = await makeWritten();
        inflict(volume, address);
        expect(summary(await readAll(volume, 3, 1)), `at ${String(address)}`).to.deep.equal(
          withDamage(address, damage),
        );
      }
    });

  it('goes on behind several unreadable objects in a row, also when one was the filemark', async () => {
    const volume = await makeWritten();
    const session = new SampleSession(volume, {
      session: 2,
      endOfData: { blockAddress: 12, sequence: 9, lastIndex: 10 },
    });
    await session.data(1, 50);
    await session.checkpoint();
    for (const address of [9, 10, 11]) volume.medium.unreadable.add(address);
    const lines = summary(await readAll(volume));
    expect(lines.slice(6, 11)).to.deep.equal([
      '9 unreadable',
      '10 unreadable',
      '11 unreadable',
      '12 stream-start',
      '13 data',
    ]);
  });

  it('reports an unreadable last object and then the end of data', async () => {
    const volume = await makeWritten();
    volume.medium.objects.pop();
    volume.medium.unreadable.add(10);
    expect(summary(await readAll(volume)).slice(-2)).to.deep.equal(['10 unreadable', '11 end-of-data']);
  });

  it('holds a first block to the number its caller knows', async () => {
    const volume = await makeWritten();
    expect(summary(await readAll(volume, 5, 3))[0]).to.equal('5 data');
    expect(summary(await readAll(volume, 5, 4))[0]).to.equal('5 out-of-sequence');
  });

  it('throws what is wrong with the drive, and reads on after a seek', async () => {
    const volume = await makeWritten();
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    await reader.seek(4);
    volume.thread.losePosition();
    let code = '';
    try {
      await reader.read(volume.slots);
    } catch (error) {
      if (error instanceof StorageError) ({ code } = error);
    }
    expect(code).to.equal('DRIVE_POSITION_LOST');
    await reader.seek(4);
    expect((await reader.read(volume.slots.slice(0, 1)))[0]).to.include({ kind: 'block', blockAddress: 4 });
  });

  it('does not take a failure of the drive in the middle of a run for damage of the medium', async () => {
    const volume = await makeWritten();
    class BrokenDrive extends MemoryDriveThread {
      override async readRun(slots: readonly number[]): Promise<ReadRunResult> {
        const result = await super.readRun(slots);
        const error = new StorageError('DRIVE_HARDWARE', 'the drive is broken').toRecord();
        return { blocks: result.blocks, stop: { kind: 'failure', error } };
      }
    }
    const reader = new VolumeReader(new BrokenDrive(volume.medium, volume.slots), VOLUME_ID);
    await reader.seek(4);
    let code = '';
    try {
      await reader.read(volume.slots.slice(0, 1));
    } catch (error) {
      if (error instanceof StorageError) ({ code } = error);
    }
    expect(code).to.equal('DRIVE_HARDWARE');
  });

  it('believes the thread that a block was damaged on its way, even when it looks whole now', async () => {
    const volume = await makeWritten();
    class SuspiciousThread extends MemoryDriveThread {
      override async readRun(slots: readonly number[]): Promise<ReadRunResult> {
        const result = await super.readRun(slots);
        return { ...result, blocks: result.blocks.map((block) => ({ ...block, seal: 'header-damaged' as const })) };
      }
    }
    const reader = new VolumeReader(new SuspiciousThread(volume.medium, volume.slots), VOLUME_ID);
    await reader.seek(4);
    expect(summary(await reader.read(volume.slots.slice(0, 1)))).to.deep.equal(['4 header-damaged']);
  });
});
