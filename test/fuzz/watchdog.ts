import { Worker } from 'node:worker_threads';

const TICK_MS = 1000;

/** Slots of the memory that the run and its watchdog share. */
const TARGET = 0;
const NUMBER = 1;
const BEATS = 2;
const SLOTS = 3;

/** Runs on a thread of its own, since a decoder that hangs lets nothing else run on the one it has. */
const WATCH = `
const { parentPort, workerData: { memory, names, seed, hangMs, growthBytes, tickMs } } = require('node:worker_threads');
const shared = new Int32Array(memory);
let beats = -1;
let since = Date.now();
let least = Infinity;
function end(what) {
  const target = names[Atomics.load(shared, ${String(TARGET)})];
  const number = Atomics.load(shared, ${String(NUMBER)});
  require('node:fs').writeSync(2, what + ': --seed ' + seed + ' --target ' + target + ' --input ' + number + '\\n');
  process.kill(process.pid, 'SIGKILL');
}
const timer = setInterval(() => {
  const now = Atomics.load(shared, ${String(BEATS)});
  if (now !== beats) {
    beats = now;
    since = Date.now();
  } else if (Date.now() - since > hangMs) end('hangs');
  const rss = process.memoryUsage.rss();
  least = Math.min(least, rss);
  if (rss > least + growthBytes) end('takes more than ' + growthBytes + ' bytes of memory');
}, tickMs);
parentPort.on('message', () => {
  clearInterval(timer);
  parentPort.close();
});
`;

export interface WatchdogOptions {
  readonly names: readonly string[];
  readonly seed: number;
  /** Longest time one input may take, ms. */
  readonly hangMs: number;
  /** Growth of the process that no bounded decoder needs, bytes. */
  readonly growthBytes: number;
}

/** Ends the process, naming the input, when one hangs or makes the process grow without bound. */
export class Watchdog {
  readonly #shared = new Int32Array(new SharedArrayBuffer(SLOTS * 4));
  readonly #names: readonly string[];
  readonly #worker: Worker;

  constructor(options: WatchdogOptions) {
    this.#names = options.names;
    this.#worker = new Worker(WATCH, {
      eval: true,
      execArgv: [],
      workerData: { ...options, memory: this.#shared.buffer, tickMs: TICK_MS },
    });
  }

  beat(target: string, number: number): void {
    Atomics.store(this.#shared, TARGET, this.#names.indexOf(target));
    Atomics.store(this.#shared, NUMBER, number);
    Atomics.add(this.#shared, BEATS, 1);
  }

  async stop(): Promise<void> {
    this.#worker.postMessage('stop');
    await new Promise((resolve) => this.#worker.once('exit', resolve));
  }
}
