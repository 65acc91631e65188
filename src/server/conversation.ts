import type { StorageError } from '../base/storage-error.js';
import type { FrameHeader } from '../protocol/frame.js';
import type { StreamId } from '../terms/ids.js';
import type { DataLane } from './frame-receiver.js';

/** What a connection is for, once its client has said so: one stream, saved or restored. */
export interface Conversation {
  readonly kind: 'save' | 'restore';
  readonly streamId: StreamId | null;
  /** Bytes that are durable; 0 of a restore. */
  readonly durableBytes: number;
  /** Bytes of the stream that came or went. */
  readonly movedBytes: number;
  /** Where DATA goes; null where none may come. */
  readonly lane: DataLane | null;
  /** Asks the service and answers the client. Rejects with the service's StorageError. */
  open(): Promise<void>;
  /** A control frame of this conversation. Throws PROTOCOL_*. */
  control(header: FrameHeader, payload: Uint8Array): void;
  /** The client will send nothing more. Answers whether the conversation can still end well. */
  inputEnded(): boolean;
  /** Nothing can be said to the client any more, or an ERROR was. Also after the conversation ended; then it has no effect. */
  abandon(reason: string): void;
  /** The socket is closed: no memory is in its hands. */
  socketClosed(): void;
}

/** What a conversation asks of its connection. */
export interface ConversationEnd {
  /** The last frame was sent; the client may take `patienceMs` to read it. */
  finish(patienceMs: number): void;
  /** Sends ERROR and ends the connection. */
  fail(error: StorageError, patienceMs?: number): void;
  /** No DATA is due any more; a slot it was given comes back by `DataLane.returnSlot`. */
  closeLane(): void;
  /** A block of the stream came: others may want their turn. */
  giveWay(): void;
}
