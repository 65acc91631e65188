import { SerialQueue } from '../base/serial-queue.js';
import { StorageError } from '../base/storage-error.js';
import type { CartridgeRecord, ExtentRecord, JobValue } from '../inventory/records.js';
import { isOnlyCatalogued } from '../media/catalogued-volume.js';
import { newCartridge } from '../media/cartridge-register.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import type { CatalogueLine, CatalogueSummary } from '../protocol/catalogue-file.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import type { BlockSlot } from '../volume/block-slot.js';
import { cutExtent } from '../volume/extent-cut.js';
import type { CatalogExtent } from '../volume/volume-books.js';
import type { VolumeReader } from '../volume/volume-reader.js';
import { CatalogueImport } from './catalogue-import.js';
import { findCatalogue } from './catalogue-on-volume.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';
import { missingRanges } from './stream-coverage.js';
import { adoptVolume, freeParts, type KnownStream, type VolumeReading } from './volume-adoption.js';
import { surveyMedium, watchOf } from './volume-survey.js';

/** Streams named in the result of the job. */
const NAMED_STREAMS = 100;

/**
 * Enters into the inventory the volumes that it does not know, or only from a catalogue, with their streams, from the media alone: the
 * named cartridges, or every such one in reach. Nothing is written to a medium, and nothing the inventory knows is replaced. As many
 * at once as there are drives; each is entered whole, in one batch, so that a rebuild that was cut short goes on where it was.
 */
