import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { describeStNodeContract, type StNodeFixture } from '../../contract/st-node.contract.js';
import { AttachedLibrary } from './attached-library.js';
import { LibraryBay } from './library-bay.js';

const attached = await AttachedLibrary.get();

/** The kernel's st driver over a drive of tgt's library. */
class LibraryNodeFixture implements StNodeFixture {
  readonly #bay = new LibraryBay(attached);
  readonly port = createSyscallPort();
  readonly path = this.#bay.path;
  readonly misreadsEndOfData = true;
  readonly shortestBlockBytes = this.#bay.shortestBlockBytes;

  insertBlank(capacityBytes: number): void {
    this.#bay.insertBlank(capacityBytes);
  }

  writeProtect(): void {
    this.#bay.writeProtect();
  }

  failNext(): never {
    throw new Error('tgt cannot be made to fail a write without breaking its own file');
  }

  reset(): void {
    this.#bay.reset();
  }

  dispose(): void {
    this.#bay.empty();
  }
}

const MISREAD =
  'it sets EOM with BLANK CHECK and tells no residual, and st gives the whole room for the end of the data (library/faults-of-tgt.test.ts)';
const BACKWARD = 'its SPACE backwards over filemarks ends one object too far';
const NO_RESIDUAL = 'it tells no residual when it meets the end of the data';
const UNFAILING = 'it cannot be made to fail without breaking the file of the cartridge';

describeStNodeContract('kernel + tgt', () => new LibraryNodeFixture(), {
  'reading and writing: gives 0 for a filemark, and once more for the end of the data behind it, then EIO': MISREAD,
  'reading and writing: gives EIO at the end of the data behind a block, which MTIOCGET does not call that': MISREAD,
  'reading and writing: reads at once behind what was written': BACKWARD,
  'moving: over filemarks ends behind them forwards, and before them backwards': BACKWARD,
  'moving: over more filemarks than there are is EIO, at the end of the data, and the files are counted': NO_RESIDUAL,
  'moving: to the end of the data counts the files': NO_RESIDUAL,
  'moving: over blocks counts them, and is EIO behind the filemark that is in the way':
    'its SPACE over blocks passes filemarks and counts them as blocks',
  'failing: a write is EIO, and where the block would be is not known': UNFAILING,
  'failing: a filemark is EIO': UNFAILING,
});
