import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { MT_OP } from '../../../src/device/mtio.js';
import { StNode } from '../../contract/st-node/st-node.js';
import { testBlock } from '../../support/test-block.js';
import { AttachedLibrary } from './attached-library.js';
import { LibraryBay } from './library-bay.js';

const attached = await AttachedLibrary.get();
const KIBIBYTE = 1024;

/** That it is tgt which is at fault, and not `st` or this program: what the medium itself holds is in a file. */
describe('tgt as a tape drive', () => {
  let bay: LibraryBay;
  let node: StNode;

  beforeEach(() => {
    bay = new LibraryBay(attached);
    bay.insertBlank(4 * KIBIBYTE * KIBIBYTE);
    node = new StNode(createSyscallPort(), bay.path);
    node.open();
    node.operate(MT_OP.rewind);
  });
  afterEach(() => {
    node.close();
    bay.empty();
  });

  function readInto(bytes: number): Uint8Array {
    const room = new Uint8Array(bytes);
    node.operate(MT_OP.rewind);
    expect(node.readInto(room)).to.equal(48 * KIBIBYTE);
    return room.subarray(0, 48 * KIBIBYTE);
  }

  it('keeps a block rightly, gives it rightly into room of its length, and wrongly into larger room', () => {
    const block = testBlock(7, 48 * KIBIBYTE);
    node.write(block);
    node.operate(MT_OP.writeFilemarks);
    expect(
      readFileSync(bay.cartridgeFile).includes(Buffer.from(block)),
      'the file of the cartridge holds the block',
    ).to.equal(true);
    expect(Buffer.compare(readInto(48 * KIBIBYTE), block)).to.equal(0);
    const wrong = readInto(64 * KIBIBYTE);
    expect(Buffer.compare(wrong, block)).to.not.equal(0);
    // Right up to room minus length, as if what the target takes for a residual were the length of the reply.
    const right = 16 * KIBIBYTE;
    expect(Buffer.compare(wrong.subarray(0, right), block.subarray(0, right))).to.equal(0);
    node.close();
    // dd, which knows nothing of this program, reads the same.
    const dd = spawnSync('dd', [`if=${bay.path}`, 'bs=64k', 'count=1'], { maxBuffer: KIBIBYTE * KIBIBYTE });
    expect(Buffer.compare(dd.stdout, block)).to.not.equal(0);
  });

  it('gives a small block rightly into room of twice its length and more', () => {
    const block = testBlock(8, 48 * KIBIBYTE);
    node.write(block);
    node.operate(MT_OP.writeFilemarks);
    expect(Buffer.compare(readInto(96 * KIBIBYTE), block)).to.equal(0);
  });

  it('gives nothing at the end of the data, of which st makes a block of what the room held', () => {
    node.write(testBlock(1, KIBIBYTE));
    node.operate(MT_OP.writeFilemarks);
    node.operate(MT_OP.rewind);
    node.reads(2);
    const room = new Uint8Array(4 * KIBIBYTE).fill(0xee);
    expect(node.readInto(room)).to.equal(room.length);
    expect(node.status()).to.include({ flags: 'EOD ONLINE' });
  });
});
