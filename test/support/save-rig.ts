import { setImmediate as nextTurn } from 'node:timers/promises';
import { combineCrc32c, crc32c } from '../../src/base/crc32c.js';
import { silentLogger } from '../../src/base/logger.js';
import { SeededRandom } from '../../src/base/random.js';
import { StorageError } from '../../src/base/storage-error.js';
import type { RingMemory } from '../../src/drive/drive-thread.js';
import type { SessionId, StreamId, VolumeId } from '../../src/terms/ids.js';
import type { StreamDescriptor } from '../../src/terms/stream-descriptor.js';
import { BlockRing, type RingCounts } from '../../src/transfer/block-ring.js';
import type { Checkpoint } from '../../src/transfer/checkpoint-commit.js';
import type { OpenVolume, OpenVolumeReason } from '../../src/transfer/open-volume.js';
import { SaveSession } from '../../src/transfer/save-session.js';
import type { RingSlot, SavedStream, SaveStream, SaveStreamEvents } from '../../src/transfer/save-stream.js';
import { TRANSFER_LIMITS, type TransferLimits } from '../../src/transfer/transfer-limits.js';
import { BLOCK_HEADER_BYTES, checkBlock } from '../../src/volume/block-header.js';
import type { EndOfData } from '../../src/volume/extent.js';
import { FIRST_END_OF_DATA, writeLabel } from '../../src/volume/label-io.js';
import { ManualClock } from './manual-clock.js';
import { MemoryDriveThread, MemoryMedium, type MemoryObject, type MemorySlot } from './memory-drive-thread.js';
import { barcodeOf, streamIdOf, volumeIdOf } from './records.js';

export const RIG_BLOCK_BYTES = 4096;
export const RIG_PAYLOAD_BYTES = RIG_BLOCK_BYTES - BLOCK_HEADER_BYTES;

/** Small, so that every limit is met. */
export const RIG_LIMITS: TransferLimits = {
  ...TRANSFER_LIMITS,
  streams: 8,
  newcomers: 2,
  sharedBlocks: 10,
  procedureBlocks: 8,
  creditStartBlocks: 2,
  creditMaxBlocks: 6,
  runBlocks: 4,
  batchBlocks: 3,
  metadataBlocks: 2,
  checkpointBytes: 40 * RIG_PAYLOAD_BYTES,
  checkpointMs: 60_000,
  restoreBlocks: 6,
  restoreBatchBlocks: 3,
  restoreGapBlocks: 3,
};

export const SESSION_ID = '00000000-0000-7000-8009-000000000001' as SessionId;

export function describeStream(n: number): StreamDescriptor {
  return {
    streamId: streamIdOf(n),
    client: `client${String(n)}`,
    name: 'home',
    pool: 'default',
    level: 'full',
    basedOn: null,
    timeMs: 1,
    retentionEndMs: 2,
    attributes: {},
  };
}

/** The slots of a ring, for a drive's thread in memory. */
export function slotsOf({ memory, firstSlotOffset, slotBytes, slotCount }: RingMemory): readonly MemorySlot[] {
  return Array.from({ length: slotCount }, (_, index) => ({
    index,
    bytes: new Uint8Array(memory, firstSlotOffset + index * slotBytes, slotBytes),
  }));
}

/** A volume of the rig: its medium, the thread over it, where the session began to write. */
export interface RigVolume {
  readonly number: number;
  readonly volumeId: VolumeId;
  readonly medium: MemoryMedium;
  readonly thread: MemoryDriveThread;
}

export type RigEvent =
  | { readonly kind: 'commit'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'durable'; readonly stream: number; readonly offset: number }
  | { readonly kind: 'saved'; readonly stream: number; readonly saved: SavedStream }
  | { readonly kind: 'failed'; readonly stream: number; readonly error: StorageError }
  | { readonly kind: 'given-up'; readonly streamId: StreamId; readonly reason: string }
  /** The number of the volume that was written when the next one was asked for. */
  | { readonly kind: 'prepare'; readonly volume: number }
  | { readonly kind: 'volume-error'; readonly volumeId: VolumeId; readonly error: StorageError };

export interface RigOptions {
  readonly limits?: Partial<TransferLimits>;
  /** Called with each medium before the session gets its volume. */
  readonly prepare?: (medium: MemoryMedium, number: number) => void;
  /** Before the volume is handed out. */
  readonly beforeOpen?: (number: number, reason: OpenVolumeReason) => Promise<void>;
  readonly beforeCommit?: (checkpoint: Checkpoint, number: number) => Promise<void>;
  readonly change?: (volume: OpenVolume) => OpenVolume;
  /** Of the volumes; null, and not told: none that must stream. */
  readonly densityCode?: number | null;
}

