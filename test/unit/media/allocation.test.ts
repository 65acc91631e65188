import { expect } from 'chai';
import fc from 'fast-check';
import {
  ALLOCATION_ACTIONS,
  allocateVolume,
  type Allocation,
  type AllocationCandidate,
  type AllocationRequest,
} from '../../../src/media/allocation.js';
import { begunForOf } from '../../../src/media/allocation-period.js';
import { ltoGenerationOf, writeProblem } from '../../../src/media/lto-rules.js';
import { noVolume } from '../../../src/media/no-volume.js';
import type { PoolRecord, VolumeRecord } from '../../../src/inventory/records.js';
import { mediumOfBarcode, type Barcode } from '../../../src/terms/barcode.js';
import type { SessionId } from '../../../src/terms/ids.js';
import { VOLUME_STATES, type CartridgeLocation } from '../../../src/terms/media-state.js';
import { allocationOfWord } from '../../../src/terms/pool-policy.js';
import { cartridgeRecord, poolRecord } from '../../support/inventory-samples.js';
import { barcodeOf, volumeIdOf, volumeRecord } from '../../support/records.js';

const POOL = poolRecord('default', { labelsBlank: true });
const SLOT: CartridgeLocation = { kind: 'slot', changer: 'library', slot: 1 };

function request(pool: Partial<PoolRecord> = {}, changes: Partial<AllocationRequest> = {}): AllocationRequest {
  return {
    pool: { ...POOL, ...pool },
    drive: { name: 'tape0', loaded: null, ltoGeneration: 9 },
    begunFor: '',
    ...changes,
  };
}

/** Cartridge `n` in a slot in reach, with a volume unless `volume` is null. */
function candidate(
  n: number,
  volume: Partial<VolumeRecord> | null = {},
  changes: Partial<AllocationCandidate> = {},
): AllocationCandidate {
  return {
    cartridge: cartridgeRecord(n, { volumeId: volume === null ? null : volumeIdOf(n) }),
    volume: volume === null ? null : volumeRecord(n, volume),
    location: SLOT,
    reachable: true,
    inUse: null,
    protectedBy: [],
    streams: 1,
    problem: null,
    ...changes,
  };
}

const full = (
  n: number,
  volume: Partial<VolumeRecord> = {},
  changes: Partial<AllocationCandidate> = {},
): AllocationCandidate =>
  candidate(n, { state: 'full', closed: true, blocks: 9, firstWrittenMs: 1, lastWrittenMs: 2, ...volume }, changes);
const scratch = (n: number): AllocationCandidate => candidate(n, { pool: 'scratch', state: 'scratch' });
const blank = (n: number): AllocationCandidate => candidate(n, null);

function orderOf({ order }: Allocation): readonly string[] {
  return order.map(({ action, candidate: { cartridge } }) => `${action} ${cartridge.barcode}`);
}

/** What is said of the only candidate, which is passed over. */
function refusalOf(asked: AllocationRequest, one: AllocationCandidate): string {
  const { order, considered } = allocateVolume(asked, [one]);
  expect(order).to.deep.equal([]);
  expect(considered).to.have.length(1);
  return considered[0]?.reason ?? '';
}

