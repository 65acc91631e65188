import { systemBlockingClock } from '../../../src/base/blocking-clock.js';
import { crc32c } from '../../../src/base/crc32c.js';
import { silentLogger } from '../../../src/base/logger.js';
import { SeededRandom } from '../../../src/base/random.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { BlockSealer } from '../../../src/drive/block-sealer.js';
import { DriveExecutor } from '../../../src/drive/drive-executor.js';
import type { DriveThread } from '../../../src/drive/drive-thread.js';
import { InlineDriveThread } from '../../../src/drive/inline-drive-thread.js';
import type { TapeDrive } from '../../../src/drive/tape-drive.js';
import type { StreamId } from '../../../src/terms/ids.js';
import { BlockRing } from '../../../src/transfer/block-ring.js';
import { RestorePass } from '../../../src/transfer/restore-pass.js';
import { RestoreStreamState } from '../../../src/transfer/restore-stream-state.js';
import { BLOCK_SEAL } from '../../../src/volume/block-header.js';
import type { Extent } from '../../../src/volume/extent.js';
import { readLabel } from '../../../src/volume/label-io.js';
import { catalogVolume } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryDriveThread, MemoryMedium } from '../../support/memory-drive-thread.js';
import { RigReceiver } from '../../support/restore-rig.js';
import { RIG_BLOCK_BYTES, RIG_LIMITS, slotsOf } from '../../support/save-rig.js';
import { StDriveFixture } from '../../support/st-drive-fixture.js';
import { BARCODE, firstOf, VOLUME_ID } from '../../support/volume-samples.js';
import { FuzzFailure, must, type FuzzTarget } from '../fuzz-target.js';
import { mutateObjects, type MutatedObjects } from '../object-mutator.js';
import { checkReader } from '../reader-check.js';
import { ReaderInMemory } from '../reader-in-memory.js';
import { diskVolumeOf, driveWithVolume, tapeFilesOf, type SampleVolume } from '../sample-volume.js';

/** What the daemon is told of a medium that is not as it should be. */
const REPORTS = ['MEDIUM_READ_ERROR', 'VOLUME_DAMAGED_INDEX', 'VOLUME_LABEL_DAMAGED', 'MEDIUM_INCOMPATIBLE'] as const;

const ring = new BlockRing(RIG_BLOCK_BYTES, RIG_LIMITS);
const labelSlot = firstOf(slotsOf(ring.memory));
const idle = JSON.stringify(ring.counts);

/** The objects in memory, on a disk volume, on a simulated tape: with the product's drive code where there is some. */
const MEDIA: readonly ((volume: MutatedObjects) => Promise<DriveThread>)[] = [
  async ({ objects, unreadable }) => {
    const medium = new MemoryMedium();
    medium.objects = [...objects];
    for (const address of unreadable) medium.unreadable.add(address);
    return Promise.resolve(new MemoryDriveThread(medium, slotsOf(ring.memory)));
  },
  async ({ objects }) => threadOf(driveWithVolume(diskVolumeOf(objects)), true),
  async ({ objects, unreadable }) => {
    const fixture = new StDriveFixture();
    fixture.insertBlank(16 * 1024 * 1024);
    const { drive } = fixture;
    drive.open();
    drive.load();
    for (const object of objects) {
      if (object.kind === 'block') drive.writeBlock(object.bytes);
      else drive.writeFilemarks(1);
    }
    drive.synchronize();
    for (const address of unreadable) fixture.damageBlock(address);
    return threadOf(drive, false);
  },
];

async function threadOf(drive: TapeDrive, mustLoad: boolean): Promise<DriveThread> {
  const sealer = new BlockSealer(BLOCK_SEAL, crc32c);
  const executor = new DriveExecutor({ drive, ring: ring.memory, sealer, clock: systemBlockingClock });
  const thread = new InlineDriveThread(executor);
  if (mustLoad) await thread.load();
  return thread;
}

/** Null: the medium was reported as damaged. */
async function unlessReported<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isStorageError(error, ...REPORTS)) return null;
    throw error;
  }
}

