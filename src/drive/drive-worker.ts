import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import { systemBlockingClock } from '../base/blocking-clock.js';
import { StorageError } from '../base/storage-error.js';
import type { FilePortModule } from '../device/file-port.js';
import { loadNativeLibrary } from '../device/native-library.js';
import type { SyscallPortModule } from '../device/syscall-port.js';
import { BlockSealer } from './block-sealer.js';
import { DriveExecutor, type DriveCommandArguments } from './drive-executor.js';
import {
  DRIVE_WORKER_CONTROL,
  type DriveWorkerCommand,
  type DriveWorkerData,
  type DriveWorkerOptions,
  type DriveWorkerReply,
} from './drive-worker-messages.js';
import { FileDrive } from './file-drive.js';
import { RunQueue, type OfferedRun } from './run-queue.js';
import { StDrive } from './st-drive.js';
import type { TapeDrive } from './tape-drive.js';

/**
 * The thread of one drive. After the port is made it never goes back to its event loop: it sleeps on the doorbell, takes
 * commands off the port, and runs of blocks from shared memory, one by one, and answers each. So a system call that blocks for minutes blocks nobody else, and an
 * idle drive costs nothing.
 */
async function makeDrive(options: DriveWorkerOptions): Promise<TapeDrive> {
  // A module chosen at run time has no type; the two module contracts say what it must export.
  const module: unknown = await import(options.portModuleUrl);
  switch (options.driver) {
    case 'st': {
      const port = await (module as SyscallPortModule).createSyscallPort(options.portOptions);
      return new StDrive({ port, device: options.device, clock: systemBlockingClock });
    }
    case 'file': {
      const files = await (module as FilePortModule).createFilePort(options.portOptions);
      return new FileDrive({ files, directory: options.directory });
    }
  }
}

function serve(port: MessagePort, control: Int32Array, runs: RunQueue, executor: DriveExecutor): void {
  /** Commands are numbered in their order, whichever way they come. One may come before the run that is due: it waits. */
  let due = 0;
  let waiting: DriveWorkerCommand | null = null;
  for (;;) {
    // Read before looking at what there is: whatever is rung after this look ends the wait at once.
    const rung = Atomics.load(control, DRIVE_WORKER_CONTROL.doorbell);
    for (;;) {
      if (Atomics.load(control, DRIVE_WORKER_CONTROL.stop) !== 0) return;
      const offered = runs.take(due);
      waiting ??= offered === null ? receiveCommand(port) : null;
      if (offered !== null) writeOffered(port, runs, executor, offered);
      else if (waiting?.id === due) {
        port.postMessage(carryOut(executor, waiting));
        waiting = null;
      } else if (waiting === null) break;
      // A run that was offered before this command is to be seen: look again.
      else continue;
      due++;
    }
    Atomics.wait(control, DRIVE_WORKER_CONTROL.doorbell, rung);
  }
}

function receiveCommand(port: MessagePort): DriveWorkerCommand | null {
  return (receiveMessageOnPort(port) as { readonly message: DriveWorkerCommand } | undefined)?.message ?? null;
}

/** A message only when there is something to say. */
function writeOffered(port: MessagePort, runs: RunQueue, executor: DriveExecutor, { id, run }: OfferedRun): void {
  const result = executor.writeRun(run);
  const { seconds } = executor;
  runs.tellSeconds(seconds);
  if (result.stop !== null)
    port.postMessage({ id, seconds, outcome: { kind: 'done', value: result } } satisfies DriveWorkerReply);
  runs.settle(result.stop === null);
}

/** Anything but a StorageError is a mistake: it ends the thread. */
function carryOut(executor: DriveExecutor, { id, name, args }: DriveWorkerCommand): DriveWorkerReply {
  try {
    const value: unknown = executor.execute(name, args as DriveCommandArguments<typeof name>);
    return { id, seconds: executor.seconds, outcome: { kind: 'done', value } };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { id, seconds: executor.seconds, outcome: { kind: 'failed', error: error.toRecord() } };
  }
}

assert(parentPort !== null, 'drive-worker runs as a worker thread');
const { options, control, runs } = workerData as DriveWorkerData;
const executor = new DriveExecutor({
  drive: await makeDrive(options),
  ring: options.ring,
  sealer: new BlockSealer(options.seal, loadNativeLibrary().crc32c),
  clock: systemBlockingClock,
});
serve(parentPort, new Int32Array(control), new RunQueue(runs), executor);
executor.closeAtEnd();
