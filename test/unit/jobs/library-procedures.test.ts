import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DriveCondition } from '../../../sim/drive-condition.js';
import type { SimElement } from '../../../sim/library/library-shape.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { CLEANING_USES, ProcedureRig, stepsOf } from '../../support/procedure-rig.js';
import { barcodeOf, streamRecord } from '../../support/records.js';
import { RACK } from '../sim/library-bench.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const C = barcodeOf(3);
const CLN = 'CLN001CU' as Barcode;

/** An import/export slot of the library, as a person counts them: behind 24 storage slots. */
const FIRST_DOOR = 25;

async function labelled(rig: ProcedureRig, ...barcodes: readonly Barcode[]): Promise<void> {
  const job = await rig.run({ kind: 'label', barcodes: [...barcodes], pool: 'daily' });
  expect(job.state, JSON.stringify(job)).to.equal('succeeded');
}

function elementOf(rig: ProcedureRig, slot: number): SimElement {
  const element = rig.fixture.bench.library.shape.slotNumbered(slot);
  if (element === null) throw new Error(`there is no slot ${String(slot)}`);
  return element;
}

/** Somebody takes what lies in an import/export slot. */
function takeFromDoor(rig: ProcedureRig, slot: number): string {
  return rig.fixture.bench.front.take(elementOf(rig, slot));
}

function putIntoDoor(rig: ProcedureRig, barcode: string): void {
  const { front } = rig.fixture.bench;
  front.put(barcode, front.firstEmptyMailslot());
}

/** A stream that must be kept lies on the volume of this cartridge. */
async function keepStreamOn(rig: ProcedureRig, barcode: Barcode): Promise<void> {
  const volume = await rig.volume(barcode);
  if (volume === null) throw new Error(`${barcode} has no volume`);
  const retentionEndMs = rig.clock.wallMs() + 1_000_000_000_000;
  const stream = streamRecord(1, { volumes: [volume.volumeId] }, { retentionEndMs });
  const extent = {
    volumeId: volume.volumeId,
    sessionId: '00000000-0000-7000-8009-000000000001' as never,
    blockAddress: 3,
    sequence: 1,
    blocks: 1,
    offset: 0,
    bytes: 1,
  };
  await rig.inventory.commit({
    streams: [stream],
    extents: [{ streamId: stream.descriptor.streamId, extents: [extent] }],
  });
}

describe('labelling in a library', () => {
  it('takes every blank cartridge of the slots, with both drives, and leaves cleaning cartridges alone', async () => {
    const rig = await ProcedureRig.open({ cartridges: 5 });
    rig.fixture.bench.stock(CLN, 9);
    const job = await rig.run({ kind: 'label', barcodes: 'blank', pool: 'daily' });
    expect(stepsOf(job)).to.deep.equal([1, 2, 3, 4, 5].map((n) => `${barcodeOf(n)} done`));
    for (let n = 1; n <= 5; n++) expect(await rig.volume(barcodeOf(n))).to.include({ pool: 'daily', state: 'append' });
    expect((await rig.inventory.moves(A, 10)).map(({ reason }) => reason)).to.include('loaded to be labelled');
    expect((await rig.cartridge(CLN)).labelCount).to.equal(0);
    expect(await rig.refusal({ kind: 'label', barcodes: 'blank', pool: 'daily' }), 'none is left').to.equal(
      'CHANGER_NO_CARTRIDGE',
    );
  });

  it('makes empty volumes for any pool of the pool scratch', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await rig.run({ kind: 'label', barcodes: [A], pool: 'scratch' });
    expect(await rig.volume(A)).to.include({ pool: 'scratch', state: 'scratch' });
  });

  it('overwrites a volume only when its barcode is named again, and leaves it in its pool when none is said', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    const before = (await rig.volume(A))?.volumeId;
    expect(await rig.refusal({ kind: 'label', barcodes: [A], pool: 'daily' })).to.equal('VOLUME_LABELLED');
    await rig.run({ kind: 'label', barcodes: [A], pool: null, overwrite: [A] });
    const after = await rig.volume(A);
    expect(after?.pool).to.equal('daily');
    expect(after?.volumeId).not.to.equal(before);
    expect(await rig.inventory.volume(before ?? ('' as never))).to.equal(null);
  });

  it('never touches what must be kept, named or not, by label or erase', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    await keepStreamOn(rig, A);
    const before = await rig.volume(A);
    for (const overwrite of [[], [A]]) {
      expect(await rig.refusal({ kind: 'label', barcodes: [A], pool: 'daily', overwrite })).to.equal('VOLUME_LIVE');
      expect(await rig.refusal({ kind: 'erase', barcodes: [A], overwrite })).to.equal('VOLUME_LIVE');
    }
    expect(await rig.volume(A)).to.deep.equal(before);
  });

  it('looks again in the drive: what has come to be kept since it was ordered is kept', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    const drives = await Promise.all(
      rig.bays.map(async (bay) =>
        rig.leases.acquire({ fits: (one) => one === bay, preference: () => 0, signal: new AbortController().signal }),
      ),
    );
    const jobs = [
      await rig.begin({ kind: 'label', barcodes: [A], pool: 'daily', overwrite: [A] }),
      await rig.begin({ kind: 'erase', barcodes: [A], overwrite: [A] }),
    ];
    await keepStreamOn(rig, A);
    for (const lease of drives) lease.release();
    for (const { jobId } of jobs) expect((await rig.ended(jobId)).error?.code).to.equal('VOLUME_LIVE');
    expect((await rig.volume(A))?.state).to.equal('append');
  });

  it('refuses before anything is touched what cannot be a volume of the pool', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.stock(CLN, 9);
    rig.fixture.bench.stock('WRM001LZ', 10);
    await rig.register.refresh();
    for (const barcode of [CLN, 'WRM001LZ', 'DSK001DK'])
      expect(await rig.refusal({ kind: 'label', barcodes: [A, barcode], pool: 'daily' }), barcode).to.equal(
        'MEDIUM_INCOMPATIBLE',
      );
    expect(await rig.refusal({ kind: 'label', barcodes: [A], pool: 'weekly' })).to.equal('JOB_POOL_UNKNOWN');
    expect(await rig.place(A)).to.equal('slot 1');
  });

  it('goes on with the others when one of them is not there', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    const job = await rig.run({ kind: 'label', barcodes: [barcodeOf(77), A], pool: 'daily' });
    expect(stepsOf(job)).to.deep.equal([`${barcodeOf(77)} failed CHANGER_NO_CARTRIDGE`, `${A} done`]);
    expect([job.state, job.error?.code]).to.deep.equal(['failed', 'CHANGER_NO_CARTRIDGE']);
  });
});

