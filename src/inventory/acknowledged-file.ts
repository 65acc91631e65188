import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '../base/assert.js';
import { ByteReader, ByteWriter } from '../base/byte-cursor.js';
import { isStorageError } from '../base/storage-error.js';
import { openEnvelope, sealEnvelope } from './envelope.js';

/** Slots lie in different sectors and pages: a torn write damages one. */
const SLOT_STRIDE_BYTES = 4096;
const SLOTS = [0, 1] as const;
/** A u64 in an envelope. */
const NUMBER_BYTES = 8;
const SLOT_BYTES = 13;

/**
 * The number of the newest batch that was acknowledged, outside the database: damage at the end of LevelDB's log looks to
 * it like a write that was never finished, and what was acknowledged is dropped without a word. Two slots are written in turn,
 * each synced before `write` resolves; a power cut can tear only the slot being written, whose number was not acknowledged yet.
 */
export class AcknowledgedFile {
  readonly #path: string;
  #file: FileHandle | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** The number; null when there is no file; 'damaged' when neither slot can be read. */
  async read(): Promise<number | 'damaged' | null> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      const numbers = await Promise.all(SLOTS.map(async (slot) => readSlot(file, slot)));
      const newest = Math.max(...numbers);
      return newest === NOT_READABLE ? 'damaged' : newest;
    } finally {
      await file.close();
    }
  }

  /** Makes the file where there is none. */
  async openForWriting(): Promise<void> {
    // 'a' would ignore positions; 'r+' does not create.
    const created = await open(this.#path, 'a');
    await created.close();
    this.#file = await open(this.#path, 'r+');
    const directory = await open(dirname(this.#path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async write(number: number): Promise<void> {
    const file = this.#file;
    assert(file !== null, 'the file is open for writing');
    const slot = number % SLOTS.length;
    const payload = new Uint8Array(NUMBER_BYTES);
    new ByteWriter(payload, 'little-endian').u64(number);
    await file.write(sealEnvelope(slotKey(slot), payload), 0, SLOT_BYTES, slot * SLOT_STRIDE_BYTES);
    await file.datasync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}

const slotKey = (slot: number): string => `acknowledged/${String(slot)}`;

/** A slot that is torn, damaged or was never written. */
const NOT_READABLE = -1;

async function readSlot(file: FileHandle, slot: number): Promise<number> {
  const bytes = new Uint8Array(SLOT_BYTES);
  const { bytesRead } = await file.read(bytes, 0, SLOT_BYTES, slot * SLOT_STRIDE_BYTES);
  try {
    return new ByteReader(openEnvelope(slotKey(slot), bytes.subarray(0, bytesRead)), 'little-endian').u64();
  } catch (error) {
    if (isStorageError(error)) return NOT_READABLE;
    throw error;
  }
}
