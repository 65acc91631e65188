import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { CartridgeReservation } from '../media/cartridge-reservations.js';
import type { DriveLease } from '../media/drive-leases.js';
import type { HealthWatch } from '../media/health-watch.js';
import type { VolumeForAppend } from '../media/volume-mounting.js';
import type { VolumeRecord } from '../inventory/records.js';

/** A drive and the volume in it that stands where its data ends: both for one session alone. */
export interface HeldVolume {
  readonly lease: DriveLease;
  readonly volume: VolumeRecord;
  readonly reservation: CartridgeReservation;
}

export interface VolumePreparationOptions {
  readonly lease: DriveLease;
  readonly health: HealthWatch;
  readonly mount: (signal: AbortSignal) => Promise<VolumeForAppend>;
}

/**
 * The next volume of a session, being got ready on another drive. As long as the session does not need it, it gives way to
 * whoever waits for the drive or for the volume: both are given back at once, the volume stays mounted.
 */
export class VolumePreparation {
  readonly lease: DriveLease;
  readonly #health: HealthWatch;
  readonly #calledOff = new AbortController();
  readonly #settled: Promise<void>;
  #ready: HeldVolume | null = null;
  #isWanted = false;
  #failure: StorageError | null = null;
  #isOver = false;

  /** `mount` mounts a volume in the drive of `lease`, and ends when its signal aborts. */
  constructor({ lease, health, mount }: VolumePreparationOptions) {
    this.lease = lease;
    this.#health = health;
    lease.onContended(() => {
      this.#giveWay();
    });
    this.#settled = this.#run(mount);
  }

  /** Nothing came of it, or it gave way; `failure` tells which. */
  get isOver(): boolean {
    return this.#isOver;
  }
  get failure(): StorageError | null {
    return this.#failure;
  }
  /** The volume, once it is ready. */
  get volume(): VolumeRecord | null {
    return this.#ready?.volume ?? null;
  }

  /** What was got ready, when it is; null when nothing came of it. From now on it gives way to nobody. */
  async take(): Promise<HeldVolume | null> {
    this.#isWanted = true;
    await this.#settled;
    const ready = this.#ready;
    this.#ready = null;
    this.#isOver = true;
    return ready;
  }

  /** It is not needed any more. Resolves when the drive is given back. */
  async callOff(): Promise<void> {
    this.#isWanted = false;
    this.#giveWay();
    await this.#settled;
  }

  async #run(mount: VolumePreparationOptions['mount']): Promise<void> {
    // Its maker has it in hand before anything happens.
    await Promise.resolve();
    const { lease } = this;
    try {
      const { volume, reservation } = await mount(this.#calledOff.signal);
      this.#ready = { lease, volume, reservation };
      lease.bay.activity = `ready to go on with ${volume.barcode}`;
      reservation.onContended(() => {
        this.#giveWay();
      });
      if (this.#calledOff.signal.aborted) this.#giveBack();
    } catch (error) {
      const { bay } = lease;
      bay.mounted = null;
      if (isStorageError(error)) await this.#health.failed(bay, bay.loaded, 'read-error', error);
      this.#isOver = true;
      lease.release();
      if (this.#calledOff.signal.aborted) return;
      if (!isStorageError(error)) throw error;
      this.#failure = error;
    }
  }

  #giveWay(): void {
    if (this.#isWanted || this.#isOver) return;
    this.#calledOff.abort();
    this.#giveBack();
  }

  #giveBack(): void {
    const ready = this.#ready;
    if (ready === null) return;
    this.#ready = null;
    this.#isOver = true;
    ready.reservation.release();
    ready.lease.release();
  }
}
