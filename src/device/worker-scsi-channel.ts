import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { StorageError, describeError } from '../base/storage-error.js';
import { ERRNO } from './errno.js';
import { loadNativeLibrary } from './native-library.js';
import type { ScsiChannel } from './scsi-channel.js';
import type { ScsiWorkerData, ScsiWorkerReply, ScsiWorkerRequest } from './scsi-worker-messages.js';
import type { SgCommand, SgCompletion } from './sg-command.js';

/** How long `close` waits for the thread, ms: one that is blocked in a system call is left behind. */
const CLOSE_GRACE_MS = 500;

/** A ScsiChannel whose calls are made by a worker thread, which lives from `open` to `close`. */
export class WorkerScsiChannel implements ScsiChannel {
  readonly device: string;
  readonly #data: ScsiWorkerData;
  readonly #clock: Clock;
  #thread: ScsiThread | null = null;

  /** `clock` only bounds the wait of `close`. */
  constructor(data: ScsiWorkerData, clock: Clock) {
    this.device = data.device;
    this.#data = data;
    this.#clock = clock;
  }

  /** After the death of the thread: a new one. */
  async open(): Promise<number> {
    if (this.#thread === null || this.#thread.isDead) this.#thread = new ScsiThread(this.#data);
    const reply = await this.#thread.ask({ kind: 'open' });
    assert(reply.kind === 'opened', 'the answer to open');
    if (reply.errno !== 0) await this.close();
    return reply.errno;
  }

  async execute(command: SgCommand): Promise<SgCompletion> {
    if (this.#thread === null) return { kind: 'errno', errno: ERRNO.EBADF };
    const reply = await this.#thread.ask({ kind: 'execute', command });
    assert(reply.kind === 'completed', 'the answer to execute');
    return reply.completion;
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    if (thread === null || thread.isDead) return;
    const enough = new AbortController();
    const grace = this.#clock.sleep(CLOSE_GRACE_MS, enough.signal).catch(() => undefined);
    await Promise.race([thread.ask({ kind: 'close' }).catch(() => undefined), grace]);
    enough.abort();
    thread.abandon();
  }
}

type Request = ScsiWorkerRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

interface Pending {
  readonly resolve: (reply: ScsiWorkerReply) => void;
  readonly reject: (error: StorageError) => void;
}

/** The worker, its questions and their answers. */
class ScsiThread {
  readonly #worker: Worker;
  readonly #device: string;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #death: StorageError | null = null;

  constructor(data: ScsiWorkerData) {
    // koffi must be loaded in the main thread before a worker does, and a missing library is better told here.
    loadNativeLibrary();
    this.#device = data.device;
    this.#worker = new Worker(new URL('./scsi-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (reply: ScsiWorkerReply) => {
      const asked = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      asked?.resolve(reply);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#die(describeError(error), error);
    });
    this.#worker.once('exit', (code) => {
      this.#die(`it exited with ${String(code)}`, undefined);
    });
  }

  get isDead(): boolean {
    return this.#death !== null;
  }

  ask(request: Request): Promise<ScsiWorkerReply> {
    if (this.#death !== null) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request } satisfies ScsiWorkerRequest);
    });
  }

  /** It ends when the call it is in returns, and until then does not hold up the process. */
  abandon(): void {
    this.#die('the device was given back', undefined);
    this.#worker.unref();
  }

  #die(why: string, cause: unknown): void {
    this.#death ??= new StorageError(
      'DEVICE_THREAD_DIED',
      `The thread that serves ${this.#device} has ended: ${why}. Whether the command in hand was carried out is unknown; look at the device, then try again.`,
      { cause, context: { device: this.#device } },
    );
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
  }
}
