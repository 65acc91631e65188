import { assert } from '../src/base/assert.js';
import type { Sense } from '../src/scsi/sense.js';
import type { DriveStatistics } from './drive-statistics.js';
import type { BitFlip, FaultPlan } from './fault-plan.js';
import type { Medium } from './medium.js';
import { SSC_SENSE } from './ssc-sense.js';
import type { DriveTiming } from './timing.js';

export interface TransportEnvironment {
  readonly timing: DriveTiming;
  readonly statistics: DriveStatistics;
  readonly faults: FaultPlan;
  readonly manner: TransportManner;
}

/** How SPACE and READ behave: see DriveManner. */
export type TransportManner = 'standard' | 'tgt';

/** What a transfer did: bytes moved, and the sense it ended with, if any. */
export interface Transfer {
  readonly bytes: number;
  readonly sense: Sense | null;
}

/** How a host reads or writes: `count` blocks of `blockLength` bytes, or (variable) one block of `blockLength`. */
export interface TransferForm {
  readonly count: number;
  readonly blockLength: number;
  readonly fixed: boolean;
}

/**
 * A loaded tape under the head: the position, and what moves over it. Everything of SSC that depends on position alone:
 * filemarks, end of data, early warning and end, incorrect lengths, the drive's buffer.
 */
export class TapeTransport {
  readonly medium: Medium;
  readonly #timing: DriveTiming;
  readonly #statistics: DriveStatistics;
  readonly #faults: FaultPlan;
  readonly #manner: TransportManner;
  #position: number;

  constructor(medium: Medium, environment: TransportEnvironment, position: number) {
    this.medium = medium;
    this.#position = Math.min(position, medium.objectCount);
    this.#timing = environment.timing;
    this.#statistics = environment.statistics;
    this.#faults = environment.faults;
    this.#manner = environment.manner;
  }

  /** The object the next read or write is about. */
  get position(): number {
    return this.#position;
  }