describe('allocation', () => {
  it('takes volumes with room: the mounted one, then the one written last, then empty ones by barcode', () => {
    const mounted = request({}, { drive: { name: 'tape0', loaded: barcodeOf(1), ltoGeneration: null } });
    const allocation = allocateVolume(mounted, [
      candidate(5),
      candidate(4),
      candidate(3, { firstWrittenMs: 1, lastWrittenMs: 5, blocks: 1 }),
      candidate(2, { firstWrittenMs: 1, lastWrittenMs: 9, blocks: 1 }),
      candidate(1, { firstWrittenMs: 1, lastWrittenMs: 1, blocks: 1 }),
    ]);
    expect(orderOf(allocation)).to.deep.equal([1, 2, 3, 4, 5].map((n) => `append ${barcodeOf(n)}`));
    expect(allocation.considered.map(({ reason }) => reason)).to.deep.equal([
      'is mounted, begun and has room',
      'is begun and has room',
      'is begun and has room',
      'is labelled and empty',
      'is labelled and empty',
    ]);
  });

  it('then uses expired volumes of the pool again, the one that expired first, then scratch, then blank ones', () => {
    const allocation = allocateVolume(request(), [
      blank(1),
      scratch(2),
      full(3, { retentionEndMs: 20 }),
      full(4, { retentionEndMs: 10 }),
      candidate(5),
    ]);
    expect(orderOf(allocation)).to.deep.equal([
      `append ${barcodeOf(5)}`,
      `recycle ${barcodeOf(4)}`,
      `recycle ${barcodeOf(3)}`,
      `draw ${barcodeOf(2)}`,
      `label ${barcodeOf(1)}`,
    ]);
  });

  it('uses nothing again, draws nothing and labels nothing that the pool does not allow', () => {
    expect(refusalOf(request({ recycles: false }), full(1))).to.match(
      /full, and pool default does not use volumes again/,
    );
    expect(refusalOf(request({ drawsFromScratch: false }), scratch(1))).to.match(/does not draw from scratch/);
    expect(refusalOf(request({ labelsBlank: false }), blank(1))).to.match(/does not label blank/);
  });

  it('never uses a volume again of which a stream must be kept, and says which', () => {
    const protectedBy = ['stream A is kept until 2030', 'stream B is held by olga', 'stream C is being written'];
    expect(refusalOf(request(), full(1, {}, { protectedBy }))).to.equal(
      'is full; stream A is kept until 2030 and 2 more must be kept',
    );
    expect(refusalOf(request(), full(1, {}, { protectedBy: protectedBy.slice(0, 1) }))).to.match(/2030$/);
  });

  it('never uses a volume with data again of which the books know no stream', () => {
    expect(refusalOf(request(), full(1, {}, { streams: 0 }))).to.match(/do not know what streams/);
    expect(orderOf(allocateVolume(request(), [full(1, { blocks: 0 }, { streams: 0 })]))).to.have.length(1);
  });

  it('appends to no closed volume, whatever its state says', () => {
    expect(orderOf(allocateVolume(request(), [candidate(1, { closed: true })]))).to.deep.equal([
      `recycle ${barcodeOf(1)}`,
    ]);
  });

  it('writes volumes of its own only in state append or full, of scratch only in state scratch, and no cartridge with a condition', () => {
    for (const state of VOLUME_STATES) {
      const own = orderOf(allocateVolume(request(), [candidate(1, { state, stateReason: 'for a reason' })]));
      expect(own.length, state).to.equal(state === 'append' || state === 'full' ? 1 : 0);
      const drawn = orderOf(allocateVolume(request(), [candidate(1, { state, pool: 'scratch' })]));
      expect(drawn.length, state).to.equal(state === 'scratch' ? 1 : 0);
    }
    for (const state of ['suspect', 'damaged', 'retired', 'foreign'] as const) {
      const cartridge = cartridgeRecord(1, { volumeId: null, condition: { state, reason: 'it said so' } });
      expect(refusalOf(request(), candidate(1, null, { cartridge }))).to.equal(`is ${state} (it said so)`);
    }
  });

  it('takes no cartridge of another pool, medium or type than the pool has', () => {
    expect(refusalOf(request(), candidate(1, { pool: 'vault' }))).to.equal('belongs to pool vault');
    const of = (barcode: string): AllocationCandidate =>
      candidate(1, null, { cartridge: cartridgeRecord(1, { volumeId: null, barcode: barcode as Barcode }) });
    expect(refusalOf(request(), of('CLN001CU'))).to.match(/cleaning/);
    expect(refusalOf(request(), of('DSK001DK'))).to.match(/disk/);
    expect(refusalOf(request({ worm: 'refused' }), of('TPL001LZ'))).to.match(/WORM, which pool default refuses/);
    expect(refusalOf(request({ worm: 'required' }), of('TPL001L9'))).to.match(/not WORM/);
    expect(refusalOf(request({ mediaTypes: ['L8'] }), of('TPL001L9'))).to.match(/of type L9, pool default takes L8/);
    expect(orderOf(allocateVolume(request({ worm: 'required' }), [of('TPL001LZ')]))).to.have.length(1);
  });

  it('never writes a WORM volume again', () => {
    const barcode = 'TPL001LZ' as Barcode;
    const worm = full(1, { barcode }, { cartridge: cartridgeRecord(1, { barcode }) });
    expect(refusalOf(request({ worm: 'required' }), worm)).to.match(/WORM: it can never be written again/);
  });

  it('takes nothing that the drive does not write', () => {
    const drive = { name: 'tape0', loaded: null, ltoGeneration: 10 };
    expect(refusalOf(request({}, { drive }), candidate(1))).to.match(
      /of type L9, which an LTO-10 drive does not write/,
    );
    const unknown = { ...drive, ltoGeneration: null };
    expect(orderOf(allocateVolume(request({}, { drive: unknown }), [candidate(1)]))).to.have.length(1);
  });

  it('takes nothing that is not where the drive can have it now', () => {
    for (const [location, says] of [
      [{ kind: 'vault', vault: 'bank', dueMs: null }, 'is in vault bank'],
      [{ kind: 'missing' }, 'is missing'],
      [{ kind: 'import-export', changer: 'library', slot: 25 }, 'is in import/export slot 25; import it first'],
      [{ kind: 'transport', changer: 'library' }, 'is in the hand of library'],
      [{ kind: 'drive', drive: 'tape1' }, 'is in drive tape1'],
    ] as const)
      expect(refusalOf(request(), candidate(1, {}, { location }))).to.equal(says);
    for (const location of [SLOT, { kind: 'shelf' }] as const)
      expect(refusalOf(request(), candidate(1, {}, { location, reachable: false }))).to.match(/cannot get it/);
    const there = candidate(1, {}, { location: { kind: 'drive', drive: 'tape0' } });
    expect(orderOf(allocateVolume(request(), [there]))).to.have.length(1);
    expect(refusalOf(request(), candidate(1, {}, { inUse: 'saving to pool daily' }))).to.match(/in use: saving/);
    expect(refusalOf(request(), candidate(1, {}, { problem: 'is there twice' }))).to.equal('is there twice');
  });

  it('makes no more volumes of a pool than it may have, but uses those it has', () => {
    const asked = request({ maxVolumes: 2 });
    const others = [full(1, {}, { protectedBy: ['x'] }), candidate(2, { state: 'damaged' })];
    const { order, considered } = allocateVolume(asked, [...others, scratch(3), blank(4)]);
    expect(order).to.deep.equal([]);
    expect(considered.slice(2).map(({ reason }) => reason)).to.deep.equal([
      'is scratch, but pool default has the 2 volumes it may have',
      'is blank, but pool default has the 2 volumes it may have',
    ]);
    expect(orderOf(allocateVolume(asked, [full(1), candidate(2), scratch(3)]))).to.deep.equal([
      `append ${barcodeOf(2)}`,
      `recycle ${barcodeOf(1)}`,
    ]);
    expect(orderOf(allocateVolume(request({ maxVolumes: 3 }), [...others, scratch(3)]))).to.have.length(1);
  });

  describe('of a pool that begins volumes by the calendar or for each session', () => {
    const weekly = request({ allocation: { kind: 'calendar', period: 'week' } }, { begunFor: '2026-W48' });
    const begun = { firstWrittenMs: 1, lastWrittenMs: 2, blocks: 5 };

    it('goes on on volumes of the same period, and begins empty ones', () => {
      const allocation = allocateVolume(weekly, [
        candidate(1),
        candidate(2, { ...begun, begunFor: '2026-W48' }),
        candidate(3, { begunFor: '2026-W40' }),
      ]);
      expect(orderOf(allocation)).to.deep.equal([2, 1, 3].map((n) => `append ${barcodeOf(n)}`));
    });

    it('leaves volumes of other periods alone, though they have room', () => {
      const kept = { protectedBy: ['stream A is kept until 2030'] };
      expect(refusalOf(weekly, candidate(1, { ...begun, begunFor: '2026-W47' }, kept))).to.equal(
        'was begun for 2026-W47; pool default begins a volume for each period (2026-W48); stream A is kept until 2030',
      );
      expect(refusalOf(weekly, candidate(1, begun, kept))).to.match(/was begun earlier/);
    });

    it('uses those of other periods again when they have expired', () => {
      expect(orderOf(allocateVolume(weekly, [candidate(1, { ...begun, begunFor: '2026-W40' })]))).to.deep.equal([
        `recycle ${barcodeOf(1)}`,
      ]);
    });

    it('fills all of them when the policy is to continue', () => {
      expect(orderOf(allocateVolume(request(), [candidate(1, { ...begun, begunFor: '2026-W40' })]))).to.deep.equal([
        `append ${barcodeOf(1)}`,
      ]);
    });

    it('begins one for each session when asked to', () => {
      const always = request({ allocation: { kind: 'always' } }, { begunFor: 'session 2' });
      expect(orderOf(allocateVolume(always, [candidate(1, { ...begun, begunFor: 'session 2' })]))[0]).to.match(
        /^append/,
      );
      expect(orderOf(allocateVolume(always, [candidate(1, { ...begun, begunFor: 'session 1' })]))[0]).to.match(
        /^recycle/,
      );
    });
  });

  it('says of every cartridge why, and never chooses one that may not be written (any candidates)', () => {
    const location = fc.constantFrom<CartridgeLocation>(
      SLOT,
      { kind: 'shelf' },
      { kind: 'missing' },
      { kind: 'drive', drive: 'tape0' },
      { kind: 'drive', drive: 'tape1' },
      { kind: 'vault', vault: 'bank', dueMs: null },
      { kind: 'import-export', changer: 'library', slot: 25 },
    );
    const barcode = fc.constantFrom('L9', 'L8', 'L7', 'LZ', 'CU', 'DK').map((type) => `TPL000${type}` as Barcode);
    const pool = fc.record({
      recycles: fc.boolean(),
      drawsFromScratch: fc.boolean(),
      labelsBlank: fc.boolean(),
      maxVolumes: fc.option(fc.nat(4)),
      worm: fc.constantFrom('required', 'allowed', 'refused'),
      mediaTypes: fc.constantFrom([], ['L9'], ['L9', 'L8', 'LZ']),
      allocation: fc.constantFrom('continue', 'always', 'weekly').map(allocationOfWord),
    });
    const volume = fc.record({
      pool: fc.constantFrom('default', 'scratch', 'vault'),
      state: fc.constantFrom(...VOLUME_STATES),
      closed: fc.boolean(),
      blocks: fc.nat(3),
      firstWrittenMs: fc.option(fc.nat(9)),
      lastWrittenMs: fc.option(fc.nat(9)),
      retentionEndMs: fc.option(fc.nat(9)),
      begunFor: fc.constantFrom('', 'now', 'then'),
    });
    const one = fc.record({
      barcode,
      volume: fc.option(volume),
      location,
      reachable: fc.boolean(),
      inUse: fc.constantFrom(null, null, 'saving'),
      protectedBy: fc.constantFrom([], [], ['a stream']),
      streams: fc.nat(2),
      problem: fc.constantFrom(null, null, 'is odd'),
    });
    fc.assert(
      fc.property(
        pool,
        fc.array(one, { maxLength: 12 }),
        fc.constantFrom(9, 8, null),
        (policy, ones, ltoGeneration) => {
          const candidates = ones.map((made, n): AllocationCandidate => {
            const own = `TPL${String(n).padStart(3, '0')}${made.barcode.slice(6)}` as Barcode;
            return {
              ...made,
              cartridge: cartridgeRecord(n, { barcode: own, volumeId: made.volume === null ? null : volumeIdOf(n) }),
              volume: made.volume === null ? null : volumeRecord(n, { ...made.volume, barcode: own }),
            };
          });
          const asked = request(policy, { drive: { name: 'tape0', loaded: null, ltoGeneration }, begunFor: 'now' });
          const { order, considered } = allocateVolume(asked, candidates);

          expect(considered.map((each) => each.barcode)).to.have.members(
            candidates.map(({ cartridge }) => cartridge.barcode),
          );
          expect(considered.every(({ reason }) => /^(is|was|belongs) /.test(reason))).to.equal(true);
          const ranked = considered.filter(({ rank }) => rank !== null);
          expect(ranked.map(({ rank }) => rank)).to.deep.equal(order.map((_, i) => i));
          expect(ranked.map((each) => each.barcode)).to.deep.equal(
            order.map((choice) => choice.candidate.cartridge.barcode),
          );
          const actions = order.map(({ action }) => ALLOCATION_ACTIONS.indexOf(action));
          expect(actions).to.deep.equal([...actions].sort((a, b) => a - b));

          const belonging = candidates.filter((each) => each.volume?.pool === 'default').length;
          for (const { action, candidate: chosen } of order) {
            expect(chosen.inUse).to.equal(null);
            expect(chosen.problem).to.equal(null);
            expect(chosen.reachable || chosen.location.kind === 'drive').to.equal(true);
            expect(['slot', 'shelf', 'drive']).to.include(chosen.location.kind);
            expect(mediumOfBarcode(chosen.cartridge.barcode)).to.be.oneOf(['data', 'worm']);
            switch (action) {
              case 'append':
                expect(chosen.volume).to.include({ pool: 'default', state: 'append', closed: false });
                break;
              case 'recycle':
                // What is overwritten must not be kept.
                expect(chosen.protectedBy).to.deep.equal([]);
                expect(policy.recycles).to.equal(true);
                expect(mediumOfBarcode(chosen.cartridge.barcode)).to.equal('data');
                expect(chosen.volume?.pool).to.equal('default');
                break;
              case 'draw':
                expect(policy.drawsFromScratch).to.equal(true);
                expect(chosen.volume).to.include({ pool: 'scratch', state: 'scratch' });
                break;
              case 'label':
                expect(policy.labelsBlank).to.equal(true);
                expect(chosen.volume).to.equal(null);
                break;
            }
            if (action === 'draw' || action === 'label') expect(belonging).to.be.below(policy.maxVolumes ?? Infinity);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the period a volume is begun for', () => {
  const session = (time: string): { readonly sessionId: SessionId; readonly startedMs: number } => ({
    sessionId: 'session' as SessionId,
    startedMs: Date.parse(time),
  });
  const period = (word: 'daily' | 'weekly' | 'monthly', time: string, timeZone = 'UTC'): string =>
    begunForOf(allocationOfWord(word), session(time), timeZone);

  it('is none when volumes are filled up, and the session when each has its own', () => {
    expect(begunForOf({ kind: 'continue' }, session('2026-11-27T00:00:00Z'), 'UTC')).to.equal('');
    expect(begunForOf({ kind: 'always' }, session('2026-11-27T00:00:00Z'), 'UTC')).to.equal('session');
  });

  it('begins at midnight of the node', () => {
    expect(period('daily', '2026-11-27T23:30:00Z', 'Europe/Berlin')).to.equal('2026-11-28');
    expect(period('daily', '2026-11-27T23:30:00Z', 'America/New_York')).to.equal('2026-11-27');
    expect(period('monthly', '2026-11-30T23:30:00Z', 'Europe/Berlin')).to.equal('2026-12');
    // The night that has 25 hours.
    expect(period('daily', '2026-10-25T21:59:00Z', 'Europe/Berlin')).to.equal('2026-10-25');
    expect(period('daily', '2026-10-25T23:00:00Z', 'Europe/Berlin')).to.equal('2026-10-26');
  });

  it('is a week from Monday, of the year its Thursday is in, as ISO 8601 has it', () => {
    for (const [date, week] of [
      ['2026-11-27', '2026-W48'],
      ['2026-11-29', '2026-W48'],
      ['2026-11-30', '2026-W49'],
      ['2027-01-01', '2026-W53'],
      ['2027-01-04', '2027-W01'],
      ['2024-12-30', '2025-W01'],
      ['2023-01-01', '2022-W52'],
    ] as const)
      expect(period('weekly', `${date}T12:00:00Z`)).to.equal(week);
  });
});

describe('LTO rules', () => {
  it('know a drive by its product name, as vendors write it', () => {
    for (const [product, generation] of [
      ['ULT3580-TD9', 9],
      ['ULT3580-HH8', 8],
      ['ULTRIUM-TD5', 5],
      ['ULTRIUM-HH7', 7],
      ['ULTRIUM-TDA', 10],
      ['Ultrium 6-SCSI', 6],
      ['Ultrium 9-SCSI', 9],
      ['ULTRIUM 5', 5],
      ['LTO-7', 7],
      ['03592E08', null],
      ['DRIVE', null],
      ['', null],
    ] as const)
      expect(ltoGenerationOf(product), product).to.equal(generation);
  });

  it('let a drive write its own generation and the one before, LTO-10 only its own, type M only LTO-8', () => {
    const writes = (generation: number): string =>
      ['L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7', 'M8', 'L8', 'L9', 'LA', 'LT', 'LU', 'LV', 'LW', 'LX', 'LY', 'LZ']
        .filter((type) => writeProblem(generation, `TPL001${type}` as Barcode) === null)
        .join(' ');
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(writes)).to.deep.equal([
      'L1',
      'L1 L2',
      'L2 L3 LT',
      'L3 L4 LT LU',
      'L4 L5 LU LV',
      'L5 L6 LV LW',
      'L6 L7 LW LX',
      'L7 M8 L8 LX LY',
      'L8 L9 LY LZ',
      'LA',
    ]);
    expect(writeProblem(8, 'DSK001DK' as Barcode)).to.equal(null);
  });
});

describe('a pool without a volume to write', () => {
  it('says what is against its own cartridges first, and counts the rest', () => {
    const { considered } = allocateVolume(request({ drawsFromScratch: false }), [
      ...[1, 2, 3].map((n) => candidate(n, { pool: 'vault' })),
      ...[4, 5, 6, 7, 8, 9].map(scratch),
      full(10, {}, { protectedBy: ['stream A is kept until 2030'] }),
    ]);
    const { code, message } = noVolume(POOL, considered);
    expect(code).to.equal('JOB_NO_VOLUME');
    expect(message).to.match(
      /^Pool default has no volume to write: TPL010L9 is full; stream A is kept until 2030; TPL004L9/,
    );
    expect(message).to.contain('1 more cannot be written either; 3 belong to other pools. Label a cartridge');
    expect(noVolume(POOL, []).message).to.contain('no cartridge is known');
  });
});
