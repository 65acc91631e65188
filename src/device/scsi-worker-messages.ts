import type { SgCommand, SgCompletion } from './sg-command.js';

/** workerData of scsi-worker; survives structured cloning. */
export interface ScsiWorkerData {
  readonly device: string;
  /** The SyscallPortModule that makes the worker's port, by URL; it is given `portOptions`. */
  readonly portModuleUrl: string;
  readonly portOptions: unknown;
}

export type ScsiWorkerRequest = { readonly id: number } & (
  | { readonly kind: 'open' }
  | { readonly kind: 'execute'; readonly command: SgCommand }
  /** The last one: the worker ends behind it. */
  | { readonly kind: 'close' }
);

export type ScsiWorkerReply = { readonly id: number } & (
  | { readonly kind: 'opened'; readonly errno: number }
  | { readonly kind: 'completed'; readonly completion: SgCompletion }
  | { readonly kind: 'closed' }
);
