import { assert, unreachable } from '../base/assert.js';
import { isStorageError, StorageError, type StorageErrorRecord } from '../base/storage-error.js';
import type { DriveThread, SealCheck } from '../drive/drive-thread.js';
import type { VolumeId } from '../terms/ids.js';
import { decodeBlockHeader, type BlockDamage, type BlockHeader } from './block-header.js';
import type { BlockSlot } from './block-slot.js';

/** Why a block is not to be used (docs/VOLUME-FORMAT.md, reading a damaged volume). */
export type DamageKind = 'unreadable' | BlockDamage | 'other-volume' | 'out-of-sequence';

export interface DamagedObject {
  readonly blockAddress: number;
  readonly damage: DamageKind;
  /** For people. */
  readonly reason: string;
}

/** One object of a volume, in order. A block lies in `slot`; of a damaged one nothing may be used. */
export type VolumeItem =
  | {
      readonly kind: 'block';
      readonly blockAddress: number;
      readonly header: BlockHeader;
      readonly slot: BlockSlot;
      /** Header and payload. */
      readonly lengthBytes: number;
    }
  | { readonly kind: 'filemark'; readonly blockAddress: number }
  /** Nothing more is recorded. */
  | { readonly kind: 'end-of-data'; readonly blockAddress: number }
  | ({ readonly kind: 'damage' } & DamagedObject);

/** A filemark met backwards; with `damage` an object that cannot be read and may be a block as well. */
export interface FilemarkBefore {
  readonly blockAddress: number;
  readonly damage: DamagedObject | null;
}

/** Whoever has a volume read for hours may end that, and see how far it is. */
export interface ReaderWatch {
  /** Ends the reading between two runs: its reason is thrown. */
  readonly signal: AbortSignal;
  /** Before each run: the address of its first object. */
  readonly onRead: (blockAddress: number) => void;
}

/** The sequence numbers the next block may have. More than one after an object that may have been a filemark. */
interface ExpectedSequence {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a volume in order, object by object, over a drive's thread that nobody else uses meanwhile. Damage is an outcome
 * of the one object it hit: reading goes on with the next. Failures of the drive are thrown; then the reader must `seek`
 * before it reads on.
 */
export class VolumeReader {
  readonly volumeId: VolumeId;
  readonly #thread: DriveThread;
  readonly #watch: ReaderWatch | null;
  /** The next object; null until `seek` and after a failure. */
  #blockAddress: number | null = null;
  #expected: ExpectedSequence | null = null;
  /** A read failed: where the drive is now is not known. */
  #mustLocate = false;

  constructor(thread: DriveThread, volumeId: VolumeId, watch: ReaderWatch | null = null) {
    this.#thread = thread;
    this.#watch = watch;
    this.volumeId = volumeId;
  }

  /**
   * Goes to the object at `blockAddress`. `sequence`, when the caller knows it (extents do), is that of the next block;
   * otherwise the first good block says where the count begins.
   */
  async seek(blockAddress: number, sequence: number | null = null): Promise<void> {
    this.#blockAddress = null;
    await this.#thread.locate(blockAddress);
    this.#blockAddress = blockAddress;
    this.#mustLocate = false;
    this.#expected = sequence === null ? null : { from: sequence, to: sequence };
  }

  /** Goes behind the last object; returns its address. */
  async seekEndOfData(): Promise<number> {
    this.#blockAddress = null;
    await this.#thread.locateEndOfData();
    return this.#takePosition();
  }

