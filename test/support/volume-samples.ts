import { combineCrc32c, crc32c } from '../../src/base/crc32c.js';
import type { Clock } from '../../src/base/clock.js';
import type { DriveThread } from '../../src/drive/drive-thread.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { SessionId, StreamId, VolumeId } from '../../src/terms/ids.js';
import type { StreamDescriptor } from '../../src/terms/stream-descriptor.js';
import type { EndOfData } from '../../src/volume/extent.js';
import { FIRST_END_OF_DATA, writeLabel } from '../../src/volume/label-io.js';
import { VolumeAppender, type CheckpointOnVolume, type StreamStanding } from '../../src/volume/volume-appender.js';
import type { VolumeLabel } from '../../src/volume/volume-label.js';
import { makeSlots, MemoryDriveThread, MemoryMedium, type MemorySlot } from './memory-drive-thread.js';

export const VOLUME_ID = '0192f000-0000-7000-8000-000000000001' as VolumeId;
export const OTHER_VOLUME_ID = '0192f000-0000-7000-8000-000000000002' as VolumeId;
export const BARCODE = 'TPL001L9' as Barcode;

export function sessionId(number: number): SessionId {
  return `0192f000-0000-7000-8000-0000000001${String(number).padStart(2, '0')}` as SessionId;
}

export function streamId(number: number): StreamId {
  return `0192f000-0000-7000-8000-0000000002${String(number).padStart(2, '0')}` as StreamId;
}

export function descriptor(number: number): StreamDescriptor {
  return {
    streamId: streamId(number),
    client: `client-${String(number)}`,
    name: `home/${String(number)}`,
    pool: 'daily',
    level: number % 2 === 0 ? 'full' : 'incremental',
    basedOn: number % 2 === 0 ? null : streamId(number - 1),
    timeMs: 1_700_000_000_000 + number,
    retentionEndMs: 1_800_000_000_000,
    attributes: { 'file-system': '/home', note: 'größe' },
  };
}

export const LABEL: VolumeLabel = {
  volumeId: VOLUME_ID,
  barcode: BARCODE,
  pool: 'daily',
  createdMs: 1_700_000_000_000,
  blockSizeBytes: 1024 * 1024,
  labelCount: 1,
  node: 'node-a',
  software: 'tapeloom 0.1.0',
};

/** A clock that stands still. */
export const fixedClock: Clock = {
  wallMs: () => 1_700_000_123_456,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
};

export const SLOT_BYTES = 4096;

/** A labelled volume in memory, with the thread of the drive it is in. */
export interface SampleVolume {
  readonly medium: MemoryMedium;
  readonly slots: readonly MemorySlot[];
  readonly thread: MemoryDriveThread;
}

export async function makeVolume(slotCount = 8): Promise<SampleVolume> {
  const medium = new MemoryMedium();
  const slots = makeSlots(slotCount, SLOT_BYTES);
  const thread = new MemoryDriveThread(medium, slots);
  await writeLabel(thread, firstOf(slots), LABEL);
  return { medium, slots, thread };
}

export function firstOf(slots: readonly MemorySlot[]): MemorySlot {
  const [slot] = slots;
  if (slot === undefined) throw new Error('no slot');
  return slot;
}

/** Deterministic bytes of a stream. */
export function bytesOfStream(stream: number, offset: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => ((offset + i) * 31 + stream * 7 + ((offset + i) >>> 8)) & 0xff);
}

/** What a session needs: any drive's thread, and for stops a medium in memory. */
export interface SessionVolume {
  readonly medium: MemoryMedium | null;
  readonly slots: readonly MemorySlot[];
  readonly thread: DriveThread;
}

interface SampleStream {
  lengthBytes: number;
  crc: number;
  frames: number;
  state: StreamStanding['state'];
}

/**
 * Writes a volume as a session does: lays blocks, submits them in runs, takes back what a stop left unwritten and lays it
 * again. Block size and slot size are small, so that indexes need several parts.
 */
export class SampleSession {
  readonly appender: VolumeAppender;
  readonly checkpoints: CheckpointOnVolume[] = [];
  readonly #volume: SessionVolume;
  readonly #streams = new Map<number, SampleStream>();
  #waiting: ((slot: Uint8Array) => number)[] = [];

  constructor(
    volume: SessionVolume,
    options: {
      readonly session?: number;
      readonly endOfData?: EndOfData;
      readonly blockSizeBytes?: number;
      readonly written?: { readonly blocks: number; readonly bytes: number };
    } = {},
  ) {
    this.#volume = volume;
    this.appender = new VolumeAppender({
      volumeId: VOLUME_ID,
      barcode: BARCODE,
      sessionId: sessionId(options.session ?? 1),
      blockSizeBytes: options.blockSizeBytes ?? SLOT_BYTES,
      endOfData: options.endOfData ?? FIRST_END_OF_DATA,
      ...(options.written === undefined ? {} : { written: options.written }),
      clock: fixedClock,
    });
  }