describe('erasing', () => {
  it('makes a cartridge blank, and its volume is forgotten', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    const { volumeId } = await rig.cartridge(A);
    expect(await rig.refusal({ kind: 'erase', barcodes: [A] })).to.equal('VOLUME_LABELLED');
    for (const extent of ['short', 'long'] as const) {
      const job = await rig.run({ kind: 'erase', barcodes: [A], extent, overwrite: [A] });
      expect(stepsOf(job)).to.deep.equal([`${A} done`]);
      expect(await rig.cartridge(A)).to.deep.include({ volumeId: null, condition: null });
    }
    expect(await rig.inventory.volume(volumeId ?? ('' as never))).to.equal(null);
    const read = await rig.run({ kind: 'read-label', cartridges: [A] });
    expect(read.steps[0]?.message).to.equal('is blank');
  });

  it('makes a scratch volume when asked for one', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    await rig.run({ kind: 'erase', barcodes: [A], becomes: 'scratch', overwrite: [A] });
    expect(await rig.volume(A)).to.include({ pool: 'scratch', state: 'scratch' });
  });

  it('refuses cartridges that cannot be erased and cartridges nobody knows', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.stock(CLN, 9);
    await rig.register.refresh();
    expect(await rig.refusal({ kind: 'erase', barcodes: [CLN] })).to.equal('MEDIUM_INCOMPATIBLE');
    expect(await rig.refusal({ kind: 'erase', barcodes: [barcodeOf(9)] })).to.equal('VOLUME_UNKNOWN');
  });
});

