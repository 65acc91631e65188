import type { StreamRecord } from '../inventory/records.js';
import type { StreamId, VolumeId } from '../terms/ids.js';

/**
 * Invariant 8 as a pure function: why a volume must not be overwritten at `nowMs`; empty when it may be.
 *
 * A stream protects its volumes while it is being written, until its retention ends, and as long as a protected stream is
 * based on it, directly or over others: an incremental is worth nothing without its full (the chain guard).
 * `streams` is every stream of the inventory.
 */
export function protectingReasons(
  volumeId: VolumeId,
  streams: readonly StreamRecord[],
  nowMs: number,
): readonly string[] {
  const byId = new Map(streams.map((stream) => [stream.descriptor.streamId, stream]));
  const protectedBy = new Map<StreamId, string>();
  for (const stream of streams) {
    const own = ownProtection(stream, nowMs);
    if (own === null) continue;
    for (const link of chainOf(stream, byId)) {
      const reason =
        link === stream
          ? own
          : `${nameOf(link)} is needed by ${nameOf(stream)}, which ${own.slice(nameOf(stream).length + 1)}`;
      if (!protectedBy.has(link.descriptor.streamId) || link === stream)
        protectedBy.set(link.descriptor.streamId, reason);
    }
  }
  return streams
    .filter((stream) => stream.volumes.includes(volumeId))
    .flatMap((stream) => protectedBy.get(stream.descriptor.streamId) ?? []);
}

function ownProtection(stream: StreamRecord, nowMs: number): string | null {
  if (stream.state === 'open') return `${nameOf(stream)} is being written`;
  if (stream.descriptor.retentionEndMs > nowMs)
    return `${nameOf(stream)} is kept until ${new Date(stream.descriptor.retentionEndMs).toISOString()}`;
  return null;
}

/** The stream itself, then what it is based on, back to the full; a loop of damaged records ends it. */
function chainOf(stream: StreamRecord, byId: ReadonlyMap<StreamId, StreamRecord>): readonly StreamRecord[] {
  const chain: StreamRecord[] = [];
  for (let link: StreamRecord | undefined = stream; link !== undefined && !chain.includes(link);) {
    chain.push(link);
    const base: StreamId | null = link.descriptor.basedOn;
    link = base === null ? undefined : byId.get(base);
  }
  return chain;
}

function nameOf(stream: StreamRecord): string {
  const { client, name, streamId } = stream.descriptor;
  return `stream ${streamId} (${client}:${name})`;
}
