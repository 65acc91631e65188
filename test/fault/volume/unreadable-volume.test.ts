import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import { catalogVolume } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import {
  bytesOfStream,
  makeVolume,
  SampleSession,
  VOLUME_ID,
  type SampleVolume,
} from '../../support/volume-samples.js';

// Byte 10 of a block header.
const DATA_TYPE = 2;
const INDEX_TYPE = 5;

/** Three checkpoints of two streams. */
async function writeVolume(): Promise<SampleVolume> {
  const volume = await makeVolume();
  const session = new SampleSession(volume);
  for (let checkpoint = 0; checkpoint < 3; checkpoint++) {
    for (let i = 0; i < 3; i++) await session.data(i % 2, 50 + i);
    await session.checkpoint();
  }
  return volume;
}

/** Every byte range the catalogue names holds, on the medium, exactly those bytes of that stream. */
async function checkExtents(volume: SampleVolume): Promise<number> {
  const { streams } = await catalogVolume(new VolumeReader(volume.thread, VOLUME_ID), volume.slots);
  let bytes = 0;
  for (const { streamId, extents } of streams)
    for (const extent of extents) {
      const blocks = Array.from({ length: extent.blocks }, (_, i) =>
        volume.medium.blockAt(extent.blockAddress + i).subarray(128),
      );
      const stream = Number(streamId.slice(-2));
      expect(Buffer.concat(blocks)).to.deep.equal(Buffer.from(bytesOfStream(stream, extent.offset, extent.bytes)));
      bytes += extent.bytes;
    }
  return bytes;
}

describe('a volume with one object the drive cannot read, whichever it is,', () => {
  it('is catalogued without a wrong extent and without losing a byte that can be read', async () => {
    const whole = await writeVolume();
    const total = await checkExtents(whole);
    for (let address = 3; address < whole.medium.objects.length; address++)
      for (const spacingStops of [false, true]) {
        const volume = await writeVolume();
        volume.medium.unreadable.add(address);
        volume.medium.spacingStops = spacingStops;
        expect(await checkExtents(volume), `object ${String(address)}`).to.equal(total);
      }
  });

  it('is catalogued without a wrong extent when all indexes are lost as well', async () => {
    const whole = await writeVolume();
    const indexes = whole.medium.objects.flatMap((object, address) =>
      object.kind === 'block' && object.bytes[10] === INDEX_TYPE ? [address] : [],
    );
    const total = await checkExtents(whole);
    for (let address = 3; address < whole.medium.objects.length; address++) {
      const volume = await writeVolume();
      const object = volume.medium.objects[address];
      if (object?.kind !== 'block') continue;
      for (const lost of [address, ...indexes]) volume.medium.unreadable.add(lost);
      const lostBytes = object.bytes[10] === DATA_TYPE ? object.bytes.length - 128 : 0;
      for (const spacingStops of [false, true]) {
        volume.medium.spacingStops = spacingStops;
        expect(await checkExtents(volume), `object ${String(address)}`).to.equal(total - lostBytes);
      }
    }
  });
});

describe('a volume of which a long stretch cannot be read', () => {
  it('is given up after a stated number of objects, with the place', async () => {
    const volume = await makeVolume();
    const session = new SampleSession(volume);
    for (let i = 0; i < 80; i++) await session.data(0, 10);
    await session.checkpoint();
    for (let address = 5; address < volume.medium.objects.length - 1; address++) volume.medium.unreadable.add(address);
    let caught: unknown = null;
    try {
      await catalogVolume(new VolumeReader(volume.thread, VOLUME_ID), volume.slots);
    } catch (error) {
      caught = error;
    }
    expect(isStorageError(caught, 'MEDIUM_READ_ERROR')).to.equal(true);
    expect(caught).to.have.property('context').that.includes({ blockAddress: 69 });
  });
});
