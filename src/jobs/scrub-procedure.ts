import { StorageError } from '../base/storage-error.js';
import type { Inventory } from '../inventory/inventory.js';
import type { StreamRecord, VolumeRecord } from '../inventory/records.js';
import type { VolumeId } from '../terms/ids.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';
import { missingRanges } from './stream-coverage.js';

/** Problems named in the result of the job. */
const NAMED_PROBLEMS = 1000;

const STEPS = ['records', 'streams', 'volumes'] as const;

interface Written {
  blocks: number;
  bytes: number;
}

/**
 * Reads the whole inventory and looks whether it agrees with itself: every record against its checksum and shape; every
 * stream's extents against its length, its counts and its volumes; every volume's counts against the extents on it; every chain of
 * incrementals against what it is based on. Changes nothing. What the media say is for `verify`.
 *
 * Saves may be at work: a stream or volume that was changed while it was looked at is looked at again.
 */
export class ScrubProcedure implements Procedure {
  readonly kind = 'scrub';
  readonly #inventory: Inventory;
  readonly #problems: string[] = [];

  constructor(world: ProcedureWorld) {
    this.#inventory = world.environment.inventory;
  }

  plan(): Promise<JobPlan> {
    const steps = STEPS.map((subject) => ({ subject, what: `check all ${subject}`, destroys: null }));
    return Promise.resolve({ title: 'scrub the inventory', steps });
  }

  async run(run: JobRun): Promise<void> {
    const [records, streams, volumes] = STEPS;
    const written = new Map<VolumeId, Written>();
    try {
      await run.step(records, async () => this.#checkRecords());
      await run.step(streams, async (say) => this.#checkStreams(run, written, say));
      await run.step(volumes, async () => this.#checkVolumes(written));
    } finally {
      await run.report({ problems: this.#problems.slice(0, NAMED_PROBLEMS) });
    }
  }

  async #checkRecords(): Promise<string> {
    const report = await this.#inventory.scrub();
    this.#problems.push(...report.problems.map(({ key, problem }) => `${key}: ${problem}`));
    return this.#conclude(0, `${plural(report.records, 'record')}, last transaction ${String(report.lastTransaction)}`);
  }

  async #checkStreams(run: JobRun, written: Map<VolumeId, Written>, say: (doing: string) => void): Promise<string> {
    const before = this.#problems.length;
    let count = 0;
    for await (const stream of this.#inventory.everyStream()) {
      run.signal.throwIfAborted();
      if (++count % 1000 === 0) say(plural(count, 'stream'));
      await this.#checkStream(stream, written);
    }
    return this.#conclude(before, plural(count, 'stream'));
  }

  async #checkStream(seen: StreamRecord, written: Map<VolumeId, Written>): Promise<void> {
    const { streamId } = seen.descriptor;
    for (let stream = seen; ;) {
      const found = await this.#countExtents(stream);
      const now = await this.#inventory.stream(streamId);
      // Its volume was labelled again.
      if (now === null) return;
      if (now.lengthBytes === stream.lengthBytes && now.extents === stream.extents) {
        for (const [volumeId, { blocks, bytes }] of found.written) {
          const sum = written.get(volumeId) ?? { blocks: 0, bytes: 0 };
          written.set(volumeId, { blocks: sum.blocks + blocks, bytes: sum.bytes + bytes });
        }
        this.#problems.push(...found.problems, ...(await this.#problemsOfChain(now)));
        return;
      }
      stream = now;
    }
  }

  async #countExtents(
    stream: StreamRecord,
  ): Promise<{ readonly written: ReadonlyMap<VolumeId, Written>; readonly problems: readonly string[] }> {
    const { streamId } = stream.descriptor;
    const written = new Map<VolumeId, Written>();
    const problems: string[] = [];
    const note = (problem: string): void => {
      problems.push(`stream ${streamId}: ${problem}`);
    };
    let extents = 0;
    let blocks = 0;
    for await (const extent of this.#inventory.extents(streamId)) {
      extents++;
      blocks += extent.blocks;
      const sum = written.get(extent.volumeId) ?? { blocks: 0, bytes: 0 };
      written.set(extent.volumeId, { blocks: sum.blocks + extent.blocks, bytes: sum.bytes + extent.bytes });
    }
    for (const { from, to } of await missingRanges(stream, this.#inventory.extents(streamId)))
      note(`no blocks are known for its bytes ${String(from)} to ${String(to - 1)}`);
    // Of one that lay on a volume that was used again the counts are those of before.
    if (stream.state === 'complete' && (extents !== stream.extents || blocks !== stream.blocks))
      note(
        `it has ${String(extents)} extents with ${String(blocks)} blocks, its record counts ${String(stream.extents)} with ${String(stream.blocks)}`,
      );
    for (const volumeId of written.keys())
      if (!stream.volumes.includes(volumeId)) note(`it lies on volume ${volumeId}, which its record does not name`);
    return { written, problems };
  }

  async #problemsOfChain({ descriptor, state }: StreamRecord): Promise<readonly string[]> {
    const { streamId, basedOn } = descriptor;
    if (basedOn === null || state !== 'complete') return [];
    const base = await this.#inventory.stream(basedOn);
    if (base?.state === 'complete') return [];
    return [`stream ${streamId}: the stream ${basedOn} it is based on is ${base === null ? 'not there' : base.state}`];
  }

  async #checkVolumes(written: ReadonlyMap<VolumeId, Written>): Promise<string> {
    const before = this.#problems.length;
    const volumes = await this.#inventory.volumes();
    for (const volume of volumes) this.#problems.push(...(await this.#problemsOfVolume(volume, written)));
    const known = new Set(volumes.map(({ volumeId }) => volumeId));
    for (const volumeId of written.keys())
      if (!known.has(volumeId)) this.#problems.push(`volume ${volumeId}: streams lie on it, and it has no record`);
    return this.#conclude(before, plural(volumes.length, 'volume'));
  }

  /** A volume that is being written has moved on since its streams were counted: only what it has too little is wrong. */
  async #problemsOfVolume(volume: VolumeRecord, written: ReadonlyMap<VolumeId, Written>): Promise<readonly string[]> {
    const { blocks, bytes } = written.get(volume.volumeId) ?? { blocks: 0, bytes: 0 };
    const now = await this.#inventory.volume(volume.volumeId);
    if (now === null || (now.blocks >= blocks && now.bytes >= bytes)) return [];
    return [
      `volume ${volume.barcode}: its record counts ${String(now.blocks)} blocks with ${String(now.bytes)} bytes, its streams have ${String(blocks)} with ${String(bytes)}`,
    ];
  }

  /** The message of a step; throws when problems came up since there were `before` of them. */
  #conclude(before: number, what: string): string {
    const found = this.#problems.length - before;
    if (found === 0) return `${what}, all good`;
    throw new StorageError(
      'INVENTORY_CORRUPT',
      `${what}: ${plural(found, 'problem')}, the first: ${this.#problems[before] ?? ''}. Nothing was changed. The media are not affected: ` +
        'bring the inventory back from a copy (`tapeloom catalog import`), or rebuild it from the media (`tapeloom catalog rebuild`).',
      // What is wrong with one record says nothing of the others: the next step is worth its while.
      { disposition: 'ask-operator' },
    );
  }
}
