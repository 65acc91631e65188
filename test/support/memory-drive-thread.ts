import { crc32c } from '../../src/base/crc32c.js';
import { StorageError } from '../../src/base/storage-error.js';
import type {
  BlockSeal,
  DriveSeconds,
  DriveThread,
  ReadRunResult,
  RunBlock,
  SealCheck,
  WriteRunResult,
  WriteRunStop,
} from '../../src/drive/drive-thread.js';
import type {
  ApplicationAttributes,
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  TapePosition,
} from '../../src/drive/tape-drive.js';
import { BLOCK_SEAL } from '../../src/volume/block-header.js';

/** A slot of a ring in shared memory, as the block ring lends it out. */
export interface MemorySlot {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** `count` slots of `slotBytes` in one SharedArrayBuffer, as the production ring has them. */
export function makeSlots(count: number, slotBytes: number): readonly MemorySlot[] {
  const memory = new SharedArrayBuffer(count * slotBytes);
  return Array.from({ length: count }, (_, index) => ({
    index,
    bytes: new Uint8Array(memory, index * slotBytes, slotBytes),
  }));
}

export type MemoryObject = { readonly kind: 'block'; readonly bytes: Uint8Array } | { readonly kind: 'filemark' };

/** What a cartridge holds and where it hurts. Addresses are those of objects. */
export class MemoryMedium {
  objects: MemoryObject[] = [];
  /** Reading these objects fails. */
  readonly unreadable = new Set<number>();
  /** What spacing does at an unreadable object: passes and counts it, as a tape that keeps a directory, or fails behind it, as a disk volume. */
  spacingStops = false;
  /** The next write of an object at this address fails, once. */
  failWriteAt: number | null = null;
  /** From this address on every write reports early warning; at `endAt` nothing fits any more. */
  earlyWarningAt = Infinity;
  endAt = Infinity;
  /** What is told of the room that is left; null: nothing. In objects it is `earlyWarningAt`. */
  blockBytes: number | null = null;
  /** What was written into its memory last. */
  attributes: ApplicationAttributes | null = null;

  capacity(): MediumCapacity | null {
    if (this.blockBytes === null) return null;
    const left = Math.max(0, this.earlyWarningAt - this.objects.length);
    return { remainingBytes: left * this.blockBytes, totalBytes: this.earlyWarningAt * this.blockBytes };
  }

  blockAt(address: number): Uint8Array {
    const object = this.objects[address];
    if (object?.kind !== 'block') throw new Error(`no block at ${String(address)}`);
    return object.bytes;
  }

  /** Changes one bit of a block: of the bit number from the block's first byte on. */
  flipBit(address: number, bit: number): void {
    const bytes = this.blockAt(address);
    bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  }
}

const SILENT = { writeErrors: null, readErrors: null, deviceStatus: null, volumeStatistics: null } as const;

/**
 * A DriveThread over a medium in memory that honours the contract: commands in order, prefix stop, hold and resume, checks
 * and seals. Filemarks behind early warning are written and do not hold.
 */
export class MemoryDriveThread implements DriveThread {
  readonly medium: MemoryMedium;
  readonly seconds: DriveSeconds = { write: 0, flush: 0, read: 0, position: 0 };
  /** Raised; who reads them takes them down. */
  readonly tapeAlerts: number[] = [];
  /** Runs of blocks submitted, for tests that count. */
  readRuns = 0;
  readonly #slots: readonly MemorySlot[];
  readonly #seal: BlockSeal;
  #at = 0;
  #held = false;
  #mustLocate = false;
  #positionLost = false;
  #generation = 1;
  /** Of the medium; null: not one that must stream. */
  densityCode: number | null = null;
  #dead = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(medium: MemoryMedium, slots: readonly MemorySlot[], seal: BlockSeal = BLOCK_SEAL) {
    this.medium = medium;
    this.#slots = slots;
    this.#seal = seal;
  }

  /** A unit attention: the position is unknown until something locates. */
  losePosition(): void {
    this.#positionLost = true;
    this.#generation++;
  }

  async open(): Promise<void> {
    await this.#command(() => undefined);
  }
  async close(): Promise<void> {
    await this.#command(() => undefined);
  }

