import { expect } from 'chai';
import { StorageError, isStorageError } from '../../../src/base/storage-error.js';
import type { ErrorCode } from '../../../src/base/error-codes.js';
import type { JobRecord } from '../../../src/inventory/records.js';
import type { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { JOB_LIMITS } from '../../../src/jobs/job-limits.js';
import type { JobRun } from '../../../src/jobs/job-run.js';
import { OperatorJobs } from '../../../src/jobs/operator-jobs.js';
import type { JobPlan, Procedure } from '../../../src/jobs/procedure.js';
import { DriveLeases } from '../../../src/media/drive-leases.js';
import { OperatorRequests } from '../../../src/media/operator-requests.js';
import type { JobId } from '../../../src/terms/ids.js';
import { sampleBay } from '../../support/fake-control-service.js';
import { jobIdOf, jobRecord } from '../../support/inventory-samples.js';
import { makeMediaEnvironment, type LoggedEvent } from '../../support/media-environment.js';
import type { ManualClock } from '../../support/manual-clock.js';
import { volumeIdOf } from '../../support/records.js';

/** A promise that the test settles. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function procedure(
  subjects: readonly string[],
  run: (run: JobRun) => Promise<void>,
  plan: Partial<JobPlan> = {},
): Procedure {
  const steps = subjects.map((subject) => ({ subject, what: 'do it', destroys: null }));
  return { kind: 'label', plan: async () => ({ title: 'do things', steps, ...plan }), run };
}

function failing(code: ErrorCode): () => Promise<never> {
  return async () => {
    throw new StorageError(code, `failed with ${code}`);
  };
}

describe("operators' jobs", () => {
  let inventory: StoredInventory;
  let clock: ManualClock;
  let events: readonly LoggedEvent[];
  let leases: DriveLeases;
  let requests: OperatorRequests;
  let jobs: OperatorJobs;

  beforeEach(async () => {
    const fixture = await makeMediaEnvironment();
    ({ inventory, clock, events } = fixture);
    const { random, logger, reservations } = fixture.environment;
    leases = new DriveLeases([sampleBay(0, 'tape')]);
    requests = new OperatorRequests(clock, logger);
    jobs = new OperatorJobs({ inventory, leases, reservations, requests, logger, clock, random });
  });

  const kept = async (jobId: JobId): Promise<JobRecord> => {
    const record = await inventory.job(jobId);
    if (record === null) throw new Error('the job is not in the inventory');
    return record;
  };
  const ended = async (jobId: JobId): Promise<JobRecord> => {
    await jobs.wait(jobId, 60_000);
    return kept(jobId);
  };
  const statesOf = ({ steps }: JobRecord): readonly string[] =>
    steps.map(({ subject, state }) => `${subject} ${state}`);
  const codeOf = async (action: Promise<unknown>): Promise<string> =>
    action.then(
      () => 'none',
      (error: unknown) => (isStorageError(error) ? error.code : 'other'),
    );

  it('are in the inventory, with all their steps, before anything is touched', async () => {
    let seen: JobRecord | null = null;
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A', 'B'], async () => {
        [seen = null] = await inventory.jobs({ limit: 1 });
      }),
    );
    await ended(jobId);
    expect(seen).to.deep.include({ jobId, who: 'olga', kind: 'label', title: 'do things', state: 'running' });
    expect(statesOf(seen as unknown as JobRecord)).to.deep.equal(['A pending', 'B pending']);
  });

  it('have each step in the inventory before it is begun and when it is done, with what came of it', async () => {
    const seen: string[] = [];
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A', 'B'], async (run) => {
        for (const subject of ['A', 'B'])
          await run.step(subject, async () => {
            seen.push(statesOf(await kept(run.record.jobId)).join(', '));
            return `did ${subject}`;
          });
      }),
    );
    const record = await ended(jobId);
    expect(seen).to.deep.equal(['A running, B pending', 'A done, B running']);
    expect(record).to.include({ state: 'succeeded', endedMs: clock.wallMs(), error: null });
    expect(record.steps.map(({ message }) => message)).to.deep.equal(['did A', 'did B']);
  });

  it('gain steps that were found on the way, up to a limit', async () => {
    const { jobId } = await jobs.start(
      'olga',
      procedure([], async (run) => {
        for (let i = 0; i <= JOB_LIMITS.steps; i++) await run.skip(String(i), 'nothing to do');
      }),
    );
    const record = await ended(jobId);
    expect(record.steps).to.have.length(JOB_LIMITS.steps);
    expect([record.state, record.error?.code]).to.deep.equal(['failed', 'JOB_LIMIT']);
  });

  it('go on after the failure of one cartridge and fail in the end, with the first failure', async () => {
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A', 'B', 'C'], async (run) => {
        expect(await run.step('A', failing('MEDIUM_WRITE_PROTECTED'))).to.equal(false);
        expect(await run.step('B', failing('VOLUME_FOREIGN'))).to.equal(false);
        expect(await run.step('C', async () => 'done')).to.equal(true);
      }),
    );
    const record = await ended(jobId);
    expect(statesOf(record)).to.deep.equal(['A failed', 'B failed', 'C done']);
    expect(record).to.deep.include({
      state: 'failed',
      error: { code: 'MEDIUM_WRITE_PROTECTED', message: 'failed with MEDIUM_WRITE_PROTECTED' },
    });
  });

  it('end with the failure of a drive or a changer: the next cartridge would fare no better', async () => {
    for (const code of ['DRIVE_HARDWARE', 'DRIVE_DOWN', 'CHANGER_MOVE_FAILED', 'CHANGER_DOOR_OPEN'] as const) {
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A', 'B'], async (run) => {
          await run.step('A', failing(code));
          await run.step('B', async () => 'must not come here');
        }),
      );
      const record = await ended(jobId);
      expect(statesOf(record)).to.deep.equal(['A failed', 'B skipped']);
      expect(record.error?.code).to.equal(code);
    }
  });

  it('are refused, and are no jobs, when the plan says that the order is wrong', async () => {
    const wrong: Procedure = { kind: 'label', plan: failing('JOB_POOL_UNKNOWN'), run: failing('DRIVE_DOWN') };
    expect(await codeOf(jobs.start('olga', wrong))).to.equal('JOB_POOL_UNKNOWN');
    const many = Array.from({ length: JOB_LIMITS.steps + 1 }, (_, i) => String(i));
    expect(
      await codeOf(
        jobs.start(
          'olga',
          procedure(many, async () => undefined),
        ),
      ),
    ).to.equal('JOB_LIMIT');
    expect(await inventory.jobs({ limit: 10 })).to.deep.equal([]);
  });

  it('destroy no volume that the order does not name', async () => {
    const destroys = { volumeId: volumeIdOf(1), pool: 'p', bytes: 1, isNamed: false };
    const plan = (isNamed: boolean): Partial<JobPlan> => ({
      steps: [{ subject: 'A', what: 'destroy', destroys: { ...destroys, isNamed } }],
    });
    expect(
      await codeOf(
        jobs.start(
          'olga',
          procedure([], async () => undefined, plan(false)),
        ),
      ),
    ).to.equal('VOLUME_LABELLED');
    expect(
      await codeOf(
        jobs.start(
          'olga',
          procedure([], async () => undefined, plan(true)),
        ),
      ),
    ).to.equal('none');
  });

  it('work at several things at once, and begin nothing more when one of them failed for good', async () => {
    const [both, failed] = [gate(), gate()];
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A', 'B', 'C'], async (run) =>
        run.each(['A', 'B', 'C'], 2, async (subject) => {
          if (subject === 'A')
            await run
              .step('A', async () => {
                await both.opened;
                return failing('DRIVE_HARDWARE')();
              })
              .finally(failed.open);
          await run.step(subject, async () => {
            both.open();
            await failed.opened;
            return 'done';
          });
        }),
      ),
    );
    expect(statesOf(await ended(jobId))).to.deep.equal(['A failed', 'B done', 'C skipped']);
  });

  describe('that wait', () => {
    it('say for which drive and what it does, and go on by themselves', async () => {
      const lease = await leases.acquire({
        fits: () => true,
        preference: () => 0,
        signal: new AbortController().signal,
      });
      lease.bay.activity = 'saving to TPL001L9';
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A'], async (run) => {
          await run.step('A', async () =>
            run.withDrive({ fits: () => true, preference: () => 0 }, async (bay) => `in ${bay.name}`),
          );
        }),
      );
      while ((await kept(jobId)).waitingFor === '') await new Promise((resolve) => setImmediate(resolve));
      expect(await kept(jobId)).to.include({ state: 'running', waitingFor: 'drive tape0, saving to TPL001L9' });
      lease.release();
      const record = await ended(jobId);
      expect(record).to.include({ state: 'succeeded', waitingFor: '' });
      expect(leases.isLeased(leases.bays[0] ?? sampleBay(0, 'tape'))).to.equal(false);
    });

    it('for a person show what is asked, whoever asks on their behalf', async () => {
      const [asked, inserted, closed] = [gate(), gate(), gate()];
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A'], async (run) => {
          await run.step('A', async () =>
            run.withDrive({ fits: () => true, preference: () => 0 }, async (bay) => {
              await requests.during(bay.name, 'Insert A.', async () => {
                asked.open();
                return inserted.opened;
              });
              await run.askOperator('Close the door.', async () => closed.opened);
              return 'done';
            }),
          );
        }),
      );
      await asked.opened;
      const state = async (): Promise<unknown> => {
        await new Promise((resolve) => setImmediate(resolve));
        const { state: word, waitingFor } = await kept(jobId);
        return [word, waitingFor];
      };
      expect(await state()).to.deep.equal(['waiting-for-operator', 'Insert A.']);
      inserted.open();
      expect(await state()).to.deep.equal(['waiting-for-operator', 'Close the door.']);
      expect(requests.pending[0]).to.include({ job: jobId, drive: null });
      closed.open();
      expect(await ended(jobId)).to.include({ state: 'succeeded', waitingFor: '' });
    });

    it('stop waiting when they are cancelled, and what was not begun is skipped', async () => {
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A', 'B', 'C'], async (run) => {
          await run.step('A', async () => 'done');
          await run.step('B', async () =>
            run.askOperator('Wait.', async () => clock.sleep(5_000, run.signal)).then(() => ''),
          );
          await run.step('C', async () => 'must not come here');
        }),
      );
      await clock.untilAsleep(5_000);
      await jobs.cancel('petra', jobId);
      const record = await ended(jobId);
      expect(statesOf(record)).to.deep.equal(['A done', 'B failed', 'C skipped']);
      expect([record.state, record.error?.code]).to.deep.equal(['cancelled', 'JOB_CANCELLED']);
      expect(record.error?.message).to.contain('petra');
      expect(requests.pending).to.deep.equal([]);
    });
  });

  it('that are cancelled finish the step in hand', async () => {
    const [begun, finish] = [gate(), gate()];
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A', 'B'], async (run) => {
        await run.step('A', async () => {
          begun.open();
          await finish.opened;
          return 'moved';
        });
        await run.step('B', async () => 'must not come here');
      }),
    );
    await begun.opened;
    await jobs.cancel('olga', jobId);
    expect((await kept(jobId)).state).to.equal('running');
    finish.open();
    expect(statesOf(await ended(jobId))).to.deep.equal(['A done', 'B skipped']);
  });

  it('that have ended stay as they are when they are cancelled', async () => {
    const { jobId } = await jobs.start(
      'olga',
      procedure([], async () => undefined),
    );
    const before = await ended(jobId);
    expect(await jobs.cancel('olga', jobId)).to.deep.equal(before);
  });

  it('nobody knows are named', async () => {
    expect(await codeOf(jobs.show(jobIdOf(9)))).to.equal('JOB_UNKNOWN');
    expect(await codeOf(jobs.wait(jobIdOf(9), 10))).to.equal('JOB_UNKNOWN');
    expect(await codeOf(jobs.cancel('olga', jobIdOf(9)))).to.equal('JOB_UNKNOWN');
  });

  it('are waited for no longer than was asked', async () => {
    const finish = gate();
    const { jobId } = await jobs.start(
      'olga',
      procedure([], async () => finish.opened),
    );
    const waiting = jobs.wait(jobId, 700);
    await clock.untilAsleep(700);
    await clock.advance(700);
    expect((await waiting).state).to.equal('running');
    finish.open();
    expect((await jobs.wait(jobId, 700)).state).to.equal('succeeded');
    expect(clock.asleep).to.equal(0);
  });

  it('are listed newest first, those at work as they are now', async () => {
    await inventory.commit({ jobs: [jobRecord(1, { state: 'failed', endedMs: 2 })] });
    const finish = gate();
    const { jobId } = await jobs.start(
      'olga',
      procedure(['A'], async (run) => {
        await run.step('A', async (say) => {
          say('half-way');
          await finish.opened;
          return '';
        });
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const [newest, older] = await jobs.list({ limit: 10 });
    expect([newest?.jobId, newest?.steps[0]?.message, older?.jobId]).to.deep.equal([jobId, 'half-way', jobIdOf(1)]);
    expect(await jobs.list({ state: 'failed', limit: 10 })).to.have.length(1);
    finish.open();
    await ended(jobId);
  });

  it('are kept up to a limit, the newest', async () => {
    const old = Array.from({ length: JOB_LIMITS.kept + 5 }, (_, i) =>
      jobRecord(i + 1, { state: 'succeeded', endedMs: 1 }),
    );
    await inventory.commit({ jobs: old });
    const { jobId } = await jobs.start(
      'olga',
      procedure([], async () => undefined),
    );
    const all = await inventory.jobs({ limit: 10_000 });
    expect(all).to.have.length(JOB_LIMITS.kept);
    expect(all[0]?.jobId).to.equal(jobId);
    expect(all.at(-1)?.jobId).to.equal(jobIdOf(7));
  });

  it('are refused beyond the number that may be at work', async () => {
    const finish = gate();
    const started: JobId[] = [];
    for (let i = 0; i < JOB_LIMITS.running; i++)
      started.push(
        (
          await jobs.start(
            'olga',
            procedure([], async () => finish.opened),
          )
        ).jobId,
      );
    expect(
      await codeOf(
        jobs.start(
          'olga',
          procedure([], async () => undefined),
        ),
      ),
    ).to.equal('JOB_LIMIT');
    finish.open();
    for (const jobId of started) await ended(jobId);
    expect(
      await codeOf(
        jobs.start(
          'olga',
          procedure([], async () => undefined),
        ),
      ),
    ).to.equal('none');
  });

  describe('over the end of the daemon', () => {
    it('that were at work when it was killed are interrupted and say what was done', async () => {
      const steps = (['done', 'running', 'pending'] as const).map((state) => ({
        subject: 'A',
        state,
        message: '',
        code: '',
      }));
      await inventory.commit({
        jobs: [
          jobRecord(1, { steps }),
          jobRecord(2, { state: 'waiting-for-operator', waitingFor: 'Insert A.', steps: [] }),
          jobRecord(3, { state: 'succeeded', endedMs: 3 }),
        ],
      });
      await jobs.recover();
      const record = await kept(jobIdOf(1));
      expect([record.state, record.error?.code, record.endedMs]).to.deep.equal([
        'interrupted',
        'JOB_INTERRUPTED',
        clock.wallMs(),
      ]);
      expect(record.steps.map(({ state, code }) => [state, code])).to.deep.equal([
        ['done', ''],
        ['failed', 'JOB_INTERRUPTED'],
        ['skipped', ''],
      ]);
      expect(await kept(jobIdOf(2))).to.include({ state: 'interrupted', waitingFor: '' });
      expect((await kept(jobIdOf(3))).endedMs).to.equal(3);
      expect(events.filter(({ event }) => event === 'job.interrupted')).to.have.length(2);
    });

    it('stop before their next step when it is stopped, and no new ones begin', async () => {
      const [begun, finish] = [gate(), gate()];
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A', 'B'], async (run) => {
          await run.step('A', async () => {
            begun.open();
            await finish.opened;
            return 'moved';
          });
          await run.step('B', async () => 'must not come here');
        }),
      );
      await begun.opened;
      const stopped = jobs.stop();
      expect(
        await codeOf(
          jobs.start(
            'olga',
            procedure([], async () => undefined),
          ),
        ),
      ).to.equal('JOB_SHUTTING_DOWN');
      finish.open();
      await stopped;
      const record = await kept(jobId);
      expect(statesOf(record)).to.deep.equal(['A done', 'B skipped']);
      expect([record.state, record.error?.code]).to.deep.equal(['interrupted', 'JOB_SHUTTING_DOWN']);
    });

    it('are left as interrupted when their step takes longer than a stop may', async () => {
      const [begun, finish] = [gate(), gate()];
      const { jobId } = await jobs.start(
        'olga',
        procedure(['A'], async (run) => {
          await run.step('A', async () => {
            begun.open();
            await finish.opened;
            return 'erased';
          });
        }),
      );
      await begun.opened;
      const stopped = jobs.stop();
      await clock.untilAsleep(JOB_LIMITS.stopMs);
      await clock.advance(JOB_LIMITS.stopMs);
      await stopped;
      const record = await kept(jobId);
      expect([record.state, record.steps[0]?.code]).to.deep.equal(['interrupted', 'JOB_INTERRUPTED']);
      // What comes of it now is nobody's to write down: the inventory may be closed.
      await inventory.close();
      finish.open();
      await new Promise((resolve) => setImmediate(resolve));
      expect(events.at(-1)?.event).not.to.equal('job.not-recorded');
    });
  });
});
