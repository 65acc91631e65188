import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { CartridgeRecord, PoolRecord, VolumeRecord } from '../inventory/records.js';
import type { ReachableCartridge } from '../changer/changer.js';
import { allocateVolume, type Allocation } from './allocation.js';
import { begunForOf, type WritingSession } from './allocation-period.js';
import type { DriveBay } from './drive-bay.js';
import { ltoGenerationOf } from './lto-rules.js';
import type { MediaEnvironment } from './media-environment.js';
import { formatTime, type Protection } from './protection.js';
import type { RetentionGuard } from './retention-guard.js';

/** Who wants to write to which pool. */
export interface AppendRequest {
  readonly pool: PoolRecord;
  readonly session: WritingSession;
}

/** What was tried already, and what was wrong with it: the end of a sentence that begins with the barcode. */
export type TriedCartridges = ReadonlyMap<Barcode, string>;

const NONE_TRIED: TriedCartridges = new Map();

/** The choice of the volume a pool writes next, with all that it depends on as it is now. */
export class VolumeSelection {
  readonly #environment: MediaEnvironment;
  readonly #guard: RetentionGuard;

  constructor(environment: MediaEnvironment, guard: RetentionGuard) {
    this.#environment = environment;
    this.#guard = guard;
  }

  /** What volumes of the pool are begun for by the session. */
  begunFor({ pool, session }: AppendRequest): string {
    return begunForOf(pool.allocation, session, this.#environment.timeZone);
  }

  /**
   * What to write on next. Changes nothing. Every stream is read only when a volume of the pool can have expired at all: who waits for
   * a volume asks often. CHANGER_*, DRIVE_*, DEVICE_*.
   */
  async select(bay: DriveBay, request: AppendRequest, tried = NONE_TRIED): Promise<Allocation> {
    const volumes = await this.#environment.inventory.volumes();
    const nowMs = this.#guard.earliestMs;
    const mayRecycle =
      request.pool.recycles &&
      volumes.some(
        (volume) => volume.pool === request.pool.name && (volume.retentionEndMs ?? 0) <= nowMs && volume.blocks > 0,
      );
    return this.#allocate(bay, request, tried, volumes, mayRecycle ? await this.#guard.protection() : null);
  }

  /** The same with every reason in full. */
  async explain(bay: DriveBay, request: AppendRequest, tried = NONE_TRIED): Promise<Allocation> {
    const volumes = await this.#environment.inventory.volumes();
    return this.#allocate(bay, request, tried, volumes, await this.#guard.protection());
  }

  /** Without `protection` every volume with data is taken for protected by the end of its own retention. */
  async #allocate(
    bay: DriveBay,
    request: AppendRequest,
    tried: TriedCartridges,
    volumes: readonly VolumeRecord[],
    protection: Protection | null,
  ): Promise<Allocation> {
    const { inventory, reservations } = this.#environment;
    const reachable = await bay.changer.cartridges();
    const byId = new Map(volumes.map((volume) => [volume.volumeId, volume]));
    const candidates = (await inventory.cartridges()).map((cartridge) => {
      const { barcode, volumeId } = cartridge;
      const volume = volumeId === null ? null : (byId.get(volumeId) ?? null);
      const entries = reachable.filter((one) => one.barcode === barcode);
      return {
        cartridge,
        volume,
        location: locationOf(cartridge, entries[0] ?? null),
        reachable: entries.some(({ reachableBy }) => reachableBy.includes(bay.name)),
        inUse: reservations.purposeOf(barcode),
        protectedBy: volume === null ? [] : reasonsFor(volume, protection),
        streams: volume === null ? 0 : (protection?.countOn(volume.volumeId) ?? 1),
        problem:
          tried.get(barcode) ?? (entries.length > 1 ? 'is there twice: two cartridges carry this barcode' : null),
      };
    });
    const ltoGeneration = bay.isOpen ? ltoGenerationOf((await bay.thread.readStatus()).identity.product) : null;
    const drive = { name: bay.name, loaded: bay.loaded, ltoGeneration };
    return allocateVolume({ pool: request.pool, drive, begunFor: this.begunFor(request) }, candidates);
  }
}

function reasonsFor(volume: VolumeRecord, protection: Protection | null): readonly string[] {
  if (protection !== null) return protection.reasonsFor(volume.volumeId);
  return volume.blocks === 0 ? [] : [`something on it is kept until ${formatTime(volume.retentionEndMs ?? Infinity)}`];
}

/** Of what is on its shelf a changer without robot knows less than the books. */
function locationOf(cartridge: CartridgeRecord, found: ReachableCartridge | null): CartridgeLocation {
  return found === null || found.location.kind === 'shelf' ? cartridge.location : found.location;
}