  lengthOf(stream: number): number {
    return this.#stream(stream).lengthBytes;
  }

  /** One data block; the stream is started when it was not yet. */
  async data(stream: number, payloadBytes: number, last = false): Promise<void> {
    const state = this.#stream(stream);
    if (state.frames === 0) await this.#put((slot) => this.appender.layStreamStart(slot, descriptor(stream), 0));
    const { lengthBytes: offset, frames: frameNumber } = state;
    const payload = bytesOfStream(stream, offset, payloadBytes);
    await this.#put((slot) => {
      slot.set(payload, 128);
      new DataView(slot.buffer, slot.byteOffset).setUint32(88, crc32c(payload), true);
      return this.appender.layDataHeader(slot, { streamId: streamId(stream), offset, frameNumber, payloadBytes, last });
    });
    state.crc = combineCrc32c(state.crc, crc32c(payload), payloadBytes);
    state.lengthBytes += payloadBytes;
    state.frames++;
  }

  async end(stream: number): Promise<void> {
    const state = this.#stream(stream);
    state.state = 'complete';
    await this.#put((slot) =>
      this.appender.layStreamEnd(slot, {
        streamId: streamId(stream),
        lengthBytes: state.lengthBytes,
        crc32c: state.crc,
        frames: state.frames,
      }),
    );
  }

  abort(stream: number): void {
    this.#stream(stream).state = 'aborted';
  }

  /** Lets the drive stop once behind `keep` of the blocks that wait, then writes the rest. */
  async stopBehind(keep: number): Promise<void> {
    const { medium } = this.#volume;
    if (medium === null) throw new Error('only a medium in memory stops on demand');
    medium.earlyWarningAt = this.appender.blockAddress + keep - 1;
    await this.#submit();
    medium.earlyWarningAt = Infinity;
    await this.submit();
  }

  /** Writes everything that waits. */
  async submit(): Promise<void> {
    while (this.#waiting.length > 0) await this.#submit();
  }

  async checkpoint(): Promise<CheckpointOnVolume> {
    await this.writeIndex();
    await this.#filemark();
    return this.#done();
  }

  /** The index of a checkpoint whose filemark does not follow. */
  async writeIndex(): Promise<void> {
    await this.submit();
    const parts = this.appender.buildIndex(this.#standings());
    for (let part = 0; part < parts; part++) await this.#put((slot) => this.appender.layIndexPart(slot, part));
    await this.submit();
  }

  /** Checkpoint and VOLUME-END. */
  async close(reason: 'full' | 'closed'): Promise<CheckpointOnVolume> {
    await this.writeIndex();
    await this.#filemark();
    await this.#put((slot) => this.appender.layVolumeEnd(slot, { reason, nextVolume: null }));
    await this.submit();
    await this.#filemark();
    return this.#done();
  }

  async #done(): Promise<CheckpointOnVolume> {
    const checkpoint = this.appender.checkpointDone(await this.#volume.thread.readPosition());
    this.checkpoints.push(checkpoint);
    for (const [stream, { state }] of this.#streams) if (state !== 'open') this.#streams.delete(stream);
    return checkpoint;
  }

  async #filemark(): Promise<void> {
    const stop = await this.#volume.thread.writeFilemarks(1);
    if (stop !== null) throw new Error(`the filemark stopped: ${stop.kind}`);
    this.appender.noteFilemark();
  }

  #standings(): readonly StreamStanding[] {
    return [...this.#streams].map(([stream, { state, lengthBytes, crc }]) => ({
      streamId: streamId(stream),
      state,
      lengthBytes,
      crc32c: crc,
    }));
  }

  async #put(lay: (slot: Uint8Array) => number): Promise<void> {
    this.#waiting.push(lay);
    if (this.#waiting.length >= this.#volume.slots.length) await this.#submit();
  }

  /** One run; what a stop leaves behind waits again. */
  async #submit(): Promise<void> {
    const { slots, thread } = this.#volume;
    const run = slots.slice(0, this.#waiting.length).flatMap((slot, i) => {
      const lay = this.#waiting[i];
      return lay === undefined ? [] : [{ slot: slot.index, lengthBytes: lay(slot.bytes) }];
    });
    const { written, stop } = await thread.writeRun(run);
    this.appender.noteWritten(written);
    this.#waiting.splice(0, written);
    if (stop === null) return;
    if (stop.kind !== 'early-warning') throw new Error(`the run stopped: ${stop.kind}`);
    this.appender.rollback();
    await thread.resume();
  }

  #stream(stream: number): SampleStream {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const made: SampleStream = { lengthBytes: 0, crc: 0, frames: 0, state: 'open' };
    this.#streams.set(stream, made);
    return made;
  }
}
