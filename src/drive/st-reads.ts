import { StorageError } from '../base/storage-error.js';
import { ERRNO } from '../device/errno.js';
import { GMT, MT_OP } from '../device/mtio.js';
import type { PositionTrust } from './position-trust.js';
import type { Positioning } from './positioning.js';
import type { ScsiTarget } from './scsi-target.js';
import type { StDevice } from './st-device.js';
import { probeObject } from './tape-moves.js';
import type { ReadOutcome } from './tape-drive.js';

/** What of an StDrive its reads need. */
export interface StReadsParts {
  readonly device: StDevice;
  readonly target: ScsiTarget;
  readonly trust: PositionTrust;
  /** The failure for an errno, after which the position is not known. */
  readonly failure: (errno: number) => StorageError;
}

/**
 * Reads through `st`, which does not always say what it has met (drivers/scsi/st.c of Linux 6.1 to 7.3):
 *
 * | read(2)       | MTIOCGET     | may be                                                                              |
 * | ------------- | ------------ | ----------------------------------------------------------------------------------- |
 * | the full room | EOT or EOD   | a block, or the end of the data: a drive sets EOM with BLANK CHECK behind early     |
 * |               |              | warning, `st` masks the wrong bit (0xcf), and the room holds what it held before    |
 * | 0             | EOT          | a filemark, or such an end of the data                                              |
 * | 0             | EOD          | the end of the data                                                                 |
 * | EIO           | EOD          | the end of the data                                                                 |
 * | EIO           | anything     | the end of the data behind a block, or a bad block                                  |
 *
 * What may be two things is asked of the drive: where it stands, and by a short READ that comes with sense.
 */
export class StReads {
  readonly #device: StDevice;
  readonly #target: ScsiTarget;
  readonly #trust: PositionTrust;
  readonly #failure: StReadsParts['failure'];

  constructor(parts: StReadsParts) {
    this.#device = parts.device;
    this.#target = parts.target;
    this.#trust = parts.trust;
    this.#failure = parts.failure;
  }

  /** `trust.expected` is known. */
  read(into: Uint8Array, positioning: Positioning): ReadOutcome {
    const result = this.#device.read(into);
    if (result === -ERRNO.ENOMEM || (result > 0 && result < into.length)) return this.#block(result, into);
    const flags = this.#device.status()?.flags ?? 0;
    const endOfData = (flags & GMT.endOfData) !== 0;
    if (endOfData && (result === 0 || result === -ERRNO.EIO)) return { kind: 'end-of-data' };
    if (endOfData || (flags & GMT.endOfTape) !== 0 || result < 0) return this.#find(result, into, positioning);
    return result === 0 ? this.#filemark() : this.#block(result, into);
  }

  #block(result: number, into: Uint8Array): ReadOutcome {
    this.#trust.passed(1);
    if (result > 0) return { kind: 'block', lengthBytes: result };
    const { path } = this.#device;
    throw new StorageError(
      'MEDIUM_BLOCK_TOO_LARGE',
      `A block of the tape in ${path} is longer than the ${String(into.length)} bytes there is room for. It was passed over.`,
      { context: { device: path, expectedBlockAddress: this.#trust.expected, roomBytes: into.length } },
    );
  }

  #filemark(): ReadOutcome {
    this.#trust.passed(1);
    return { kind: 'filemark' };
  }

  /** Finds out what a read came to that is not clear. A block that can be read after all is read once more. */
  #find(result: number, into: Uint8Array, positioning: Positioning): ReadOutcome {
    const wasBarred = this.#trust.isBarred;
    const address = this.#trust.expected ?? 0;
    this.#trust.isBarred = true;
    if (result < 0 && result !== -ERRNO.EIO) throw this.#failure(-result);
    const passed = this.#hasPassed(address, positioning);
    if (passed && result < 0) throw this.#failure(-result);
    const found = passed ? (result > 0 ? 'block' : 'filemark') : this.#probe(address);
    const mustRepeat = !passed && found === 'block';
    if (mustRepeat) this.#backTo(address, positioning);
    // Clears what `st` remembers of the end: spaces over no block.
    this.#device.operate(MT_OP.forwardSpaceBlocks, 0);
    const length = mustRepeat ? this.#device.read(into) : result;
    if (mustRepeat && length <= 0 && length !== -ERRNO.ENOMEM) throw this.#failure(ERRNO.EIO);
    this.#trust.isBarred = wasBarred;
    if (found === 'block') return this.#block(length, into);
    return found === 'filemark' ? this.#filemark() : { kind: 'end-of-data' };
  }

  /** Nobody knows on which side of a bad block the tape then stands. */
  #probe(address: number): ReturnType<typeof probeObject> {
    this.#trust.expected = null;
    const found = probeObject(this.#target);
    this.#trust.expected = address;
    return found;
  }

  /** Whether the object at `address` was passed. Where only counting tells, the tape is sent back: then it was not. */
  #hasPassed(address: number, positioning: Positioning): boolean {
    if (!positioning.isTold) {
      this.#backTo(address, positioning);
      return false;
    }
    const found = positioning.ask().blockAddress;
    if (found === address || found === address + 1) return found !== address;
    throw this.#failure(ERRNO.EIO);
  }

  #backTo(blockAddress: number, positioning: Positioning): void {
    this.#trust.expected = null;
    positioning.locate(blockAddress);
    this.#trust.expected = blockAddress;
  }
}
