import { crc32c } from '../../../src/base/crc32c.js';
import type { StorageError } from '../../../src/base/storage-error.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { BLOCK_HEADER_BYTES, sealBlock } from '../../../src/volume/block-header.js';
import { must, type FuzzTarget } from '../fuzz-target.js';
import { checkReader } from '../reader-check.js';
import { ReaderInMemory } from '../reader-in-memory.js';
import { diskVolumeOf, driveWithVolume, recordsIn, tapeFilesOf, type SampleVolume } from '../sample-volume.js';

/** Makes record headers, block headers and payloads agree with their CRCs again, as far as the records can be followed. */
function mendDiskVolume(file: Buffer): Buffer {
  for (const { at, end } of recordsIn(file)) {
    file.writeUInt32LE(crc32c(file.subarray(at, at + 20)), at + 20);
    const block = file.subarray(at + 24, Math.min(end, at + 24 + file.readUInt32LE(at + 4)));
    if (block.length >= BLOCK_HEADER_BYTES) sealBlock(block);
  }
  return file;
}

/** Everything a drive does with a volume's file: finds its objects, reads, locates and spaces. */
function diskFile(seed: Buffer): FuzzTarget {
  return {
    name: 'disk-volume-file',
    seeds: [seed],
    mend: mendDiskVolume,
    share: 0.1,
    check(input) {
      const drive = driveWithVolume(input);
      if (
        attempt(() => {
          drive.load();
        }) !== null
      )
        return;
      const into = new Uint8Array(1 << 20);
      drive.locateEndOfData();
      const end = drive.readPosition().blockAddress;
      must(end <= input.length / 24, 'there are no more objects than records fit into the file');
      for (let object = 0; object < end; object++) {
        drive.locate(object);
        attempt(() => {
          const outcome = drive.readBlock(into);
          must(outcome.kind !== 'end-of-data', 'the data does not end before its end');
        });
        must(drive.readPosition().blockAddress === object + 1, 'also a damaged object is passed');
      }
      drive.rewind();
      for (let filemarks = 0, remaining = 0; remaining === 0 && filemarks <= end; filemarks++) {
        const failure = attempt(() => {
          ({ remaining } = drive.spaceFilemarks(1));
        });
        if (failure !== null) drive.locate(Number(failure.context['blockAddress']) + 1);
      }
      drive.close();
    },
  };
}

/** The failure, when there is one of those a drive declares for a damaged volume. */
function attempt(run: () => void): StorageError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (!isStorageError(error, 'MEDIUM_READ_ERROR', 'MEDIUM_INCOMPATIBLE', 'MEDIUM_BLOCK_TOO_LARGE')) throw error;
    return error;
  }
}

export function makeMediumTargets(volume: SampleVolume, reader: ReaderInMemory): readonly FuzzTarget[] {
  const disk = diskVolumeOf(volume.objects);
  const dump = tapeFilesOf(volume.objects);
  const cuts = dump.map((_, i) => dump.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
  return [
    diskFile(disk),
    {
      name: 'reader-of-disk-volumes',
      seeds: [disk],
      mend: mendDiskVolume,
      share: 0.05,
      check(input, mended) {
        const path = ReaderInMemory.path('volume.vol');
        checkReader(reader, volume, path, new Map([[path, input]]), mended);
      },
    },
    {
      // The tape files one behind the other, cut where they were.
      name: 'reader-of-tape-files',
      seeds: [Buffer.concat(dump)],
      share: 0.05,
      check(input) {
        const path = ReaderInMemory.path('dump');
        const files = cuts.map((end, i): readonly [string, Buffer] => [
          `${path}/${String(i)}`,
          input.subarray(cuts[i - 1] ?? 0, end),
        ]);
        checkReader(reader, volume, path, new Map(files), false);
      },
    },
  ];
}
