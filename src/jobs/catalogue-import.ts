import { StorageError } from '../base/storage-error.js';
import { parseCatalogueRecord, type CatalogueRecord, type StreamExtents } from '../inventory/catalogue.js';
import type { InventoryChange } from '../inventory/inventory.js';
import type {
  AuditRecord,
  CartridgeRecord,
  ExtentRecord,
  PoolRecord,
  StreamRecord,
  VolumeRecord,
} from '../inventory/records.js';
import { unpackExtents } from '../inventory/stored-records.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import type { CatalogueLine } from '../protocol/catalogue-file.js';
import type { Barcode } from '../terms/barcode.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import { mergeCartridge, mergePool, mergeStream, mergeVolume, type Merge } from './catalogue-merge.js';
import { freeParts } from './volume-adoption.js';

export interface CatalogueImportOptions {
  readonly environment: Pick<MediaEnvironment, 'inventory' | 'bookkeeping'>;
  /** When the catalogue was made. */
  readonly catalogueMs: number;
  /** Records that give way to the catalogue's although they are not older: barcodes, stream ids, `pool:NAME`. */
  readonly overwrite: ReadonlySet<string>;
}

/** What became, or would become, of the records. */
export interface ImportOutcome {
  /** New to the inventory or newer than what it has, and those that were named. */
  readonly entered: number;
  readonly same: number;
  /** Kept as the inventory has them, since that is not older. */
  readonly newer: readonly { readonly name: string; readonly why: string }[];
  /** What the catalogue tells and is no more so, or is told better elsewhere. */
  readonly left: readonly string[];
  /** Of what happened (moves, audit, jobs): for people, never entered. */
  readonly history: number;
}

/** Reasons and names listed of one batch. */
const LISTED = 1000;

/**
 * Enters the records of a catalogue into the inventory, batch by batch, each in one change. Nothing that is newer is replaced
 * unless it is named, nothing is removed, no retention shortened and no hold lifted. A batch that was entered already changes nothing.
 */
export class CatalogueImport {
  readonly #options: CatalogueImportOptions;

  constructor(options: CatalogueImportOptions) {
    this.#options = options;
  }

  /** What `enter` would do; of extents only whether they are well formed. INVENTORY_FILE_DAMAGED. */
  async check(lines: readonly CatalogueLine[]): Promise<ImportOutcome> {
    return (await this.#merge(lines.map(parseLine), true)).outcome;
  }

  /** A volume's line is in the batch of its cartridge. `audit` is noted with it. INVENTORY_FILE_DAMAGED. */
  async enter(lines: readonly CatalogueLine[], audit: readonly AuditRecord[] = []): Promise<ImportOutcome> {
    const records = lines.map(parseLine);
    const { environment } = this.#options;
    return environment.bookkeeping.run(async () => {
      const batch = await this.#merge(records, false);
      await environment.inventory.commit({ ...batch.change, audit });
      return batch.outcome;
    });
  }

  async #merge(records: readonly CatalogueRecord[], isCheck: boolean): Promise<ImportBatch> {
    const batch = new ImportBatch(this.#options, isCheck);
    for (const record of records) await batch.take(record);
    return batch;
  }
}

/** One batch on its way into the inventory: what it makes of the records, over what the inventory has. */
class ImportBatch {
  readonly #options: CatalogueImportOptions;
  /** The volumes that streams lie on may be entered by batches before: only `enter` knows. */
  readonly #isCheck: boolean;
  readonly #pools: PoolRecord[] = [];
  readonly #cartridges = new Map<Barcode, CartridgeRecord>();
  readonly #volumes = new Map<VolumeId, VolumeRecord>();
  readonly #streams = new Map<StreamId, StreamRecord>();
  readonly #extents = new Map<StreamId, { readonly known: ExtentRecord[]; readonly added: ExtentRecord[] }>();
  #entered = 0;
  #same = 0;
  #history = 0;
  readonly #newer: { readonly name: string; readonly why: string }[] = [];
  readonly #left = new Set<string>();

  constructor(options: CatalogueImportOptions, isCheck: boolean) {
    this.#options = options;
    this.#isCheck = isCheck;
  }

