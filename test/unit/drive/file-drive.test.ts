import { expect } from 'chai';
import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../../src/base/crc32c.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { FileDrive } from '../../../src/drive/file-drive.js';
import { codeOf } from '../../support/code-of.js';
import { diskBarcode, FileDriveFixture, recordOffset } from '../../support/file-drive-fixture.js';
import { patternedBytes } from '../../support/patterned-bytes.js';

const CAPACITY = 4 * 1024 * 1024;
const ROOM = new Uint8Array(1024 * 1024);

/** Block n is 800 x n bytes long, so that records are aligned and of different lengths. */
function block(n: number): Uint8Array {
  return patternedBytes(n, n * 800);
}

describe('file-drive', () => {
  let world: FileDriveFixture;
  let drive: FileDrive;

  beforeEach(() => {
    world = new FileDriveFixture();
    drive = world.drive;
    world.insertBlank(CAPACITY);
    drive.open();
    drive.load();
  });
  afterEach(() => {
    world.files.heal();
    drive.close();
    world.dispose();
  });

  /** Objects 0 to 5: blocks 1 and 2, a filemark, blocks 3 and 4, a filemark. */
  function writeRow(): void {
    drive.writeBlock(block(1));
    drive.writeBlock(block(2));
    drive.writeFilemarks(1);
    drive.writeBlock(block(3));
    drive.writeBlock(block(4));
    drive.writeFilemarks(1);
  }

  /** Changes the file while the volume is out of the drive, and loads it again. */
  function tamper(change: (bytes: Buffer) => Buffer | undefined): void {
    drive.unload();
    const bytes = readFileSync(world.path);
    writeFileSync(world.path, change(bytes) ?? bytes);
    drive.load();
  }

  /** What each object is from `first` to the end of data: a block's number, or what came instead. */
  function readFrom(first: number): readonly (number | string)[] {
    const seen: (number | string)[] = [];
    for (let address = first; ; address++) {
      drive.locate(address);
      const one = readOne();
      if (one === 'end-of-data') return seen;
      seen.push(one);
    }
  }

  function readOne(): number | string {
    try {
      const outcome = drive.readBlock(ROOM);
      if (outcome.kind !== 'block') return outcome.kind;
      const n = outcome.lengthBytes / 800;
      return Buffer.compare(ROOM.subarray(0, outcome.lengthBytes), block(n)) === 0 ? n : 'wrong bytes';
    } catch (error) {
      if (isStorageError(error)) return error.code;
      throw error;
    }
  }

  function expectWritingRefused(): void {
    drive.locateEndOfData();
    const before = readFileSync(world.path);
    expect(codeOf(() => drive.writeBlock(block(9)))).to.equal('MEDIUM_WRITE_ERROR');
    drive.rewind();
    expect(codeOf(() => drive.writeFilemarks(1))).to.equal('MEDIUM_WRITE_ERROR');
    drive.rewind();
    expect(
      codeOf(() => {
        drive.erase('short');
      }),
    ).to.equal('MEDIUM_WRITE_ERROR');
    expect(Buffer.compare(readFileSync(world.path), before), 'the file is as it was').to.equal(0);
  }

  it('writes the published format, which a program that knows nothing else can read', () => {
    drive.writeBlock(block(1));
    drive.writeBlock(patternedBytes(7, 13));
    drive.writeFilemarks(1);
    const bytes = readFileSync(world.path);
    expect(bytes.length).to.equal(4096 + 24 + 800 + 24 + 16 + 24);
    const offsets = [4096, 4096 + 824, 4096 + 824 + 40];
    expect(offsets.map((at) => bytes.toString('latin1', at, at + 4))).to.deep.equal(['TLRB', 'TLRB', 'TLRM']);
    expect(offsets.map((at) => bytes.readUInt32LE(at + 4))).to.deep.equal([800, 13, 0]);
    expect(offsets.map((at) => Number(bytes.readBigUInt64LE(at + 8)))).to.deep.equal([0, 1, 2]);
    for (const at of offsets) expect(bytes.readUInt32LE(at + 20)).to.equal(crc32c(bytes.subarray(at, at + 20)));
    expect(Buffer.compare(bytes.subarray(4120, 4920), block(1))).to.equal(0);
    expect(bytes.subarray(4096 + 824 + 24 + 13, 4096 + 824 + 40)).to.deep.equal(Buffer.alloc(3));
  });

  describe('whose file ends in a torn record', () => {
    it('ends its data before it, wherever it was torn, and writes over it', () => {
      writeRow();
      const whole = readFileSync(world.path);
      const last = recordOffset(whole, 4);
      for (let length = last; length < whole.length; length += 97) {
        tamper(() => whole.subarray(0, length));
        const end = length < recordOffset(whole, 5) ? 4 : 5;
        expect(readFrom(3), `cut to ${String(length)}`).to.deep.equal([3, 4].slice(0, end - 3));
        drive.locateEndOfData();
        drive.writeBlock(block(5));
        drive.unload();
        drive.load();
        expect(readFrom(3)).to.deep.equal([...[3, 4].slice(0, end - 3), 5]);
      }
    });

    it('takes zeros and rubbish behind the last record for no data', () => {
      writeRow();
      for (const tail of [Buffer.alloc(5000), patternedBytes(1, 5000), Buffer.from('TLRBTLRM'.repeat(30))]) {
        tamper((bytes) => Buffer.concat([bytes, tail]));
        expect(readFrom(4)).to.deep.equal([4, 'filemark']);
      }
    });

    it('does not take blocks of a disk volume that is inside a block for its own', () => {
      writeRow();
      const inner = readFileSync(world.path).subarray(4096);
      drive.writeBlock(patternedBytes(3, 8));
      drive.locateEndOfData();
      drive.writeBlock(inner);
      drive.writeFilemarks(1);
      const whole = readFileSync(world.path);
      // Cut within the last block, so that records of the inner volume lie behind the last whole one.
      for (let length = recordOffset(whole, 7) + 25; length < recordOffset(whole, 8); length += 501) {
        tamper(() => whole.subarray(0, length));
        drive.locateEndOfData();
        expect(drive.readPosition().blockAddress).to.equal(7);
        expect(drive.writeBlock(block(1))).to.include({ kind: 'written' });
        drive.writeFilemarks(1);
      }
    });

    it('never lets old records come back behind a new one', () => {
      writeRow();
      drive.locate(1);
      drive.writeBlock(block(2));
      drive.unload();
      drive.load();
      expect(readFrom(0)).to.deep.equal([1, 2]);
    });

    it('cuts off the old end and makes the cut durable before it writes', () => {
      writeRow();
      drive.locate(1);
      world.files.log.length = 0;
      drive.writeBlock(block(2));
      expect(world.files.log.map(({ kind }) => kind)).to.deep.equal(['truncate', 'sync', 'write', 'write']);
    });
  });

  describe('whose file is damaged in the middle', () => {
    for (let object = 0; object < 5; object++)
      it(`reports object ${String(object)} as unreadable, reads all others and writes nothing any more`, () => {
        writeRow();
        tamper((bytes) => {
          const at = recordOffset(bytes, object) + 9;
          bytes[at] = (bytes[at] ?? 0) ^ 0x10;
          return undefined;
        });
        const row: (number | string)[] = [1, 2, 'filemark', 3, 4, 'filemark'];
        row[object] = 'MEDIUM_READ_ERROR';
        expect(readFrom(0)).to.deep.equal(row);
        expectWritingRefused();
      });

    it('counts the objects that a longer hole swallowed', () => {
      writeRow();
      tamper((bytes) => {
        bytes.fill(0xee, recordOffset(bytes, 1), recordOffset(bytes, 3) + 30);
        return undefined;
      });
      expect(readFrom(0)).to.deep.equal([
        1,
        'MEDIUM_READ_ERROR',
        'MEDIUM_READ_ERROR',
        'MEDIUM_READ_ERROR',
        4,
        'filemark',
      ]);
      expectWritingRefused();
    });

    it('reads on behind several damaged places', () => {
      writeRow();
      tamper((bytes) => {
        for (const object of [1, 3]) bytes[recordOffset(bytes, object)] = 0;
        return bytes;
      });
      // The second offset was computed before the first record was damaged: both headers are gone.
      expect(readFrom(0)).to.deep.equal([1, 'MEDIUM_READ_ERROR', 'filemark', 'MEDIUM_READ_ERROR', 4, 'filemark']);
      expectWritingRefused();
    });

    it('finds the next record across the seams of the windows in which it looks', () => {
      const large = patternedBytes(1, 1024 * 1024 - 8);
      drive.writeBlock(block(1));
      drive.writeBlock(large);
      drive.writeBlock(block(2));
      drive.writeFilemarks(1);
      tamper((bytes) => {
        bytes[4096 + 824] = 0;
        return bytes;
      });
      expect(readFrom(0)).to.deep.equal([1, 'MEDIUM_READ_ERROR', 2, 'filemark']);
    });

    it('does not count filemarks across a damaged object, which may have been one', () => {
      writeRow();
      tamper((bytes) => {
        bytes[recordOffset(bytes, 1)] = 0;
        return bytes;
      });
      drive.rewind();
      expect(codeOf(() => drive.spaceFilemarks(1))).to.equal('MEDIUM_READ_ERROR');
      drive.locateEndOfData();
      expect(drive.spaceFilemarks(-2)).to.deep.equal({ remaining: 0 });
      expect(drive.readPosition()).to.include({ blockAddress: 2, fileNumber: null });
      expect(codeOf(() => drive.spaceFilemarks(-1))).to.equal('MEDIUM_READ_ERROR');
      drive.locate(1);
      expect(drive.readPosition().fileNumber).to.equal(0);
    });

    it('leaves a damaged payload to the seals of the blocks', () => {
      writeRow();
      tamper((bytes) => {
        const at = recordOffset(bytes, 1) + 24;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return undefined;
      });
      expect(readFrom(0)).to.deep.equal([1, 'wrong bytes', 'filemark', 3, 4, 'filemark']);
      drive.locateEndOfData();
      expect(drive.writeBlock(block(5))).to.include({ kind: 'written' });
    });

    it('reads around a place the disk cannot read', () => {
      writeRow();
      drive.unload();
      const bad = recordOffset(readFileSync(world.path), 1);
      world.files.plan = ({ kind, offset = 0, lengthBytes = 0 }) =>
        kind === 'read' && offset < bad + 24 && offset + lengthBytes > bad ? { errno: 'EIO' } : null;
      drive.load();
      expect(readFrom(0).slice(0, 2)).to.deep.equal([1, 'MEDIUM_READ_ERROR']);
      expectWritingRefused();
    });

    it('writes nothing behind a last record that the disk cannot read', () => {
      writeRow();
      drive.unload();
      const bad = recordOffset(readFileSync(world.path), 5);
      world.files.plan = ({ kind, offset = 0, lengthBytes = 0 }) =>
        kind === 'read' && offset + lengthBytes > bad ? { errno: 'EIO' } : null;
      drive.load();
      drive.locateEndOfData();
      expect(drive.readPosition().blockAddress).to.equal(5);
      world.files.heal();
      expectWritingRefused();
    });

    it('writes nothing where a whole record with another number follows', () => {
      writeRow();
      tamper((bytes) => Buffer.concat([bytes, bytes.subarray(recordOffset(bytes, 3))]));
      expect(readFrom(4)).to.deep.equal([4, 'filemark']);
      expectWritingRefused();
    });
  });

  describe('whose file begins wrongly', () => {
    it('is read, and not written, when only its header is damaged', () => {
      writeRow();
      tamper((bytes) => {
        bytes[30] = (bytes[30] ?? 0) ^ 1;
        return undefined;
      });
      expect(readFrom(0)).to.deep.equal([1, 2, 'filemark', 3, 4, 'filemark']);
      expectWritingRefused();
    });

    const strangers: readonly (readonly [string, Buffer])[] = [
      ['is empty', Buffer.alloc(0)],
      ['is shorter than a header', Buffer.alloc(4095, 'x')],
      ['is something else', patternedBytes(5, 100_000)],
    ];
    for (const [what, bytes] of strangers)
      it(`is no medium for this drive when it ${what}, and is not touched`, () => {
        drive.unload();
        writeFileSync(world.path, bytes);
        expect(
          codeOf(() => {
            drive.load();
          }),
        ).to.equal('MEDIUM_INCOMPATIBLE');
        expect(drive.readStatus().medium).to.equal('no-medium');
        expect(Buffer.compare(readFileSync(world.path), bytes)).to.equal(0);
      });

    it('is no medium for this drive when it was renamed', () => {
      drive.unload();
      renameSync(world.path, join(world.directory, `${diskBarcode(9)}.vol`));
      world.target(CAPACITY).insert(diskBarcode(9));
      expect(() => {
        drive.load();
      }).to.throw(/its header says it is DSK001DK/);
    });

    it('is no medium for this drive when a later version wrote it', () => {
      expect(() => {
        tamper((bytes) => {
          bytes.writeUInt32LE(7, 16);
          bytes.writeUInt32LE(crc32c(bytes.subarray(0, 4092)), 4092);
          return undefined;
        });
      }).to.throw(/format version 7/);
    });
  });

  describe('on a disk that is full', () => {
    for (const errno of ['ENOSPC', 'EDQUOT', 'EFBIG'])
      for (const nthWrite of [1, 2])
        it(`loses nothing when write ${String(nthWrite)} of a block gets ${errno}, and gives the room back`, () => {
          writeRow();
          const before = readFileSync(world.path);
          world.files.failNth('write', nthWrite, { errno, partialBytes: 20 });
          expect(codeOf(() => drive.writeBlock(block(7)))).to.equal('DEVICE_DISK_FULL');
          expect(Buffer.compare(readFileSync(world.path), before)).to.equal(0);
          expect(codeOf(() => drive.writeBlock(block(7)))).to.equal('DRIVE_POSITION_LOST');
          drive.locateEndOfData();
          drive.writeBlock(block(7));
          drive.writeFilemarks(1);
          expect(readFrom(4)).to.deep.equal([4, 'filemark', 7, 'filemark']);
        });

    it('ignores the torn record when it cannot even be cut off, and cuts it before it writes again', () => {
      writeRow();
      const before = readFileSync(world.path).length;
      let broken = true;
      world.files.plan = ({ kind, lengthBytes = 0 }) => {
        if (!broken) return null;
        if (kind === 'truncate') return { errno: 'EIO' };
        return kind === 'write' && lengthBytes > 24 ? { errno: 'ENOSPC', partialBytes: 100 } : null;
      };
      expect(codeOf(() => drive.writeBlock(block(7)))).to.equal('DEVICE_DISK_FULL');
      expect(readFileSync(world.path).length).to.equal(before + 124);
      broken = false;
      drive.locateEndOfData();
      drive.writeBlock(block(1));
      expect(readFileSync(world.path).length).to.equal(before + 824);
      drive.unload();
      drive.load();
      expect(readFrom(4)).to.deep.equal([4, 'filemark', 1]);
    });

    it('is told by the flush as well, where the file system allocates late', () => {
      writeRow();
      drive.writeBlock(block(5));
      world.files.failNth('sync', 1, { errno: 'ENOSPC' });
      expect(
        codeOf(() => {
          drive.synchronize();
        }),
      ).to.equal('DEVICE_DISK_FULL');
    });
  });

  it('writes no more after a flush that failed until the volume was loaded anew, since a second one would hide it', () => {
    writeRow();
    drive.writeBlock(block(5));
    world.files.failNth('sync', 1, { errno: 'EIO' });
    expect(codeOf(() => drive.writeFilemarks(1))).to.equal('MEDIUM_WRITE_ERROR');
    drive.locateEndOfData();
    expect(codeOf(() => drive.writeBlock(block(6)))).to.equal('MEDIUM_WRITE_ERROR');
    expect(readFrom(0).slice(0, 6)).to.deep.equal([1, 2, 'filemark', 3, 4, 'filemark']);
    drive.load();
    drive.locateEndOfData();
    expect(drive.writeBlock(block(6))).to.include({ kind: 'written' });
  });

  it('synchronizes what was written before it unloads and before it closes', () => {
    drive.writeBlock(block(1));
    world.files.log.length = 0;
    drive.unload();
    expect(world.files.log.map(({ kind }) => kind)).to.deep.equal(['sync']);
    drive.load();
    drive.locateEndOfData();
    drive.writeBlock(block(2));
    world.files.log.length = 0;
    drive.close();
    expect(world.files.log.map(({ kind }) => kind)).to.deep.equal(['sync']);
  });

  it('is write-protected by the mode of its file where the system enforces it', () => {
    writeRow();
    drive.unload();
    // Root may write whatever the mode is, so the system's refusal is played.
    world.files.failNth('open', 2, { errno: 'EACCES' });
    drive.load();
    expect(drive.readStatus().writeProtected).to.equal(true);
    expect(codeOf(() => drive.writeBlock(block(1)))).to.equal('MEDIUM_WRITE_PROTECTED');
    expect(readFrom(0)).to.have.length(6);
  });

  it('says which file is missing when the volume in the drive was taken away', () => {
    drive.unload();
    rmSync(world.path);
    expect(
      codeOf(() => {
        drive.load();
      }),
    ).to.equal('DRIVE_NO_MEDIUM');
    expect(() => {
      drive.load();
    }).to.throw(world.path);
  });

  it('does not open where the directory is missing', () => {
    const other = new FileDriveFixture();
    other.dispose();
    expect(
      codeOf(() => {
        other.drive.open();
      }),
    ).to.equal('DEVICE_OPEN_FAILED');
  });

  it('tells of a file that was cut short under it', () => {
    writeRow();
    truncateSync(world.path, recordOffset(readFileSync(world.path), 3) + 100);
    expect(readFrom(0)).to.deep.equal([
      1,
      2,
      'filemark',
      'MEDIUM_READ_ERROR',
      'MEDIUM_READ_ERROR',
      'MEDIUM_READ_ERROR',
    ]);
  });

  it('keeps within the capacity to the byte', () => {
    drive.unload();
    world.insertBlank(1024 * 1024);
    drive.load();
    while (drive.writeBlock(block(100)).kind === 'written');
    let kind = 'written';
    while (kind === 'written') ({ kind } = drive.writeBlock(new Uint8Array(8)));
    drive.synchronize();
    const { length } = readFileSync(world.path);
    expect(length).to.be.at.most(1024 * 1024);
    expect(length).to.be.greaterThan(1024 * 1024 - 32);
    expect(drive.readMediumAttributes()).to.include({
      capacityBytes: 1024 * 1024,
      remainingBytes: 1024 * 1024 - length,
    });
  });
});
