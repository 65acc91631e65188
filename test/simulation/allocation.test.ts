import { expect } from 'chai';
import { SeededRandom } from '../../src/base/random.js';
import type { AuditRecord, PoolRecord } from '../../src/inventory/records.js';
import { scratchPool } from '../../src/media/pool-book.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { StreamId } from '../../src/terms/ids.js';
import { poolRecord } from '../support/inventory-samples.js';
import { RIG_LIMITS } from '../support/save-rig.js';
import { Life } from './life.js';
import { Stage, STAGE_SLOT_BYTES } from './stage.js';
import { WorldClient, type WorldStream } from './world-client.js';
import type { WorldNode } from './world-node.js';

const LIMITS = { ...RIG_LIMITS, checkpointBytes: 12 * STAGE_SLOT_BYTES, procedureBlocks: 24 };

const barcode = (n: number): Barcode => `TPL${String(n).padStart(3, '0')}L8` as Barcode;

/** A daemon on one drive with cartridges of so many blocks. */
class Allocating {
  readonly stage: Stage;
  readonly #random = new SeededRandom(7);

  constructor(cartridges: readonly number[], pool: Partial<PoolRecord> = {}) {
    this.stage = new Stage({
      drives: 1,
      cartridges: cartridges.map((blocks) => blocks * STAGE_SLOT_BYTES),
      limits: LIMITS,
      random: this.#random,
      pool: poolRecord('default', pool),
    });
  }

  /** One life of the daemon, from start to SIGTERM. */
  async run(work: (node: WorldNode) => Promise<void>): Promise<void> {
    await this.stage.play(new Life(this.#random), async (node) => {
      await node.open();
      await work(node);
      await node.close();
    });
    expect(this.stage.problems).to.deep.equal([]);
  }

  async save(
    node: WorldNode,
    blocks: number,
    retentionDays: number | null = null,
    basedOn: StreamId | null = null,
  ): Promise<WorldStream> {
    const told = this.stage.newStream(blocks * STAGE_SLOT_BYTES, retentionDays);
    const client = new WorldClient(told, {
      clock: this.stage.clock,
      random: this.#random,
      slotBytes: STAGE_SLOT_BYTES,
      leavesAt: Infinity,
      basedOn,
    });
    await client.open(node.saves);
    await client.done;
    return told;
  }

  async judge(): Promise<void> {
    await this.stage.judge();
    expect(this.stage.problems).to.deep.equal([]);
  }
}

/** The volumes a stream lies on, by barcode. */
async function volumesOf(node: WorldNode, { streamId }: WorldStream): Promise<readonly string[]> {
  if (streamId === null) throw new Error('it was never opened');
  const volumes = (await node.inventory.stream(streamId))?.volumes ?? [];
  return Promise.all(volumes.map(async (id) => (await node.inventory.volume(id))?.barcode ?? 'gone'));
}

/** Labels that the daemon wrote by itself. */
async function ownLabels(node: WorldNode): Promise<readonly AuditRecord[]> {
  const labels = (await node.inventory.audit(1000)).filter(({ what }) => what === 'media.label');
  return labels.filter(({ who }) => who === 'tapeloomd').reverse();
}