  /**
   * Goes back over the filemark next before the position, or over an object that cannot be read and may be one; null at the
   * beginning of the medium.
   */
  async seekFilemarkBefore(): Promise<FilemarkBefore | null> {
    const from = this.#blockAddress;
    assert(from !== null && !this.#mustLocate, 'the position is known');
    this.#blockAddress = null;
    try {
      const { remaining } = await this.#thread.spaceFilemarks(-1);
      const blockAddress = await this.#takePosition();
      return remaining > 0 ? null : { blockAddress, damage: null };
    } catch (error) {
      if (!isStorageError(error, 'MEDIUM_READ_ERROR')) throw error;
      // The drive stopped behind the object it could not pass.
      const blockAddress = (await this.#takePosition()) - 1;
      if (blockAddress < 0 || blockAddress >= from) throw error;
      await this.seek(blockAddress);
      return { blockAddress, damage: { blockAddress, damage: 'unreadable', reason: error.message } };
    }
  }

  /**
   * Reads up to one object a slot, in one run of the thread; at least one item comes back. Stops behind the first filemark,
   * damage the drive reports, or the end of data. Blocks lie in the slots of their items; other slots are free.
   */
  async read(slots: readonly BlockSlot[]): Promise<readonly VolumeItem[]> {
    assert(slots.length > 0, 'reading needs a slot');
    const start = this.#blockAddress;
    assert(start !== null, 'reading begins with a seek');
    this.#watch?.signal.throwIfAborted();
    this.#watch?.onRead(start);
    this.#blockAddress = null;
    if (this.#mustLocate) await this.#thread.locate(start);
    this.#mustLocate = false;
    const { blocks, stop } = await this.#thread.readRun(slots.map(({ index }) => index));

    const items = blocks.map(({ lengthBytes, seal }, i): VolumeItem => {
      const slot = slots[i];
      assert(slot !== undefined && lengthBytes <= slot.bytes.length, 'a block lies in its slot');
      return this.#takeBlock(start + i, slot, lengthBytes, seal);
    });
    let next = start + blocks.length;
    if (stop !== null) {
      const item = this.#takeStop(next, stop);
      items.push(item);
      if (item.kind !== 'end-of-data') next++;
    }
    this.#blockAddress = next;
    return items;
  }

  #takeBlock(blockAddress: number, slot: BlockSlot, lengthBytes: number, seal: SealCheck): VolumeItem {
    const checked = inspectBlock(slot.bytes.subarray(0, lengthBytes), seal, this.volumeId);
    const expected = this.#expected;
    if (checked.kind !== 'good') {
      if (expected !== null) this.#expected = { from: expected.from + 1, to: expected.to + 1 };
      return { kind: 'damage', blockAddress, damage: checked.kind, reason: checked.reason };
    }
    const { header } = checked;
    if (expected !== null && (header.sequence < expected.from || header.sequence > expected.to)) {
      this.#expected = { from: expected.from + 1, to: expected.to + 1 };
      const reason = `the block has number ${String(header.sequence)} where ${String(expected.from)} was expected`;
      return { kind: 'damage', blockAddress, damage: 'out-of-sequence', reason };
    }
    this.#expected = { from: header.sequence + 1, to: header.sequence + 1 };
    return { kind: 'block', blockAddress, header, slot, lengthBytes };
  }

  #takeStop(
    blockAddress: number,
    stop:
      { readonly kind: 'filemark' | 'end-of-data' } | { readonly kind: 'failure'; readonly error: StorageErrorRecord },
  ): VolumeItem {
    switch (stop.kind) {
      case 'filemark':
      case 'end-of-data':
        return { kind: stop.kind, blockAddress };
      case 'failure': {
        const { code, message } = stop.error;
        // Anything else is about the drive, not about this object.
        if (code !== 'MEDIUM_READ_ERROR' && code !== 'MEDIUM_BLOCK_TOO_LARGE')
          throw StorageError.fromRecord(stop.error);
        // Before or behind the object: the drive does not say. And it may have been a filemark, which has no number.
        this.#mustLocate = true;
        if (this.#expected !== null) this.#expected = { from: this.#expected.from, to: this.#expected.to + 1 };
        return { kind: 'damage', blockAddress, damage: 'unreadable', reason: message };
      }
      default:
        return unreachable(stop);
    }
  }

  async #takePosition(): Promise<number> {
    const { blockAddress } = await this.#thread.readPosition();
    this.#blockAddress = blockAddress;
    this.#mustLocate = false;
    this.#expected = null;
    return blockAddress;
  }
}

/** Whether a block that was read is a good one of this volume; `seal` is what the drive's thread found of its checksums. */
function inspectBlock(
  block: Uint8Array,
  seal: SealCheck,
  volumeId: VolumeId,
):
  | { readonly kind: 'good'; readonly header: BlockHeader }
  | { readonly kind: Exclude<DamageKind, 'unreadable' | 'out-of-sequence'>; readonly reason: string } {
  const decoded = decodeBlockHeader(block);
  if (decoded.kind !== 'good') return decoded;
  if (decoded.header.volumeId !== volumeId)
    return { kind: 'other-volume', reason: `the block belongs to volume ${decoded.header.volumeId}` };
  switch (seal) {
    case 'good':
      return decoded;
    case 'payload-damaged':
      return { kind: seal, reason: 'the payload fails its CRC' };
    case 'not-a-block':
    case 'header-damaged':
      // Whole here and damaged there: the bytes changed on their way. They are not to be trusted.
      return { kind: seal, reason: 'the header failed its check when it was read' };
    default:
      return unreachable(seal);
  }
}