describe('ejecting', () => {
  it('brings cartridges from slots and drives to import/export slots and tells which to take out of where', async () => {
    const rig = await ProcedureRig.open({ cartridges: 3 });
    await rig.run({ kind: 'load', cartridge: { barcode: B }, drive: 'tape1' });
    const job = await rig.run({ kind: 'eject', barcodes: [C, A, B], vault: 'bank', dueMs: 1_800_000_000_000 });
    expect(stepsOf(job)).to.deep.equal([`${B} done`, `${A} done`, `${C} done`]);
    expect(job.result['pickList']).to.deep.equal([
      `${B}  import/export slot 25 of library`,
      `${A}  import/export slot 26 of library`,
      `${C}  import/export slot 27 of library`,
    ]);
    expect(job.result).to.include({ vault: 'bank' });
    expect(await rig.place(A)).to.equal('import-export 26');
    expect(rig.fixture.bench.library.view().isPrevented, 'the door is not locked').to.equal(false);
  });

  it('knows that what a person has taken out is in the vault it was ejected for', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'eject', barcodes: [A], vault: 'bank', dueMs: 5 });
    await rig.run({ kind: 'eject', barcodes: [B] });
    expect(takeFromDoor(rig, FIRST_DOOR)).to.equal(A);
    expect(takeFromDoor(rig, FIRST_DOOR + 1)).to.equal(B);
    await rig.register.refresh();
    expect((await rig.cartridge(A)).location).to.deep.equal({ kind: 'vault', vault: 'bank', dueMs: 5 });
    expect((await rig.cartridge(B)).location).to.deep.equal({ kind: 'shelf' });
  });

  it('asks a person to empty the import/export slots when they are full, and goes on by itself', async () => {
    const rig = await ProcedureRig.open({ cartridges: 6 });
    const all = [1, 2, 3, 4, 5, 6].map(barcodeOf);
    const { jobId } = await rig.begin({ kind: 'eject', barcodes: all, vault: 'bank' });
    const waiting = await rig.until(jobId, ({ state }) => state === 'waiting-for-operator');
    expect(waiting.waitingFor).to.contain('25 (TPL001L9)').and.to.contain('2 more are to come out');
    expect(rig.requests.pending.map(({ job }) => job)).to.deep.equal([jobId]);
    for (let slot = FIRST_DOOR; slot < FIRST_DOOR + 4; slot++) takeFromDoor(rig, slot);
    const job = await rig.ended(jobId);
    expect(job.state).to.equal('succeeded');
    expect(rig.requests.pending).to.deep.equal([]);
    expect(await rig.place(A)).to.equal('vault bank');
    expect(await rig.place(barcodeOf(6))).to.equal('import-export 26');
  });

  it('waits while the door is open, and does not take that for a failure', async () => {
    const rig = await ProcedureRig.open({ cartridges: 5 });
    const { front } = rig.fixture.bench;
    const { jobId } = await rig.begin({ kind: 'eject', barcodes: [1, 2, 3, 4, 5].map(barcodeOf) });
    await rig.until(jobId, ({ state }) => state === 'waiting-for-operator');
    front.open();
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    takeFromDoor(rig, FIRST_DOOR);
    front.close();
    expect((await rig.ended(jobId)).state).to.equal('succeeded');
  });

  it('can be cancelled while it waits: what is out is out, the rest is where it was', async () => {
    const rig = await ProcedureRig.open({ cartridges: 6 });
    const { jobId } = await rig.begin({ kind: 'eject', barcodes: [1, 2, 3, 4, 5, 6].map(barcodeOf) });
    await rig.until(jobId, ({ state }) => state === 'waiting-for-operator');
    await rig.jobs.cancel('petra', jobId as never);
    const job = await rig.ended(jobId);
    expect([job.state, stepsOf(job).slice(3)]).to.deep.equal([
      'cancelled',
      [`${barcodeOf(4)} done`, `${barcodeOf(5)} failed JOB_CANCELLED`, `${barcodeOf(6)} skipped`],
    ]);
    expect(await rig.place(barcodeOf(6))).to.equal('slot 6');
  });

  it('refuses what is missing or not known', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    expect(await rig.refusal({ kind: 'eject', barcodes: [barcodeOf(9)] })).to.equal('VOLUME_UNKNOWN');
    await rig.register.place(A, { kind: 'missing' }, { who: 'olga', reason: 'x' });
    expect(await rig.refusal({ kind: 'eject', barcodes: [A] })).to.equal('CHANGER_NO_CARTRIDGE');
  });

  it('books what is on the shelf already to the vault it is brought to', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await rig.run({ kind: 'eject', barcodes: [A] });
    takeFromDoor(rig, FIRST_DOOR);
    await rig.register.refresh();
    await rig.run({ kind: 'eject', barcodes: [A], vault: 'bank' });
    expect(await rig.place(A)).to.equal('vault bank');
  });
});

