import { combineCrc32c, crc32c } from '../../src/base/crc32c.js';
import type { Clock } from '../../src/base/clock.js';
import { SeededRandom } from '../../src/base/random.js';
import type { StorageError } from '../../src/base/storage-error.js';
import type { SaveService } from '../../src/jobs/save-service.js';
import type { StreamId } from '../../src/terms/ids.js';
import type { SavedStream, SaveStream, SaveStreamEvents } from '../../src/transfer/save-stream.js';
import { BLOCK_HEADER_BYTES } from '../../src/volume/block-header.js';

/** Where the CRC of a frame's payload lies in its slot (docs/VOLUME-FORMAT.md). */
const PAYLOAD_CRC_OFFSET = 88;

/**
 * What a backup server was told of one stream, and what it sent: the oracle. It outlives the daemon, as a backup server
 * would, and believes nothing but what it was told.
 */
export class WorldStream {
  readonly name: string;
  readonly bytes: Uint8Array;
  streamId: StreamId | null = null;
  /** The most that it was told is durable. */
  durableBytes = 0;
  saved: SavedStream | null = null;
  error: StorageError | null = null;
  /** What it asks for; null: what the pool gives. With 0 it has expired as soon as it is saved. */
  readonly retentionDays: number | null;
  /** What was promised must be there. Of an expired stream only what is delivered must be right. */
  mustBeKept: boolean;

  constructor(number: number, seed: number, length: number, retentionDays: number | null = null) {
    this.retentionDays = retentionDays;
    this.mustBeKept = retentionDays !== 0;
    this.name = `stream-${String(number)}`;
    this.bytes = new Uint8Array(length);
    new SeededRandom(seed).fill(this.bytes);
  }
}

/** One client that saves a stream in one life of the daemon, at its own pace, or breaks off. */
export class WorldClient implements SaveStreamEvents {
  readonly told: WorldStream;
  /** Resolves when it was told saved or failed, or has left. */
  readonly done: Promise<void>;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #slotBytes: number;
  readonly #leavesAt: number;
  readonly #basedOn: StreamId | null;
  #end!: () => void;
  #stream: SaveStream | null = null;
  #sent = 0;
  #frames = 0;
  #crc = 0;
  #isOver = false;
  #isPumping = false;

  constructor(
    told: WorldStream,
    options: {
      readonly clock: Clock;
      readonly random: SeededRandom;
      readonly slotBytes: number;
      /** It breaks off behind so many bytes. */
      readonly leavesAt: number;
      readonly basedOn?: StreamId | null;
    },
  ) {
    this.told = told;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#slotBytes = options.slotBytes;
    this.#leavesAt = options.leavesAt;
    this.#basedOn = options.basedOn ?? null;
    this.done = new Promise((resolve) => (this.#end = resolve));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async open(saves: SaveService): Promise<void> {
    const { name, retentionDays } = this.told;
    const request = {
      name,
      pool: 'default',
      level: this.#basedOn === null ? ('full' as const) : ('incremental' as const),
      basedOn: this.#basedOn,
      timeMs: 1,
      retentionDays,
      attributes: {},
    };
    try {
      this.#stream = await saves.openStream('client', request, this);
    } catch (error) {
      this.failed(error as StorageError);
      return;
    }
    this.told.streamId = this.#stream.descriptor.streamId;
    void this.#pump();
  }

  credit(): void {
    void this.#pump();
  }

  durable(offset: number): void {
    if (offset < this.told.durableBytes) throw new Error('what is durable only rises');
    this.told.durableBytes = offset;
  }

  saved(saved: SavedStream): void {
    if (this.told.saved !== null) throw new Error('a stream is saved once');
    this.told.saved = saved;
    this.#leave();
  }

  failed(error: StorageError): void {
    this.told.error = error;
    this.#leave();
  }

  waiting(): void {
    // A program does not read that.
  }

  /** Sends what credit allows, with pauses. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isOver && this.#stream !== null) {
      if (this.#random.below(4) === 0) await this.#clock.sleep(this.#random.below(3000));
      if (this.isOver) break;
      if (this.#sent >= this.#leavesAt) {
        this.#stream.abort('the client is gone');
        this.#leave();
        break;
      }
      if (this.#sent === this.told.bytes.length) {
        this.#stream.end({ lengthBytes: this.#sent, crc32c: this.#crc });
        this.#isOver = true;
        break;
      }
      if (!this.#send(this.#stream)) break;
    }
    this.#isPumping = false;
  }

  #send(stream: SaveStream): boolean {
    const slot = stream.takeSlot();
    if (slot === null) return false;
    const room = this.#slotBytes - BLOCK_HEADER_BYTES;
    const length = this.#random.below(3) === 0 ? 1 + this.#random.below(room) : room;
    const payload = this.told.bytes.subarray(this.#sent, this.#sent + length);
    const payloadCrc = crc32c(payload);
    slot.bytes.set(payload, BLOCK_HEADER_BYTES);
    new DataView(slot.bytes.buffer, slot.bytes.byteOffset).setUint32(PAYLOAD_CRC_OFFSET, payloadCrc, true);
    const frame = { frameNumber: this.#frames, offset: this.#sent, payloadBytes: payload.length, payloadCrc };
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payload.length);
    this.#frames++;
    this.#sent += payload.length;
    stream.submit(slot, frame);
    return true;
  }

  #leave(): void {
    this.#isOver = true;
    this.#end();
  }
}
