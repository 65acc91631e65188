import { expect } from 'chai';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStorageError, type StorageError } from '../../../src/base/storage-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import type { Inventory } from '../../../src/inventory/inventory.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';
import { runCommand } from '../../support/cli-fixture.js';
import { poolRecord, SAMPLE_CHANGES, readContent } from '../../support/inventory-samples.js';
import { streamIdOf, streamRecord, volumeIdOf } from '../../support/records.js';

describe('catalog export and import', () => {
  let source: ControlDoorFixture;
  let target: ControlDoorFixture;
  let file: string;

  beforeEach(async () => {
    source = new ControlDoorFixture();
    target = new ControlDoorFixture();
    await source.open();
    await target.open();
    file = join(source.directory, 'catalogue.jsonl');
    for (const change of SAMPLE_CHANGES) await inventoryOf(source).commit(change);
  });
  afterEach(async () => {
    await source.close();
    await target.close();
  });

  function inventoryOf({ media }: ControlDoorFixture): Inventory {
    if (media === null) throw new Error('it is open');
    return media.inventory;
  }
  const run = async (node: ControlDoorFixture, ...args: readonly string[]): Promise<string> => {
    const { stdout, error } = await runCommand(node.socketPath, args);
    if (error !== null) throw error as Error;
    return stdout;
  };
  const refusal = async (node: ControlDoorFixture, ...args: readonly string[]): Promise<StorageError> => {
    const { error, stdout } = await runCommand(node.socketPath, args);
    if (!isStorageError(error)) throw new Error(`it was taken: ${stdout}`);
    return error;
  };

  it('carry the inventory from one node to another', async () => {
    expect(await run(source, 'catalog', 'export', file)).to.match(/^\S+: \d+ records, SHA-256 [0-9a-f]{64}\n$/);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const said = await run(target, 'catalog', 'import', file);
    expect(said).to.contain('the catalogue of node-a as of');
    const [before, after] = [await readContent(inventoryOf(source)), await readContent(inventoryOf(target))];
    const carried = ({ cartridges }: typeof before): unknown =>
      cartridges.map(({ barcode, volumeId }) => [barcode, volumeId]);
    expect(carried(after)).to.deep.equal(carried(before));
    expect(after.extents).to.deep.equal(before.extents);
    expect(after.audit.filter(({ what }) => what === 'catalog.import')).to.have.length(1);
    expect(after.audit[0]?.who).to.equal('olga');
  });

  it('write and take lines that people can read', async () => {
    const text = await run(source, 'catalog', 'export', '-', '--pool', 'default');
    const lines = text.trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).to.include({ format: 'tapeloom-catalogue', version: 1, pool: 'default' });
    expect(text).not.to.contain('"kind":"audit"');
    writeFileSync(file, text);
    await run(target, 'catalog', 'import', file);
    expect(await inventoryOf(target).volume(volumeIdOf(1))).not.to.equal(null);
  });

  it('change nothing of a file that exists, or of an inventory that is only asked', async () => {
    writeFileSync(file, 'mine');
    const { error } = await runCommand(source.socketPath, ['catalog', 'export', file]);
    expect(error).to.be.instanceOf(UsageError);
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect((await refusal(source, 'catalog', 'export', `${file}2`, '--pool', 'nothing')).code).to.equal(
      'JOB_POOL_UNKNOWN',
    );
    expect(existsSync(`${file}2`) || existsSync(`${file}2.unfinished`)).to.equal(false);

    await run(source, 'catalog', 'export', `${file}3`);
    const documents = (await run(target, '--json', 'catalog', 'import', '--dry-run', `${file}3`)).trimEnd().split('\n');
    const said = JSON.parse(documents.at(-1) ?? '') as object;
    expect(said).to.deep.include({ message_type: 'would-import', newer: [] });
    expect(await inventoryOf(target).volumes()).to.deep.equal([]);
  });

  it('take nothing from a file that is cut short, changed, of a later program or not there', async () => {
    await run(source, 'catalog', 'export', file);
    const whole = readFileSync(file, 'utf8');
    truncateSync(file, whole.length - 100);
    expect((await refusal(target, 'catalog', 'import', file)).code).to.equal('INVENTORY_FILE_DAMAGED');
    writeFileSync(file, whole.replace('"retentionDays":30', '"retentionDays":31'));
    expect((await refusal(target, 'catalog', 'import', file)).code).to.equal('INVENTORY_FILE_DAMAGED');
    writeFileSync(file, whole.replace('"version":1', '"version":2'));
    expect((await refusal(target, 'catalog', 'import', file)).code).to.equal('INVENTORY_FILE_VERSION');
    const { error } = await runCommand(target.socketPath, ['catalog', 'import', `${file}9`]);
    expect(error).to.be.instanceOf(UsageError);
    expect(await inventoryOf(target).volumes()).to.deep.equal([]);
  });

  it('refuse as a whole what would replace something newer, naming it, until told what to do', async () => {
    await inventoryOf(source).commit({ pools: [poolRecord('made', { declared: false })] });
    await run(source, 'catalog', 'export', file);
    await inventoryOf(target).commit({
      pools: [poolRecord('made', { declared: false, retentionDays: 1 })],
      streams: [streamRecord(1, { lengthBytes: 2 ** 41 })],
    });
    const error = await refusal(target, 'catalog', 'import', file);
    expect(error.code).to.equal('INVENTORY_NEWER');
    expect(error.message).to.contain('pool:made').and.to.contain(streamIdOf(1));
    expect(await inventoryOf(target).volumes()).to.deep.equal([]);

    expect(await run(target, 'catalog', 'import', '--keep-newer', file)).to.contain('kept as it is here: pool:made');
    expect((await inventoryOf(target).pool('made'))?.retentionDays).to.equal(1);
    expect(await inventoryOf(target).volumes()).to.have.length(2);

    await run(target, 'catalog', 'import', '--keep-newer', '--overwrite', 'pool:made', file);
    expect((await inventoryOf(target).pool('made'))?.retentionDays).to.equal(30);
    expect((await inventoryOf(target).stream(streamIdOf(1)))?.lengthBytes).to.equal(2 ** 41);
  });

  it('come in parts when they are long', async () => {
    const streams = Array.from({ length: 4000 }, (_, n) => streamRecord(n + 100));
    await inventoryOf(source).commit({ streams });
    await run(source, 'catalog', 'export', file);
    await run(target, 'catalog', 'import', file);
    expect(await inventoryOf(target).streams({ limit: 10_000 })).to.have.length(4003);
    expect((await inventoryOf(target).audit(10)).map(({ what }) => what)).to.deep.equal(['catalog.import']);
  });
});
