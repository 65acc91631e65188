import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemBlockingClock } from '../../../src/base/blocking-clock.js';
import { crc32c } from '../../../src/base/crc32c.js';
import { createFilePort } from '../../../src/device/linux-files.js';
import { BlockSealer } from '../../../src/drive/block-sealer.js';
import { DiskTarget } from '../../../src/drive/disk-target.js';
import { DriveExecutor } from '../../../src/drive/drive-executor.js';
import { FileDrive } from '../../../src/drive/file-drive.js';
import { InlineDriveThread } from '../../../src/drive/inline-drive-thread.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { BLOCK_SEAL } from '../../../src/volume/block-header.js';
import { readLabel, writeLabel } from '../../../src/volume/label-io.js';
import { catalogVolume } from '../../../src/volume/volume-catalog.js';
import { VolumeReader } from '../../../src/volume/volume-reader.js';
import { makeSlots } from '../../support/memory-drive-thread.js';
import {
  firstOf,
  LABEL,
  SampleSession,
  SLOT_BYTES,
  VOLUME_ID,
  type SessionVolume,
} from '../../support/volume-samples.js';

const DISK_BARCODE = 'TPL001DK' as Barcode;
const SLOTS = 8;

describe('a volume on disk, through the drive thread of the product,', () => {
  let directory = '';
  let volume: SessionVolume;

  /** The drive as after a start of the daemon: the volume is in it and not loaded. */
  async function startDrive(): Promise<SessionVolume> {
    const slots = makeSlots(SLOTS, SLOT_BYTES);
    const ring = {
      memory: firstOf(slots).bytes.buffer as SharedArrayBuffer,
      firstSlotOffset: 0,
      slotBytes: SLOT_BYTES,
      slotCount: SLOTS,
    };
    const drive = new FileDrive({ files: createFilePort(), directory });
    const sealer = new BlockSealer(BLOCK_SEAL, crc32c);
    const executor = new DriveExecutor({ drive, ring, sealer, clock: systemBlockingClock });
    const thread = new InlineDriveThread(executor);
    await thread.open();
    await thread.load();
    return { medium: null, slots, thread };
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-volume-'));
    const files = createFilePort();
    const target = new DiskTarget({ drive: 'disk0', directory, capacityBytes: 64 * 1024 * 1024, files });
    target.create(DISK_BARCODE);
    target.insert(DISK_BARCODE);
    volume = await startDrive();
  });

  afterEach(async () => {
    await volume.thread.close();
    rmSync(directory, { recursive: true });
  });

  it('is blank, then labelled, and is known again after a restart', async () => {
    const label = { ...LABEL, barcode: DISK_BARCODE };
    expect(await readLabel(volume.thread, firstOf(volume.slots))).to.deep.equal({ kind: 'blank' });
    await writeLabel(volume.thread, firstOf(volume.slots), label);
    await volume.thread.close();
    volume = await startDrive();
    expect(await readLabel(volume.thread, firstOf(volume.slots))).to.deep.equal({ kind: 'tapeloom', label });
  });

  it('is catalogued after a restart as it was written, from indexes and from blocks', async () => {
    await writeLabel(volume.thread, firstOf(volume.slots), { ...LABEL, barcode: DISK_BARCODE });
    const session = new SampleSession(volume);
    for (let i = 0; i < 30; i++) await session.data(i % 3, 100 + i);
    await session.checkpoint();
    for (let i = 0; i < 10; i++) await session.data(i % 2, 200);
    await session.end(2);
    const { endOfData } = await session.checkpoint();
    await session.data(0, 10);
    await session.submit();
    await volume.thread.close();

    volume = await startDrive();
    const reader = new VolumeReader(volume.thread, VOLUME_ID);
    const found = await catalogVolume(reader, volume.slots);
    expect(found.damage).to.deep.equal([]);
    expect(found.committedEnd).to.equal(endOfData.blockAddress);
    expect(found.endOfData).to.deep.equal({
      blockAddress: endOfData.blockAddress + 1,
      sequence: endOfData.sequence + 1,
      lastIndex: endOfData.lastIndex,
    });
    expect(found.streams.map(({ lengthBytes, state }) => [lengthBytes, state])).to.deep.equal([
      [2135, 'open'],
      [2145, 'open'],
      [1155, 'complete'],
    ]);
    expect(await catalogVolume(reader, volume.slots, 'blocks')).to.deep.equal(found);
  });
});