describe('importing', () => {
  it('brings everything from the import/export slots into free slots, also what nobody knew', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'eject', barcodes: [A], vault: 'bank' });
    takeFromDoor(rig, FIRST_DOOR);
    await rig.register.refresh();
    rig.fixture.bench.rack.create(C, { capacityBytes: 1_000_000 });
    putIntoDoor(rig, A);
    putIntoDoor(rig, C);
    const job = await rig.run({ kind: 'import' });
    expect(stepsOf(job)).to.deep.equal([`${A} done`, `${C} done`]);
    expect(await rig.place(A)).to.equal('slot 1');
    expect(await rig.place(C)).to.equal('slot 3');
    expect((await rig.inventory.moves(A, 1))[0]).to.include({ who: 'olga', reason: 'imported, back from vault bank' });
  });

  it('tells what of the vault is overdue and did not come', async () => {
    const rig = await ProcedureRig.open({ cartridges: 3 });
    await rig.run({ kind: 'eject', barcodes: [A, B, C], vault: 'bank', dueMs: 5 });
    for (let slot = FIRST_DOOR; slot < FIRST_DOOR + 3; slot++) takeFromDoor(rig, slot);
    await rig.register.refresh();
    putIntoDoor(rig, B);
    const job = await rig.run({ kind: 'import', vault: 'bank' });
    expect(job.result['stillOverdue']).to.deep.equal([A, C]);
  });

  it('reads the labels of what it imported when asked to', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    await rig.run({ kind: 'eject', barcodes: [A] });
    const job = await rig.run({ kind: 'import', readLabels: true });
    expect(stepsOf(job)).to.deep.equal([`${A} done`, `${A} done`]);
    expect(job.steps[1]?.message).to.contain('pool daily');
    expect(await rig.place(A)).to.match(/^slot /);
  });

  it('leaves in the import/export slot what it cannot identify, and goes on', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'eject', barcodes: [A, B] });
    rig.fixture.bench.hideLabel(A);
    rig.fixture.bench.front.open();
    rig.fixture.bench.front.close();
    await rig.fixture.changer.rescan(new AbortController().signal);
    const job = await rig.run({ kind: 'import' });
    expect(stepsOf(job)).to.deep.equal(['import/export slot 25 failed CHANGER_BARCODE_UNREADABLE', `${B} done`]);
    expect(await rig.place(B)).to.match(/^slot /);
  });

  it('leaves out a cartridge with the barcode of another one', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    rig.fixture.bench.rack.create('TPL009L9', { capacityBytes: 1_000_000 });
    rig.fixture.bench.pasteLabel('TPL009L9', A);
    putIntoDoor(rig, 'TPL009L9');
    const job = await rig.run({ kind: 'import' });
    expect(stepsOf(job)).to.deep.equal([`${A} failed CHANGER_DUPLICATE_BARCODE`]);
  });

  it('says that there is nothing to import, and that no slot is free', async () => {
    const rig = await ProcedureRig.open({ cartridges: 24 });
    expect(await rig.refusal({ kind: 'import' })).to.equal('CHANGER_NO_CARTRIDGE');
    rig.fixture.bench.rack.create('TPL100L9', { capacityBytes: 1_000_000 });
    putIntoDoor(rig, 'TPL100L9');
    expect((await rig.run({ kind: 'import' })).error?.code).to.equal('CHANGER_NO_FREE_SLOT');
    expect(await rig.place('TPL100L9' as Barcode)).to.equal('import-export 25');
  });

  it('notices when somebody has taken the cartridge out again', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await rig.run({ kind: 'eject', barcodes: [A] });
    const held = rig.environment.reservations.tryReserve(A, 'something else');
    const { jobId } = await rig.begin({ kind: 'import' });
    await rig.until(jobId, ({ waitingFor }) => waitingFor !== '');
    takeFromDoor(rig, FIRST_DOOR);
    held?.release();
    expect((await rig.ended(jobId)).error?.code).to.equal('CHANGER_NO_CARTRIDGE');
  });
});

