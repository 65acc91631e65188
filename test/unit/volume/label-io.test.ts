import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import { encodeVol1 } from '../../../src/volume/ansi-label.js';
import { FIRST_END_OF_DATA, readLabel, writeLabel } from '../../../src/volume/label-io.js';
import { makeSlots, MemoryDriveThread, MemoryMedium } from '../../support/memory-drive-thread.js';
import { BARCODE, firstOf, LABEL, makeVolume, OTHER_VOLUME_ID, SLOT_BYTES } from '../../support/volume-samples.js';

/** What is read from a medium with these objects; null is a filemark. */
async function readingOf(objects: readonly (Uint8Array | null)[]): ReturnType<typeof readLabel> {
  const medium = new MemoryMedium();
  medium.objects = objects.map((bytes) => (bytes === null ? { kind: 'filemark' } : { kind: 'block', bytes }));
  const slots = makeSlots(1, SLOT_BYTES);
  return readLabel(new MemoryDriveThread(medium, slots), firstOf(slots));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('a label', () => {
  it('is read back as it was written, and data begins behind it', async () => {
    const { medium, slots, thread } = await makeVolume();
    expect(await readLabel(thread, firstOf(slots))).to.deep.equal({ kind: 'tapeloom', label: LABEL });
    expect(FIRST_END_OF_DATA).to.deep.equal({ blockAddress: medium.objects.length, sequence: 1, lastIndex: null });
  });

  it('leaves the position where the first block goes', async () => {
    const { thread } = await makeVolume();
    expect((await thread.readPosition()).blockAddress).to.equal(3);
  });

  it('written again replaces everything that was there', async () => {
    const { medium, slots, thread } = await makeVolume();
    const again = { ...LABEL, volumeId: OTHER_VOLUME_ID, labelCount: 2 };
    await writeLabel(thread, firstOf(slots), again);
    expect(await readLabel(thread, firstOf(slots))).to.deep.equal({ kind: 'tapeloom', label: again });
    expect(medium.objects.length).to.equal(3);
  });

  it('is missing on a blank medium, also when a filemark was written on it', async () => {
    expect(await readingOf([])).to.deep.equal({ kind: 'blank' });
    expect(await readingOf([null])).to.deep.equal({ kind: 'blank' });
  });

  it('of another program is named', async () => {
    expect(await readingOf([new Uint8Array(512), null])).to.have.property('kind', 'foreign');
    const bareos = new Uint8Array(1024);
    bareos.set(Buffer.from('BB02'), 12);
    expect(await readingOf([bareos])).to.deep.equal({ kind: 'foreign', what: 'a volume of Bacula or Bareos' });
  });

  it('is not looked for behind a filemark: what lies there is foreign, not blank', async () => {
    expect((await readingOf([null, new Uint8Array(512)])).kind).to.equal('foreign');
    expect((await readingOf([null, null])).kind).to.equal('foreign');
  });

  it('is foreign when the first block is longer than any label', async () => {
    expect((await readingOf([new Uint8Array(SLOT_BYTES + 1)])).kind).to.equal('foreign');
  });

  it('is never taken for a good one when any bit of it flipped, and never for a blank or a stranger', async () => {
    const { medium, slots, thread } = await makeVolume();
    for (const [address, bytes] of [
      [0, 80],
      [1, 4096],
    ] as const)
      for (let bit = 0; bit < bytes * 8; bit += address === 0 ? 1 : 37) {
        medium.flipBit(address, bit);
        const reading = await readLabel(thread, firstOf(slots));
        expect(reading.kind, `bit ${String(bit)} of block ${String(address)}`).to.equal('damaged');
        // A damaged VOL1 does not hide what the LABEL says.
        if (address === 0) expect(reading).to.have.property('label').that.deep.equals(LABEL);
        medium.flipBit(address, bit);
      }
    expect((await readLabel(thread, firstOf(slots))).kind).to.equal('tapeloom');
  });

  it('is damaged, not absent, when the drive cannot read one of its blocks', async () => {
    for (const address of [0, 1]) {
      const { medium, slots, thread } = await makeVolume();
      medium.unreadable.add(address);
      const reading = await readLabel(thread, firstOf(slots));
      expect(reading).to.deep.include({ kind: 'damaged', label: address === 0 ? LABEL : null });
    }
  });

  it('is damaged when labelling was interrupted', async () => {
    const { medium } = await makeVolume();
    expect((await readingOf([encodeVol1(BARCODE)])).kind).to.equal('damaged');
    expect((await readingOf([encodeVol1(BARCODE), null])).kind).to.equal('damaged');
    expect((await readingOf([encodeVol1(BARCODE), medium.blockAt(1)])).kind).to.equal('damaged');
    expect((await readingOf([encodeVol1(BARCODE), medium.blockAt(1), null])).kind).to.equal('tapeloom');
  });

  it('of a later format version is told from a damaged one', async () => {
    const { medium } = await makeVolume();
    const { crc32c } = await import('../../../src/base/crc32c.js');
    const later = medium.blockAt(1).slice();
    const view = new DataView(later.buffer);
    view.setUint16(8, 2, true);
    view.setUint32(124, crc32c(later.subarray(0, 124)), true);
    expect(await readingOf([encodeVol1(BARCODE), later, null])).to.deep.include({
      kind: 'damaged',
      code: 'VOLUME_UNSUPPORTED_FORMAT',
    });
  });

  it('reading rewinds, so that a lost position does no harm', async () => {
    const { slots, thread } = await makeVolume();
    await thread.locateEndOfData();
    thread.losePosition();
    expect((await readLabel(thread, firstOf(slots))).kind).to.equal('tapeloom');
  });

  it('that cannot be written fails, and the thread can be used again', async () => {
    for (const address of [0, 1, 2]) {
      const medium = new MemoryMedium();
      const slots = makeSlots(1, SLOT_BYTES);
      const thread = new MemoryDriveThread(medium, slots);
      medium.failWriteAt = address;
      expect(await codeOf(writeLabel(thread, firstOf(slots), LABEL))).to.equal('MEDIUM_WRITE_ERROR');
      expect((await readLabel(thread, firstOf(slots))).kind).not.to.equal('tapeloom');
      await writeLabel(thread, firstOf(slots), LABEL);
      expect((await readLabel(thread, firstOf(slots))).kind).to.equal('tapeloom');
    }
  });

  it('is not written to a medium that ends at its beginning', async () => {
    for (const limit of ['earlyWarningAt', 'endAt'] as const)
      for (const address of [0, 1, 2]) {
        const medium = new MemoryMedium();
        const slots = makeSlots(1, SLOT_BYTES);
        medium[limit] = address;
        const writing = writeLabel(new MemoryDriveThread(medium, slots), firstOf(slots), LABEL);
        expect(await codeOf(writing)).to.equal('MEDIUM_FULL');
      }
  });

  it('that is not read back as it was written is no success', async () => {
    const medium = new MemoryMedium();
    const slots = makeSlots(1, SLOT_BYTES);
    const thread = new MemoryDriveThread(medium, slots);
    medium.unreadable.add(1);
    expect(await codeOf(writeLabel(thread, firstOf(slots), LABEL))).to.equal('MEDIUM_WRITE_ERROR');
  });
});
