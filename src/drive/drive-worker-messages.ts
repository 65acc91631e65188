import type { StorageErrorRecord } from '../base/storage-error.js';
import type { DriveCommandName } from './drive-executor.js';
import type { BlockSeal, DriveSeconds, RingMemory } from './drive-thread.js';

/** What a drive's worker is started with; survives structured cloning. */
export type DriveWorkerOptions = {
  /**
   * The module that makes the worker's port, by URL: a SyscallPortModule for `st`, a FilePortModule for `file`. It is given
   * `portOptions`.
   */
  readonly portModuleUrl: string;
  readonly portOptions: unknown;
  readonly ring: RingMemory;
  readonly seal: BlockSeal;
} & (
  | { readonly driver: 'st'; /** The non-rewinding device node, `/dev/nst0`. */ readonly device: string }
  | { readonly driver: 'file'; /** Of the disk target. */ readonly directory: string }
);

/** workerData of drive-worker. */
export interface DriveWorkerData {
  readonly options: DriveWorkerOptions;
  /** Two 32-bit words, see DRIVE_WORKER_CONTROL. */
  readonly control: SharedArrayBuffer;
  /** Of a RunQueue. */
  readonly runs: SharedArrayBuffer;
}

/** Words of the control memory. */
export const DRIVE_WORKER_CONTROL = {
  /** Rises, and is notified, with everything the worker should look at: it waits on this word. */
  doorbell: 0,
  /** 1: end after the command in hand. */
  stop: 1,
} as const;

export interface DriveWorkerCommand {
  /** From 0, without a gap over commands and runs. */
  readonly id: number;
  readonly name: DriveCommandName;
  readonly args: readonly unknown[];
}

export interface DriveWorkerReply {
  readonly id: number;
  /** Of the thread since it was made. */
  readonly seconds: DriveSeconds;
  readonly outcome:
    | { readonly kind: 'done'; readonly value: unknown }
    | { readonly kind: 'failed'; readonly error: StorageErrorRecord };
}