describe('moving by slot and drive', () => {
  it('transfers from slot to slot, and to import/export slots', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'transfer', from: 1, to: 7 });
    expect(await rig.place(A)).to.equal('slot 7');
    await rig.run({ kind: 'transfer', from: 7, to: 26 });
    expect(await rig.place(A)).to.equal('import-export 26');
    expect(await rig.refusal({ kind: 'transfer', from: 1, to: 3 })).to.equal('CHANGER_NO_CARTRIDGE');
    expect(await rig.refusal({ kind: 'transfer', from: 26, to: 2 })).to.equal('CHANGER_OCCUPIED');
    expect(await rig.refusal({ kind: 'transfer', from: 26, to: 99 })).to.equal('CHANGER_ELEMENT_UNKNOWN');
    expect(await rig.refusal({ kind: 'transfer', changer: 'attic', from: 26, to: 3 })).to.equal('CHANGER_UNKNOWN');
  });

  it('transfers a cartridge whose label cannot be read, and books nothing', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.hideLabel(A);
    await rig.fixture.changer.rescan(new AbortController().signal);
    expect(stepsOf(await rig.run({ kind: 'transfer', from: 1, to: 5 }))).to.deep.equal(['slot 1 done']);
  });

  it('loads what is in a slot into a drive that is free, and unloads it to a slot that is named', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'load', cartridge: { slot: 2 }, drive: '1' });
    expect(await rig.place(B)).to.equal('drive tape1');
    await rig.run({ kind: 'load', cartridge: { slot: 1 } });
    expect(await rig.place(A)).to.equal('drive tape0');
    await rig.run({ kind: 'unload', drive: 'tape0', slot: 9 });
    expect(await rig.place(A)).to.equal('slot 9');
    await rig.run({ kind: 'unload', drive: 'tape1' });
    expect(await rig.place(B)).to.equal('slot 2');
    const job = await rig.run({ kind: 'unload', drive: 'tape1' });
    expect(job.steps[0]?.message).to.equal('it was empty');
  });

  it('unloads what is in the drive first, and says so in its history', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    await rig.run({ kind: 'load', cartridge: { barcode: B }, drive: 'tape0' });
    expect([await rig.place(A), await rig.place(B)]).to.deep.equal(['slot 1', 'drive tape0']);
    expect((await rig.inventory.moves(A, 1))[0]).to.include({ who: 'olga', reason: `unloaded to make room for ${B}` });
  });

  it('loads one whose barcode cannot be read, so that its label can', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    await rig.run({ kind: 'unload', drive: rig.bays.find(({ loaded }) => loaded === A)?.name ?? '', slot: 3 });
    rig.fixture.bench.hideLabel(A);
    await rig.fixture.changer.rescan(new AbortController().signal);
    expect(stepsOf(await rig.run({ kind: 'load', cartridge: { slot: 3 }, drive: 'tape1' }))).to.deep.equal([
      'slot 3 done',
    ]);
    const read = await rig.run({ kind: 'read-label', cartridges: { drive: 'tape1' } });
    expect(read.steps[0]?.message).to.contain(`of ${A}, pool daily`);
    const job = await rig.run({ kind: 'unload', drive: 'tape1', slot: 3 });
    expect(job.steps[0]?.message).to.contain('slot 3');
  });

  it('lets go of a cartridge without moving it', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    await rig.run({ kind: 'unload', drive: 'tape0', ejectOnly: true });
    expect(await rig.place(A)).to.equal('drive tape0');
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    expect(await rig.place(A)).to.equal('drive tape0');
  });

  it('refuses drives, slots and cartridges that are not there', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    expect(await rig.refusal({ kind: 'load', cartridge: { barcode: A }, drive: 'tape7' })).to.equal('DRIVE_UNKNOWN');
    expect(await rig.refusal({ kind: 'load', cartridge: { barcode: B } })).to.equal('VOLUME_UNKNOWN');
    expect(await rig.refusal({ kind: 'load', cartridge: { slot: 5 } })).to.equal('CHANGER_NO_CARTRIDGE');
    expect(await rig.refusal({ kind: 'unload', drive: 'tape7' })).to.equal('DRIVE_UNKNOWN');
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    const job = await rig.run({ kind: 'unload', drive: 'tape0', slot: 99 });
    expect(job.error?.code).to.equal('CHANGER_ELEMENT_UNKNOWN');
    expect(await rig.place(A)).to.equal('drive tape0');
  });
});

