import { StorageError } from '../base/storage-error.js';
import { encodeRewindCdb } from '../scsi/rewind.js';
import { SPACE_CODES, encodeSpace6Cdb } from '../scsi/space.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import type { PositionTrust } from './position-trust.js';
import type { FoundPosition, Positioning } from './positioning.js';
import { TEST_UNIT_READY, askReady } from './scsi-questions.js';
import type { ScsiTarget } from './scsi-target.js';
import { demandArrival, moveCommand, probeObject } from './tape-moves.js';

/** SPACE(6) counts in 24 bits with sign. */
const MOST_OBJECTS = 0x7f_ffff;

/** How a move forward ended. `end-somewhere`: at the end of the data, and the drive does not tell how far that was. */
type Forward = 'arrived' | 'end' | 'end-somewhere';

/**
 * On a drive without LOCATE, whose READ POSITION is not worth anything either: the objects that were passed are counted from the
 * beginning of the tape (in `trust.expected`), and every way there is a SPACE from a place that is known. Slow, and as good as the
 * drive's own counting; virtual tape drives are such (tgt), LTO drives never.
 *
 * SPACE over blocks stops behind a filemark and says so (SSC-4 6.40); tgt counts filemarks as blocks, which comes to the same. It
 * neither tells how far it came when it meets the end of the data: then the end is closed in on in steps. Filemarks are found by
 * reading, since SPACE over them does not tell how many blocks it passed.
 */
export class CountedPositioning implements Positioning {
  readonly isTold = false;
  readonly #target: ScsiTarget;
  readonly #trust: PositionTrust;
  readonly #device: string;

  constructor(target: ScsiTarget, trust: PositionTrust, device: string) {
    this.#target = target;
    this.#trust = trust;
    this.#device = device;
  }

  ask(): FoundPosition {
    const blockAddress = this.#trust.expected;
    if (blockAddress === null) {
      const ready = askReady(this.#target);
      if (ready.kind === 'sense') throw this.#target.errorOf(TEST_UNIT_READY, ready.sense);
      throw new StorageError(
        'DRIVE_POSITION_LOST',
        `The drive ${this.#device} cannot tell where the tape stands, and what would have to be counted is not known. Nothing was changed; rewind, and read the label again before anything is written.`,
        { context: { device: this.#device } },
      );
    }
    return {
      blockAddress,
      fileNumber: blockAddress === 0 ? 0 : null,
      beginningOfMedium: blockAddress === 0,
      earlyWarning: false,
      blocksInBuffer: () => null,
    };
  }

  locate(blockAddress: number): void {
    const from = this.#trust.expected;
    if (from === null || from > blockAddress) this.#rewind();
    const ended = this.#forwardTo(blockAddress);
    if (ended === 'arrived') return;
    if (ended === 'end-somewhere') this.#closeInOnEnd();
    if (this.#at === blockAddress) return;
    throw new StorageError(
      'MEDIUM_READ_ERROR',
      `There is no block ${String(blockAddress)} on the tape in ${this.#device}: its data end at block ${String(this.#at)}. Nothing was changed.`,
      { context: { device: this.#device, blockAddress, endOfData: this.#at } },
    );
  }

  locateEndOfData(): void {
    if (this.#trust.expected === null) this.#rewind();
    if (this.#forwardTo(Infinity) === 'end-somewhere') this.#closeInOnEnd();
  }

  spaceFilemarks(count: number): number {
    return count < 0 ? this.#backOverFilemarks(-count) : this.#overFilemarks(count);
  }

  #overFilemarks(count: number): number {
    for (let left = count; left > 0;) {
      const object = this.#probe();
      if (object === 'end-of-data') return left;
      if (object === 'filemark') left--;
    }
    return 0;
  }

  /** Reads everything before the position to find the filemarks in it. */
  #backOverFilemarks(count: number): number {
    const before = this.#at;
    const filemarks: number[] = [];
    this.#rewind();
    while (this.#at < before) {
      const address = this.#at;
      const object = this.#probe();
      if (object === 'end-of-data') break;
      if (object === 'filemark') filemarks.push(address);
    }
    const destination = filemarks.at(-count);
    this.locate(destination ?? 0);
    return destination === undefined ? count - filemarks.length : 0;
  }

  /** As far as counted. */
  get #at(): number {
    return this.ask().blockAddress;
  }

  #rewind(): void {
    const command = moveCommand('REWIND', encodeRewindCdb({ immediate: false }), SCSI_TIMEOUTS_MS.rewind);
    this.#trust.expected = null;
    demandArrival(this.#target, command, this.#target.send(command));
    this.#trust.expected = 0;
  }

  #probe(): 'block' | 'filemark' | 'end-of-data' {
    const at = this.#at;
    this.#trust.expected = null;
    const object = probeObject(this.#target);
    this.#trust.expected = object === 'end-of-data' ? at : at + 1;
    return object;
  }

  #forwardTo(destination: number): Forward {
    while (this.#at < destination) {
      const ended = this.#forward(Math.min(destination - this.#at, MOST_OBJECTS));
      if (ended !== 'arrived') return ended;
    }
    return 'arrived';
  }

  /** Over at most `count` objects: less when there is a filemark. After `end-somewhere` the count is that from before. */
  #forward(count: number): Forward {
    const at = this.#at;
    const command = moveCommand(
      'SPACE (blocks)',
      encodeSpace6Cdb({ code: SPACE_CODES.blocks, count }),
      SCSI_TIMEOUTS_MS.space,
    );
    this.#trust.expected = null;
    const reply = this.#target.send(command);
    const left = reply.kind === 'good' ? 0 : reply.sense.information;
    const outcome = reply.kind === 'good' ? 'good' : reply.outcome.kind;
    if (outcome === 'end-of-data') {
      this.#trust.expected = at + (left === null ? 0 : count - left);
      return left === null ? 'end-somewhere' : 'end';
    }
    if (outcome === 'filemark' && left !== null) this.#trust.expected = at + (count - left) + 1;
    else {
      demandArrival(this.#target, command, reply);
      this.#trust.expected = at + count;
    }
    return 'arrived';
  }

  /** The tape is at the end of the data, which is at or behind the count. Ends there with the count right. */
  #closeInOnEnd(): void {
    let known = this.#at;
    for (let step = MOST_OBJECTS; step > 0; step = Math.floor(step / 2)) {
      if (this.#isEndAt(known)) return;
      if (this.#forward(step) !== 'arrived') continue;
      known = this.#at;
      step *= 2;
    }
    // No step of one arrives: there is one object more, behind which the drive calls it the end, or none.
    if (!this.#isEndAt(known)) this.#probe();
  }

  /** Goes there from the beginning; there are so many objects. True when the drive calls it the end of the data. */
  #isEndAt(blockAddress: number): boolean {
    this.#rewind();
    if (this.#forwardTo(blockAddress) === 'arrived') return false;
    this.#trust.expected = blockAddress;
    return true;
  }
}
