import type { DriveSeconds } from '../drive/drive-thread.js';

/** Where the seconds of a session or a pass went. */
export interface SecondsByCause {
  /** Waiting for a drive, a cartridge, an operator; loading and reading the label. */
  readonly mount: number;
  /** Inside the drive's position calls. */
  readonly position: number;
  /** The drive had nothing to do: no client sent. */
  readonly waitForData: number;
  /** The drive had nothing to do: clients waited for blocks of the ring, or receivers did not take theirs. */
  readonly waitForCredit: number;
  readonly write: number;
  readonly read: number;
  /** Inside filemarks and synchronize. */
  readonly flush: number;
}

const NO_DRIVE_SECONDS: DriveSeconds = { write: 0, flush: 0, read: 0, position: 0 };

/** Adds up seconds by cause. Those of a drive's thread are what it spent since `startDrive`. */
export class SecondsCount {
  readonly #own = { mount: 0, waitForData: 0, waitForCredit: 0 };
  #done: DriveSeconds = NO_DRIVE_SECONDS;
  #drive: { readonly thread: { readonly seconds: DriveSeconds }; readonly before: DriveSeconds } | null = null;

  add(cause: 'mount' | 'waitForData' | 'waitForCredit', milliseconds: number): void {
    this.#own[cause] += milliseconds / 1000;
  }

  /** From now on the seconds of this thread count. */
  startDrive(thread: { readonly seconds: DriveSeconds }): void {
    this.endDrive();
    this.#drive = { thread, before: { ...thread.seconds } };
  }

  endDrive(): void {
    this.#done = this.#driveSeconds();
    this.#drive = null;
  }

  get total(): SecondsByCause {
    return { ...this.#own, ...this.#driveSeconds() };
  }

  #driveSeconds(): DriveSeconds {
    if (this.#drive === null) return this.#done;
    const { thread, before } = this.#drive;
    const { write, flush, read, position } = thread.seconds;
    return {
      write: this.#done.write + write - before.write,
      flush: this.#done.flush + flush - before.flush,
      read: this.#done.read + read - before.read,
      position: this.#done.position + position - before.position,
    };
  }
}
