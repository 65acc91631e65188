import type { FilePort } from '../../src/device/file-port.js';
import { createFilePort as createLinuxFilePort } from '../../src/device/linux-files.js';
import { FaultyFiles } from './faulty-files.js';

/** Words of the memory by which a test reaches into the port of a worker. */
export const FILE_FAULTS = {
  /** 1: the next write of a file fails; the port sets it back. */
  failNextWrite: 0,
  /** 1: reads of files do not return until it is 0 and notified. */
  blockReads: 1,
  /** Set to 1 and notified when a read is blocked. */
  blocked: 2,
  words: 3,
} as const;

export interface FileFaultOptions {
  readonly faults: SharedArrayBuffer;
}

/** A FilePortModule for workers: real files with switches outside. */
export function createFilePort(options: unknown): FilePort {
  const faults = new Int32Array((options as FileFaultOptions).faults);
  const files = new FaultyFiles(createLinuxFilePort());
  files.plan = ({ kind }) => {
    if (kind === 'write' && Atomics.exchange(faults, FILE_FAULTS.failNextWrite, 0) === 1) return { errno: 'EIO' };
    if (kind === 'read' && Atomics.load(faults, FILE_FAULTS.blockReads) === 1) {
      Atomics.store(faults, FILE_FAULTS.blocked, 1);
      Atomics.notify(faults, FILE_FAULTS.blocked);
      Atomics.wait(faults, FILE_FAULTS.blockReads, 1);
    }
    return null;
  };
  return files;
}
