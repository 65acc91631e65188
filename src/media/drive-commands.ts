import { StorageError } from '../base/storage-error.js';
import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';
import type { DriveStatus, TapePosition } from '../drive/tape-drive.js';
import { unknownCartridge, type CartridgeLoading } from './cartridge-loading.js';
import type { CartridgeRegister } from './cartridge-register.js';
import { reservePatiently } from './cartridge-reservations.js';
import type { DriveBay } from './drive-bay.js';
import type { DriveLeases } from './drive-leases.js';
import type { MediaEnvironment } from './media-environment.js';
import { withPatience } from './patience.js';

/** What a drive says of itself. */
export interface DriveReading {
  readonly status: DriveStatus;
  /** Null without a ready medium, and while a session has the drive. */
  readonly position: TapePosition | null;
  readonly tapeAlerts: readonly number[] | null;
}

/** The operator's own moves: load, unload and eject, and a look at a drive. */
export class DriveCommands {
  readonly #environment: MediaEnvironment;
  readonly #register: CartridgeRegister;
  readonly #loading: CartridgeLoading;
  readonly #leases: DriveLeases;

  constructor(
    environment: MediaEnvironment,
    register: CartridgeRegister,
    loading: CartridgeLoading,
    leases: DriveLeases,
  ) {
    this.#environment = environment;
    this.#register = register;
    this.#loading = loading;
    this.#leases = leases;
  }

  /** DRIVE_DOWN when its device is not open. While somebody works with it only what does not disturb: its status. */
  async read(bay: DriveBay): Promise<DriveReading> {
    if (!bay.isOpen) throw closed(bay);
    const status = await bay.thread.readStatus();
    if (this.#leases.isLeased(bay)) return { status, position: null, tapeAlerts: null };
    const position = status.medium === 'ready' ? await bay.thread.readPosition() : null;
    return { status, position, tapeAlerts: (await bay.thread.readHealth()).tapeAlerts };
  }

  /** DRIVE_BUSY, VOLUME_BUSY when somebody works with the drive or the cartridge; VOLUME_UNKNOWN, CHANGER_*. */
  async load(who: string, bay: DriveBay, barcode: Barcode, signal: AbortSignal): Promise<void> {
    const reachable = (await bay.changer.cartridges()).some((one) => one.barcode === barcode);
    if (!reachable && (await this.#environment.inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    await this.#withCartridge(barcode, signal, async () =>
      this.#withDrive(bay, signal, async () =>
        this.#loading.load(bay, barcode, { who, reason: 'loaded by an operator' }, signal),
      ),
    );
    await this.#audit(who, 'drive.load', barcode, bay);
  }

  async unload(who: string, bay: DriveBay, signal: AbortSignal): Promise<void> {
    const barcode = bay.loaded;
    await this.#withDrive(bay, signal, async () =>
      this.#loading.unload(bay, { who, reason: 'unloaded by an operator' }, signal),
    );
    await this.#audit(who, 'drive.unload', barcode, bay);
  }

  /** Out of whatever drive it is in, into the operator's hand. VOLUME_UNKNOWN, VOLUME_BUSY, DRIVE_BUSY. */
  async eject(who: string, barcode: Barcode, signal: AbortSignal): Promise<void> {
    if ((await this.#environment.inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    const bay = this.#leases.bays.find((one) => one.loaded === barcode) ?? null;
    const cause = { who, reason: 'ejected by an operator' };
    await this.#withCartridge(barcode, signal, async () => {
      let location: CartridgeLocation = { kind: 'shelf' };
      if (bay !== null) {
        await this.#withDrive(bay, signal, async () => {
          if (bay.loaded === barcode) await this.#loading.unload(bay, cause, signal);
          location = await bay.changer.eject(barcode, signal);
        });
      }
      await this.#register.place(barcode, location, cause);
    });
    await this.#audit(who, 'media.eject', barcode, bay);
  }

  async #withCartridge(barcode: Barcode, signal: AbortSignal, body: () => Promise<void>): Promise<void> {
    const reservation = await reservePatiently(this.#environment, barcode, 'being moved by an operator', signal);
    try {
      await body();
    } finally {
      reservation.release();
    }
  }

  async #withDrive(bay: DriveBay, signal: AbortSignal, body: () => Promise<void>): Promise<void> {
    const lease = await withPatience(
      this.#environment.clock,
      signal,
      () => busy(bay),
      async (either) => this.#leases.acquire({ fits: (one) => one === bay, preference: () => 0, signal: either }),
    );
    try {
      await body();
    } finally {
      lease.release();
    }
  }

  async #audit(who: string, what: string, barcode: Barcode | null, bay: DriveBay | null): Promise<void> {
    const { inventory, clock } = this.#environment;
    await inventory.commit({
      audit: [{ timeMs: clock.wallMs(), who, what, barcode, details: { drive: bay?.name ?? null } }],
    });
  }
}

function closed(bay: DriveBay): StorageError {
  return new StorageError(
    'DRIVE_DOWN',
    `Drive ${bay.name} is down and cannot be asked: ${bay.down?.reason ?? 'its device is closed'}. \`tapeloom drive up ${bay.name}\` when the cause is mended.`,
    { context: { drive: bay.name } },
  );
}

function busy(bay: DriveBay): StorageError {
  return new StorageError(
    'DRIVE_BUSY',
    `Drive ${bay.name} is at work (${bay.activity === '' ? 'busy' : bay.activity}). Nothing was moved; try again when it is idle.`,
    { context: { drive: bay.name } },
  );
}
