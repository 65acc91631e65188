import { isStorageError } from '../base/storage-error.js';
import { GMT } from '../device/mtio.js';
import {
  askBlockLimits,
  askCanLocate,
  askIdentity,
  askMediumFacts,
  askMediumState,
  type MediumFacts,
} from './scsi-questions.js';
import { ScsiLogPages } from './scsi-health.js';
import type { ScsiTarget } from './scsi-target.js';
import type { StDevice } from './st-device.js';
import type { DriveHealth, DriveIdentity, DriveStatus, MediumCapacity } from './tape-drive.js';

/** Largest block a 24-bit length can tell. */
const MAX_BLOCK_BYTES = 0xff_ffff;

/** What is known of a drive and its medium, asked as seldom as it changes. */
export class StQuestions {
  readonly #device: StDevice;
  readonly #target: ScsiTarget;
  readonly #logPages: ScsiLogPages;
  /** See Positioning. */
  canLocate = true;
  #identity: DriveIdentity = { vendor: '', product: '', revision: '', serial: '' };
  #blockLimits = { min: 1, max: MAX_BLOCK_BYTES };
  #medium: DriveStatus['medium'] = 'no-medium';
  #facts: MediumFacts | null = null;
  #cleaningRequested = false;
  /** Flags read by a diagnosis and not yet by `readTapeAlerts`. */
  readonly #keptAlerts = new Set<number>();

  constructor(device: StDevice, target: ScsiTarget) {
    this.#device = device;
    this.#target = target;
    this.#logPages = new ScsiLogPages(target);
  }

  /** What never changes while the drive is open. */
  askDrive(): void {
    this.#identity = askIdentity(this.#target, this.#device.path);
    this.canLocate = askCanLocate(this.#target);
    const limits = askBlockLimits(this.#target);
    if (limits !== null)
      this.#blockLimits = { min: Math.max(1, limits.minBlockBytes), max: limits.maxBlockBytes || MAX_BLOCK_BYTES };
  }

  forgetMedium(): void {
    this.#facts = null;
  }

  /** `writing`: `st` may have a write of its own under way. */
  status(writing: boolean): Omit<DriveStatus, 'mediumGeneration'> {
    const facts = this.#askMedium() ? this.#facts : null;
    // MTIOCGET makes `st` wait for its own writes and tells of their failure once: a status must not swallow that.
    const status = writing ? null : this.#device.status();
    if (status !== null) this.#cleaningRequested = (status.flags & GMT.cleaningRequested) !== 0;
    // A drive that became ready behind the back of `st`, which refuses to move its tape until it is opened again: `load` does.
    if (this.#medium === 'ready' && status !== null && (status.flags & GMT.online) === 0) this.#medium = 'loading';
    return {
      identity: this.#identity,
      medium: this.#medium,
      writeProtected: facts?.writeProtected ?? false,
      worm: facts?.worm ?? false,
      cleaningRequested: this.#cleaningRequested,
      densityCode: facts?.densityCode ?? null,
      minBlockBytes: this.#blockLimits.min,
      maxBlockBytes: this.#blockLimits.max,
      compression: facts?.compression ?? null,
    };
  }

  /**
   * Whether there is a medium that can be asked about. Since a reset `st` lets nobody ask; the tape is not moved to change
   * that, so what was known before is told.
   */
  #askMedium(): boolean {
    try {
      this.#medium = askMediumState(this.#target);
      if (this.#medium === 'ready') this.#facts ??= askMediumFacts(this.#target);
    } catch (error) {
      if (!isStorageError(error, 'DRIVE_POSITION_LOST')) throw error;
    }
    return this.#medium === 'ready';
  }

  /** For a diagnosis: the flags stay to be read. */
  peekTapeAlerts(): readonly number[] | null {
    const alerts = this.#logPages.readTapeAlerts();
    for (const flag of alerts ?? []) this.#keptAlerts.add(flag);
    return alerts;
  }

  readHealth(): DriveHealth {
    const counters = this.#logPages.readCounters();
    // Last: the flags are down in the drive once they were read.
    return { ...counters, tapeAlerts: this.#takeTapeAlerts() };
  }

  readCapacity(): MediumCapacity | null {
    return this.#logPages.readCapacity();
  }

  #takeTapeAlerts(): readonly number[] | null {
    const raised = this.#logPages.readTapeAlerts();
    if (raised === null) return null;
    const all = [...new Set([...this.#keptAlerts, ...raised])].sort((a, b) => a - b);
    this.#keptAlerts.clear();
    return all;
  }
}