describe('an inventory', () => {
  it('finds what was moved by hand, what is gone and what is new, and the books are right afterwards', async () => {
    const rig = await ProcedureRig.open({ cartridges: 3 });
    const { bench } = rig.fixture;
    bench.front.open();
    bench.front.take(elementOf(rig, 1));
    bench.front.take(elementOf(rig, 2));
    bench.library.putIn(B, bench.slot(12));
    bench.front.close();
    bench.stock('TPL008L9', 20);
    const job = await rig.run({ kind: 'inventory' });
    expect(job.state).to.equal('succeeded');
    expect(job.result['missing']).to.deep.equal([`${A}  slot 1 of library -> missing`]);
    expect(job.result['differences']).to.have.members([
      `${B}  slot 2 of library -> slot 12 of library`,
      'TPL008L9  new -> slot 20 of library',
    ]);
    expect([await rig.place(A), await rig.place(B), await rig.place(C)]).to.deep.equal([
      'missing',
      'slot 12',
      'slot 3',
    ]);
    expect((await rig.run({ kind: 'inventory' })).result).to.deep.include({ missing: [], differences: [] });
  });

  it('fails on two cartridges with one barcode, and names them', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.rack.create('TPL009L9', { capacityBytes: 1_000_000 });
    rig.fixture.bench.pasteLabel('TPL009L9', A);
    rig.fixture.bench.library.putIn('TPL009L9', rig.fixture.bench.slot(9));
    const job = await rig.run({ kind: 'inventory' });
    expect([job.error?.code, job.result['duplicates']]).to.deep.equal([
      'CHANGER_DUPLICATE_BARCODE',
      [`${A}  slot 1 of library, slot 9 of library`],
    ]);
    expect((await rig.run({ kind: 'load', cartridge: { barcode: A } })).error?.code).to.equal(
      'CHANGER_DUPLICATE_BARCODE',
    );
  });

  it('leaves both of two cartridges with one barcode alone, also when one is in a drive already', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await labelled(rig, A);
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    const before = await rig.volume(A);
    rig.fixture.bench.rack.create('TPL009L9', { capacityBytes: 1_000_000 });
    rig.fixture.bench.pasteLabel('TPL009L9', A);
    rig.fixture.bench.library.putIn('TPL009L9', rig.fixture.bench.slot(9));
    await rig.run({ kind: 'inventory' });
    const drive = rig.bays.find(({ loaded }) => loaded === A)?.name ?? 'none';
    for (const order of [
      { kind: 'load', cartridge: { barcode: A } },
      { kind: 'label', barcodes: [A], pool: 'daily', overwrite: [A] },
      { kind: 'erase', barcodes: [A], overwrite: [A] },
      { kind: 'read-label', cartridges: [A] },
      { kind: 'eject', barcodes: [A] },
    ] as const) {
      const refused = await rig.refusal(order as never);
      const code = refused === 'none' ? (await rig.run(order as never)).error?.code : refused;
      expect(code, order.kind).to.equal('CHANGER_DUPLICATE_BARCODE');
    }
    expect(await rig.volume(A)).to.deep.equal(before);
    expect(drive).to.equal('tape0');
    // As the page says: one is taken out, by its slot.
    expect((await rig.run({ kind: 'transfer', from: 9, to: FIRST_DOOR })).state).to.equal('succeeded');
    takeFromDoor(rig, FIRST_DOOR);
    expect((await rig.run({ kind: 'load', cartridge: { barcode: A } })).state).to.equal('succeeded');
  });

  it('with labels mounts each cartridge, puts it back and sets aside what is not what the books say', async () => {
    const rig = await ProcedureRig.open({ cartridges: 4 });
    await labelled(rig, A, B);
    await rig.run({ kind: 'erase', barcodes: [B], overwrite: [B] });
    const volume = await rig.volume(A);
    const forged = { ...(await rig.cartridge(B)), volumeId: volume?.volumeId ?? null };
    // The books say that A's volume is on B, and know nothing of A.
    await rig.inventory.commit({ cartridges: [forged, { ...(await rig.cartridge(A)), volumeId: null }] });
    for (const { name } of rig.bays) await rig.run({ kind: 'unload', drive: name });
    const places = await Promise.all([A, B, C].map(async (one) => rig.place(one)));
    const job = await rig.run({ kind: 'inventory', readLabels: true });
    expect(stepsOf(job)).to.have.members([
      'library done',
      `${A} failed VOLUME_FOREIGN`,
      `${B} failed VOLUME_BLANK`,
      `${C} done`,
      `${barcodeOf(4)} done`,
    ]);
    expect((await rig.cartridge(A)).condition?.state).to.equal('foreign');
    expect((await rig.volume(B))?.state).to.equal('suspect');
    expect(await Promise.all([A, B, C].map(async (one) => rig.place(one)))).to.deep.equal(places);
  });

  it('says which changer cannot be asked, and leaves its books alone', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.front.open();
    const job = await rig.run({ kind: 'inventory' });
    expect(job.error?.code).to.be.oneOf(['CHANGER_DOOR_OPEN', 'CHANGER_NOT_READY']);
    expect((await rig.cartridge(A)).location).to.include({ kind: 'slot', slot: 1 });
    rig.fixture.bench.front.close();
    expect((await rig.run({ kind: 'inventory' })).state).to.equal('succeeded');
  });
});

