import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageError } from '../../../src/base/storage-error.js';
import { CleaningWatch } from '../../../src/jobs/cleaning-watch.js';
import type { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveLeases } from '../../../src/media/drive-leases.js';
import { sampleBay } from '../../support/fake-control-service.js';
import { FakeJobControl, jobView } from '../../support/fake-job-control.js';
import { ManualClock } from '../../support/manual-clock.js';

const LOOK_MS = 15_000;
const HOUR_MS = 3_600_000;

describe('the watch over drives that want to be cleaned', () => {
  let clock: ManualClock;
  let jobs: FakeJobControl;
  let bay: DriveBay;
  let leases: DriveLeases;
  let events: string[];
  let abort: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    jobs = new FakeJobControl();
    jobs.shown = [];
    jobs.start = async (who, order) => {
      jobs.calls.push(['start', who, order]);
      if (jobs.failure !== null) throw jobs.failure;
      return jobView({ state: 'running' });
    };
    bay = sampleBay(0, 'tape');
    leases = new DriveLeases([bay, sampleBay(1, 'disk')]);
    events = [];
    abort = new AbortController();
    const logger = { log: (_level: unknown, event: string) => events.push(event) };
    running = new CleaningWatch(leases, jobs, clock, logger).run(abort.signal);
  });
  afterEach(async () => {
    abort.abort(new Error('over'));
    await running;
  });

  const wants = (wantsCleaning: boolean, lastCleanedMs: number | null = null): void => {
    bay.record = { ...bay.record, wantsCleaning, lastCleanedMs };
  };
  const look = async (times = 1): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await clock.advance(LOOK_MS);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
  };

  it('orders one job in the name of the daemon, once', async () => {
    await look(3);
    expect(jobs.orders).to.deep.equal([]);
    wants(true);
    await look(5);
    expect(jobs.calls.filter(([name]) => name === 'start')).to.deep.equal([
      ['start', 'tapeloomd', { kind: 'clean', drive: 'tape0', cartridge: null }],
    ]);
  });

  it('orders again when the drive was cleaned and asks again, but not before half a day', async () => {
    wants(true);
    await look();
    wants(false, clock.wallMs());
    await look();
    wants(true, clock.wallMs());
    await look(3);
    expect(jobs.orders).to.have.length(1);
    expect(
      events.filter((event) => event === 'cleaning.asked-again'),
      'said once',
    ).to.have.length(1);
    wants(true, clock.wallMs() - 13 * HOUR_MS);
    await look();
    expect(jobs.orders).to.have.length(2);
  });

  it('does not order again what failed', async () => {
    wants(true);
    await look();
    await look(100);
    expect(jobs.orders).to.have.length(1);
  });

  it('waits until the drive is idle and up', async () => {
    wants(true);
    const lease = await leases.acquire({ fits: (one) => one === bay, preference: () => 0, signal: abort.signal });
    await look(3);
    lease.release();
    bay.openFailure = { reason: 'no device', sinceMs: 0, by: 'tapeloomd' };
    await look(3);
    expect(jobs.orders).to.deep.equal([]);
    bay.openFailure = null;
    await look();
    expect(jobs.orders).to.have.length(1);
  });

  it('leaves a drive alone that an operator is having cleaned', async () => {
    wants(true);
    const step = { subject: 'tape0', state: 'running', message: '', code: '' } as const;
    jobs.shown = [jobView({ kind: 'clean', state: 'waiting-for-operator', steps: [step] })];
    await look(3);
    expect(jobs.orders).to.deep.equal([]);
  });

  it('says why it could not order it, and tries again', async () => {
    wants(true);
    jobs.failure = new StorageError('JOB_LIMIT', 'too many');
    await look();
    expect(events).to.include('cleaning.not-begun');
    jobs.failure = null;
    await look();
    expect(jobs.orders).to.have.length(1);
  });
});
