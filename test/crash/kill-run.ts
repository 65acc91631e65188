import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/random.js';
import type { StreamView } from '../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import { SimNode } from '../support/sim-node.js';

interface Attempt {
  readonly name: string;
  readonly seed: number;
  readonly bytes: number;
  /** The id that `save` printed after exiting with 0; null when it did not. */
  acknowledged: string | null;
}

/** The simulated cartridges that are labelled; each holds some gigabytes. */
const BARCODES = ['TPL001L9', 'TPL002L9', 'TPL003L9'];
const CLIENTS = 4;

/**
 * A real daemon on simulated hardware that is killed again and again while clients save to it. What clients were told is held
 * against what the next daemon shows and gives back: what came new behind each kill, everything at the end.
 */
export class KillRun {
  readonly #random: SeededRandom;
  readonly #maxBytes: number;
  readonly #attempts = new Map<string, Attempt>();
  readonly #restored = new Set<string>();
  #node: SimNode | null = null;

  /** Streams have less than `maxBytes`. */
  constructor(seed: number, maxBytes: number) {
    this.#random = new SeededRandom(seed);
    this.#maxBytes = maxBytes;
  }

  get streams(): number {
    return this.#attempts.size;
  }

  get acknowledged(): number {
    return [...this.#attempts.values()].filter(({ acknowledged }) => acknowledged !== null).length;
  }

  async start(): Promise<void> {
    const node = await new SimNode().start();
    this.#node = node;
    const { status, stderr } = await node.cli('media', 'label', ...BARCODES, '--pool', 'default');
    if (status !== 0) throw new Error(`the cartridges cannot be labelled: ${stderr}`);
  }

  async remove(): Promise<void> {
    await this.#node?.remove();
  }

  /** Saves, kills the daemon at some moment of that, starts it again and looks; the problems, in words. */
  async kill(): Promise<readonly string[]> {
    const node = this.#startedNode();
    let setKilled!: () => void;
    const killed = new Promise<void>((resolve) => (setKilled = resolve));
    const saves = Array.from({ length: CLIENTS }, async () => this.#save(node, killed));
    await delay(300 + this.#random.below(3000));
    await node.kill();
    setKilled();
    await Promise.all(saves);
    await node.start();
    return this.#check(node);
  }

  /** Every complete stream is read once more. */
  async end(): Promise<readonly string[]> {
    this.#restored.clear();
    return this.#check(this.#startedNode());
  }

  async #save(node: SimNode, killed: Promise<void>): Promise<void> {
    const number = this.#attempts.size + 1;
    const name = `stream-${String(number)}`;
    const attempt: Attempt = { name, seed: number, bytes: this.#random.below(this.#maxBytes), acknowledged: null };
    this.#attempts.set(name, attempt);
    // One client in four does not come to an end of its own: the kill always hits it in the middle.
    const chunks = patternedChunks(attempt.seed, attempt.bytes);
    const input = number % CLIENTS === 0 ? withoutEnd(chunks, killed) : chunks;
    const result = await node.cliWith({ input }, 'save', '--pool', 'default', '--name', name, '-');
    if (result.status === 0) attempt.acknowledged = result.stdout.toString('utf8').trim();
  }

  async #check(node: SimNode): Promise<readonly string[]> {
    const problems: string[] = [];
    const streams = await node.control.streams({ limit: 10_000 });
    const shown = new Map(streams.map((stream) => [stream.streamId, stream]));
    for (const stream of streams) {
      if (stream.state === 'open') problems.push(`${stream.name} is shown as open, and nobody writes it`);
      if (stream.state === 'complete' && !this.#restored.has(stream.streamId))
        problems.push(...(await this.#restore(node, stream)));
    }
    for (const { name, acknowledged } of this.#attempts.values())
      if (acknowledged !== null && shown.get(acknowledged)?.state !== 'complete')
        problems.push(`${name} was acknowledged and is ${shown.get(acknowledged)?.state ?? 'gone'}`);
    return problems;
  }

  async #restore(node: SimNode, { streamId, name }: StreamView): Promise<readonly string[]> {
    this.#restored.add(streamId);
    const attempt = this.#attempts.get(name);
    if (attempt === undefined) return [`nobody saved ${name}`];
    const { status, stdout, stderr } = await node.cli('restore', streamId, '-');
    if (status !== 0) return [`${name} cannot be restored: ${stderr}`];
    return stdout.equals(patternedBytes(attempt.seed, attempt.bytes)) ? [] : [`${name} comes back with other bytes`];
  }

  #startedNode(): SimNode {
    if (this.#node === null) throw new Error('the run was not started');
    return this.#node;
  }
}

/** The chunks, and an end only when nobody is there any more to be told of it. */
async function* withoutEnd(chunks: Iterable<Uint8Array>, until: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* chunks;
  await until;
}
