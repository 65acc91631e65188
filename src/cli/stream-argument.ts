import { parseStreamId, type StreamId } from '../terms/ids.js';
import { UsageError } from './usage-error.js';

/** A stream id as typed, refused before the daemon is asked. */
export function checkStreamId(text: string): StreamId {
  const streamId = parseStreamId(text);
  if (streamId === null) throw new UsageError(`"${text}" is not a stream id; see \`tapeloom stream list\``);
  return streamId;
}