/** A save session over volumes in memory, with clients that behave like the data door, and everything that happened, in order. */
export class SaveRig {
  readonly clock = new ManualClock();
  readonly limits: TransferLimits;
  readonly ring: BlockRing;
  readonly session: SaveSession;
  readonly volumes: RigVolume[] = [];
  readonly events: RigEvent[] = [];
  readonly clients: RigClient[] = [];
  readonly idleCounts: RingCounts;
  /** The session asked for the volume after the one it writes. */
  isPreparing = false;
  #commits = 0;
  #outcome: StorageError | 'ended' | null = null;

  constructor(options: RigOptions = {}) {
    this.limits = { ...RIG_LIMITS, ...options.limits };
    this.ring = new BlockRing(RIG_BLOCK_BYTES, this.limits);
    this.idleCounts = this.ring.counts;
    this.session = new SaveSession({
      sessionId: SESSION_ID,
      ring: this.ring,
      clock: this.clock,
      logger: silentLogger,
      limits: this.limits,
      supply: {
        next: async (reason, waiting) => {
          waiting('mount', 'mounting');
          this.isPreparing = false;
          await options.beforeOpen?.(this.volumes.length, reason);
          const volume = await this.#makeVolume(options);
          return options.change?.(volume) ?? volume;
        },
        prepare: () => {
          if (!this.isPreparing) this.events.push({ kind: 'prepare', volume: this.volumes.length - 1 });
          this.isPreparing = true;
        },
      },
      commit: async (checkpoint) => {
        await options.beforeCommit?.(checkpoint, this.#commits);
        this.#commits++;
        this.events.push({ kind: 'commit', checkpoint });
      },
      giveUp: (streamId, reason) => {
        this.events.push({ kind: 'given-up', streamId, reason });
        return Promise.resolve();
      },
      onVolumeError: (volumeId, error) => {
        this.events.push({ kind: 'volume-error', volumeId, error });
        return Promise.resolve();
      },
    });
    this.session.done.then(
      () => (this.#outcome = 'ended'),
      (error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        this.#outcome = error;
      },
    );
  }

  /** How the session ended; null while it goes on. */
  get outcome(): StorageError | 'ended' | null {
    return this.#outcome;
  }

  get checkpoints(): readonly Checkpoint[] {
    return this.events.flatMap((event) => (event.kind === 'commit' ? [event.checkpoint] : []));
  }

  eventsOf<K extends RigEvent['kind']>(kind: K, stream?: number): readonly Extract<RigEvent, { kind: K }>[] {
    return this.events.filter(
      (event): event is Extract<RigEvent, { kind: K }> =>
        event.kind === kind && (stream === undefined || ('stream' in event && event.stream === stream)),
    );
  }

  open(n: number, bytes: Uint8Array, options: Partial<RigClientOptions> = {}): RigClient {
    const client = new RigClient(this, n, bytes, options);
    this.clients.push(client);
    return client;
  }

  /** Everything that can happen without time passing happens. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await nextTurn();
  }

  /** Time passes until `until`, which must come within ten minutes of it. */
  async run(until: () => boolean): Promise<void> {
    for (let step = 0; step < 6000; step++) {
      await this.settle();
      if (until()) return;
      await this.clock.advance(100);
    }
    throw new Error('it did not happen within ten minutes');
  }

  async runToEnd(): Promise<void> {
    await this.run(() => this.#outcome !== null);
  }

  async #makeVolume({ prepare, densityCode = null }: RigOptions): Promise<OpenVolume> {
    const number = this.volumes.length;
    const medium = new MemoryMedium();
    const thread = new MemoryDriveThread(medium, slotsOf(this.ring.memory));
    thread.densityCode = densityCode;
    const volumeId = volumeIdOf(number);
    const barcode = barcodeOf(number);
    const slot = this.ring.take();
    await writeLabel(thread, slot, {
      volumeId,
      barcode,
      pool: 'default',
      createdMs: 1,
      blockSizeBytes: 256 * 1024,
      labelCount: 1,
      node: 'n',
      software: 's',
    });
    this.ring.give(slot);
    prepare?.(medium, number);
    this.volumes.push({ number, volumeId, medium, thread });
    const endOfData: EndOfData = FIRST_END_OF_DATA;
    return { thread, volumeId, barcode, blockSizeBytes: RIG_BLOCK_BYTES, endOfData };
  }
}

export interface RigClientOptions {
  /** Payload bytes of each frame, over and over. */
  readonly frameBytes: readonly number[];
  /** Sends frames as credit comes; else only when `send` is called. */
  readonly eager: boolean;
  /** Says END behind the last frame by itself. */
  readonly ends: boolean;
  /** Added to the CRC it tells at END. */
  readonly crcError: number;
  /** The frame whose payload is changed after its CRC was computed. */
  readonly corruptFrame: number;
}

/** What the data door does for one client: frames into slots within the credit, then END. */
export class RigClient implements SaveStreamEvents {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly stream: SaveStream;
  readonly waits: string[] = [];
  creditTotal = 0;
  sent = 0;
  framesSent = 0;
  isOver = false;
  durableTo = 0;
  readonly #rig: SaveRig;
  readonly #options: RigClientOptions;
  #crc = 0;

  constructor(rig: SaveRig, number: number, bytes: Uint8Array, options: Partial<RigClientOptions>) {
    this.#rig = rig;
    this.number = number;
    this.bytes = bytes;
    this.#options = {
      frameBytes: [RIG_PAYLOAD_BYTES],
      eager: true,
      ends: true,
      crcError: 0,
      corruptFrame: -1,
      ...options,
    };
    this.stream = rig.session.openStream(describeStream(number), this);
    if (bytes.length === 0 && this.#options.ends) this.end();
  }

  /** Sends up to `frames` frames; returns how many the credit allowed. */
  send(frames: number): number {
    let sent = 0;
    while (sent < frames && !this.isOver && this.sent < this.bytes.length) {
      const slot = this.stream.takeSlot();
      if (slot === null) break;
      this.#submit(slot);
      sent++;
    }
    if (!this.isOver && this.sent === this.bytes.length && this.#options.ends) this.end();
    return sent;
  }

  end(): void {
    this.isOver = true;
    this.stream.end({ lengthBytes: this.sent, crc32c: (this.#crc + this.#options.crcError) >>> 0 });
  }

  abort(reason = 'the client is gone'): void {
    this.isOver = true;
    this.stream.abort(reason);
  }

  credit(total: number): void {
    if (total <= this.creditTotal) throw new Error('credit only rises');
    this.creditTotal = total;
    if (this.#options.eager) this.send(Infinity);
  }
  durable(offset: number): void {
    if (offset <= this.durableTo) throw new Error('what is durable only rises');
    this.durableTo = offset;
    this.#rig.events.push({ kind: 'durable', stream: this.number, offset });
  }
  saved(saved: SavedStream): void {
    this.#rig.events.push({ kind: 'saved', stream: this.number, saved });
  }
  failed(error: StorageError): void {
    this.isOver = true;
    this.#rig.events.push({ kind: 'failed', stream: this.number, error });
  }
  waiting(reason: string): void {
    this.waits.push(reason);
  }

  #submit(slot: RingSlot): void {
    const { frameBytes, corruptFrame } = this.#options;
    const wanted = frameBytes[this.framesSent % frameBytes.length] ?? RIG_PAYLOAD_BYTES;
    const payload = this.bytes.subarray(this.sent, this.sent + wanted);
    const payloadCrc = crc32c(payload);
    slot.bytes.set(payload, BLOCK_HEADER_BYTES);
    new DataView(slot.bytes.buffer, slot.bytes.byteOffset).setUint32(88, payloadCrc, true);
    if (this.framesSent === corruptFrame) slot.bytes[BLOCK_HEADER_BYTES] = (slot.bytes[BLOCK_HEADER_BYTES] ?? 0) ^ 1;
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payload.length);
    const frame = { frameNumber: this.framesSent, offset: this.sent, payloadBytes: payload.length, payloadCrc };
    this.framesSent++;
    this.sent += payload.length;
    this.stream.submit(slot, frame);
  }
}

export function randomBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}

/**
 * What somebody who has only the inventory's commits up to the `commits`-th and the media as they were then can read of each
 * stream: by the extents, block by block, everything checked. Throws at the first thing that is not as promised.
 */
export function readCommitted(rig: SaveRig, commits = rig.checkpoints.length): ReadonlyMap<StreamId, Uint8Array> {
  const parts = new Map<StreamId, Uint8Array[]>();
  const lengths = new Map<StreamId, number>();
  for (const checkpoint of rig.checkpoints.slice(0, commits)) {
    const volume = rig.volumes.find(({ volumeId }) => volumeId === checkpoint.volumeId);
    if (volume === undefined) throw new Error('a commit of an unknown volume');
    // What came behind the checkpoint's end may never have been.
    const objects = volume.medium.objects.slice(0, checkpoint.endOfData.blockAddress);
    if (objects.at(-1)?.kind !== 'filemark') throw new Error('a checkpoint ends with a filemark');
    for (const { descriptor, extents, durableBytes, crc32c: crc } of checkpoint.streams) {
      const { streamId } = descriptor;
      const list = parts.get(streamId) ?? [];
      parts.set(streamId, list);
      for (const extent of extents) list.push(...readExtent(objects, checkpoint.volumeId, streamId, extent));
      const length = list.reduce((sum, one) => sum + one.length, 0);
      if (length !== durableBytes) throw new Error(`extents hold ${String(length)} of ${String(durableBytes)} bytes`);
      if (crc32c(concat(list)) !== crc) throw new Error('the CRC of the durable bytes is wrong');
      lengths.set(streamId, durableBytes);
    }
  }
  return new Map([...parts].map(([streamId, list]) => [streamId, concat(list)]));
}

function readExtent(
  objects: readonly MemoryObject[],
  volumeId: VolumeId,
  streamId: StreamId,
  extent: Checkpoint['streams'][number]['extents'][number],
): readonly Uint8Array[] {
  let { offset } = extent;
  const payloads = Array.from({ length: extent.blocks }, (_, i) => {
    const object = objects[extent.blockAddress + i];
    if (object?.kind !== 'block') throw new Error('an extent names something that is no block');
    const checked = checkBlock(object.bytes);
    if (checked.kind !== 'good') throw new Error(checked.reason);
    const { header } = checked;
    const isRight =
      header.volumeId === volumeId &&
      header.streamId === streamId &&
      header.type === 'data' &&
      header.sequence === extent.sequence + i &&
      header.offset === offset;
    if (!isRight) throw new Error('a block is not the one its extent promises');
    offset += header.payloadBytes;
    return object.bytes.subarray(BLOCK_HEADER_BYTES);
  });
  if (offset !== extent.offset + extent.bytes) throw new Error('an extent holds another number of bytes');
  return payloads;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * What must hold after any scenario, whatever broke. Acknowledgements are behind the commits that cover them; every
 * acknowledged byte can be read from what was committed, after every prefix of the commits; sequence numbers have no gap;
 * no slot is lost.
 */
export function checkInvariants(rig: SaveRig): void {
  const durable = new Map<StreamId, { bytes: number; state: string }>();
  for (const event of rig.events) {
    if (event.kind === 'commit')
      for (const { descriptor, durableBytes, state } of event.checkpoint.streams)
        durable.set(descriptor.streamId, { bytes: durableBytes, state });
    const known = 'stream' in event ? durable.get(streamIdOf(event.stream)) : undefined;
    if (event.kind === 'durable' && (known?.bytes ?? 0) < event.offset)
      throw new Error('acknowledged before committed');
    if (event.kind === 'saved' && (known?.state !== 'complete' || known.bytes !== event.saved.lengthBytes))
      throw new Error('called saved before it was committed as complete');
  }
  for (let commits = 0; commits <= rig.checkpoints.length; commits++) {
    const readable = readCommitted(rig, commits);
    for (const client of rig.clients) {
      const bytes = readable.get(streamIdOf(client.number)) ?? new Uint8Array();
      if (!Buffer.from(client.bytes.subarray(0, bytes.length)).equals(bytes)) throw new Error('other bytes came back');
    }
  }
  for (const { medium } of rig.volumes) {
    const numbers = medium.objects.flatMap((object, i) => {
      if (object.kind !== 'block' || i === 0) return [];
      const checked = checkBlock(object.bytes);
      return checked.kind === 'good' ? [checked.header.sequence] : [NaN];
    });
    if (!numbers.every((sequence, i) => sequence === i)) throw new Error('sequence numbers have a gap');
  }
  if (rig.outcome === null) return;
  const lost = JSON.stringify(rig.ring.counts) !== JSON.stringify(rig.idleCounts);
  if (lost) throw new Error(`slots are lost: ${JSON.stringify(rig.ring.counts)}`);
}
