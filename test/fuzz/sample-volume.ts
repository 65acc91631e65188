import { FileDrive } from '../../src/drive/file-drive.js';
import { FILE_HEADER_BYTES } from '../../src/drive/disk-volume-codec.js';
import { DiskTarget } from '../../src/drive/disk-target.js';
import { decodeBlockHeader } from '../../src/volume/block-header.js';
import type { EndOfData, Extent } from '../../src/volume/extent.js';
import type { StreamId } from '../../src/terms/ids.js';
import { diskBarcode } from '../support/file-drive-fixture.js';
import { MemoryFiles } from '../support/memory-files.js';
import type { MemoryMedium, MemoryObject } from '../support/memory-drive-thread.js';
import { bytesOfStream, makeVolume, SampleSession, streamId } from '../support/volume-samples.js';

export interface SampleStream {
  /** As far as its client sent it. */
  readonly bytes: Buffer;
  /** As far as it was acknowledged, and where that lies: what the inventory knows. */
  readonly durableBytes: number;
  readonly extents: readonly Extent[];
  readonly isComplete: boolean;
}

/** A volume as sessions wrote it, and what is on it. */
export interface SampleVolume {
  readonly objects: readonly MemoryObject[];
  readonly streams: ReadonlyMap<StreamId, SampleStream>;
}

/**
 * Small, so that many of them can be read in a second, with all that a volume can have: streams interleaved, open and complete, some
 * checkpoints, a tail that a crash left without a filemark and one with, two more sessions, and its end.
 */
export async function makeSampleVolume(): Promise<SampleVolume> {
  const volume = await makeVolume();
  const first = new SampleSession(volume);
  for (let i = 0; i < 14; i++) await first.data(i % 3, 150 + 90 * (i % 4));
  await first.checkpoint();
  for (let i = 0; i < 9; i++) await first.data(i % 2, 400);
  await first.end(1);
  await first.checkpoint();
  for (let i = 0; i < 4; i++) await first.data((i % 2) * 2, 200);
  await first.submit();

  const second = new SampleSession(volume, { session: 2, endOfData: endOf(volume), written: writtenBy(first) });
  for (let i = 0; i < 8; i++) await second.data(3, 250, i === 7);
  await second.end(3);
  await second.checkpoint();
  await second.data(4, 100);
  await second.submit();
  await volume.thread.writeFilemarks(1);

  const written = writtenBy(first, second);
  const third = new SampleSession(volume, { session: 3, endOfData: endOf(volume), written });
  for (let i = 0; i < 6; i++) await third.data(5, 300);
  await third.end(5);
  await third.close('full');

  const sessions = [first, second, third];
  const complete = new Set([1, 3, 5]);
  const streams = [0, 1, 2, 3, 4, 5].map((n): readonly [StreamId, SampleStream] => {
    const extents = sessions.flatMap(({ checkpoints }) =>
      checkpoints.flatMap((checkpoint) => checkpoint.extents.get(streamId(n)) ?? []),
    );
    const durableBytes = extents.reduce((sum, { bytes }) => sum + bytes, 0);
    const length = complete.has(n) ? durableBytes : Math.max(...sessions.map((session) => session.lengthOf(n)));
    const bytes = Buffer.from(bytesOfStream(n, 0, length));
    return [streamId(n), { bytes, durableBytes, extents, isComplete: complete.has(n) }];
  });
  return { objects: volume.medium.objects, streams: new Map(streams) };
}

function writtenBy(...sessions: readonly SampleSession[]): { readonly blocks: number; readonly bytes: number } {
  const checkpoints = sessions.flatMap((session) => session.checkpoints);
  const sum = (of: 'blocks' | 'bytes'): number => checkpoints.reduce((all, one) => all + one[of], 0);
  return { blocks: sum('blocks'), bytes: sum('bytes') };
}

/** Behind everything on the medium, which ends with a block or a filemark behind one. */
function endOf({ medium }: { readonly medium: MemoryMedium }): EndOfData {
  const filemarks = medium.objects.filter(({ kind }) => kind === 'filemark').length;
  const blockAddress = medium.objects.length;
  return { blockAddress, sequence: blockAddress - filemarks - 1, lastIndex: lastIndexOf(medium) };
}

function lastIndexOf({ objects }: MemoryMedium): number {
  return objects.findLastIndex((object) => {
    const decoded = object.kind === 'block' ? decodeBlockHeader(object.bytes) : null;
    return decoded?.kind === 'good' && decoded.header.type === 'index';
  });
}

const DIRECTORY = 'd';
const BARCODE = diskBarcode(1);
const VOLUME_PATH = `${DIRECTORY}/${BARCODE}.vol`;

/** The file of a disk volume with these objects. */
export function diskVolumeOf(objects: readonly MemoryObject[]): Buffer {
  const files = new MemoryFiles();
  const target = new DiskTarget({ drive: 'disk0', directory: DIRECTORY, capacityBytes: 2 ** 30, files });
  target.create(BARCODE);
  target.insert(BARCODE);
  const drive = new FileDrive({ files, directory: DIRECTORY });
  drive.open();
  drive.load();
  for (const object of objects) {
    if (object.kind === 'block') drive.writeBlock(object.bytes);
    else drive.writeFilemarks(1);
  }
  drive.close();
  return Buffer.from(files.bytes(VOLUME_PATH));
}

/** A drive with a volume whose file holds these bytes, whatever they are; open and not loaded. */
export function driveWithVolume(file: Uint8Array): FileDrive {
  const files = MemoryFiles.withChanges([
    { kind: 'write', path: VOLUME_PATH, offset: 0, bytes: file },
    { kind: 'write', path: `${DIRECTORY}/loaded`, offset: 0, bytes: Buffer.from(`${BARCODE}\n`) },
  ]);
  const drive = new FileDrive({ files, directory: DIRECTORY });
  drive.open();
  return drive;
}

/** What `dd` makes of the row: the tape files' bytes. */
export function tapeFilesOf(objects: readonly MemoryObject[]): readonly Buffer[] {
  const files: Uint8Array[][] = [[]];
  for (const object of objects) {
    if (object.kind === 'block') files.at(-1)?.push(object.bytes);
    else files.push([]);
  }
  return files.map((blocks) => Buffer.concat(blocks));
}

/** Where the records of a disk volume's file begin, as far as their lengths can be followed. */
export function* recordsIn(file: Buffer): Generator<{ readonly at: number; readonly end: number }> {
  for (let at = FILE_HEADER_BYTES; at + 24 <= file.length;) {
    const end = at + 24 + Math.ceil(file.readUInt32LE(at + 4) / 8) * 8;
    yield { at, end: Math.min(end, file.length) };
    at = end;
  }
}
