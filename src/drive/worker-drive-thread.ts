import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { StorageError, describeError } from '../base/storage-error.js';
import { loadNativeLibrary } from '../device/native-library.js';
import type { DriveCommandArguments, DriveCommandName, DriveCommandResult } from './drive-executor.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import type { DriveSeconds, RunBlock, WriteRunResult } from './drive-thread.js';
import { DriveThreadFacade } from './drive-thread-facade.js';
import {
  DRIVE_WORKER_CONTROL,
  type DriveWorkerCommand,
  type DriveWorkerData,
  type DriveWorkerOptions,
  type DriveWorkerReply,
} from './drive-worker-messages.js';
import { RunQueue } from './run-queue.js';
import { threadDied } from './thread-death.js';

interface PendingCommand {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StorageError) => void;
}

/**
 * A DriveThread on a worker thread. Commands and answers are messages, runs of blocks go through shared memory; between commands
 * the worker sleeps on a shared word (see drive-worker). Throws DEVICE_NATIVE_MISSING at once when the native library cannot be loaded.
 */
export class WorkerDriveThread extends DriveThreadFacade {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #control = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #runs = new RunQueue();
  readonly #pending = new Map<number, PendingCommand>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #seconds: DriveSeconds = { write: 0, flush: 0, read: 0, position: 0 };
  #isWatching = false;
  #death: StorageError | null = null;

  /** `clock` only bounds the wait of `terminate`. */
  constructor(options: DriveWorkerOptions, clock: Clock) {
    super();
    // koffi must be loaded in the main thread before a worker does, and a missing library is better told here.
    loadNativeLibrary();
    this.#clock = clock;
    const data: DriveWorkerData = { options, control: this.#control.buffer, runs: this.#runs.memory };
    this.#worker = new Worker(new URL('./drive-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (reply: DriveWorkerReply) => {
      this.#settle(reply);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#die(threadDied(describeError(error), error));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#die(threadDied(`it exited with ${String(code)}`, undefined));
        resolve();
      });
    });
  }

  get seconds(): DriveSeconds {
    // Both only grow: the later of the two is the newer.
    const [told, ran] = [this.#seconds, this.#runs.seconds];
    return sum(ran) > sum(told) ? ran : told;
  }

  protected submit<N extends DriveCommandName>(
    name: N,
    args: DriveCommandArguments<N>,
  ): Promise<DriveCommandResult<N>> {
    if (this.#death !== null) return Promise.reject(this.#death);
    const command: DriveWorkerCommand = { id: this.#nextId++, name, args };
    return new Promise((resolve, reject) => {
      this.#pending.set(command.id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage(command);
      this.#ring();
    });
  }

  override writeRun(run: readonly RunBlock[]): Promise<WriteRunResult> {
    if (this.#death !== null || !this.#runs.offer(this.#nextId, run)) return super.writeRun(run);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const written = { written: run.length, stop: null };
      this.#pending.set(id, {
        resolve: (value) => {
          resolve((value as WriteRunResult | null) ?? written);
        },
        reject,
      });
      this.#ring();
      if (!this.#isWatching) void this.#watchRuns();
    });
  }

  async terminate(): Promise<void> {
    this.#die(threadDied('it was told to stop', undefined));
    Atomics.store(this.#control, DRIVE_WORKER_CONTROL.stop, 1);
    this.#ring();
    // A thread inside a system call ends when that returns, and until then must not hold up who asked, nor the process.
    const enough = new AbortController();
    await Promise.race([
      this.#exited,
      this.#clock.sleep(DRIVE_LIMITS.terminateGraceMs, enough.signal).catch(() => undefined),
    ]);
    enough.abort();
    this.#worker.unref();
  }

  #ring(): void {
    Atomics.add(this.#control, DRIVE_WORKER_CONTROL.doorbell, 1);
    Atomics.notify(this.#control, DRIVE_WORKER_CONTROL.doorbell);
  }

  /** As long as commands are pending: runs among them are answered in shared memory. */
  async #watchRuns(): Promise<void> {
    this.#isWatching = true;
    while (this.#pending.size > 0) {
      const count = this.#runs.settledCount;
      this.#settleRuns();
      await this.#runs.settledBeyond(count);
    }
    this.#isWatching = false;
  }

  #settleRuns(): void {
    for (let id = this.#runs.takeWritten(); id !== null; id = this.#runs.takeWritten()) {
      this.#pending.get(id)?.resolve(null);
      this.#pending.delete(id);
    }
  }

  #settle({ id, seconds, outcome }: DriveWorkerReply): void {
    // Promises settle in the order of the commands.
    this.#settleRuns();
    this.#seconds = seconds;
    const command = this.#pending.get(id);
    // Rejected already by `terminate`.
    if (command === undefined) return;
    this.#pending.delete(id);
    if (outcome.kind === 'done') command.resolve(outcome.value);
    else command.reject(StorageError.fromRecord(outcome.error));
  }

  #die(death: StorageError): void {
    this.#death ??= death;
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
  }
}

function sum({ write, flush, read, position }: DriveSeconds): number {
  return write + flush + read + position;
}
