import type { FilePort } from '../../src/device/file-port.js';
import { DriveMouth } from '../drive-mouth.js';
import { DriveCondition } from '../drive-condition.js';
import { driveLockPath, ProcessLock } from '../process-lock.js';
import type { DriveReach } from './robot.js';

/**
 * Drives as their library can work them: it ejects the cartridge of a drive that nobody has open. From an open one it takes
 * nothing, for its host is in the middle of something.
 */
export class IdleDrives implements DriveReach {
  readonly #files: FilePort;
  readonly #rackDirectory: string;

  constructor(files: FilePort, rackDirectory: string) {
    this.#files = files;
    this.#rackDirectory = rackDirectory;
  }

  unload(driveNumber: number): boolean {
    const lock = new ProcessLock(this.#files, driveLockPath(this.#rackDirectory, driveNumber), process.pid);
    const condition = new DriveCondition(this.#files, this.#rackDirectory, driveNumber);
    if (lock.isHeld() || condition.readTrouble().isStuck) return false;
    const mouth = new DriveMouth(this.#files, this.#rackDirectory, driveNumber);
    mouth.writeState({ insertion: mouth.readContent().insertion, state: 'ejected' });
    return true;
  }
}