  get earlyWarning(): boolean {
    return this.medium.isEarlyWarning(this.#position);
  }

  /** Objects and native bytes accepted and not yet on the medium. */
  get buffered(): { readonly objects: number; readonly bytes: number } {
    const bytes = Math.ceil(this.#timing.bufferedBytes);
    const end = this.medium.objectCount;
    let first = end;
    for (let left = bytes; left > 0 && first > 0; first--) left -= this.medium.nativeBytes(first - 1);
    return { objects: end - first, bytes };
  }

  /** Writes blocks from the start of `data`. Why it may not is the caller's to check. */
  write(form: TransferForm, data: Uint8Array, compressed: boolean): Transfer {
    const { count, blockLength, fixed } = form;
    for (let i = 0; i < count; i++) {
      const native = this.medium.nativeSize(blockLength, compressed);
      const block = data.subarray(i * blockLength, (i + 1) * blockLength);
      assert(block.length === blockLength, 'the host sends what the command tells');
      if (!this.medium.writeBlock(this.#position, block, native))
        return { bytes: i * blockLength, sense: SSC_SENSE.overflow(fixed ? count - i : blockLength) };
      this.#position++;
      this.#timing.write(native);
      this.#statistics.add('blocksWritten', 1);
      this.#statistics.add('hostBytesWritten', blockLength);
    }
    return { bytes: count * blockLength, sense: this.earlyWarning ? SSC_SENSE.earlyWarning() : null };
  }

  /** `suppress`: SILI. `overlengthCounts`: a block longer than asked for is told even then (SSC-4, READ(6)). */
  read(form: TransferForm, into: Uint8Array, suppress: boolean, overlengthCounts: boolean): Transfer {
    const { count, blockLength, fixed } = form;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const left = fixed ? count - i : blockLength;
      if (this.#position >= this.medium.objectCount)
        return {
          bytes,
          sense: this.#manner === 'tgt' ? SSC_SENSE.endOfDataOfTgt() : SSC_SENSE.endOfData(left, this.earlyWarning),
        };
      const object = this.#position++;
      const length = this.medium.blockLength(object);
      if (length === null) return { bytes, sense: SSC_SENSE.filemark(left) };
      if (this.#faults.isUnreadable(this.medium.cartridge.barcode, object))
        return { bytes, sense: SSC_SENSE.unrecoveredRead(left) };
      const room = into.subarray(i * blockLength, (i + 1) * blockLength);
      this.#readObject(object, length, room);
      if (fixed && length !== blockLength) return { bytes, sense: SSC_SENSE.incorrectLength(left) };
      bytes += Math.min(length, blockLength);
      const told = length < blockLength ? !suppress : !suppress || overlengthCounts;
      if (length !== blockLength && told) return { bytes, sense: SSC_SENSE.incorrectLength(blockLength - length) };
    }
    return { bytes, sense: null };
  }

  #readObject(object: number, length: number, into: Uint8Array): void {
    this.#timing.read(this.medium.nativeBytes(object));
    this.medium.readBlock(object, into);
    for (const { byte, mask } of this.#faults.bitFlips(this.medium.cartridge.barcode, object, length))
      flipBits(into, { byte, mask });
    this.#statistics.add('blocksRead', 1);
    this.#statistics.add('hostBytesRead', Math.min(length, into.length));
  }

  /** Without `immediate`, everything is on the medium when it returns; a count of 0 is only that. */
  writeFilemarks(count: number, immediate: boolean): Sense | null {
    for (let i = 0; i < count; i++) this.medium.writeFilemark(this.#position++);
    this.#statistics.add('filemarksWritten', count);
    if (!immediate) this.synchronize();
    return count > 0 && this.earlyWarning ? SSC_SENSE.earlyWarning() : null;
  }

  synchronize(): void {
    this.#timing.flush();
    this.medium.flush();
  }

  spaceBlocks(count: number): Sense | null {
    if (this.#manner === 'tgt' && count > 0) return this.#spaceObjects(count);
    const from = this.#position;
    const before = this.medium.filemarksBefore(from);
    if (count >= 0) {
      const filemark = this.medium.filemark(before);
      const limit = filemark ?? this.medium.objectCount;
      if (from + count <= limit) return this.#moveTo(from + count);
      const left = count - (limit - from);
      return filemark === null
        ? this.#moveTo(limit, SSC_SENSE.endOfData(left))
        : this.#moveTo(filemark + 1, SSC_SENSE.filemark(left));
    }
    const filemark = this.medium.filemark(before - 1);
    const limit = filemark === null ? 0 : filemark + 1;
    if (from + count >= limit) return this.#moveTo(from + count);
    const left = -count - (from - limit);
    return filemark === null
      ? this.#moveTo(0, SSC_SENSE.beginning(left))
      : this.#moveTo(filemark, SSC_SENSE.filemark(left));
  }

  #spaceObjects(count: number): Sense | null {
    const end = this.medium.objectCount;
    const destination = this.#position + count;
    return destination < end ? this.#moveTo(destination) : this.#moveTo(end, SSC_SENSE.endReachedOfTgt());
  }

  /** Forward ends behind the last filemark passed, backward before it. */
  spaceFilemarks(count: number): Sense | null {
    if (count === 0) return null;
    const before = this.medium.filemarksBefore(this.#position);
    if (count > 0) {
      const filemark = this.medium.filemark(before + count - 1);
      if (filemark !== null) return this.#moveTo(filemark + 1);
      const end = this.medium.objectCount;
      return this.#moveTo(end, SSC_SENSE.endOfData(count - (this.medium.filemarksBefore(end) - before)));
    }
    const filemark = this.medium.filemark(before + count);
    return filemark === null ? this.#moveTo(0, SSC_SENSE.beginning(-count - before)) : this.#moveTo(filemark);
  }

  spaceToEndOfData(): Sense | null {
    return this.#moveTo(this.medium.objectCount);
  }

  /** Before object `position`; beyond the end of data the tape stands at the end of data. */
  locate(position: number): Sense | null {
    const end = this.medium.objectCount;
    return position <= end ? this.#moveTo(position) : this.#moveTo(end, SSC_SENSE.endOfData(0));
  }

  /** Behind `count` filemarks. */
  locateFile(count: number): Sense | null {
    if (count === 0) return this.#moveTo(0);
    const filemark = this.medium.filemark(count - 1);
    return filemark === null ? this.locate(Infinity) : this.#moveTo(filemark + 1);
  }

  rewind(): void {
    this.synchronize();
    this.#timing.rewind(this.medium.nativeBefore(this.#position), this.medium.cartridge.capacityBytes);
    this.#position = 0;
  }

  /** Wound back and unthreaded: ready to be ejected. */
  unload(): void {
    this.rewind();
    this.#timing.unload();
  }

  /** Everything from the position on is gone; `long` writes over it. */
  erase(long: boolean): void {
    this.synchronize();
    if (long) this.#timing.erase(this.medium.cartridge.capacityBytes - this.medium.nativeBefore(this.#position));
    this.medium.truncate(this.#position);
  }

  /** What was still in the buffer never reaches the medium. */
  loseBuffer(): void {
    const { objects } = this.buffered;
    this.#timing.discard();
    this.medium.truncate(this.medium.objectCount - objects);
    this.#position = Math.min(this.#position, this.medium.objectCount);
  }

  /** After power on: the drive winds back by itself. */
  restart(): void {
    this.#position = 0;
  }

  #moveTo(position: number, sense: Sense | null = null): Sense | null {
    this.synchronize();
    const { medium } = this;
    const from = medium.nativeBefore(this.#position);
    this.#timing.locate(from, medium.nativeBefore(position), medium.cartridge.capacityBytes);
    this.#position = position;
    return sense;
  }
}

/** A flip behind what the host asked for changes nothing. */
function flipBits(bytes: Uint8Array, { byte, mask }: BitFlip): void {
  const value = bytes[byte];
  if (value !== undefined) bytes[byte] = value ^ mask;
}