describe('cleaning', () => {
  const dirty = (rig: ProcedureRig): DriveCondition => {
    const condition = new DriveCondition(rig.fixture.bench.files, RACK, 0);
    condition.writeTrouble({ isStuck: false, dirtied: condition.readTrouble().dirtied + 1 });
    return condition;
  };

  it('cleans a drive, puts everything back, and counts the use', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.stock(CLN, 9);
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    const condition = dirty(rig);
    const job = await rig.run({ kind: 'clean', drive: 'tape0' });
    expect([job.state, job.steps[0]?.message]).to.deep.equal([
      'succeeded',
      `cleaned with ${CLN}, use 1 of ${String(CLEANING_USES)}`,
    ]);
    expect(condition.asksForCleaning).to.equal(false);
    expect([await rig.place(A), await rig.place(CLN)]).to.deep.equal(['slot 1', 'slot 9']);
    expect((await rig.cartridge(CLN)).cleaningUses).to.equal(1);
    expect(rig.bays[0]?.record).to.include({ cleanings: 1, wantsCleaning: false });
    expect((await rig.inventory.health({ barcode: CLN, limit: 1 }))[0]).to.include({
      kind: 'cleaning',
      drive: 'tape0',
    });
  });

  it('uses a cartridge up before it begins another, and retires it then', async () => {
    const rig = await ProcedureRig.open({ cartridges: 0 });
    rig.fixture.bench.stock(CLN, 9);
    rig.fixture.bench.stock('CLN002CU', 8);
    const used: (string | undefined)[] = [];
    for (let n = 0; n <= CLEANING_USES; n++) {
      dirty(rig);
      used.push((await rig.run({ kind: 'clean', drive: 'tape0' })).steps[0]?.message.slice(13, 21));
    }
    expect(used).to.deep.equal([...Array.from({ length: CLEANING_USES }, () => CLN), 'CLN002CU']);
    expect((await rig.cartridge(CLN)).condition).to.include({ state: 'retired' });
    expect(await rig.refusal({ kind: 'clean', drive: 'tape0', cartridge: CLN })).to.equal('MEDIUM_CLEANING_EXPIRED');
  });

  it('believes the drive that a cartridge is used up, retires it and takes the next one', async () => {
    const rig = await ProcedureRig.open({ cartridges: 0 });
    rig.fixture.bench.rack.create(CLN, { cleaningUsesLeft: 0 });
    rig.fixture.bench.library.putIn(CLN, rig.fixture.bench.slot(1));
    rig.fixture.bench.stock('CLN002CU', 8);
    const condition = dirty(rig);
    const job = await rig.run({ kind: 'clean', drive: 'tape0' });
    expect(job.steps[0]?.message).to.contain('CLN002CU');
    expect(condition.asksForCleaning).to.equal(false);
    expect((await rig.cartridge(CLN)).condition?.reason).to.contain('16h');
    expect(await rig.place(CLN)).to.equal('slot 1');
  });

  it('asks a person for a cleaning cartridge where there is none, and goes on by itself', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    dirty(rig);
    const { jobId } = await rig.begin({ kind: 'clean', drive: 'tape0' });
    const waiting = await rig.until(jobId, ({ state }) => state === 'waiting-for-operator');
    expect(waiting.waitingFor).to.contain('Drive tape0 is to be cleaned').and.to.contain('none is there');
    expect(rig.leases.isLeased(rig.bays[0] ?? ({} as never)), 'the drive works on').to.equal(false);
    rig.fixture.bench.rack.create(CLN);
    putIntoDoor(rig, CLN);
    expect((await rig.ended(jobId)).state).to.equal('succeeded');
  });

  it('says that a drive did not clean, and puts the cartridge back', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    rig.fixture.bench.rack.create('TPL050L9', { capacityBytes: 1_000_000 });
    // A cartridge with data that somebody gave the label of a cleaning cartridge.
    rig.fixture.bench.pasteLabel('TPL050L9', CLN);
    rig.fixture.bench.library.putIn('TPL050L9', rig.fixture.bench.slot(9));
    await rig.register.refresh();
    const job = await rig.run({ kind: 'clean', drive: 'tape0' });
    expect(job.error?.code).to.equal('DRIVE_HARDWARE');
    expect(await rig.place(CLN)).to.equal('slot 9');
  });
});

describe('a state that a person sets', () => {
  it('is kept with its reason and who set it', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await labelled(rig, A);
    await rig.run({ kind: 'set-state', barcodes: [A], state: 'read-only', reason: 'for the auditor' });
    expect(await rig.volume(A)).to.include({ state: 'read-only', stateReason: 'for the auditor' });
    await rig.run({ kind: 'set-state', barcodes: [B], state: 'retired', reason: 'cracked' });
    expect((await rig.cartridge(B)).condition).to.deep.equal({ state: 'retired', reason: 'cracked' });
    await rig.run({ kind: 'set-state', barcodes: [B], state: 'blank', reason: 'it was another one' });
    expect((await rig.cartridge(B)).condition).to.equal(null);
    expect((await rig.inventory.audit(1))[0]).to.deep.include({ who: 'olga', what: 'media.set-state', barcode: B });
  });

  it('makes errors from before count no more when it brings the cartridge back into use', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await labelled(rig, A);
    const beginnings = async (): Promise<number> =>
      (await rig.inventory.health({ limit: 100 })).filter(
        ({ kind, barcode, drive }) => kind === 'cleared' && barcode === A && drive === null,
      ).length;
    await rig.run({ kind: 'set-state', barcodes: [A], state: 'suspect', reason: 'it rattles' });
    expect(await beginnings(), 'setting it aside vouches for nothing').to.equal(0);
    await rig.run({ kind: 'set-state', barcodes: [A], state: 'append', reason: 'it was the case' });
    expect(await beginnings()).to.equal(1);
  });

  it('is refused where the table says so, and then nothing of the order is done', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await labelled(rig, A);
    expect(await rig.refusal({ kind: 'set-state', barcodes: [B, A], state: 'blank', reason: 'x' })).to.equal(
      'VOLUME_STATE_REFUSED',
    );
    expect(await rig.refusal({ kind: 'set-state', barcodes: [barcodeOf(9)], state: 'retired', reason: 'x' })).to.equal(
      'VOLUME_UNKNOWN',
    );
    expect((await rig.volume(A))?.state).to.equal('append');
  });
});

