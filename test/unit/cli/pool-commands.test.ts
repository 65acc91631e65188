import { expect } from 'chai';
import { isStorageError, type StorageError } from '../../../src/base/storage-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import type { Inventory } from '../../../src/inventory/inventory.js';
import type { PoolView } from '../../../src/protocol/pool-api.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { runCommand } from '../../support/cli-fixture.js';
import { extentRecords, poolRecord } from '../../support/inventory-samples.js';
import { streamIdOf, streamRecord, volumeIdOf, volumeRecord } from '../../support/records.js';

describe('the pool commands', () => {
  let fixture: ControlDoorFixture;
  let inventory: Inventory;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
    if (fixture.media === null) throw new Error('it is open');
    ({ inventory } = fixture.media);
    await inventory.commit({
      pools: [poolRecord('default'), poolRecord('made', { declared: false, mediaTypes: ['L9'] })],
      volumes: [
        volumeRecord(1, { state: 'full', blocks: 5, bytes: 5_000_000 }),
        volumeRecord(2, { blocks: 5, bytes: 5_000_000 }),
        volumeRecord(3),
        volumeRecord(4, { pool: 'scratch', state: 'scratch' }),
      ],
      streams: [
        streamRecord(1, { volumes: [volumeIdOf(1)] }),
        streamRecord(2, { volumes: [volumeIdOf(2)] }, { retentionEndMs: Number.MAX_SAFE_INTEGER }),
      ],
      extents: [1, 2].map((n) => ({ streamId: streamIdOf(n), extents: extentRecords(n, 0, 1) })),
    });
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (...args: readonly string[]): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args);
  const linesOf = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, error } = await run(...args);
    expect(error).to.equal(null);
    return stdout.trimEnd().split('\n');
  };
  const viewOf = async (...args: readonly string[]): Promise<PoolView> => {
    const [line = ''] = await linesOf('--json', ...args);
    return JSON.parse(line) as PoolView;
  };
  const refusal = async (...args: readonly string[]): Promise<StorageError> => {
    const { error, stdout } = await run(...args);
    if (!isStorageError(error)) throw new Error(`it was taken: ${stdout}`);
    return error;
  };

  it('list shows every pool with what belongs to it, and the reserved one', async () => {
    const [head, ...rows] = await linesOf('pool', 'list');
    expect(head).to.match(/^POOL +KIND +ORIGIN +RETENTION DAYS +ALLOCATION +VOLUMES +EXPIRED +BYTES$/);
    expect(rows[0]).to.match(/^default +tape +configuration +30 +continue +1 full, 2 append +1 +10\.0 MB$/);
    expect(rows[1]).to.match(/^made +tape +operator +30 +continue +none +0 +0 B$/);
    expect(rows[2]).to.match(/^scratch +any +reserved +- +- +1 scratch +0 +0 B$/);
    expect(rows).to.have.length(3);
  });

  it('show shows the whole policy, also of the reserved one', async () => {
    expect(await linesOf('pool', 'show', 'made')).to.include('media types:        L9');
    expect(await linesOf('pool', 'show', 'scratch')).to.have.length(4);
    expect((await refusal('pool', 'show', 'none')).code).to.equal('JOB_POOL_UNKNOWN');
  });

  it('create makes one with what was said, and the defaults of the configuration for the rest', async () => {
    const view = await viewOf(
      ...['pool', 'create', 'vault', '--kind', 'tape', '--retention-days', '365', '--media-types', 'l8,ly'],
      ...['--allocation', 'weekly', '--max-volumes', '12', '--draws-from-scratch', 'no', '--worm', 'allowed'],
    );
    expect(view).to.deep.include({ name: 'vault', origin: 'operator', volumes: {}, allocation: 'weekly' });
    expect(await inventory.pool('vault')).to.deep.equal(
      poolRecord('vault', {
        declared: false,
        retentionDays: 365,
        mediaTypes: ['L8', 'LY'],
        allocation: { kind: 'calendar', period: 'week' },
        maxVolumes: 12,
        drawsFromScratch: false,
        worm: 'allowed',
      }),
    );
    expect((await inventory.audit(1))[0]).to.deep.include({ who: 'olga', what: 'pool.create' });
    expect((await inventory.audit(1))[0]?.details).to.deep.include({ pool: 'vault', mediaTypes: 'L8 LY' });
  });

  it('update changes what was said and nothing else', async () => {
    await linesOf('pool', 'update', 'made', '--recycles', 'no', '--max-volumes', '3', '--media-types', 'any');
    const after = poolRecord('made', { declared: false, recycles: false, maxVolumes: 3 });
    expect(await inventory.pool('made')).to.deep.equal(after);
    await linesOf('pool', 'update', 'made', '--max-volumes', 'none');
    expect(await inventory.pool('made')).to.deep.equal({ ...after, maxVolumes: null });
    expect((await inventory.audit(9)).map(({ what }) => what)).to.deep.equal(['pool.update', 'pool.update']);
  });

  it('remove removes one to which nothing belongs, and then others can have its name', async () => {
    expect(await linesOf('pool', 'remove', 'made')).to.deep.equal(['pool made removed']);
    expect(await inventory.pool('made')).to.equal(null);
    await linesOf('pool', 'create', 'made', '--kind', 'disk');
    expect((await inventory.audit(9)).map(({ what }) => what)).to.deep.equal(['pool.create', 'pool.remove']);
  });

  for (const [what, args, code, says] of [
    ['to make one that is there', ['create', 'made', '--kind', 'tape'], 'JOB_POOL_EXISTS', /already/],
    ['to make the reserved one', ['create', 'scratch', '--kind', 'tape'], 'PROTOCOL_BODY', /reserved/],
    ['a name that is none', ['create', 'my pool', '--kind', 'tape'], 'PROTOCOL_BODY', /name/],
    [
      'a media type of the other kind',
      ['create', 'a', '--kind', 'disk', '--media-types', 'L9'],
      'PROTOCOL_BODY',
      /kind disk/,
    ],
    ['no volumes at most', ['update', 'made', '--max-volumes', '0'], 'PROTOCOL_BODY', /maxVolumes/],
    ['to change a declared one', ['update', 'default', '--recycles', 'no'], 'JOB_POOL_DECLARED', /configuration/],
    ['to remove a declared one', ['remove', 'default'], 'JOB_POOL_DECLARED', /configuration/],
    ['to change one that is not there', ['update', 'none', '--recycles', 'no'], 'JOB_POOL_UNKNOWN', /default, made/],
    ['to remove one that is not there', ['remove', 'none'], 'JOB_POOL_UNKNOWN', /Nothing was changed/],
    ['to change the reserved one', ['update', 'scratch', '--recycles', 'no'], 'JOB_POOL_UNKNOWN', /reserved/],
    ['to remove the reserved one', ['remove', 'scratch'], 'JOB_POOL_UNKNOWN', /reserved/],
  ] as const)
    it(`refuse ${what}, and change nothing`, async () => {
      const before = await inventory.pools();
      const error = await refusal('pool', ...args);
      expect(error.code).to.equal(code);
      expect(error.message).to.match(says);
      expect(await inventory.pools()).to.deep.equal(before);
      expect(await inventory.audit(9)).to.deep.equal([]);
    });

  it('refuse to remove one while a volume belongs to it, and name one', async () => {
    await inventory.commit({ volumes: [volumeRecord(5, { pool: 'made' })] });
    const error = await refusal('pool', 'remove', 'made');
    expect(error.code).to.equal('JOB_POOL_IN_USE');
    expect(error.message).to.contain('TPL005L9');
    expect(await inventory.pool('made')).to.not.equal(null);
  });

  it('take what means nothing for a usage error', async () => {
    for (const args of [
      ['update', 'made'],
      ['update', 'made', '--recycles', 'perhaps'],
      ['update', 'made', '--retention-days', 'ten'],
    ])
      expect((await run('pool', ...args)).error).to.be.instanceOf(UsageError);
    for (const args of [
      ['create', 'x'],
      ['update', 'made', '--allocation', 'hourly'],
      ['create', '--kind', 'tape'],
    ])
      expect((await run('pool', ...args)).error)
        .to.have.property('code')
        .that.matches(/^commander\./);
  });
});