export class RebuildProcedure implements Procedure {
  readonly kind = 'rebuild';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #order: Extract<JobOrder, { kind: 'rebuild' }>;
  #barcodes: readonly Barcode[] = [];
  /** One volume after another is entered: two may hold the same stream. */
  readonly #entering = new SerialQueue();
  readonly #streams = new Set<StreamId>();
  #entered = 0;
  #catalogue: CatalogueSummary | null = null;
  readonly #fromCatalogue = { volumes: 0, streams: 0 };

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'rebuild' }>) {
    this.#world = world;
    this.#who = who;
    this.#order = order;
  }

  async plan(): Promise<JobPlan> {
    const { barcodes, source, from } = this.#order;
    if (from !== null) {
      if (barcodes !== 'unknown') throw fromAndNamed();
      this.#barcodes = [from];
      const what = 'enter the newest catalogue on it; then read the volumes that were written since';
      const title = `rebuild the inventory from the catalogue on ${from} and what came since`;
      return { title, steps: [{ subject: from, what, destroys: null }] };
    }
    this.#barcodes = barcodes === 'unknown' ? await this.#findUnknown() : [...new Set(barcodes)];
    if (this.#barcodes.length === 0) throw nothingUnknown();
    const what = source === 'index' ? 'read its indexes' : 'read all its blocks';
    return {
      title: `rebuild the inventory from ${plural(this.#barcodes.length, 'cartridge')}`,
      steps: this.#barcodes.map((subject) => ({ subject, what, destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    await this.#readAll(run, this.#barcodes);
    if (this.#order.from !== null) {
      await run.report(await this.#describeCatalogue());
      await this.#readAll(run, await this.#findUnknown());
      await run.report({ volumesToBeRead: await this.#onlyCatalogued() });
    }
    const gaps = await this.#findGaps();
    await run.report({
      volumes: this.#entered,
      streams: this.#streams.size,
      streamsWithMissingBytes: gaps.slice(0, NAMED_STREAMS),
    });
  }

  async #readAll(run: JobRun, barcodes: readonly Barcode[]): Promise<void> {
    const drives = this.#world.leases.bays.filter((bay) => bay.down === null);
    await run.each(barcodes, drives.length, async (barcode) => {
      await run.step(barcode, async (say) =>
        run.withCartridge(barcode, 'being read to rebuild the inventory', async () => this.#readOne(run, barcode, say)),
      );
    });
  }

  async #describeCatalogue(): Promise<Readonly<Record<string, JobValue>>> {
    if (this.#catalogue === null) return { catalogue: 'none' };
    const { header } = this.#catalogue;
    const { volumes, streams } = this.#fromCatalogue;
    return {
      catalogue: `of ${header.node}, pool ${header.pool ?? '(all)'}`,
      catalogueAsOf: new Date(header.createdMs).toISOString(),
      volumesInCatalogue: volumes,
      streamsInCatalogue: streams,
    };
  }

  /** Volumes that may have been written since, and are not in reach or could not be read. */
  async #onlyCatalogued(): Promise<readonly Barcode[]> {
    const volumes = await this.#world.environment.inventory.volumes();
    return volumes.filter(isOnlyCatalogued).map(({ barcode }) => barcode);
  }

  /** Cartridges in reach that carry no volume the inventory knows. */
  async #findUnknown(): Promise<readonly Barcode[]> {
    const { register, environment } = this.#world;
    await register.refresh();
    const found: Barcode[] = [];
    for (const { barcode } of await register.reachable()) {
      if (barcode === null || mediumOfBarcode(barcode) === 'cleaning') continue;
      if ((await this.#knownVolume((await environment.inventory.cartridge(barcode))?.volumeId ?? null)) === null)
        found.push(barcode);
    }
    return found.sort();
  }

  /** Null also for a volume that is known from a catalogue only, to which its medium adds. */
  async #knownVolume(volumeId: VolumeId | null): Promise<VolumeId | null> {
    if (volumeId === null) return null;
    const volume = await this.#world.environment.inventory.volume(volumeId);
    return volume === null || isOnlyCatalogued(volume) ? null : volumeId;
  }

  async #readOne(run: JobRun, barcode: Barcode, say: (doing: string) => void): Promise<string> {
    const { leases, register, loading, environment } = this.#world;
    const known = await this.#knownVolume((await environment.inventory.cartridge(barcode))?.volumeId ?? null);
    const hasCatalogue = barcode === this.#order.from;
    if (known !== null && !hasCatalogue) return `volume ${known} is known already`;
    const place = (await register.reachable()).find((one) => one.barcode === barcode);
    const kind = mediumOfBarcode(barcode) === 'disk' ? 'disk' : 'tape';
    const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
    const fits = (bay: DriveBay): boolean => bay.kind === kind && reaches(bay);
    return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
      say(`in drive ${bay.name}`);
      const cause = { who: this.#who, reason: 'loaded to rebuild the inventory' };
      await loading.load(bay, barcode, cause, run.signal);
      const { source } = this.#order;
      const watch = watchOf(run, say);
      return surveyMedium(environment, bay, { barcode, source, watch }, async (survey, slots) => {
        if (survey.kind === 'no-volume') return survey.what;
        const { reading, reader } = survey;
        return this.#entering.run(async () => {
          const said = hasCatalogue ? `${await this.#enterCatalogue(reading, reader, slots)}; ` : '';
          return said + (await this.#enter(reading, reader, slots));
        });
      });
    });
  }

  async #enterCatalogue(reading: VolumeReading, reader: VolumeReader, slots: readonly BlockSlot[]): Promise<string> {
    const { environment } = this.#world;
    const found = await findCatalogue(reader, slots, reading.catalog.streams);
    if (found === null) return 'no whole catalogue is on it';
    const { summary, parts } = found;
    const { createdMs } = summary.header;
    const books = new CatalogueImport({ environment, catalogueMs: createdMs, overwrite: new Set() });
    for await (const lines of parts) {
      await books.enter(lines);
      this.#noteCatalogued(lines);
    }
    this.#catalogue = summary;
    return `its catalogue of ${new Date(createdMs).toISOString()} tells of ${plural(this.#fromCatalogue.volumes, 'volume')}`;
  }

  #noteCatalogued(lines: readonly CatalogueLine[]): void {
    for (const { kind } of lines)
      if (kind === 'volume') this.#fromCatalogue.volumes++;
      else if (kind === 'stream') this.#fromCatalogue.streams++;
  }

  async #enter(reading: VolumeReading, reader: VolumeReader, slots: readonly BlockSlot[]): Promise<string> {
    const { environment } = this.#world;
    const { label, catalog } = reading;
    if ((await this.#knownVolume(label.volumeId)) !== null) return `volume ${label.volumeId} is known already`;
    await this.#forgetOther(label.barcode, label.volumeId);
    let lost = 0;
    const extents = new Map<StreamId, readonly CatalogExtent[]>();
    for (const { streamId, extents: found } of catalog.streams) {
      const parts = freeParts(found, (await this.#known(streamId))?.extents ?? []);
      const kept: CatalogExtent[] = [];
      for (const { extent, from, to } of parts) {
        const isWhole = from === extent.offset && to === extent.offset + extent.bytes;
        const cut = isWhole ? extent : await cutExtent(reader, slots, extent, from, to);
        if (cut === null) lost++;
        else kept.push({ ...cut, sessionId: extent.sessionId });
      }
      extents.set(streamId, kept);
    }
    await environment.bookkeeping.run(async () => this.#commit(reading, extents));
    this.#entered++;
    for (const { streamId } of catalog.streams) this.#streams.add(streamId);
    const damage = catalog.damage.length === 0 ? '' : `, ${String(catalog.damage.length)} objects damaged`;
    const cuts = lost === 0 ? '' : `, ${plural(lost, 'run')} of blocks left out that overlap others`;
    return `volume ${label.volumeId} of pool ${label.pool}, ${plural(catalog.streams.length, 'stream')}${damage}${cuts}`;
  }

  /** A catalogue told of a volume that was on this cartridge before it was labelled again: what lay on it is no more. */
  async #forgetOther(barcode: Barcode, found: VolumeId): Promise<void> {
    const { inventory, bookkeeping } = this.#world.environment;
    await bookkeeping.run(async () => {
      const cartridge = await inventory.cartridge(barcode);
      const other = cartridge?.volumeId ?? null;
      if (cartridge === null || other === null || other === found) return;
      await inventory.commit({ forgetVolumes: [other], cartridges: [{ ...cartridge, volumeId: null }] });
    });
  }

  /** Whoever else changed a record meanwhile (a hold, a move) has not changed which blocks there are. */
  async #commit(reading: VolumeReading, extents: ReadonlyMap<StreamId, readonly CatalogExtent[]>): Promise<void> {
    const { inventory, clock } = this.#world.environment;
    const { barcode, pool } = reading.label;
    const known = new Map<StreamId, KnownStream>();
    for (const { streamId } of reading.catalog.streams) {
      const stream = await this.#known(streamId);
      if (stream !== null) known.set(streamId, stream);
    }
    const cartridge: CartridgeRecord = (await inventory.cartridge(barcode)) ?? newCartridge(barcode);
    await inventory.commit(
      adoptVolume({
        reading,
        cartridge,
        known,
        before: await inventory.volume(reading.label.volumeId),
        extents,
        pool: await inventory.pool(pool),
        who: this.#who,
        nowMs: clock.wallMs(),
      }),
    );
  }

  async #known(streamId: StreamId): Promise<KnownStream | null> {
    const { inventory } = this.#world.environment;
    const record = await inventory.stream(streamId);
    if (record === null) return null;
    const extents: ExtentRecord[] = [];
    for await (const extent of inventory.extents(streamId)) extents.push(extent);
    return { record, extents };
  }

  /** Streams of which bytes lie on volumes that were not read, or are lost. */
  async #findGaps(): Promise<readonly StreamId[]> {
    const { inventory } = this.#world.environment;
    const gaps: StreamId[] = [];
    for (const streamId of this.#streams) {
      const record = await inventory.stream(streamId);
      if (record === null) continue;
      const missing = await missingRanges(record, inventory.extents(streamId));
      if (missing.length > 0) gaps.push(streamId);
    }
    return gaps;
  }
}

function nothingUnknown(): StorageError {
  return new StorageError(
    'CHANGER_NO_CARTRIDGE',
    'Every cartridge in reach carries a volume that the inventory knows. Nothing was read; put in those that are elsewhere, or name one.',
  );
}

function fromAndNamed(): StorageError {
  return new StorageError(
    'PROTOCOL_BODY',
    'A rebuild from a catalogue finds by itself which volumes are to be read behind it: name that one volume only. Nothing was done.',
  );
}
