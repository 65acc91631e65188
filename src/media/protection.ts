import type { StreamRecord } from '../inventory/records.js';
import type { StreamId, VolumeId } from '../terms/ids.js';

/** Why a stream is kept, or that it is not. */
export type Keeping =
  | { readonly kind: 'open' }
  | { readonly kind: 'held' }
  | { readonly kind: 'retained' }
  /** It has expired itself, but a stream that is kept is based on it, directly or over others. */
  | { readonly kind: 'needed'; readonly by: StreamRecord }
  | { readonly kind: 'expired' };

const EXPIRED: Keeping = { kind: 'expired' };

/**
 * Invariant 8 as a pure function of every stream of the inventory: what must not be overwritten, and why.
 *
 * A stream protects its volumes while it is being written, while somebody holds it, until its retention ends, and as long as a
 * protected stream is based on it, directly or over others: an incremental is worth nothing without its full (the chain guard).
 * An incomplete stream protects like a whole one, it may be the only copy of what there is, unless nothing of it is durable. One pass over the streams, whatever
 * is asked afterwards.
 */
export class Protection {
  readonly #byId: ReadonlyMap<StreamId, StreamRecord>;
  readonly #keeping = new Map<StreamId, Keeping>();
  readonly #onVolume = new Map<VolumeId, StreamRecord[]>();

  /** `nowMs`: the earliest time it may be (retention-clock.ts). */
  constructor(streams: readonly StreamRecord[], nowMs: number) {
    this.#byId = new Map(streams.map((stream) => [stream.descriptor.streamId, stream]));
    for (const stream of streams) {
      for (const volumeId of stream.volumes) {
        const there = this.#onVolume.get(volumeId);
        if (there === undefined) this.#onVolume.set(volumeId, [stream]);
        else there.push(stream);
      }
      const own = ownKeeping(stream, nowMs);
      if (own !== null) this.#keeping.set(stream.descriptor.streamId, own);
    }
    const walked = new Set<StreamRecord>();
    for (const stream of streams) if (ownKeeping(stream, nowMs) !== null) this.#protectBases(stream, walked);
  }

  keepingOf(streamId: StreamId): Keeping {
    return this.#keeping.get(streamId) ?? EXPIRED;
  }

  /** Why a volume must not be overwritten, a sentence for each stream that protects it; empty when it may be. */
  reasonsFor(volumeId: VolumeId): readonly string[] {
    return (this.#onVolume.get(volumeId) ?? []).flatMap((stream) => this.#reasonOf(stream) ?? []);
  }

  /** Streams on a volume, protected or not. */
  countOn(volumeId: VolumeId): number {
    return this.#onVolume.get(volumeId)?.length ?? 0;
  }

  /** Every link of a chain is walked once, from whichever stream came first; a loop of damaged records ends there too. */
  #protectBases(stream: StreamRecord, walked: Set<StreamRecord>): void {
    for (let link = this.#baseOf(stream); link !== null && !walked.has(link); link = this.#baseOf(link)) {
      walked.add(link);
      const { streamId } = link.descriptor;
      if (!this.#keeping.has(streamId)) this.#keeping.set(streamId, { kind: 'needed', by: stream });
    }
  }

  #baseOf({ descriptor }: StreamRecord): StreamRecord | null {
    return descriptor.basedOn === null ? null : (this.#byId.get(descriptor.basedOn) ?? null);
  }

  #reasonOf(stream: StreamRecord): string | null {
    const { streamId } = stream.descriptor;
    const keeping = this.keepingOf(streamId);
    if (keeping.kind === 'expired') return null;
    if (keeping.kind !== 'needed') return `${nameOf(stream)} ${describeOwn(stream, keeping.kind)}`;
    const own = this.keepingOf(keeping.by.descriptor.streamId).kind;
    const which = own === 'needed' || own === 'expired' ? '' : `, which ${describeOwn(keeping.by, own)}`;
    return `${nameOf(stream)} is needed by ${nameOf(keeping.by)}${which}`;
  }
}

function ownKeeping(stream: StreamRecord, nowMs: number): Keeping | null {
  if (stream.state === 'open') return { kind: 'open' };
  if (stream.hold !== null) return { kind: 'held' };
  if (stream.state === 'incomplete' && stream.volumes.length === 0) return null;
  return stream.descriptor.retentionEndMs > nowMs ? { kind: 'retained' } : null;
}

function describeOwn(stream: StreamRecord, kind: 'open' | 'held' | 'retained'): string {
  switch (kind) {
    case 'open':
      return 'is being written';
    case 'held':
      return `is held by ${stream.hold?.who ?? ''} (${stream.hold?.reason ?? ''})`;
    case 'retained':
      return `is kept until ${formatTime(stream.descriptor.retentionEndMs)}`;
  }
}

/** What a client said may lie beyond the calendar. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? 'the end of time' : time.toISOString();
}

function nameOf(stream: StreamRecord): string {
  const { client, name, streamId } = stream.descriptor;
  return `stream ${streamId} (${client}:${name})`;
}
