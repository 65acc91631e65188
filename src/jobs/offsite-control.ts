import type { Clock } from '../base/clock.js';
import type { Inventory } from '../inventory/inventory.js';
import type { CartridgeRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { RegisterLook } from '../media/register-look.js';
import { stateOf } from '../media/state-changes.js';
import type { MoveView, OffsiteQuery, OffsiteView } from '../protocol/offsite-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';

/** What the control door asks of media that no changer has. */
export interface OffsiteControl {
  /** By place, then barcode; what should be back first comes first. */
  offsite(query: OffsiteQuery): Promise<readonly OffsiteView[]>;
  /** Newest first. VOLUME_UNKNOWN. */
  moves(barcode: Barcode, limit: number): Promise<readonly MoveView[]>;
}

/** Answers from the books. */
export class OffsiteLooks implements OffsiteControl {
  readonly #inventory: Inventory;
  readonly #clock: Clock;
  readonly #registerLook: RegisterLook;

  constructor(inventory: Inventory, clock: Clock, registerLook: RegisterLook) {
    this.#inventory = inventory;
    this.#clock = clock;
    this.#registerLook = registerLook;
  }

  async offsite(query: OffsiteQuery): Promise<readonly OffsiteView[]> {
    await this.#registerLook.look();
    const nowMs = this.#clock.wallMs();
    const records = (await this.#inventory.cartridges()).filter((record) => matches(record, query, nowMs));
    records.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const volumes = new Map((await this.#inventory.volumes()).map((volume) => [volume.volumeId, volume]));
    const views: OffsiteView[] = [];
    for (const record of records) {
      const volume = record.volumeId === null ? null : (volumes.get(record.volumeId) ?? null);
      const [move] = await this.#inventory.moves(record.barcode, 1);
      views.push({
        barcode: record.barcode,
        location: record.location,
        sinceMs: record.locationSinceMs,
        state: stateOf(record, volume),
        pool: volume?.pool ?? '',
        who: move?.who ?? '',
        reason: move?.reason ?? '',
      });
    }
    return views;
  }

  async moves(barcode: Barcode, limit: number): Promise<readonly MoveView[]> {
    if ((await this.#inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    const moves = await this.#inventory.moves(barcode, limit);
    return moves.map(({ timeMs, from, to, who, reason }) => ({ timeMs, from, to, who, reason }));
  }
}

function matches({ barcode, location }: CartridgeRecord, query: OffsiteQuery, nowMs: number): boolean {
  const { kind } = location;
  if (kind !== 'shelf' && kind !== 'vault' && kind !== 'missing') return false;
  // The directory of a disk target is no place that somebody walks to.
  if (kind === 'shelf' && mediumOfBarcode(barcode) === 'disk') return false;
  if (query.kind !== undefined && kind !== query.kind) return false;
  if (query.vault !== undefined && (kind !== 'vault' || location.vault !== query.vault)) return false;
  return query.overdue !== true || (kind === 'vault' && location.dueMs !== null && location.dueMs < nowMs);
}

function sortKey({ barcode, location }: CartridgeRecord): string {
  const due = location.kind === 'vault' ? (location.dueMs ?? Number.MAX_SAFE_INTEGER) : 0;
  const vault = location.kind === 'vault' ? location.vault : '';
  return `${location.kind} ${vault} ${String(due).padStart(16, '0')} ${barcode}`;
}