describe('a daemon that needs another volume', () => {
  it('draws it from scratch, and then labels a blank one, as its pool may', async () => {
    const world = new Allocating([30, 30, 30], { labelsBlank: true });
    await world.run(async (node) => {
      await node.label(barcode(1));
      await node.label(barcode(3), scratchPool('tape'));
      const told = await world.save(node, 55);
      expect(told.error).to.equal(null);
      expect(await volumesOf(node, told)).to.deep.equal([barcode(1), barcode(3), barcode(2)]);
      expect(
        (await ownLabels(node)).map(({ barcode: of, details }) => [of, details['pool'], details['expected']]),
      ).to.deep.equal([
        [barcode(3), 'default', 'volume'],
        [barcode(2), 'default', 'blank'],
      ]);
      expect((await node.inventory.volumes()).map(({ pool }) => pool)).to.deep.equal(['default', 'default', 'default']);
    });
    await world.judge();
  });

  it('tells the client that there is none, and why, when its pool may not', async () => {
    const world = new Allocating([30, 30, 30], { drawsFromScratch: false });
    await world.run(async (node) => {
      await node.label(barcode(1));
      await node.label(barcode(3), scratchPool('tape'));
      const told = await world.save(node, 55);
      expect(told.error?.code).to.equal('JOB_NO_VOLUME');
      expect(told.error?.message)
        .to.contain(`${barcode(1)} is full`)
        .and.to.contain('is being written')
        .and.to.contain(`${barcode(2)} is blank, and pool default does not label blank`)
        .and.to.contain(`${barcode(3)} is scratch, and pool default does not draw`);
      expect(await ownLabels(node)).to.deep.equal([]);
    });
    await world.judge();
  });

  /** More than a volume holds, and less than two. */
  const MORE = 30;

  it('uses an expired volume again under a new id, and forgets the old one with what lay on it', async () => {
    const world = new Allocating([30, 30]);
    await world.run(async (node) => {
      await node.label(barcode(1));
      await node.label(barcode(2));
      const expired = await world.save(node, MORE, 0);
      const [first, second] = await volumesOf(node, expired);
      const kept = await world.save(node, 5);
      expect(await volumesOf(node, kept)).to.deep.equal([second]);
      const before = await node.inventory.volumes();

      const next = await world.save(node, MORE);
      expect(next.error).to.equal(null);
      expect(await volumesOf(node, next)).to.deep.equal([second, first]);
      expect((await ownLabels(node)).map(({ barcode: of, details }) => [of, details['replaced']])).to.deep.equal([
        [first, before.find((volume) => volume.barcode === first)?.volumeId],
      ]);
      expect((await node.inventory.volumes()).map((volume) => volume.barcode)).to.have.members([first, second]);
      // The rest of it is on the volume that is kept for another stream.
      expect(await volumesOf(node, expired)).to.deep.equal([second]);
      expect((await node.inventory.stream(expired.streamId as StreamId))?.state).to.equal('incomplete');

      const last = await world.save(node, 2 * MORE);
      expect(last.error?.code).to.equal('JOB_NO_VOLUME');
      expect(last.error?.message).to.match(/is full; stream .* is kept until/);
    });
    await world.judge();
  });

  it('uses no volume again that carries the base of a stream that is kept, or one that is held', async () => {
    const world = new Allocating([30, 30, 30]);
    await world.run(async (node) => {
      for (const n of [1, 2, 3]) await node.label(barcode(n));
      const full = await world.save(node, MORE, 0);
      const held = await world.save(node, 20, 0);
      await node.hold(held.streamId as StreamId);
      const incremental = await world.save(node, 5, null, full.streamId);
      expect(incremental.error).to.equal(null);
      const last = await world.save(node, 3 * MORE);
      expect(last.error?.code).to.equal('JOB_NO_VOLUME');
      expect(last.error?.message).to.match(/is needed by/);
      expect(await ownLabels(node)).to.deep.equal([]);
      // Whatever their retention says, they must be there.
      for (const told of [full, held]) told.mustBeKept = true;
    });
    await world.judge();
  });

  it('overwrites nothing that the books do not know, and sets it aside', async () => {
    const world = new Allocating([30], { labelsBlank: true });
    await world.run(async (node) => {
      await world.save(node, 10);
      expect(await ownLabels(node)).to.have.length(1);
    });
    const bringBack = world.stage.loseInventory();
    await world.run(async (node) => {
      const told = await world.save(node, 10);
      expect(told.error?.code).to.equal('JOB_NO_VOLUME');
      expect(told.error?.message).to.contain('which this inventory does not know');
      const cartridge = await node.inventory.cartridge(barcode(1));
      expect(cartridge?.volumeId).to.equal(null);
      expect(cartridge?.condition?.state).to.equal('foreign');
      told.streamId = null;
    });
    bringBack();
    await world.judge();
  });

  it('begins a volume for each session of a pool that wants that, and goes on on it within the session', async () => {
    const world = new Allocating([30, 30, 30, 30], { allocation: { kind: 'always' }, labelsBlank: true });
    await world.run(async (node) => {
      const first = await world.save(node, 35);
      while (node.saves.running.length > 0) await world.stage.clock.sleep(1000);
      const second = await world.save(node, 5);
      expect(await volumesOf(node, first)).to.deep.equal([barcode(1), barcode(2)]);
      expect(await volumesOf(node, second)).to.deep.equal([barcode(3)]);
      const begunFor = (await node.inventory.volumes()).map((volume) => volume.begunFor);
      expect(new Set(begunFor).size).to.equal(2);
    });
    await world.judge();
  });

  it('goes on on the volume of the day, and begins one on the next', async () => {
    const world = new Allocating([60, 60], { allocation: { kind: 'calendar', period: 'day' }, labelsBlank: true });
    await world.run(async (node) => {
      const streams = [await world.save(node, 5)];
      while (node.saves.running.length > 0) await world.stage.clock.sleep(1000);
      streams.push(await world.save(node, 5));
      await world.stage.clock.sleep(86_400_000);
      streams.push(await world.save(node, 5));
      const volumes = await Promise.all(streams.map(async (told) => volumesOf(node, told)));
      expect(volumes).to.deep.equal([[barcode(1)], [barcode(1)], [barcode(2)]]);
    });
    await world.judge();
  });
});