interface Wanted {
  readonly streamId: StreamId;
  readonly extents: readonly Extent[];
  readonly from: number;
  readonly to: number;
}

/** One pass for all of them: what is delivered is what was saved, and finished is only what is whole. */
async function checkRestore(thread: DriveThread, volume: SampleVolume, wanted: readonly Wanted[]): Promise<void> {
  const parts = wanted.map(({ streamId, extents, from, to }) => {
    const stored = volume.streams.get(streamId);
    must(stored !== undefined, 'a volume names no stream that was never saved');
    const { bytes } = stored;
    const receiver = new RigReceiver();
    const whole = { lengthBytes: bytes.length, crc32c: crc32c(bytes) };
    return {
      streamId,
      bytes,
      receiver,
      from,
      to,
      extents,
      stream: new RestoreStreamState({ streamId, receiver, from, to, whole }),
    };
  });
  const pass = new RestorePass({
    volume: { thread, volumeId: VOLUME_ID, barcode: BARCODE, blockSizeBytes: RIG_BLOCK_BYTES },
    ring,
    clock: new ManualClock(),
    logger: silentLogger,
    limits: RIG_LIMITS,
  });
  await unlessReported(pass.run(parts));
  for (const { bytes, receiver, from, to } of parts) {
    const expected = bytes.subarray(from, to);
    const got = receiver.bytes;
    must(got.equals(expected.subarray(0, got.length)), 'what is delivered is what was saved');
    if (receiver.outcome === 'finished') must(got.length === to - from, 'what is finished is whole');
  }
  must(JSON.stringify(ring.counts) === idle, 'no slot is lost');
}

async function checkCatalog(thread: DriveThread, volume: SampleVolume, source: 'index' | 'blocks'): Promise<void> {
  const slots = slotsOf(ring.memory).slice(0, 4);
  const reader = new VolumeReader(thread, VOLUME_ID);
  const catalog = await unlessReported(catalogVolume(reader, slots, source));
  if (catalog === null) return;
  await checkRestore(
    thread,
    volume,
    catalog.streams.flatMap(({ streamId, extents, lengthBytes }) => {
      const bytes = volume.streams.get(streamId)?.bytes.length ?? 0;
      must(lengthBytes <= bytes, 'a stream is not longer than it was');
      const sorted = [...extents].sort((a, b) => a.offset - b.offset);
      return sorted.length === 0 ? [] : [{ streamId, extents: sorted, from: sorted[0]?.offset ?? 0, to: lengthBytes }];
    }),
  );
}

/** Whole volumes, object by object: the daemon's readers and the stand-alone one deliver right bytes or report damage, never wrong bytes. */
export function makeMutatedVolumeTarget(volume: SampleVolume, reader: ReaderInMemory): FuzzTarget {
  const known = [...volume.streams].map(([streamId, { extents, durableBytes }]): Wanted => ({
    streamId,
    extents,
    from: 0,
    to: durableBytes,
  }));
  return {
    name: 'mutated-volumes',
    // The input is the seed of what happens to the objects.
    seeds: [Buffer.alloc(8)],
    share: 0.05,
    async check(input) {
      const random = new SeededRandom(crc32c(input));
      const mutated = mutateObjects(volume.objects, random);
      const make = MEDIA[random.below(MEDIA.length)];
      must(make !== undefined, 'there is a medium');
      const thread = await make(mutated);
      try {
        await unlessReported(readLabel(thread, labelSlot));
        await checkRestore(thread, volume, known);
        await checkCatalog(thread, volume, 'index');
        await checkCatalog(thread, volume, 'blocks');
        const path = ReaderInMemory.path('volume');
        const files =
          random.below(2) === 0
            ? [[path, diskVolumeOf(mutated.objects)] as const]
            : tapeFilesOf(mutated.objects).map((bytes, i) => [`${path}/${String(i)}`, bytes] as const);
        checkReader(reader, volume, path, new Map(files), false);
      } catch (error) {
        throw new FuzzFailure(`after ${mutated.story.join('; ')}: ${String(error)}`, { cause: error });
      }
    },
  };
}
