import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import { PoolBook, scratchPool } from '../../../src/media/pool-book.js';
import { poolProblem } from '../../../src/media/pool-rules.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { poolRecord, rejectionOf } from '../../support/inventory-samples.js';
import { volumeRecord } from '../../support/records.js';

describe('the pools', () => {
  let fixture: MediaFixture;
  let pools: PoolBook;

  beforeEach(async () => {
    fixture = await makeMediaEnvironment();
    pools = new PoolBook(fixture.environment);
  });

  it('are those of the configuration as the file says, whatever they were before', async () => {
    await pools.declare([poolRecord('default', { retentionDays: 7 })]);
    await pools.declare([poolRecord('default', { retentionDays: 9, recycles: false })]);
    expect(await pools.list()).to.deep.equal([poolRecord('default', { retentionDays: 9, recycles: false })]);
  });

  it('keep one that operators made when the daemon starts again', async () => {
    await fixture.inventory.commit({ pools: [poolRecord('made', { declared: false })] });
    await pools.declare([poolRecord('default')]);
    expect((await pools.list()).map(({ name, declared }) => [name, declared])).to.deep.equal([
      ['default', true],
      ['made', false],
    ]);
  });

  it('lose a declared one that is gone from the file, unless volumes belong to it', async () => {
    await pools.declare([poolRecord('empty'), poolRecord('used'), poolRecord('default')]);
    await fixture.inventory.commit({ volumes: [volumeRecord(1, { pool: 'used' })] });
    await pools.declare([poolRecord('default')]);
    expect(await pools.list()).to.deep.equal([poolRecord('default'), poolRecord('used', { declared: false })]);
    expect(
      fixture.events.filter(({ event }) => event === 'pool.not-declared').map(({ fields }) => fields),
    ).to.deep.equal([{ pool: 'empty' }, { pool: 'used' }]);
  });

  it('cannot become of another kind while volumes belong to them', async () => {
    await pools.declare([poolRecord('default')]);
    await pools.declare([poolRecord('default', { kind: 'disk' })]);
    await pools.declare([poolRecord('default')]);
    await fixture.inventory.commit({ volumes: [volumeRecord(1)] });
    const error = await rejectionOf(pools.declare([poolRecord('default', { kind: 'disk' })]));
    expect(isStorageError(error, 'CONFIG_UNSAFE')).to.equal(true);
    expect(await pools.list()).to.deep.equal([poolRecord('default')]);
  });

  it('are named when one is asked for that is not there', async () => {
    await pools.declare([poolRecord('default')]);
    const error = await rejectionOf(pools.find('defualt', 'Nothing was saved.'));
    expect(isStorageError(error, 'JOB_POOL_UNKNOWN') && error.message).to.equal(
      'There is no pool defualt. Pools here: default. Nothing was saved.',
    );
  });
});

describe('the rules of pools', () => {
  it('take every default and refuse the reserved name', () => {
    expect(poolProblem(poolRecord('default'))).to.equal(null);
    expect(poolProblem(scratchPool('tape'))?.field).to.equal('name');
  });

  for (const [what, changes, field] of [
    ['a name with a space', { name: 'my pool' }, 'name'],
    ['no name', { name: '' }, 'name'],
    ['a name of 65 characters', { name: 'x'.repeat(65) }, 'name'],
    ['a retention that is no number', { retentionDays: Number.NaN }, 'retentionDays'],
    ['a retention beyond a hundred years', { retentionDays: 36_501 }, 'retentionDays'],
    ['half a volume', { maxVolumes: 1.5 }, 'maxVolumes'],
    ['cleaning cartridges', { mediaTypes: ['CU'] }, 'mediaTypes'],
    ['disks in a pool of tapes', { mediaTypes: ['DK'] }, 'mediaTypes'],
    ['WORM media where WORM is refused', { mediaTypes: ['LZ'], worm: 'refused' }, 'mediaTypes'],
    ['data media where WORM is required', { mediaTypes: ['L9'], worm: 'required' }, 'mediaTypes'],
    ['encryption', { encryption: true }, 'encryption'],
  ] as const)
    it(`refuse ${what}`, () => {
      expect(poolProblem(poolRecord('default', changes))?.field).to.equal(field);
    });
});
