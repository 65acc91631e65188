import { expect } from 'chai';
import type { NextMove } from '../../../sim/library/library-files.js';
import { isErrorCode } from '../../../src/base/error-codes.js';
import { SeededRandom } from '../../../src/base/random.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { JobRequest, JobView } from '../../../src/protocol/job-api.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { ProcedureRig, stepsOf } from '../../support/procedure-rig.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const CLN = 'CLN001CU' as Barcode;

/** Orders that move something, and what must be so before. */
const ORDERS: readonly (readonly [name: string, order: JobRequest, before: readonly JobRequest[]])[] = [
  ['label', { kind: 'label', barcodes: [A, B], pool: 'daily' }, []],
  ['erase', { kind: 'erase', barcodes: [A] }, []],
  ['read-label', { kind: 'read-label', cartridges: [A, B] }, []],
  ['eject from a slot', { kind: 'eject', barcodes: [A, B], vault: 'bank' }, []],
  [
    'eject from a drive',
    { kind: 'eject', barcodes: [A], vault: 'bank' },
    [{ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' }],
  ],
  ['import', { kind: 'import' }, [{ kind: 'eject', barcodes: [A, B] }]],
  ['transfer', { kind: 'transfer', from: 1, to: 9 }, []],
  ['load', { kind: 'load', cartridge: { barcode: A }, drive: 'tape0' }, []],
  [
    'load over another',
    { kind: 'load', cartridge: { barcode: A }, drive: 'tape0' },
    [{ kind: 'load', cartridge: { barcode: B }, drive: 'tape0' }],
  ],
  [
    'unload',
    { kind: 'unload', drive: 'tape0', slot: 9 },
    [{ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' }],
  ],
  ['inventory with labels', { kind: 'inventory', readLabels: true }, []],
  ['clean', { kind: 'clean', drive: 'tape0' }, [{ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' }]],
];

/** How many moves and status readings the orders need at most, and one more. */
const TRIED = { moves: 5, readings: 12 };

async function library(): Promise<ProcedureRig> {
  const rig = await ProcedureRig.open({ cartridges: 2 });
  rig.fixture.bench.stock(CLN, 20);
  await rig.register.refresh();
  return rig;
}

/** From now on the n-th of these commands to the changer meets something, until what is returned is called. */
function onCommand(
  rig: ProcedureRig,
  opcode: number,
  nth: number,
  meet: (call: () => number, data: Uint8Array) => number,
): () => void {
  const { port } = rig.fixture.bench;
  const sgIo = port.sgIo.bind(port);
  let count = 0;
  port.sgIo = (fd, header, cdb, data, sense) => {
    const call = (): number => sgIo(fd, header, cdb, data, sense);
    return cdb[0] === opcode && ++count === nth ? meet(call, data) : call();
  };
  return () => {
    port.sgIo = sgIo;
  };
}

type Trouble = (rig: ProcedureRig, nth: number) => () => void;

const spoil =
  (nextMove: NextMove): Trouble =>
  (rig, nth) =>
    onCommand(rig, OPCODES.moveMedium, nth, (call) => {
      rig.fixture.bench.library.changePanel(() => ({ nextMove }));
      return call();
    });

/** The answer is lost on its way, after the work was done. */
const loseAnswer: Trouble = (rig, nth) =>
  onCommand(rig, OPCODES.moveMedium, nth, (call) => {
    call();
    return -5;
  });

const scribble: Trouble = (rig, nth) =>
  onCommand(rig, OPCODES.readElementStatus, nth, (call, data) => {
    const result = call();
    new SeededRandom(nth).fill(data.subarray(0, 200));
    return result;
  });

/** The library is put right. */
async function mend(rig: ProcedureRig): Promise<void> {
  const { front, library: cabinet } = rig.fixture.bench;
  if (cabinet.view().panel.doorOpen) front.close();
  if (cabinet.view().panel.jammed) front.unjam();
  await rig.fixture.changer.rescan(new AbortController().signal);
}

/** Orders it in such a library; a clear error or none. True: it met the trouble. */
async function order(rig: ProcedureRig, request: JobRequest): Promise<boolean> {
  let job: JobView;
  try {
    job = await rig.run(request);
  } catch (error) {
    // Refused before it became a job.
    if (isStorageError(error)) return true;
    throw error;
  }
  for (const { state, code, message } of job.steps)
    if (state === 'failed') expect([isErrorCode(code), message === ''], code).to.deep.equal([true, false]);
  const failed = job.steps.filter(({ state }) => state === 'failed');
  expect(job.state, JSON.stringify(job)).to.equal(failed.length > 0 ? 'failed' : 'succeeded');
  expect(job.error?.code).to.equal(failed[0]?.code);
  return failed.length > 0;
}

/** Tries the trouble at each of so many commands; `isToldAtOnce`: the changer can say at once what became of it. */
async function tryEach(
  [, request, before]: (typeof ORDERS)[number],
  trouble: Trouble,
  times: number,
  isToldAtOnce: boolean,
): Promise<number> {
  let met = 0;
  for (let nth = 1; nth <= times; nth++) {
    const rig = await library();
    for (const one of before) expect((await rig.run(one)).state).to.equal('succeeded');
    const end = trouble(rig, nth);
    if (await order(rig, request)) met++;
    end();
    await mend(rig);
    const { moves, silent } = await rig.register.refresh();
    expect(silent).to.deep.equal([]);
    if (isToldAtOnce) expect(moves, `the books were right (${String(nth)})`).to.deep.equal([]);
    expect((await rig.register.refresh()).moves, 'after one inventory they are').to.deep.equal([]);
    for (const barcode of [A, B, CLN]) await rig.place(barcode);
  }
  return met;
}

describe('procedures in a library that fails', () => {
  for (const one of ORDERS) {
    const [name] = one;

    it(`${name}: whichever move fails, the books are true and the job says what was done`, async () => {
      for (const what of ['fails-before-pick', 'fails-after-pick'] as const)
        expect(await tryEach(one, spoil(what), TRIED.moves, true), what).to.be.greaterThan(0);
      // The library says nothing until the door is closed again.
      expect(await tryEach(one, spoil('opens-door'), TRIED.moves, false)).to.be.greaterThan(0);
    });

    it(`${name}: whatever nonsense the changer answers, it is a clear error and nothing is lost`, async () => {
      expect(await tryEach(one, scribble, TRIED.readings, false)).to.be.greaterThan(0);
    });

    it(`${name}: whichever answer to a move is lost, the books are true`, async () => {
      await tryEach(one, loseAnswer, TRIED.moves, true);
    });
  }

  it('says in the failed step where the cartridge was seen, and goes on from there', async () => {
    const rig = await library();
    spoil('fails-after-pick')(rig, 1);
    const job = await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    expect(stepsOf(job)).to.deep.equal([`${A} failed CHANGER_HARDWARE`]);
    expect(job.steps[0]?.message).to.contain('It was seen in');
    expect(await rig.place(A)).to.equal('transport');
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    expect(await rig.place(A)).to.equal('drive tape0');
  });

  it('stops at the first move that fails and leaves the rest where it is', async () => {
    const rig = await library();
    spoil('fails-before-pick')(rig, 2);
    const job = await rig.run({ kind: 'eject', barcodes: [A, B, CLN] });
    expect(stepsOf(job).map((step) => step.split(' ')[1])).to.deep.equal(['done', 'failed', 'skipped']);
    expect([await rig.place(A), await rig.place(B), await rig.place(CLN)]).to.deep.equal([
      'import-export 25',
      'slot 2',
      'slot 20',
    ]);
  });

  it('says that the door is open, and works again when it is closed', async () => {
    const rig = await library();
    rig.fixture.bench.front.open();
    const job = await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    expect(job.error?.code).to.equal('CHANGER_DOOR_OPEN');
    rig.fixture.bench.front.close();
    expect((await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' })).state).to.equal('succeeded');
  });

  it('says that a drive does not let go of its cartridge, which stays where it is', async () => {
    const rig = await library();
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    rig.fixture.bench.stick(0);
    const job = await rig.run({ kind: 'eject', barcodes: [A, B] });
    expect(job.steps[0]?.state).to.equal('failed');
    expect(await rig.place(A)).to.equal('drive tape0');
  });

  it('notices a cartridge that was taken out by hand', async () => {
    const rig = await library();
    const { front, library: cabinet } = rig.fixture.bench;
    const slot = cabinet.shape.slotNumbered(1);
    if (slot === null) throw new Error('no slot');
    front.take(slot);
    const job = await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    expect(job.error?.code).to.equal('CHANGER_NO_CARTRIDGE');
    expect(await rig.place(A)).to.equal('missing');
  });

  it('notices that somebody has put something into the slot that was free', async () => {
    const rig = await library();
    await rig.run({ kind: 'load', cartridge: { barcode: A }, drive: 'tape0' });
    rig.fixture.bench.stock('TPL009L9', 9);
    expect((await rig.run({ kind: 'unload', drive: 'tape0', slot: 9 })).error?.code).to.equal('CHANGER_OCCUPIED');
    expect(await rig.place(A)).to.equal('drive tape0');
  });
});