  async readStatus(): Promise<DriveStatus> {
    return this.#command(() => ({
      identity: { vendor: 'MEMORY', product: 'DRIVE', revision: '1', serial: '0' },
      medium: 'ready',
      writeProtected: false,
      worm: false,
      cleaningRequested: false,
      densityCode: this.densityCode,
      minBlockBytes: 1,
      maxBlockBytes: 0xff_ffff,
      compression: null,
      mediumGeneration: this.#generation,
    }));
  }

  async load(): Promise<void> {
    await this.#command(() => {
      this.#generation++;
      this.#moveTo(0);
    });
  }
  async unload(): Promise<void> {
    await this.#command(() => {
      this.#moveTo(0);
    });
  }
  async rewind(): Promise<void> {
    await this.#command(() => {
      this.#moveTo(0);
    });
  }

  async locate(blockAddress: number): Promise<void> {
    await this.#command(() => {
      const end = this.medium.objects.length;
      this.#moveTo(Math.min(blockAddress, end));
      if (blockAddress > end) throw new StorageError('MEDIUM_READ_ERROR', 'beyond the end of data');
    });
  }
  async locateEndOfData(): Promise<void> {
    await this.#command(() => {
      this.#moveTo(this.medium.objects.length);
    });
  }

  async spaceFilemarks(count: number): Promise<{ readonly remaining: number }> {
    return this.#command(() => {
      this.#needPosition();
      let remaining = Math.abs(count);
      while (remaining > 0 && (count > 0 ? this.#at < this.medium.objects.length : this.#at > 0)) {
        if (count < 0) this.#at--;
        const isLost = this.medium.unreadable.has(this.#at);
        if (isLost && this.medium.spacingStops) {
          if (count < 0) this.#at++;
          throw new StorageError('MEDIUM_READ_ERROR', `object ${String(this.#at)} cannot be passed`);
        }
        if (this.medium.objects[this.#at]?.kind === 'filemark') remaining--;
        if (count > 0) this.#at++;
      }
      return { remaining };
    });
  }

  async readPosition(): Promise<TapePosition> {
    return this.#command(() => {
      this.#needPosition();
      return {
        blockAddress: this.#at,
        fileNumber: this.medium.objects.slice(0, this.#at).filter(({ kind }) => kind === 'filemark').length,
        beginningOfMedium: this.#at === 0,
        earlyWarning: this.#at > this.medium.earlyWarningAt,
        blocksInBuffer: 0,
      };
    });
  }

  async writeFilemarks(count: number): Promise<WriteRunStop | null> {
    return this.#command(() => {
      if (this.#held) return { kind: 'held' };
      this.#needPosition();
      let stop: WriteRunStop | null = null;
      for (let i = 0; i < count; i++) {
        stop = this.#append({ kind: 'filemark' });
        if (stop?.kind === 'failure') throw StorageError.fromRecord(stop.error);
        if (stop?.kind !== 'end-of-medium') continue;
        this.#held = true;
        break;
      }
      return stop;
    });
  }

  async synchronize(): Promise<void> {
    await this.#command(() => {
      this.#needPosition();
    });
  }
  async erase(): Promise<void> {
    await this.#command(() => {
      this.#needPosition();
      this.medium.objects.length = this.#at;
    });
  }
  async readHealth(): Promise<DriveHealth> {
    return this.#command(() => {
      const tapeAlerts = this.tapeAlerts.splice(0);
      const capacity = this.medium.capacity();
      return { ...SILENT, tapeAlerts, capacity };
    });
  }
  async readCapacity(): Promise<MediumCapacity | null> {
    return this.#command(() => this.medium.capacity());
  }
  async readMediumAttributes(): Promise<MediumAttributes> {
    return this.#command(() => ({}));
  }
  async writeMediumAttributes(attributes: ApplicationAttributes): Promise<boolean> {
    return this.#command(() => {
      this.medium.attributes = attributes;
      return true;
    });
  }

  async writeRun(run: readonly RunBlock[]): Promise<WriteRunResult> {
    return this.#command(() => {
      if (this.#held) return { written: 0, stop: { kind: 'held' } };
      this.#needPosition();
      let written = 0;
      for (const block of run) {
        const stop = this.#writeBlock(block);
        if (stop === null || stop.kind === 'early-warning') written++;
        if (stop === null) continue;
        this.#held = true;
        return { written, stop };
      }
      return { written, stop: null };
    });
  }

  async resume(): Promise<void> {
    await this.#command(() => {
      this.#held = false;
    });
  }

  async readRun(slots: readonly number[]): Promise<ReadRunResult> {
    return this.#command(() => {
      this.#needPosition();
      this.readRuns++;
      const blocks: { lengthBytes: number; seal: SealCheck }[] = [];
      for (const slot of slots) {
        const into = this.#slotBytes(slot);
        const object = this.medium.objects[this.#at];
        if (object === undefined) return { blocks, stop: { kind: 'end-of-data' } };
        if (this.medium.unreadable.has(this.#at)) {
          const error = new StorageError('MEDIUM_READ_ERROR', `object ${String(this.#at)} cannot be read`);
          // Before or behind the bad object: the caller cannot know.
          this.#at += this.#at % 2;
          return { blocks, stop: { kind: 'failure', error: error.toRecord() } };
        }
        this.#at++;
        if (object.kind === 'filemark') return { blocks, stop: { kind: 'filemark' } };
        const lengthBytes = object.bytes.length;
        if (lengthBytes > into.length) {
          const error = new StorageError('MEDIUM_BLOCK_TOO_LARGE', 'the block is longer than the slot');
          return { blocks, stop: { kind: 'failure', error: error.toRecord() } };
        }
        into.set(object.bytes);
        blocks.push({ lengthBytes, seal: this.#check(into.subarray(0, lengthBytes)) });
      }
      return { blocks, stop: null };
    });
  }

  terminate(): Promise<void> {
    this.#dead = true;
    return Promise.resolve();
  }

  /** Runs one command behind those submitted before it. */
  #command<T>(run: () => T): Promise<T> {
    const result = this.#tail.then(() => {
      if (this.#dead) throw new StorageError('DEVICE_THREAD_DIED', 'the thread was terminated');
      return run();
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #moveTo(address: number): void {
    this.#at = address;
    this.#positionLost = false;
    this.#mustLocate = false;
  }

  #needPosition(): void {
    if (this.#positionLost) throw new StorageError('DRIVE_POSITION_LOST', 'a unit attention');
  }

  #slotBytes(slot: number): Uint8Array {
    const found = this.#slots[slot];
    if (found === undefined) throw new Error(`no slot ${String(slot)}`);
    return found.bytes;
  }

  #writeBlock({ slot, lengthBytes, sealed }: RunBlock): WriteRunStop | null {
    const block = this.#slotBytes(slot).subarray(0, lengthBytes);
    if (sealed !== false) {
      const view = new DataView(block.buffer, block.byteOffset, block.length);
      const payloadCrc = view.getUint32(this.#seal.payloadCrcOffset, true);
      if (crc32c(block.subarray(this.#seal.headerBytes)) !== payloadCrc) return { kind: 'payload-mismatch' };
      view.setUint32(this.#seal.headerCrcOffset, crc32c(block.subarray(0, this.#seal.headerCrcOffset)), true);
    }
    return this.#append({ kind: 'block', bytes: block.slice() });
  }

  /** Tape semantics: what lay behind is gone. */
  #append(object: MemoryObject): WriteRunStop | null {
    const { medium } = this;
    if (this.#mustLocate) throw new Error('written after a failure without locating');
    if (this.#at >= medium.endAt) return { kind: 'end-of-medium' };
    if (this.#at === medium.failWriteAt) {
      medium.failWriteAt = null;
      this.#mustLocate = true;
      return { kind: 'failure', error: new StorageError('MEDIUM_WRITE_ERROR', 'the write failed').toRecord() };
    }
    medium.objects.length = this.#at;
    medium.objects.push(object);
    this.#at++;
    return this.#at > medium.earlyWarningAt ? { kind: 'early-warning' } : null;
  }

  #check(block: Uint8Array): SealCheck {
    const { magic, headerBytes, payloadLengthOffset, payloadCrcOffset, headerCrcOffset } = this.#seal;
    if (block.length < headerBytes || !magic.every((byte, i) => block[i] === byte)) return 'not-a-block';
    const view = new DataView(block.buffer, block.byteOffset, block.length);
    if (crc32c(block.subarray(0, headerCrcOffset)) !== view.getUint32(headerCrcOffset, true)) return 'header-damaged';
    if (headerBytes + view.getUint32(payloadLengthOffset, true) !== block.length) return 'header-damaged';
    return crc32c(block.subarray(headerBytes)) === view.getUint32(payloadCrcOffset, true) ? 'good' : 'payload-damaged';
  }
}
