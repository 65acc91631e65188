import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/random.js';
import type { StreamView } from '../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import { SimNode } from '../support/sim-node.js';

/** Real kills of a real daemon; `TAPELOOM_KILLS` asks for more of them than a test run has time for. */
const KILLS = Number(process.env['TAPELOOM_KILLS'] ?? 6);
const SEED = Number(process.env['TAPELOOM_SEED'] ?? 1);

interface Attempt {
  readonly seed: number;
  readonly bytes: number;
  /** The id that `save` printed after exiting with 0; null when it did not. */
  acknowledged: string | null;
}

describe('a daemon killed with SIGKILL at any moment', () => {
  let node: SimNode;

  before(async () => {
    node = await new SimNode().start();
    expect((await node.cli('media', 'label', 'TPL001L9', '--pool', 'default')).status).to.equal(0);
  });
  after(async () => {
    await node.remove();
  });

  it(`restores every acknowledged stream and shows no other as complete unless it is (${String(KILLS)} kills)`, async () => {
    const random = new SeededRandom(SEED);
    const attempts = new Map<string, Attempt>();
    let n = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      let setKilled!: () => void;
      const killed = new Promise<void>((resolve) => (setKilled = resolve));
      const saves = Array.from({ length: 4 }, async () => {
        const name = `stream-${String(n++)}`;
        const attempt: Attempt = { seed: n, bytes: random.below(6_000_000), acknowledged: null };
        attempts.set(name, attempt);
        // One client in four does not come to an end of its own: the kill always hits it in the middle.
        const input = patternedChunks(attempt.seed, attempt.bytes);
        const result = await node.cliWith(
          { input: n % 4 === 0 ? withoutEnd(input, killed) : input },
          ...['save', '--pool', 'default', '--name', name, '-'],
        );
        if (result.status === 0) attempt.acknowledged = result.stdout.toString('utf8').trim();
      });
      await delay(500 + random.below(4500));
      await node.kill();
      setKilled();
      await Promise.all(saves);
      await node.start();
      await checkStreams(node, attempts);
    }
    const acknowledged = [...attempts.values()].filter((attempt) => attempt.acknowledged !== null);
    expect(acknowledged.length, 'some streams were acknowledged before a kill').to.be.greaterThan(0);
    expect(acknowledged.length, 'some kills came before the acknowledgement').to.be.lessThan(attempts.size);
  });
});

/** The chunks, and an end only when nobody is there any more to be told of it. */
async function* withoutEnd(chunks: Iterable<Uint8Array>, until: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* chunks;
  await until;
}

async function checkStreams(node: SimNode, attempts: ReadonlyMap<string, Attempt>): Promise<void> {
  const { streams } = await node.json<{ streams: StreamView[] }>('stream', 'list');
  for (const stream of streams) {
    expect(stream.state, `${stream.name} after the restart`).to.be.oneOf(['complete', 'incomplete']);
    if (stream.state === 'complete') await checkRestores(node, stream, attempts);
  }
  for (const [name, { acknowledged }] of attempts) {
    if (acknowledged === null) continue;
    const stream = streams.find((one) => one.streamId === acknowledged);
    expect(stream?.state, `${name} was acknowledged`).to.equal('complete');
  }
}

async function checkRestores(node: SimNode, stream: StreamView, attempts: ReadonlyMap<string, Attempt>): Promise<void> {
  const attempt = attempts.get(stream.name);
  if (attempt === undefined) throw new Error(`nobody saved ${stream.name}`);
  const { status, stdout, stderr } = await node.cli('restore', stream.streamId, '-');
  expect(status, stderr).to.equal(0);
  expect(stdout.equals(patternedBytes(attempt.seed, attempt.bytes)), `${stream.name} is what was saved`).to.equal(true);
}
