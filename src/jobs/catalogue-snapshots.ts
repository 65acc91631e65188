import type { Clock } from '../base/clock.js';
import type { Crc32c } from '../base/crc32c.js';
import type { Logger } from '../base/logger.js';
import { isStorageError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import type { VolumeRecord } from '../inventory/records.js';
import { CATALOGUE_STREAM, OWN_CLIENT } from '../terms/own-streams.js';
import type { VolumeId } from '../terms/ids.js';
import type { SaveStream, SaveStreamEvents } from '../transfer/save-stream.js';
import { exportCatalogue } from './catalogue-export.js';
import { SnapshotStream } from './snapshot-stream.js';

export interface CatalogueSnapshotsOptions {
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crc32c: Crc32c;
  readonly node: string;
  readonly software: string;
  readonly blockSizeBytes: number;
  /** Between two on one volume; the first is written when the volume is opened. */
  readonly intervalMs: number;
  readonly maxBytes: number;
}

/** A volume that a session writes, where a catalogue may go. */
export interface SnapshotPlace {
  readonly pool: string;
  readonly volumeId: VolumeId;
  /** Opens a stream of the node's own on the session. Throws when the session ends or has no room for one. */
  readonly open: (events: SaveStreamEvents) => Promise<SaveStream>;
}

/** How long one may take, milliseconds: a session does not go on for its sake without end. */
const MAX_MS = 60 * 60 * 1000;
/** Streams looked through for the newest catalogue on a volume, after the daemon was started. */
const LOOKED_THROUGH = 1000;

/**
 * Writes catalogues of a pool onto its volumes, as streams of the node's own beside those of clients: on each volume when a session
 * opens it first, so that what came before is told by the newest volume, and what came since by its own indexes; again after
 * `intervalMs` when other volumes of the pool were written since. One that fails harms nobody; it is tried again after as long.
 */
export class CatalogueSnapshots {
  readonly #options: CatalogueSnapshotsOptions;
  /** When each volume was last looked at. */
  readonly #lookedMs = new Map<VolumeId, number>();
  /** When the newest catalogue on a volume was begun; 0: there is none. */
  readonly #newestMs = new Map<VolumeId, number>();
  readonly #atWork = new Set<Promise<void>>();

  constructor(options: CatalogueSnapshotsOptions) {
    this.#options = options;
  }

  /** To be called when a session has opened a volume and after each checkpoint; mostly it does nothing. */
  look(place: SnapshotPlace): void {
    const nowMs = this.#options.clock.wallMs();
    const lookedMs = this.#lookedMs.get(place.volumeId);
    // A clock that was set back must not keep catalogues from being written.
    if (lookedMs !== undefined && Math.abs(nowMs - lookedMs) < this.#options.intervalMs) return;
    this.#lookedMs.set(place.volumeId, nowMs);
    const work = this.#writeIfDue(place).finally(() => this.#atWork.delete(work));
    this.#atWork.add(work);
  }

  /** Nothing is at work any more; sessions that end end it. */
  async settled(): Promise<void> {
    await Promise.all(this.#atWork);
  }

  async #writeIfDue(place: SnapshotPlace): Promise<void> {
    const { logger } = this.#options;
    const { pool, volumeId } = place;
    try {
      if (!(await this.#isDue(place))) return;
      const { lengthBytes } = await this.#write(place);
      logger.log('info', 'catalogue.written', `A catalogue of pool ${pool} was written to one of its volumes.`, {
        pool,
        volume: volumeId,
        bytes: lengthBytes,
      });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      logger.log('warn', 'catalogue.not-written', `No catalogue of pool ${pool} was written: ${error.message}`, {
        pool,
        volume: volumeId,
        code: error.code,
      });
    }
  }

  async #isDue({ pool, volumeId }: SnapshotPlace): Promise<boolean> {
    const newestMs = this.#newestMs.get(volumeId) ?? (await this.#findNewest(volumeId));
    const { intervalMs, clock, inventory } = this.#options;
    this.#newestMs.set(volumeId, newestMs);
    if (newestMs !== 0 && Math.abs(clock.wallMs() - newestMs) < intervalMs) return false;
    const others = (await inventory.volumes()).filter((volume) => volume.pool === pool && volume.volumeId !== volumeId);
    return others.some((volume) => isWrittenSince(volume, newestMs));
  }

  async #findNewest(volumeId: VolumeId): Promise<number> {
    const filter = { client: OWN_CLIENT, name: CATALOGUE_STREAM, state: 'complete', limit: LOOKED_THROUGH } as const;
    const streams = await this.#options.inventory.streams(filter);
    return streams.find(({ volumes }) => volumes.includes(volumeId))?.startedMs ?? 0;
  }

  async #write({ pool, volumeId, open }: SnapshotPlace): Promise<{ readonly lengthBytes: number }> {
    const { inventory, clock, node, software } = this.#options;
    const events = new SnapshotStream({ ...this.#options, maxMs: MAX_MS });
    const stream = await open(events);
    const createdMs = clock.wallMs();
    const saved = await events.run(stream, exportCatalogue(inventory, { node, software, createdMs, pool }));
    this.#newestMs.set(volumeId, createdMs);
    return saved;
  }
}

function isWrittenSince({ lastWrittenMs, blocks }: VolumeRecord, sinceMs: number): boolean {
  return blocks > 0 && (lastWrittenMs ?? 0) >= sinceMs;
}
