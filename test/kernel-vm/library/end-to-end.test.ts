import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { MediumView, StreamView } from '../../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../../support/patterned-bytes.js';
import { AttachedLibrary } from './attached-library.js';
import { LibraryNode } from './library-node.js';

const attached = await AttachedLibrary.get();
const MEBIBYTE = 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
const PAYLOAD_BYTES = BLOCK_BYTES - 128;
const SMALL = ['KVM001L6', 'KVM002L6', 'KVM003L6'];

/**
 * Streams whose last block is at most half a block, or a whole one: tgt gives back wrong bytes for what lies between (see
 * docs/TESTING.md), which our checksums find.
 */
const SIZES = [0, 1, 3 * PAYLOAD_BYTES, 5 * PAYLOAD_BYTES + 100_000];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * What a tape holds up to its last filemark, by mt and dd: the blocks of each tape file. Nothing is read at the end of the data, for
 * which tgt and st together give a block of whatever the buffer holds.
 */
function tapeFilesByDd(device: string): readonly number[] {
  const mt = (...words: readonly string[]): boolean => spawnSync('mt-st', ['-f', device, ...words]).status === 0;
  mt('rewind');
  let filemarks = 0;
  while (mt('fsf', '1')) filemarks++;
  mt('rewind');
  return Array.from({ length: filemarks }, () => {
    const { stderr } = spawnSync('dd', [`if=${device}`, 'of=/dev/null', `bs=${String(BLOCK_BYTES)}`], {
      encoding: 'utf8',
    });
    const [, whole, part] = /^(\d+)\+(\d+) records in$/m.exec(stderr) ?? [];
    return Number(whole) + Number(part);
  });
}

describe('the real daemon on a tape library of the kernel', () => {
  let node: LibraryNode;
  /** In the order of SIZES, and behind them the one over two cartridges. */
  let streams: string[] = [];

  before(async () => {
    SMALL.forEach((barcode, index) => {
      attached.library.addCartridge(barcode, index + 1, 4 * MEBIBYTE);
    });
    node = new LibraryNode();
    await node.start();
  });
  after(async () => {
    await node.remove();
    attached.clear();
  });

  async function mustSucceed(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await node.cli(...args);
    expect(status, `tapeloom ${args.join(' ')}: ${stderr}\n${node.log}`).to.equal(0);
    return stdout.toString('utf8');
  }

  async function save(name: string, input: Iterable<Uint8Array>): Promise<string> {
    const saved = await node.cliWith({ input }, 'save', '--pool', 'default', '--name', name, '-');
    expect(saved.status, `${saved.stderr}\n${node.log}`).to.equal(0);
    return saved.stdout.toString('utf8').trim();
  }

  async function restoredSha256(streamId: string): Promise<string> {
    const restored = await node.cli('restore', streamId, '-');
    expect(restored.status, `${restored.stderr}\n${node.log}`).to.equal(0);
    return sha256(restored.stdout);
  }

  it('is configured from what tapeloomd --scan found: both drives, by their own serial numbers, and the changer', async () => {
    for (const number of [0, 1]) {
      const { devicePath, genericPath } = attached.drive(number);
      const serial = `DRIVE${String(number + 1)}`;
      const inquiry = spawnSync('sg_inq', ['-p', 'sn', genericPath ?? ''], { encoding: 'utf8' });
      expect(inquiry.stdout).to.include(serial);
      expect(node.scanned).to.match(new RegExp(`serial ${serial},.* node ${devicePath}\n\\[\\[drive`));
    }
    expect(node.scanned).to.include(`\ndevice = "${attached.changerPath}"`);
    expect(node.scanned).to.include('12 slots, 2 import/export slots, 2 drives').and.include('does not tell serial');
    // Beside the daemon it says the same, and that nothing is left to configure.
    expect(await mustSucceed('drive', 'scan'))
      .to.include('configured as tape0')
      .and.include('configured as tape1');
    expect(await mustSucceed('changer', 'scan')).to.include('configured as ');
  });

  it('is called sound by tapeloom doctor', async () => {
    const report = await mustSucceed('doctor');
    for (const number of [0, 1]) expect(report).to.include(`serial DRIVE${String(number + 1)}`);
    expect(report).to.not.match(/\bfailed\b/);
  });

  it('finds what mtx finds', async () => {
    const shown = await mustSucceed('changer', 'status', '--format', 'mtx');
    const seen = attached.mtxElements();
    expect(seen.filter(({ isFull }) => isFull).map(({ tag }) => tag)).to.deep.equal(SMALL);
    // mtx pads tags to 32 columns, and shows the blank ones that tgt sends of what is empty.
    const elements = (text: string): string =>
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.trimEnd().replace(/:Empty:VolumeTag=$/, ':Empty'))
        .join('\n');
    expect(elements(shown)).to.equal(elements(attached.mtx('status')));
    const { media } = await node.json<{ media: readonly MediumView[] }>('media', 'list');
    expect(media.map(({ barcode }) => barcode)).to.have.members(SMALL);
  });

  it('labels, saves several streams at once over more than one cartridge, and gives them back after a restart', async () => {
    await mustSucceed('media', 'label', ...SMALL.slice(0, 2), '--pool', 'default', '--yes');
    streams = await Promise.all(SIZES.map(async (size, n) => save(`at-once-${String(n)}`, patternedChunks(n, size))));
    // 6 MiB more do not fit on the first cartridge.
    const longBytes = 24 * PAYLOAD_BYTES;
    const ids = [...streams];
    const long = await save('spanning', patternedChunks(9, longBytes));
    streams.push(long);
    const stream = await node.json<StreamView>('stream', 'show', long);
    expect(stream.volumes.map(({ barcode }) => barcode)).to.deep.equal(SMALL.slice(0, 2));
    expect(await node.stop()).to.equal(0);
    await node.start();
    for (const [n, id] of ids.entries())
      expect(await restoredSha256(id), `stream ${String(n)}`).to.equal(sha256(patternedBytes(n, SIZES[n] ?? 0)));
    expect(await restoredSha256(long)).to.equal(sha256(patternedBytes(9, longBytes)));
  });

  it('verifies volumes and streams against the media, and finds them good', async () => {
    for (const words of [
      ['media', 'verify', ...SMALL.slice(0, 2)],
      ['stream', 'verify', streams.at(-1) ?? ''],
    ])
      expect(await mustSucceed(...words)).to.include('all good');
  });

  it('leaves a tape that mt and dd find just as long as the inventory says, in the slot where mtx sees it', async () => {
    const [barcode = ''] = SMALL;
    await mustSucceed('media', 'eject', barcode);
    const { media } = await node.json<{ media: readonly MediumView[] }>('media', 'list');
    expect(await node.stop()).to.equal(0);
    const place = attached.mtxElements().find(({ tag }) => tag === barcode);
    expect(place?.kind).to.equal('import-export');
    attached.mtx('load', place?.number ?? 0, 0);
    const files = tapeFilesByDd(attached.drive(0).devicePath);
    const filemarks = files.length;
    const blocks = files.reduce((sum, count) => sum + count, 0);
    const volume = media.find((one) => one.barcode === barcode)?.volume;
    // VOL1 and LABEL, then the checkpoints.
    expect(files[0]).to.equal(2);
    expect(blocks + filemarks).to.equal(volume?.endOfData.blockAddress);
  });
});
