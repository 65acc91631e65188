import type { StreamId, VolumeId } from '../terms/ids.js';
import { corrupt } from './envelope.js';
import { INVENTORY_LIMITS } from './inventory-limits.js';
import type { InventoryStore } from './inventory-store.js';
import type { TableChanges } from './ledger.js';
import type { StreamRecord } from './records.js';
import { EXTENTS, STREAM } from './stored-records.js';
import { extentsOfStream, forgottenKey, streamIdOfKey, streamKey, streamsOfVolume } from './tables.js';

/**
 * A stream as readers see it: without the forgotten volumes, and no longer complete when it lay on some; null when it lay on no
 * other. Only streams that expired lie on volumes that are forgotten.
 */
export function withoutVolumes(stream: StreamRecord, forgotten: ReadonlySet<VolumeId>): StreamRecord | null {
  const volumes = stream.volumes.filter((volume) => !forgotten.has(volume));
  if (volumes.length === stream.volumes.length) return stream;
  if (volumes.length === 0) return null;
  return { ...stream, volumes, state: 'incomplete', reason: 'part of it lay on a volume that was used again' };
}

/**
 * Deletes what is left of one forgotten volume, step by step. A volume can have millions of extents: to forget it, its change
 * writes only the mark `f/VOLUME`, in the same batch as everything else it does, and from then on readers leave its
 * extents out. This deletes them in batches of bounded size, the mark with the last of them; after a crash it starts again
 * from what is there.
 */
export class VolumeClearing {
  readonly volumeId: VolumeId;
  readonly #store: InventoryStore;
  /** Where to go on in the first stream that is left: its extents on other volumes are not read again. */
  #cursor: string | null = null;

  constructor(store: InventoryStore, volumeId: VolumeId) {
    this.#store = store;
    this.volumeId = volumeId;
  }

  /** What the next batch does; `last` when nothing of the volume is left after it. Call again after it was written. */
  async step(): Promise<{ readonly changes: TableChanges; readonly last: boolean }> {
    const changes = new Map<string, Uint8Array | null>();
    const { from, to } = streamsOfVolume(this.volumeId);
    for await (const [key] of this.#store.iterate(from, to)) {
      const streamId = streamIdOfKey(key);
      if (streamId === null) throw corrupt(key, 'it names no stream');
      const done = await this.#clearExtents(streamId, changes);
      if (!done) return { changes, last: false };
      await this.#clearStream(streamId, changes);
      changes.set(key, null);
    }
    changes.set(forgottenKey(this.volumeId), null);
    return { changes, last: true };
  }

  /** Whether all of the stream's extents on the volume found room in `changes`. */
  async #clearExtents(streamId: StreamId, changes: Map<string, Uint8Array | null>): Promise<boolean> {
    const { from, to } = extentsOfStream(streamId);
    for await (const [key, value] of this.#store.iterate(this.#cursor ?? from, to)) {
      if (changes.size >= INVENTORY_LIMITS.clearedPerBatch) {
        this.#cursor = key;
        return false;
      }
      if (EXTENTS.decode(key, value).volumeId === this.volumeId) changes.set(key, null);
    }
    this.#cursor = null;
    return true;
  }

  async #clearStream(streamId: StreamId, changes: Map<string, Uint8Array | null>): Promise<void> {
    const key = streamKey(streamId);
    const value = await this.#store.get(key);
    if (value === null) return;
    const left = withoutVolumes(STREAM.decode(key, value), new Set([this.volumeId]));
    changes.set(key, left === null ? null : STREAM.encode(key, left));
  }
}
