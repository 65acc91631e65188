import type { Writable } from 'node:stream';
import {
  encodeFrameHeader,
  encodeHeartbeat,
  encodeNumberFrame,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  type NumberFrameType,
} from '../protocol/frame.js';
import { encodeMessage, type MessageBody, type MessageType } from '../protocol/messages.js';

/**
 * Writes frames to a peer. What it holds for a peer that does not read is bounded: of CREDIT and DURABLE only the latest is kept,
 * of WAITING and HEARTBEAT nothing; the messages of a conversation are few, and DATA has its window.
 */
export class FrameSender {
  readonly #socket: Writable;
  readonly #onSent: () => void;
  readonly #latest = new Map<NumberFrameType, number>();

  /** `onSent` is called with every frame. */
  constructor(socket: Writable, onSent: () => void) {
    this.#socket = socket;
    this.#onSent = onSent;
    socket.on('drain', () => {
      for (const [type, value] of this.#latest) this.#write(encodeNumberFrame(type, value));
      this.#latest.clear();
    });
  }

  message<Type extends MessageType>(type: Type, body: MessageBody<Type>): void {
    this.#write(encodeMessage(type, body));
  }

  number(type: NumberFrameType, value: number): void {
    if (this.#socket.writableNeedDrain) this.#latest.set(type, value);
    else this.#write(encodeNumberFrame(type, value));
  }

  /** For people: a peer that does not read does not get it. */
  waiting(reason: string, message: string): void {
    if (!this.#socket.writableNeedDrain) this.message('WAITING', { reason, message });
  }

  /** Not needed while other bytes are on their way. */
  heartbeat(): void {
    if (this.#socket.writableLength === 0) this.#write(encodeHeartbeat());
  }

  /** A DATA frame. `payload` may be shared memory; it must stay as it is until `onWritten`, which comes once, whatever becomes of the socket. */
  data(header: FrameHeader, payload: Uint8Array, onWritten: () => void): void {
    const headerBytes = new Uint8Array(FRAME_HEADER_BYTES);
    encodeFrameHeader(headerBytes, header);
    this.#socket.cork();
    this.#write(headerBytes);
    this.#socket.write(payload, () => {
      onWritten();
    });
    this.#socket.uncork();
  }

  #write(frame: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    this.#onSent();
  }
}
