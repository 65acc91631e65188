import { crc32c } from '../../src/base/crc32c.js';
import { StorageError } from '../../src/base/storage-error.js';
import type { RestoreRequest, RestoreTicket, SaveRequest, StreamService } from '../../src/jobs/stream-service.js';
import type { StreamId } from '../../src/terms/ids.js';
import type { StreamDescriptor } from '../../src/terms/stream-descriptor.js';
import { RESTORE_WINDOW_BLOCKS, type RestoreReceiver } from '../../src/transfer/restore-stream.js';
import type { RingSlot, SaveStream, SaveStreamEvents, SubmittedFrame } from '../../src/transfer/save-stream.js';
import { BLOCK_HEADER_BYTES, encodeBlockHeader, sealBlock } from '../../src/volume/block-header.js';
import { streamIdOf, streamRecord, volumeIdOf } from './records.js';

const POISON = 0xee;

/** Slots of shared memory that notice when somebody writes to one that is not theirs. */
export class WatchedSlots {
  readonly #free: RingSlot[] = [];
  readonly #lent = new Set<RingSlot>();
  readonly #slotBytes: number;
  readonly #poison: Uint8Array;
  #made = 0;

  constructor(slotBytes: number) {
    this.#slotBytes = slotBytes;
    this.#poison = new Uint8Array(slotBytes).fill(POISON);
  }

  get lent(): number {
    return this.#lent.size;
  }