describe('what a person carries and counts', () => {
  const onShelf = async (rig: ProcedureRig, ...barcodes: readonly Barcode[]): Promise<void> => {
    await rig.run({ kind: 'eject', barcodes: [...barcodes] });
    for (let slot = FIRST_DOOR; slot < FIRST_DOOR + barcodes.length; slot++) takeFromDoor(rig, slot);
    await rig.register.refresh();
  };

  it('is checked out to a vault and checked in again, with who and why', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await onShelf(rig, A, B);
    await rig.run({ kind: 'check-out', barcodes: [A, B], vault: 'bank', dueMs: 7 });
    expect((await rig.cartridge(A)).location).to.deep.equal({ kind: 'vault', vault: 'bank', dueMs: 7 });
    const job = await rig.run({ kind: 'check-in', barcodes: [B, 'TPL055L9'] });
    expect(stepsOf(job)).to.deep.equal([`${B} done`, 'TPL055L9 done']);
    expect(job.steps[1]?.message).to.contain('new here');
    expect((await rig.inventory.moves(B, 1))[0]).to.include({ who: 'olga', reason: 'checked in' });
  });

  it('is refused one by one: what a changer has, and what nobody knows', async () => {
    const rig = await ProcedureRig.open({ cartridges: 3 });
    await onShelf(rig, A);
    const job = await rig.run({ kind: 'check-out', barcodes: [B, 'TPL055L9', A], vault: 'bank' });
    expect(stepsOf(job)).to.deep.equal([
      `${B} failed CHANGER_DUPLICATE_BARCODE`,
      'TPL055L9 failed VOLUME_UNKNOWN',
      `${A} done`,
    ]);
    expect(await rig.place(B)).to.equal('slot 2');
  });

  it('may have been taken out of an import/export slot a moment ago', async () => {
    const rig = await ProcedureRig.open({ cartridges: 1 });
    await rig.run({ kind: 'eject', barcodes: [A] });
    takeFromDoor(rig, FIRST_DOOR);
    await rig.run({ kind: 'check-out', barcodes: [A], vault: 'bank' });
    expect(await rig.place(A)).to.equal('vault bank');
  });

  it('is counted: what is not there and what should not be, and nothing is marked unless asked', async () => {
    const rig = await ProcedureRig.open({ cartridges: 4 });
    await onShelf(rig, A, B, C);
    const count = { kind: 'stock-take', place: { kind: 'shelf' }, barcodes: [A, barcodeOf(4), 'TPL055L9'] } as const;
    const job = await rig.run({ ...count, barcodes: [...count.barcodes] });
    expect(job.result).to.deep.include({
      present: 1,
      missing: [B, C],
      unexpected: [`${barcodeOf(4)}  booked: slot 4 of library`, 'TPL055L9  not known'],
      markedMissing: [],
    });
    expect(await rig.place(B)).to.equal('shelf');
    await rig.run({ ...count, barcodes: [...count.barcodes], markMissing: true });
    expect([await rig.place(B), await rig.place(C)]).to.deep.equal(['missing', 'missing']);
    const again = await rig.run({ ...count, barcodes: [A, B] });
    expect(again.result['foundAgain']).to.deep.equal([B]);
    expect(await rig.place(B)).to.equal('shelf');
  });

  it('is counted in a vault by itself, empty as it may be', async () => {
    const rig = await ProcedureRig.open({ cartridges: 2 });
    await onShelf(rig, A, B);
    await rig.run({ kind: 'check-out', barcodes: [A], vault: 'bank' });
    await rig.run({ kind: 'check-out', barcodes: [B], vault: 'cellar' });
    const job = await rig.run({ kind: 'stock-take', place: { kind: 'vault', vault: 'cellar' }, barcodes: [] });
    expect(job.result).to.deep.include({ present: 0, missing: [B], unexpected: [] });
  });
});
