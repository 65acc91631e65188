import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { saveStream } from '../../src/client/stream-client.js';
import type { StatusView } from '../../src/protocol/control-api.js';
import { SimNode } from '../support/sim-node.js';

const GB = 1e9;
/** What the program itself needs beside the ring: Node.js, its heap, LevelDB, buffers of the kernel's making. */
const PROGRAM_BYTES = 260e6;
const BLOCK_BYTES = 1 << 20;

/** Resident memory of a process, from the kernel. */
function residentBytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

function* chunksOf(totalBytes: number): Generator<Uint8Array> {
  const chunk = Buffer.alloc(1 << 20, 'tapeloom');
  for (let left = totalBytes; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
}

describe('memory of the daemon', () => {
  let node: SimNode;

  beforeEach(async () => {
    // The cartridge keeps the headers of blocks only: 20 GB are counted and checked, not stored.
    node = new SimNode('--capacity', '64GB', '--keep', 'header');
    // What is collected from clients that are slower than the drive is memory on purpose; here it is the rest that is watched.
    node.configure('20-bursts.toml', '[buffer]\ncollect_bytes = 0\n');
    await node.start();
    expect((await node.cli('media', 'label', 'TPL001L9', '--pool', 'default')).status).to.equal(0);
  });
  afterEach(async () => {
    await node.remove();
  });

  /** Runs the saves and returns the most memory that was seen meanwhile. */
  async function peakDuring(work: Promise<unknown>): Promise<number> {
    let peak = 0;
    const over = new AbortController();
    const watch = (async () => {
      while (!over.signal.aborted) {
        peak = Math.max(peak, residentBytes(node.process.pid));
        await delay(50);
      }
    })();
    try {
      await work;
    } finally {
      over.abort();
      await watch;
    }
    return peak;
  }

  async function ringBytes(): Promise<number> {
    return (await node.json<StatusView>('status')).memory.ringBytes;
  }

  it('is the ring and a small constant for one stream of 20 GB', async () => {
    const save = node.cliWith({ input: chunksOf(20 * GB) }, ...['save', '--pool', 'default', '--name', 'long', '-']);
    const peak = await peakDuring(save);
    const { status, stderr } = await save;
    expect(status, stderr).to.equal(0);
    expect(peak).to.be.lessThan((await ringBytes()) + PROGRAM_BYTES);
  });

  it('is the ring, a block a stream and a small constant for 64 streams at once', async () => {
    const { dataDoor } = await node.json<StatusView>('status');
    const token = readFileSync(join(node.directory, 'demo.token'), 'utf8').trim();
    const saves = Promise.all(
      Array.from({ length: 64 }, async (_, i) =>
        saveStream({
          address: dataDoor,
          credentials: { client: 'demo', token },
          request: { name: `s${String(i)}`, pool: 'default' },
          source: Readable.from(chunksOf(40e6)),
        }),
      ),
    );
    const peak = await peakDuring(saves);
    expect(peak).to.be.lessThan((await ringBytes()) + 64 * BLOCK_BYTES + PROGRAM_BYTES);
  });
});
