import { StorageError } from '../base/storage-error.js';
import type { ExtentRecord, VolumeRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import { withStateByDaemon } from '../media/state-changes.js';
import { updateVolume } from '../media/update-volume.js';
import type { JobOrder } from '../protocol/job-api.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { StreamId } from '../terms/ids.js';
import { volumeOn } from './destroyed-volume.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';
import { rangesWithout, type ByteRange } from './stream-coverage.js';
import type { VolumeReading } from './volume-adoption.js';
import { surveyMedium, watchOf } from './volume-survey.js';

/** Missing ranges named in the result of the job. */
const NAMED_RANGES = 1000;

/**
 * Reads volumes whole: each block is checked against its checksums, its number, its stream and its place, and what there is
 * against the inventory. A volume that does not agree becomes suspect and is written no more. As many at once as there are drives.
 */
export class VerifyProcedure implements Procedure {
  readonly kind = 'verify';
  readonly #world: ProcedureWorld;
  readonly #who: string;
  readonly #barcodes: readonly Barcode[];
  readonly #missing: string[] = [];

  constructor(world: ProcedureWorld, who: string, order: Extract<JobOrder, { kind: 'verify' }>) {
    this.#world = world;
    this.#who = who;
    this.#barcodes = [...new Set(order.barcodes)];
  }

  async plan(): Promise<JobPlan> {
    const { inventory } = this.#world.environment;
    for (const barcode of this.#barcodes)
      if ((await volumeOn(inventory, barcode)) === null) throw unknownCartridge(barcode);
    return {
      title: `verify ${plural(this.#barcodes.length, 'volume')}`,
      steps: this.#barcodes.map((subject) => ({ subject, what: 'read and check every block', destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    const drives = this.#world.leases.bays.filter((bay) => bay.down === null);
    await run.each(this.#barcodes, drives.length, async (barcode) => {
      await run.step(barcode, async (say) =>
        run.withCartridge(barcode, 'being verified', async () => this.#verifyOne(run, barcode, say)),
      );
    });
    await run.report({ missing: this.#missing.slice(0, NAMED_RANGES) });
  }

  async #verifyOne(run: JobRun, barcode: Barcode, say: (doing: string) => void): Promise<string> {
    const { leases, register, loading, environment } = this.#world;
    const volume = await volumeOn(environment.inventory, barcode);
    if (volume === null) throw unknownCartridge(barcode);
    const place = (await register.reachable()).find((one) => one.barcode === barcode);
    const kind = mediumOfBarcode(barcode) === 'disk' ? 'disk' : 'tape';
    const reaches = fitsCartridge(leases.bays, barcode, place?.reachableBy ?? null);
    const fits = (bay: DriveBay): boolean => bay.kind === kind && reaches(bay);
    return run.withDrive({ fits, preference: preferHolding(barcode) }, async (bay) => {
      say(`in drive ${bay.name}`);
      await loading.load(bay, barcode, { who: this.#who, reason: 'loaded to be verified' }, run.signal);
      const wanted = { barcode, source: 'blocks', watch: watchOf(run, say) } as const;
      return surveyMedium(environment, bay, wanted, async (survey) => {
        if (survey.kind === 'no-volume') throw await this.#refute(volume, `the cartridge ${survey.what}`);
        return this.#compare(volume, survey.reading);
      });
    });
  }

  async #compare(volume: VolumeRecord, { label, catalog }: VolumeReading): Promise<string> {
    if (label.volumeId !== volume.volumeId)
      throw await this.#refute(volume, `its label says that it is volume ${label.volumeId}`);
    const { inventory } = this.#world.environment;
    const found = new Map(catalog.streams.map((stream) => [stream.streamId, stream.extents]));
    let bytes = 0;
    let missingBytes = 0;
    let elsewhere = 0;
    const streams = await inventory.streamsOnVolume(volume.volumeId);
    for (const streamId of streams) {
      const known = await this.#extentsOn(streamId, volume);
      const there = found.get(streamId) ?? [];
      const ranges = rangesWithout(known, there);
      missingBytes += ranges.reduce((sum, { from, to }) => sum + to - from, 0);
      bytes += known.reduce((sum, one) => sum + one.bytes, 0);
      this.#noteMissing(streamId, ranges);
      if (ranges.length === 0 && !known.every((one) => there.some((other) => isWithin(one, other)))) elsewhere++;
    }
    const problems = [
      ...(catalog.damage.length === 0 ? [] : [`${plural(catalog.damage.length, 'object')} damaged`]),
      ...(missingBytes === 0 ? [] : [`${String(missingBytes)} bytes of streams missing`]),
      ...(elsewhere === 0 ? [] : [`${plural(elsewhere, 'stream')} in other blocks than the inventory has`]),
    ];
    if (problems.length === 0) return `${plural(streams.length, 'stream')} with ${String(bytes)} bytes, all good`;
    throw await this.#refute(volume, problems.join(', '));
  }

  async #extentsOn(streamId: StreamId, { volumeId }: VolumeRecord): Promise<readonly ExtentRecord[]> {
    const extents: ExtentRecord[] = [];
    for await (const extent of this.#world.environment.inventory.extents(streamId))
      if (extent.volumeId === volumeId) extents.push(extent);
    return extents;
  }

  #noteMissing(streamId: StreamId, ranges: readonly ByteRange[]): void {
    for (const { from, to } of ranges) this.#missing.push(`${streamId} ${String(from)}-${String(to - 1)}`);
  }

  /** The volume is not what the inventory has: it is written no more. */
  async #refute(volume: VolumeRecord, why: string): Promise<StorageError> {
    await updateVolume(this.#world.environment, volume.volumeId, (current) =>
      withStateByDaemon(current, 'suspect', `verified: ${why}`),
    );
    return new StorageError(
      'VOLUME_SUSPECT',
      `Volume ${volume.barcode} does not agree with the inventory: ${why}. It is not written any more; restore or copy what it holds.`,
      { context: { barcode: volume.barcode, volume: volume.volumeId } },
    );
  }
}

/** Whether a run of blocks is part of another, block for block. */
function isWithin(part: ExtentRecord, whole: ExtentRecord | Omit<ExtentRecord, 'volumeId'>): boolean {
  return (
    part.blockAddress >= whole.blockAddress &&
    part.blockAddress + part.blocks <= whole.blockAddress + whole.blocks &&
    part.sequence - whole.sequence === part.blockAddress - whole.blockAddress &&
    part.offset >= whole.offset &&
    part.offset + part.bytes <= whole.offset + whole.bytes
  );
}