  get outcome(): ImportOutcome {
    return {
      entered: this.#entered,
      same: this.#same,
      newer: this.#newer.slice(0, LISTED),
      left: [...this.#left].slice(0, LISTED),
      history: this.#history,
    };
  }

  get change(): InventoryChange {
    const extents = [...this.#extents].flatMap(([streamId, { added }]) =>
      added.length === 0 ? [] : [{ streamId, extents: added.sort((a, b) => a.offset - b.offset) }],
    );
    return {
      pools: this.#pools,
      cartridges: [...this.#cartridges.values()],
      volumes: [...this.#volumes.values()],
      streams: [...this.#streams.values()],
      extents,
    };
  }

  async take(one: CatalogueRecord): Promise<void> {
    const { inventory } = this.#options.environment;
    switch (one.kind) {
      case 'pool':
        this.#settle(mergePool(one.record, await inventory.pool(one.record.name)), (pool) => this.#pools.push(pool));
        return;
      case 'cartridge': {
        const merge = mergeCartridge(one.record, await inventory.cartridge(one.record.barcode));
        this.#settle(merge, (cartridge) => this.#cartridges.set(cartridge.barcode, cartridge));
        return;
      }
      case 'volume':
        await this.#takeVolume(one.record);
        return;
      case 'stream':
        await this.#takeStream(one.record);
        return;
      case 'extents':
        await this.#takeExtents(one.record);
        return;
      default:
        this.#history++;
    }
  }

  async #takeVolume(told: VolumeRecord): Promise<void> {
    const { environment, catalogueMs } = this.#options;
    const { inventory } = environment;
    const cartridge = this.#cartridges.get(told.barcode) ?? (await inventory.cartridge(told.barcode));
    const known = await inventory.volume(told.volumeId);
    const merge = mergeVolume(told, known, cartridge?.volumeId ?? null, catalogueMs);
    this.#settle(merge, (volume) => this.#volumes.set(volume.volumeId, volume));
  }

  async #takeStream(told: StreamRecord): Promise<void> {
    const { inventory } = this.#options.environment;
    const { streamId } = told.descriptor;
    const volumes: VolumeId[] = [];
    for (const volumeId of told.volumes)
      if (this.#isCheck || this.#volumes.has(volumeId) || (await inventory.volume(volumeId)) !== null)
        volumes.push(volumeId);
    const merge = mergeStream(told, await inventory.stream(streamId), volumes);
    this.#settle(merge, (stream) => this.#streams.set(streamId, stream));
  }

  /** Bytes that the books have blocks for already are left out; a run of blocks is never cut. */
  async #takeExtents(told: StreamExtents): Promise<void> {
    if (this.#isCheck) return;
    const { inventory } = this.#options.environment;
    const { streamId } = told;
    const stream = this.#streams.get(streamId) ?? (await inventory.stream(streamId));
    if (stream?.volumes.includes(told.volumeId) !== true) return;
    const { known, added } = await this.#extentsOf(streamId);
    const fresh: ExtentRecord[] = [];
    const found = unpackExtents(told);
    // Nearly always what comes lies behind all that is there; then nothing of a long stream is looked through.
    const end = known.at(-1);
    const isBehind = end === undefined || (found[0]?.offset ?? 0) >= end.offset + end.bytes;
    for (const { extent, from, to } of freeParts(found, isBehind ? [] : known)) {
      if (from === extent.offset && to === extent.offset + extent.bytes) fresh.push(extent as ExtentRecord);
      else this.#left.add(`runs of blocks of stream ${streamId} that overlap others`);
    }
    if (fresh.length === 0) {
      this.#same++;
      return;
    }
    this.#entered++;
    added.push(...fresh);
    known.push(...fresh);
    if (!isBehind) known.sort((a, b) => a.offset - b.offset);
    const blocks = fresh.reduce((sum, one) => sum + one.blocks, 0);
    const grown = { ...stream, blocks: stream.blocks + blocks, extents: stream.extents + fresh.length };
    this.#streams.set(streamId, grown);
  }

  async #extentsOf(streamId: StreamId): Promise<{ readonly known: ExtentRecord[]; readonly added: ExtentRecord[] }> {
    const found = this.#extents.get(streamId);
    if (found !== undefined) return found;
    const known: ExtentRecord[] = [];
    for await (const extent of this.#options.environment.inventory.extents(streamId)) known.push(extent);
    const made = { known, added: [] };
    this.#extents.set(streamId, made);
    return made;
  }

  #settle<T>(merge: Merge<T>, enter: (record: T) => void): void {
    switch (merge.kind) {
      case 'enter':
        this.#entered++;
        enter(merge.record);
        return;
      case 'same':
        this.#same++;
        return;
      case 'left':
        this.#left.add(merge.why);
        return;
      case 'newer': {
        const { name, why } = merge;
        if (!this.#options.overwrite.has(name)) this.#newer.push({ name, why });
        else {
          this.#entered++;
          enter(merge.record);
        }
      }
    }
  }
}

function parseLine({ kind, record }: CatalogueLine): CatalogueRecord {
  const parsed = parseCatalogueRecord(kind, record);
  if (parsed.kind === 'good') return parsed.record;
  throw new StorageError(
    'INVENTORY_FILE_DAMAGED',
    `A record of kind ${kind} in the catalogue has a wrong shape: ${parsed.reason}. It was not entered; read the catalogue with the program that wrote it.`,
    { context: { kind, problem: parsed.reason } },
  );
}