  take(): RingSlot {
    const slot = this.#free.pop() ?? {
      index: this.#made++,
      bytes: new Uint8Array(new SharedArrayBuffer(this.#slotBytes)).fill(POISON),
    };
    this.#checkUntouched(slot);
    this.#lent.add(slot);
    return slot;
  }

  give(slot: RingSlot): void {
    if (!this.#lent.delete(slot)) throw new Error(`slot ${String(slot.index)} was given back twice`);
    slot.bytes.fill(POISON);
    this.#free.push(slot);
  }

  /** Throws when a slot was written to after it was given back. */
  check(): void {
    for (const slot of this.#free) this.#checkUntouched(slot);
  }

  #checkUntouched(slot: RingSlot): void {
    if (!sameBytes(slot.bytes, this.#poison))
      throw new Error(`slot ${String(slot.index)} was written to by somebody it does not belong to`);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** One saved stream, as the fake keeps it: payloads in the order of its frames. */
export interface KeptStream {
  readonly descriptor: StreamDescriptor;
  state: 'open' | 'complete' | 'incomplete';
  reason: string;
  readonly payloads: Uint8Array[];
}

export interface FakeServiceOptions {
  readonly blockSizeBytes: number;
  /** Frames a stream may have on the way. 0: no credit comes unless the test gives it. */
  readonly windowFrames: number;
}

/** A StreamService that keeps streams in memory, keeps the contract and throws when the door does not. */
export class FakeStreamService implements StreamService {
  readonly slots: WatchedSlots;
  readonly kept: KeptStream[] = [];
  readonly saves: FakeSaveStream[] = [];
  readonly restores: FakeRestore[] = [];
  readonly options: FakeServiceOptions;
  /** Thrown by the next open. */
  refusal: StorageError | null = null;
  /** Restores deliver so many blocks; then they stand still, or fail with `restoreFailure`. */
  restoreBlocks = Infinity;
  restoreFailure: StorageError | null = null;
  /** Opens wait for it. */
  gate: Promise<void> = Promise.resolve();

  constructor(options: FakeServiceOptions) {
    this.options = options;
    this.slots = new WatchedSlots(options.blockSizeBytes);
  }

  async openSave(client: string, request: SaveRequest, events: SaveStreamEvents): Promise<SaveStream> {
    await this.gate;
    this.#refuse();
    const { retentionDays, ...rest } = request;
    const retentionEndMs = request.timeMs + (retentionDays ?? 0);
    const descriptor: StreamDescriptor = {
      ...rest,
      streamId: streamIdOf(this.kept.length + 1),
      client,
      retentionEndMs,
    };
    const kept: KeptStream = { descriptor, state: 'open', reason: '', payloads: [] };
    this.kept.push(kept);
    const stream = new FakeSaveStream(this, kept, events);
    this.saves.push(stream);
    return stream;
  }

  async openRestore(_client: string, request: RestoreRequest, receiver: RestoreReceiver): Promise<RestoreTicket> {
    await this.gate;
    this.#refuse();
    const kept = this.kept.find(({ descriptor }) => descriptor.streamId === request.streamId);
    if (kept === undefined) throw new StorageError('JOB_STREAM_UNKNOWN', `No stream ${request.streamId}.`);
    const restore = new FakeRestore(this, kept, request, receiver);
    this.restores.push(restore);
    return restore;
  }

  bytesOf(streamId: StreamId): Buffer {
    const kept = this.kept.find(({ descriptor }) => descriptor.streamId === streamId);
    return Buffer.concat(kept?.payloads ?? []);
  }

  #refuse(): void {
    const refusal = this.refusal;
    this.refusal = null;
    if (refusal !== null) throw refusal;
  }
}

export class FakeSaveStream implements SaveStream {
  readonly events: SaveStreamEvents;
  readonly #service: FakeStreamService;
  readonly #kept: KeptStream;
  #credit = 0;
  #taken = 0;
  #bytes = 0;
  #over = false;
  /** Calls that a contract-keeping door makes at most once, in order, for tests that look. */
  readonly calls: string[] = [];
  /** The drive does nothing until it is set back to null. */
  stalled = false;

  constructor(service: FakeStreamService, kept: KeptStream, events: SaveStreamEvents) {
    this.#service = service;
    this.#kept = kept;
    this.events = events;
    if (service.options.windowFrames > 0) this.giveCredit(service.options.windowFrames);
  }

  get descriptor(): StreamDescriptor {
    return this.#kept.descriptor;
  }

  giveCredit(total: number): void {
    this.#credit = total;
    this.events.credit(total);
  }

  takeSlot(): RingSlot | null {
    this.#mustBeOpen('takeSlot');
    if (this.#taken >= this.#credit) return null;
    this.#taken++;
    return this.#service.slots.take();
  }

  submit(slot: RingSlot, frame: SubmittedFrame): void {
    this.#mustBeOpen('submit');
    const payload = slot.bytes.slice(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + frame.payloadBytes);
    if (frame.offset !== this.#bytes || frame.frameNumber !== this.#kept.payloads.length)
      throw new Error('the door submitted a frame out of order');
    this.#kept.payloads.push(payload);
    this.#bytes += payload.length;
    this.#service.slots.give(slot);
    setImmediate(() => {
      this.#write(payload, frame);
    });
  }

  returnSlot(slot: RingSlot): void {
    this.#service.slots.give(slot);
  }

  end(total: { readonly lengthBytes: number; readonly crc32c: number }): void {
    this.#mustBeOpen('end');
    this.#over = true;
    setImmediate(() => {
      const { payloads, state } = this.#kept;
      if (state !== 'open') return;
      if (crc32c(Buffer.concat(payloads)) !== total.crc32c) {
        this.fail(new StorageError('PROTOCOL_CHECKSUM', 'The stream as a whole fails its checksum.'));
        return;
      }
      this.#kept.state = 'complete';
      this.events.saved({ lengthBytes: this.#bytes, crc32c: total.crc32c, volumes: [volumeIdOf(1)] });
    });
  }

  abort(reason: string): void {
    this.#mustBeOpen('abort');
    this.#over = true;
    this.#kept.state = 'incomplete';
    this.#kept.reason = reason;
  }

  fail(error: StorageError): void {
    this.#over = true;
    this.#kept.state = 'incomplete';
    this.#kept.reason = error.message;
    this.events.failed(error);
  }

  #write(payload: Uint8Array, { payloadCrc, offset, payloadBytes }: SubmittedFrame): void {
    if (this.#kept.state !== 'open') return;
    if (crc32c(payload) !== payloadCrc) {
      this.fail(new StorageError('PROTOCOL_CHECKSUM', `The bytes from offset ${String(offset)} fail their checksum.`));
      return;
    }
    if (this.stalled) return;
    this.events.durable(offset + payloadBytes);
    if (this.#service.options.windowFrames > 0) this.giveCredit(this.#credit + 1);
  }

  #mustBeOpen(call: string): void {
    this.calls.push(call);
    if (this.#over) throw new Error(`${call} was called after the stream's end`);
  }
}

/** Delivers a kept stream in blocks, as a pass does: within the window, from slots it watches. */
export class FakeRestore implements RestoreTicket {
  readonly stream: RestoreTicket['stream'];
  readonly lengthBytes: number;
  readonly extents: RestoreTicket['extents'] = [];
  cancelled: string | null = null;
  readonly #service: FakeStreamService;
  readonly #receiver: RestoreReceiver;
  readonly #parts: {
    readonly block: Uint8Array;
    readonly from: number;
    readonly bytes: number;
    readonly offset: number;
  }[] = [];
  #held = 0;
  #delivered = 0;

  constructor(service: FakeStreamService, kept: KeptStream, request: RestoreRequest, receiver: RestoreReceiver) {
    this.#service = service;
    this.#receiver = receiver;
    this.stream = streamRecord(1, {}, kept.descriptor);
    const end = request.length === null ? Infinity : request.offset + request.length;
    let offset = 0;
    kept.payloads.forEach((payload, frameNumber) => {
      const from = Math.max(request.offset - offset, 0);
      const to = Math.min(end - offset, payload.length);
      if (from < to)
        this.#parts.push({
          block: makeBlock(kept, payload, offset, frameNumber),
          from,
          bytes: to - from,
          offset: offset + from,
        });
      offset += payload.length;
    });
    this.lengthBytes = this.#parts.reduce((sum, { bytes }) => sum + bytes, 0);
    setImmediate(() => {
      this.#deliver();
    });
  }

  cancel(reason: string): void {
    if (this.cancelled !== null) throw new Error('cancelled twice');
    this.cancelled = reason;
  }

  #deliver(): void {
    const { restoreBlocks, restoreFailure } = this.#service;
    while (this.cancelled === null && this.#held < RESTORE_WINDOW_BLOCKS) {
      if (this.#delivered === restoreBlocks) {
        if (restoreFailure === null) return;
        this.cancelled = 'failed';
        this.#receiver.failed(restoreFailure);
        return;
      }
      this.#delivered++;
      const part = this.#parts.shift();
      if (part === undefined) {
        this.cancelled = 'finished';
        this.#receiver.finished();
        return;
      }
      const { block, from, bytes, offset } = part;
      const slot = this.#service.slots.take();
      slot.bytes.set(block);
      this.#held++;
      this.#receiver.deliver({ slot, payloadStart: BLOCK_HEADER_BYTES + from, payloadBytes: bytes, offset }, () => {
        if (!sameBytes(slot.bytes.subarray(0, block.length), block)) throw new Error('the receiver changed the block');
        this.#service.slots.give(slot);
        this.#held--;
        setImmediate(() => {
          this.#deliver();
        });
      });
    }
  }
}

function makeBlock(kept: KeptStream, payload: Uint8Array, offset: number, frameNumber: number): Uint8Array {
  const block = new Uint8Array(BLOCK_HEADER_BYTES + payload.length);
  block.set(payload, BLOCK_HEADER_BYTES);
  const { streamId } = kept.descriptor;
  const sessionId = streamIdOf(99) as unknown as Parameters<typeof encodeBlockHeader>[1]['sessionId'];
  encodeBlockHeader(block, {
    type: 'data',
    last: false,
    volumeId: volumeIdOf(1),
    sessionId,
    sequence: 10 + frameNumber,
    streamId,
    offset,
    payloadBytes: payload.length,
    frameNumber,
    timeMs: 1,
  });
  sealBlock(block);
  return block;
}