describe('the commands about what is kept', () => {
  let fixture: ControlDoorFixture;
  let inventory: Inventory;
  const id = streamIdOf(1);

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
    if (fixture.media === null) throw new Error('it is open');
    ({ inventory } = fixture.media);
    await inventory.commit({ streams: [streamRecord(1)] });
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (
    args: readonly string[],
    changes: Parameters<typeof runCommand>[2] = {},
  ): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args, changes);

  it('hold a stream with a reason and a name, and release it', async () => {
    expect((await run(['stream', 'hold', id, '--reason', 'audit 2026'])).error).to.equal(null);
    expect((await inventory.stream(id))?.hold).to.deep.include({ who: 'olga', reason: 'audit 2026' });
    expect((await run(['stream', 'hold', id, '--reason', 'audit 2027'])).error).to.equal(null);
    expect((await run(['--json', 'stream', 'release', id])).error).to.equal(null);
    expect((await inventory.stream(id))?.hold).to.equal(null);
    expect(
      (await inventory.audit(9)).map(({ what, details }) => [what, details['reason'], details['before']]),
    ).to.deep.equal([
      ['stream.release', '', 'audit 2027'],
      ['stream.hold', 'audit 2027', 'audit 2026'],
      ['stream.hold', 'audit 2026', null],
    ]);
  });

  it('leave a stream that is not held as it is', async () => {
    expect((await run(['stream', 'release', id])).error).to.equal(null);
    expect(await inventory.stream(id)).to.deep.equal(streamRecord(1));
    expect(await inventory.audit(9)).to.deep.equal([]);
  });

  it('hold nothing without a reason, and no stream that is not there', async () => {
    expect((await run(['stream', 'hold', id])).error)
      .to.have.property('code')
      .that.matches(/^commander\./);
    expect((await run(['stream', 'hold', id, '--reason', '  '])).error).to.have.property('code', 'PROTOCOL_BODY');
    for (const args of [
      ['hold', streamIdOf(9), '--reason', 'x'],
      ['release', streamIdOf(9)],
    ])
      expect((await run(['stream', ...args])).error).to.have.property('code', 'JOB_STREAM_UNKNOWN');
    expect((await run(['stream', 'hold', 'x', '--reason', 'y'])).error).to.be.instanceOf(UsageError);
    expect((await inventory.stream(id))?.hold).to.equal(null);
  });

  it('show the clock, and confirm it only when a person says so', async () => {
    expect((await run(['clock', 'show'])).stdout).to.match(/state: +believed/);
    expect((await run(['clock', 'confirm'])).error).to.be.instanceOf(UsageError);
    expect((await run(['clock', 'confirm'], { terminal: 'no\n' })).error).to.be.instanceOf(UsageError);
    expect(await inventory.audit(9)).to.deep.equal([]);
    expect((await run(['clock', 'confirm'], { terminal: 'yes\n' })).error).to.equal(null);
    const { stdout } = await run(['--json', 'clock', 'confirm', '--yes']);
    expect(JSON.parse(stdout)).to.have.property('state', 'believed');
    expect((await inventory.audit(9)).map(({ what, who }) => [what, who])).to.deep.equal([
      ['clock.confirm', 'olga'],
      ['clock.confirm', 'olga'],
    ]);
  });
});
