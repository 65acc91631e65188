import type { Clock } from '../base/clock.js';
import { StorageError } from '../base/storage-error.js';
import type { AuditRecord } from '../inventory/records.js';
import type { CartridgeRegister } from '../media/cartridge-register.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import type { ImportOutcomeView, ImportRequest } from '../protocol/catalogue-api.js';
import { exportCatalogue } from './catalogue-export.js';
import { CatalogueImport } from './catalogue-import.js';

/** What the control door asks of catalogues. Failures are StorageErrors. */
export interface CatalogueControl {
  /** The lines of a catalogue of one pool, or, with null, of everything, as of the call. JOB_POOL_UNKNOWN. */
  export(pool: string | null): Promise<AsyncIterable<string>>;
  /** Enters one part of a catalogue, or tells what that would do. INVENTORY_FILE_DAMAGED. */
  import(who: string, request: ImportRequest): Promise<ImportOutcomeView>;
}

export class CatalogueOrders implements CatalogueControl {
  readonly #environment: MediaEnvironment;
  readonly #register: CartridgeRegister;
  readonly #clock: Clock;

  constructor(environment: MediaEnvironment, register: CartridgeRegister) {
    this.#environment = environment;
    this.#register = register;
    this.#clock = environment.clock;
  }

  async export(pool: string | null): Promise<AsyncIterable<string>> {
    const { inventory, node, software } = this.#environment;
    if (pool !== null && (await inventory.pool(pool)) === null)
      throw new StorageError('JOB_POOL_UNKNOWN', `There is no pool ${pool}. Nothing was exported.`, {
        context: { pool },
      });
    return exportCatalogue(inventory, { node, software, createdMs: this.#clock.wallMs(), pool });
  }

  async import(who: string, request: ImportRequest): Promise<ImportOutcomeView> {
    const { createdMs: catalogueMs, overwrite, lines, dryRun } = request;
    const order = { environment: this.#environment, catalogueMs, overwrite: new Set(overwrite) };
    const books = new CatalogueImport(order);
    const outcome = dryRun
      ? await books.check(lines)
      : await books.enter(lines, request.isFirst ? [this.#auditOf(who, request)] : []);
    if (!dryRun && request.isLast) await this.#register.refresh();
    return { ...outcome, newer: [...outcome.newer], left: [...outcome.left] };
  }

  #auditOf(who: string, { createdMs, node, sha256, overwrite }: ImportRequest): AuditRecord {
    return {
      timeMs: this.#clock.wallMs(),
      who,
      what: 'catalog.import',
      barcode: null,
      details: { catalogueMs: createdMs, node, sha256, overwritten: overwrite.join(' ').slice(0, 1000) },
    };
  }
}
