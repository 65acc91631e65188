import { isStorageError, type StorageError } from '../base/storage-error.js';
import type { CartridgeReservation } from '../media/cartridge-reservations.js';
import type { DriveLease } from '../media/drive-leases.js';
import type { VolumeForAppend } from '../media/volume-mounting.js';
import type { VolumeRecord } from '../inventory/records.js';

/** A drive and the volume in it that stands where its data ends: both for one session alone. */
export interface HeldVolume {
  readonly lease: DriveLease;
  readonly volume: VolumeRecord;
  readonly reservation: CartridgeReservation;
}

/**
 * The next volume of a session, being got ready on another drive. As long as the session does not need it, it gives way to
 * whoever waits for the drive or for the volume: both are given back at once, the volume stays mounted.
 */
export class VolumePreparation {
  readonly lease: DriveLease;
  readonly #calledOff = new AbortController();
  readonly #settled: Promise<void>;
  #ready: HeldVolume | null = null;
  #isWanted = false;
  #failure: StorageError | null = null;
  #isOver = false;

  /** `mount` gets what it mounts on the drive of `lease`, and ends when its signal aborts. */
  constructor(lease: DriveLease, mount: (signal: AbortSignal) => Promise<VolumeForAppend>) {
    this.lease = lease;
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

  async #run(mount: (signal: AbortSignal) => Promise<VolumeForAppend>): Promise<void> {
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
      this.#isOver = true;
      lease.release();
      if (this.#calledOff.signal.aborted) return;
      if (!isStorageError(error)) throw error;
      lease.bay.mounted = null;
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
