import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { TapeDrive } from '../../../src/drive/tape-drive.js';
import { testBlock } from '../../support/test-block.js';
import type { TapeDriveFixture } from '../tape-drive.contract.js';

/** Longer than any block of the suite. */
export const ROOM_BYTES = 64 * 1024;
export const MEBIBYTE = 1024 * 1024;

/** What one object was found to be: the number of a block, or what else. */
export type Seen = number | 'filemark' | 'end-of-data' | 'unknown block';

/** The drive under test, and what the clauses do with it. */
export class DriveBench {
  #fixture: TapeDriveFixture | null = null;
  #drive: TapeDrive | null = null;

  begin(fixture: TapeDriveFixture): void {
    this.#fixture = fixture;
    this.#drive = fixture.drive;
  }

  end(): void {
    try {
      this.drive.close();
    } catch (error) {
      if (!isStorageError(error)) throw error;
    } finally {
      this.fixture.dispose();
    }
  }

  get fixture(): TapeDriveFixture {
    if (this.#fixture === null) throw new Error('no test is running');
    return this.#fixture;
  }

  get drive(): TapeDrive {
    if (this.#drive === null) throw new Error('no test is running');
    return this.#drive;
  }

  restart(): void {
    this.#drive = this.fixture.restarted();
  }

  loadBlank(capacityBytes = 8 * MEBIBYTE): void {
    this.fixture.insertBlank(capacityBytes);
    this.drive.open();
    this.drive.load();
  }

  get shortestBytes(): number {
    return this.fixture.shortestBlockBytes ?? 1;
  }

  /** Of block n, unless it is given another one. */
  lengthOf(n: number): number {
    return this.shortestBytes + n * 100;
  }

  block(n: number, lengthBytes = this.lengthOf(n)): Uint8Array {
    return testBlock(n, lengthBytes);
  }

  write(...numbers: readonly number[]): void {
    for (const n of numbers)
      expect(this.drive.writeBlock(this.block(n)), `block ${String(n)}`).to.include({ kind: 'written' });
  }

  /** Whether these are the bytes of block n, as far as the medium keeps them. */
  isBlock(bytes: Uint8Array, n: number): boolean {
    const kept = this.fixture.keptBytes ?? bytes.length;
    return Buffer.compare(bytes.subarray(0, kept), this.block(n, bytes.length).subarray(0, kept)) === 0;
  }

  /** Reads one object and recognises which block it is. */
  readOne(): Seen {
    const into = new Uint8Array(ROOM_BYTES);
    const outcome = this.drive.readBlock(into);
    if (outcome.kind !== 'block') return outcome.kind;
    const n = (outcome.lengthBytes - this.shortestBytes) / 100;
    return Number.isInteger(n) && this.isBlock(into.subarray(0, outcome.lengthBytes), n) ? n : 'unknown block';
  }

  /** The first objects from the beginning. */
  readFirst(count: number): readonly Seen[] {
    this.drive.rewind();
    return Array.from({ length: count }, () => this.readOne());
  }

  readAll(): readonly Seen[] {
    this.drive.rewind();
    const seen: Seen[] = [];
    // More than any clause writes: a drive whose data have no end fails, and does not keep us for good.
    while (seen.length < 100) {
      const one = this.readOne();
      if (one === 'end-of-data') return seen;
      seen.push(one);
    }
    throw new Error(`no end of data in sight: ${seen.join(', ')}`);
  }
}
