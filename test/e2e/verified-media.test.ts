import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ExtentView, MediumView } from '../../src/protocol/control-api.js';
import type { JobView } from '../../src/protocol/job-api.js';
import { decodeBlockHeader } from '../../src/volume/block-header.js';
import { recordOffset } from '../support/file-drive-fixture.js';
import { patternedBytes } from '../support/patterned-bytes.js';
import { linesOf, runReader } from '../support/reader-process.js';
import { SimNode } from '../support/sim-node.js';

const DISK = 'DSK001DK';

describe('verifying', () => {
  let node: SimNode;
  const volumePath = (): string => join(node.directory, 'disk0', `${DISK}.vol`);

  beforeEach(async () => {
    node = new SimNode().configure('20-small.toml', '[buffer]\nblock_size = "256KiB"\n');
    await node.start();
    expect((await node.cli('media', 'label', DISK, '--pool', 'disk')).status).to.equal(0);
  });
  afterEach(async () => {
    await node.remove();
  });

  async function save(pattern: number, bytes: number): Promise<string> {
    const input = [patternedBytes(pattern, bytes)];
    const result = await node.cliWith({ input }, 'save', '--pool', 'disk', '--name', 'home', '-');
    expect(result.status, result.stderr).to.equal(0);
    return result.stdout.toString('utf8').trim();
  }

  async function job(...args: string[]): Promise<{ readonly status: number | null; readonly job: JobView }> {
    const { status, stdout, stderr } = await node.cli('--json', ...args);
    const lines = stdout.toString('utf8').trim().split('\n');
    const ended = lines.map((line) => JSON.parse(line) as { message_type: string; job: JobView });
    const last = ended.findLast(({ message_type }) => message_type === 'job-ended');
    if (last === undefined) throw new Error(`no job ended: ${stderr}`);
    return { status, job: last.job };
  }

  async function extentsOf(streamId: string): Promise<readonly ExtentView[]> {
    return (await node.json<{ extentList: ExtentView[] }>('stream', 'show', streamId, '--extents')).extentList;
  }

  /** Flips a bit of the payload of the n-th block of a stream while the daemon is down; returns the bytes it carries. */
  async function damage(streamId: string, n: number): Promise<string> {
    const [extent] = await extentsOf(streamId);
    if (extent === undefined) throw new Error('the stream has blocks');
    expect(await node.stop()).to.equal(0);
    const file = readFileSync(volumePath());
    const at = recordOffset(file, extent.blockAddress + n) + 24;
    const decoded = decodeBlockHeader(file.subarray(at, at + file.readUInt32LE(at - 20)));
    if (decoded.kind !== 'good') throw new Error('the block is whole');
    const { offset, payloadBytes } = decoded.header;
    file[at + 128 + 7] = (file[at + 128 + 7] ?? 0) ^ 1;
    writeFileSync(volumePath(), file);
    await node.start();
    return `${String(offset)}-${String(offset + payloadBytes - 1)}`;
  }

  it('finds nothing wrong with what is whole', async () => {
    const ids = [await save(1, 3_000_000), await save(2, 0), await save(3, 1)];
    const media = await job('media', 'verify', DISK);
    expect([media.status, media.job.result]).to.deep.equal([0, { missing: [] }]);
    const streams = await job('stream', 'verify', ...ids);
    expect([streams.status, streams.job.result]).to.deep.equal([0, { missing: [] }]);
    expect(streams.job.steps.map(({ message }) => message)).to.deep.equal([
      '3000000 bytes, all good',
      '0 bytes, all good',
      '1 bytes, all good',
    ]);
    expect((await node.json<MediumView>('media', 'show', DISK)).state).to.equal('append');
  });

  it('tells to the byte what cannot be read, writes no more to the volume, and agrees with the stand-alone reader', async () => {
    const good = await save(1, 700_000);
    const hurt = await save(2, 5_000_000);
    const first = await damage(hurt, 3);
    const second = await damage(hurt, 8);

    const streams = await job('stream', 'verify', good, hurt);
    expect(streams.status).to.equal(65);
    expect(streams.job.result).to.deep.equal({ missing: [`${hurt} ${first}`, `${hurt} ${second}`] });
    expect(streams.job.steps.map(({ state, code }) => [state, code])).to.deep.equal([
      ['done', ''],
      ['failed', 'JOB_STREAM_DAMAGED'],
    ]);
    const media = await job('media', 'verify', DISK);
    expect(media.status).to.equal(65);
    expect(media.job.result).to.deep.equal(streams.job.result);
    expect(media.job.steps[0]?.code).to.equal('VOLUME_SUSPECT');
    expect((await node.json<MediumView>('media', 'show', DISK)).state).to.equal('suspect');
    expect((await node.cli('restore', good, '-')).stdout.equals(patternedBytes(1, 700_000))).to.equal(true);

    const out = join(node.directory, 'salvaged');
    const [report] = linesOf(runReader(['--json', 'salvage', hurt, out, volumePath()]));
    const missing = report?.['missing'] as readonly { from: number; to: number }[];
    expect(missing.map(({ from, to }) => `${String(from)}-${String(to - 1)}`)).to.deep.equal([first, second]);
  });

  it('refuses what the inventory does not know, and finds a volume that was changed for an older copy of itself', async () => {
    expect((await node.cli('media', 'verify', 'DSK009DK')).stderr).to.contain('VOLUME_UNKNOWN');
    expect((await node.cli('stream', 'verify', '0192f000-0000-7000-8000-000000000001')).stderr).to.contain(
      'JOB_STREAM_UNKNOWN',
    );
    await save(1, 400_000);
    expect(await node.stop()).to.equal(0);
    const older = readFileSync(volumePath());
    await node.start();
    const lost = await save(2, 600_000);
    expect(await node.stop()).to.equal(0);
    writeFileSync(volumePath(), older);
    await node.start();
    const media = await job('media', 'verify', DISK);
    expect(media.status).to.equal(65);
    expect(media.job.result).to.deep.equal({
      missing: (await extentsOf(lost)).map(
        ({ offset, bytes }) => `${lost} ${String(offset)}-${String(Number(offset) + Number(bytes) - 1)}`,
      ),
    });
  });
});
