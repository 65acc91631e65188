import type { StreamId } from '../terms/ids.js';
import type { Conversation } from './conversation.js';

/**
 * greeting: HELLO is due. checking: the token is. choosing: SAVE or RESTORE is due. opening: the service is asked. streaming: the conversation
 * has it. ending: the last frame was sent, what comes is dropped. closed: the socket is.
 */
export type ConnectionState = 'greeting' | 'checking' | 'choosing' | 'opening' | 'streaming' | 'ending' | 'closed';

/** One connection, for status. */
export interface ConnectionView {
  readonly remote: string;
  /** Null before the client was believed. */
  readonly client: string | null;
  readonly state: ConnectionState;
  readonly kind: Conversation['kind'] | null;
  readonly streamId: StreamId | null;
  /** Bytes of the stream that came or went. */
  readonly movedBytes: number;
  readonly connectedMs: number;
}
