import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import type { SaveRequest, StreamService } from '../jobs/stream-service.js';
import type { FrameHeader } from '../protocol/frame.js';
import { decodeMessage } from '../protocol/messages.js';
import type { StreamId } from '../terms/ids.js';
import type { RingSlot, SavedStream, SaveStream, SaveStreamEvents, WaitReason } from '../transfer/save-stream.js';
import type { Conversation, ConversationEnd } from './conversation.js';
import { DOOR_LIMITS } from './door-limits.js';
import type { DataLane } from './frame-receiver.js';
import type { FrameSender } from './frame-sender.js';

export interface SaveConversationOptions {
  readonly service: StreamService;
  readonly client: string;
  readonly request: SaveRequest;
  readonly blockSizeBytes: number;
  readonly sender: FrameSender;
  readonly end: ConversationEnd;
}

/** SAVE to SAVED: the client's frames to a SaveStream, its events to the client. */
export class SaveConversation implements Conversation, DataLane, SaveStreamEvents {
  readonly kind = 'save';
  readonly #options: SaveConversationOptions;
  #stream: SaveStream | null = null;
  /** Events that came before the client was told SAVING. */
  readonly #early: (() => void)[] = [];
  #frames = 0;
  #bytes = 0;
  #lastCame = false;
  /** END came: the stream is whole and no longer ours to abort. */
  #ended = false;
  /** No event concerns the client any more, no call the stream. */
  #over = false;
  #abandonedWhy = '';
  #durableBytes = 0;

  constructor(options: SaveConversationOptions) {
    this.#options = options;
  }

  get streamId(): StreamId | null {
    return this.#stream?.descriptor.streamId ?? null;
  }
  get durableBytes(): number {
    return this.#durableBytes;
  }
  get movedBytes(): number {
    return this.#bytes;
  }
  get lane(): DataLane {
    return this;
  }

  async open(): Promise<void> {
    const { service, client, request, sender } = this.#options;
    const stream = await service.openSave(client, request, this);
    this.#stream = stream;
    if (this.#over) {
      stream.abort(this.#abandonedWhy);
      return;
    }
    sender.message('SAVING', { streamId: stream.descriptor.streamId });
    for (const event of this.#early.splice(0)) event();
  }

  control(header: FrameHeader, payload: Uint8Array): void {
    if (header.type !== 'END' || this.#ended)
      throw new StorageError('PROTOCOL_OUT_OF_ORDER', `${header.type} came while a stream is being saved.`);
    const { length, crc32c } = decodeMessage('END', header, payload);
    if (length !== this.#bytes)
      throw new StorageError(
        'PROTOCOL_OUT_OF_ORDER',
        `END speaks of ${String(length)} bytes, but ${String(this.#bytes)} came. The stream is kept as incomplete; send it again.`,
      );
    this.#ended = true;
    this.#options.end.closeLane();
    this.#openStream().end({ lengthBytes: length, crc32c });
  }

  /** A client may shut down its side behind END and wait for SAVED. */
  inputEnded(): boolean {
    return this.#ended;
  }

  abandon(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#abandonedWhy = reason;
    if (!this.#ended) this.#stream?.abort(reason);
  }

  socketClosed(): void {
    this.abandon('the connection was closed');
  }

  // DataLane

  accept({ frameNumber, offset }: FrameHeader): void {
    if (this.#ended || this.#lastCame)
      throw new StorageError('PROTOCOL_OUT_OF_ORDER', 'DATA came behind the end of the stream.');
    if (frameNumber !== this.#frames || offset !== this.#bytes)
      throw new StorageError(
        'PROTOCOL_OUT_OF_ORDER',
        `DATA frame ${String(frameNumber)} at offset ${String(offset)} came where frame ${String(this.#frames)} at offset ${String(this.#bytes)} was due.`,
      );
  }

  takeSlot(): RingSlot | null {
    if (this.#over || this.#ended || this.#lastCame) return null;
    const slot = this.#openStream().takeSlot();
    assert(slot === null || slot.bytes.length >= this.#options.blockSizeBytes, 'a slot holds a block');
    return slot;
  }

  submit(slot: RingSlot, { frameNumber, offset, payloadBytes, payloadCrc, last }: FrameHeader): void {
    this.#lastCame = last;
    this.#frames++;
    this.#bytes += payloadBytes;
    this.#openStream().submit(slot, { frameNumber, offset, payloadBytes, payloadCrc });
    this.#options.end.giveWay();
  }

  returnSlot(slot: RingSlot): void {
    this.#openStream().returnSlot(slot);
  }

  // SaveStreamEvents

  credit(total: number): void {
    this.#tell(() => {
      this.#options.sender.number('CREDIT', total);
    });
  }

  durable(offset: number): void {
    this.#durableBytes = offset;
    this.#tell(() => {
      this.#options.sender.number('DURABLE', offset);
    });
  }

  saved({ lengthBytes, crc32c, volumes }: SavedStream): void {
    assert(this.#ended, 'only a stream that ended is saved');
    this.#tell(() => {
      this.#over = true;
      const { streamId } = this.#openStream().descriptor;
      this.#options.sender.message('SAVED', { streamId, length: lengthBytes, crc32c, volumes: [...volumes] });
      this.#options.end.finish(DOOR_LIMITS.lingerMs);
    });
  }

  failed(error: StorageError): void {
    this.#tell(() => {
      this.#over = true;
      this.#options.end.fail(error);
    });
  }

  waiting(reason: WaitReason, message: string): void {
    this.#tell(() => {
      this.#options.sender.waiting(reason, message);
    });
  }

  #tell(event: () => void): void {
    if (this.#over) return;
    if (this.#stream === null) this.#early.push(event);
    else event();
  }

  #openStream(): SaveStream {
    assert(this.#stream !== null, 'the stream is open');
    return this.#stream;
  }
}
