import type { Changer } from '../changer/changer.js';
import type { CartridgeRecord } from '../inventory/records.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { CartridgeLoading } from './cartridge-loading.js';
import type { CartridgeRegister, MoveCause } from './cartridge-register.js';
import type { DriveBay } from './drive-bay.js';
import type { DriveBook } from './drive-book.js';
import type { MediaEnvironment } from './media-environment.js';
import { stateOf, withConditionByDaemon } from './state-changes.js';

/** Limits of cleaning, with their units and reasons. */
export const CLEANING_LIMITS = {
  /** How often a drive is asked whether it is done, milliseconds: cleaning takes minutes. */
  lookMs: 5_000,
  /** A drive that does not say that it cleans, and has nothing in it, is done by then, milliseconds. */
  quietMs: 300_000,
  /** Cleaning takes two to five minutes; a drive that needs longer, milliseconds, is out of order. */
  cleanMs: 900_000,
} as const;

/** TapeAlert flags (SSC-4) about cleaning. */
const CLEAN_NOW = 0x14;
const CLEAN_PERIODIC = 0x15;
const EXPIRED_CLEANING = 0x16;
const INVALID_CLEANING = 0x17;

export type CleaningOutcome =
  | { readonly kind: 'cleaned'; readonly uses: number }
  /** The drive says that the cartridge is used up, or no cleaning cartridge for it. It is retired. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The drive did not begin, or did not end. */
  | { readonly kind: 'silent'; readonly reason: string };

/** Drives and cleaning cartridges: which one to take, the cleaning itself, and the count of uses. */
export class Cleaning {
  readonly #environment: MediaEnvironment;
  readonly #register: CartridgeRegister;
  readonly #loading: CartridgeLoading;
  readonly #driveBook: DriveBook;
  /** How often a cartridge may be used. */
  readonly maxUses: number;

  constructor(
    environment: MediaEnvironment,
    parts: { readonly register: CartridgeRegister; readonly loading: CartridgeLoading; readonly driveBook: DriveBook },
    maxUses: number,
  ) {
    this.#environment = environment;
    this.#register = parts.register;
    this.#loading = parts.loading;
    this.#driveBook = parts.driveBook;
    this.maxUses = maxUses;
  }

  /**
   * Cleaning cartridges that the drive's changer can bring, the one to take first at the front: one that was begun is used up
   * before another is begun. `problems`: why the others will not do.
   */
  async candidates(bay: DriveBay): Promise<{ readonly fit: readonly Barcode[]; readonly problems: readonly string[] }> {
    const { inventory, reservations } = this.#environment;
    const fit: CartridgeRecord[] = [];
    const problems: string[] = [];
    for (const { barcode, reachableBy } of await bay.changer.cartridges()) {
      if (barcode === null || mediumOfBarcode(barcode) !== 'cleaning' || !reachableBy.includes(bay.name)) continue;
      const record = await inventory.cartridge(barcode);
      const problem =
        record === null
          ? 'is not known yet'
          : (this.problemOf(record) ?? (reservations.purposeOf(barcode) === null ? null : 'is in use'));
      if (record === null || problem !== null) problems.push(`${barcode} ${problem ?? ''}`);
      else fit.push(record);
    }
    fit.sort((a, b) => b.cleaningUses - a.cleaningUses || (a.barcode < b.barcode ? -1 : 1));
    return { fit: fit.map(({ barcode }) => barcode), problems };
  }

  /** Why a cartridge cannot clean, as the end of a sentence that begins with its barcode; null when it can. */
  problemOf(cartridge: CartridgeRecord): string | null {
    if (mediumOfBarcode(cartridge.barcode) !== 'cleaning') return 'is no cleaning cartridge';
    const state = stateOf(cartridge, null);
    if (state !== 'cleaning')
      return `is ${state}${cartridge.condition === null ? '' : ` (${cartridge.condition.reason})`}`;
    if (cartridge.cleaningUses >= this.maxUses)
      return `was used ${String(cartridge.cleaningUses)} times, which is as often as it may be`;
    return null;
  }

  /** Cleans the drive and puts the cartridge back. The caller has both. CHANGER_*, DRIVE_*. */
  async clean(bay: DriveBay, barcode: Barcode, cause: MoveCause, signal: AbortSignal): Promise<CleaningOutcome> {
    await this.#empty(bay, cause, signal);
    const asked = asksForCleaning(await readAlerts(bay));
    await this.#load(bay, barcode, cause, signal);
    const uses = await this.#countUse(barcode);
    bay.activity = `being cleaned with ${barcode}`;
    const { silence, alerts } = await this.#untilDone(bay, asked);
    await this.#putBack(bay, barcode, cause, signal);
    if (alerts.has(EXPIRED_CLEANING))
      return this.#refuse(bay, barcode, 'the drive says that it is used up (TapeAlert 16h)');
    if (alerts.has(INVALID_CLEANING))
      return this.#refuse(bay, barcode, 'the drive says that it is no cleaning cartridge for it (TapeAlert 17h)');
    if (silence !== null) return { kind: 'silent', reason: silence };
    await this.#noteCleaned(bay, barcode, uses);
    return { kind: 'cleaned', uses };
  }

  /**
   * A stand-alone drive and a cartridge nobody has made known: `insert` asks a person for it and resolves when the drive has
   * noticed it. The person keeps the count of its uses. The caller has the drive.
   */
  async cleanByHand(
    bay: DriveBay,
    cause: MoveCause,
    signal: AbortSignal,
    insert: () => Promise<void>,
  ): Promise<CleaningOutcome> {
    await this.#empty(bay, cause, signal);
    const asked = asksForCleaning(await readAlerts(bay));
    await insert();
    bay.activity = 'being cleaned';
    const { silence, alerts } = await this.#untilDone(bay, asked);
    if (alerts.has(EXPIRED_CLEANING) || alerts.has(INVALID_CLEANING))
      return {
        kind: 'refused',
        reason: 'the drive says that the cartridge is used up, or is no cleaning cartridge for it',
      };
    if (silence !== null) return { kind: 'silent', reason: silence };
    await this.#noteCleaned(bay, null, 0);
    return { kind: 'cleaned', uses: 0 };
  }

  async #empty(bay: DriveBay, { who }: MoveCause, signal: AbortSignal): Promise<void> {
    const { medium } = await bay.thread.readStatus();
    if (bay.loaded !== null || medium === 'ready')
      await this.#loading.unload(bay, { who, reason: 'unloaded: the drive is to be cleaned' }, signal);
  }

  /** Into the drive, which begins by itself: a cleaning cartridge never becomes ready. */
  async #load(bay: DriveBay, barcode: Barcode, cause: MoveCause, signal: AbortSignal): Promise<void> {
    bay.activity = `loading ${barcode}`;
    bay.mounted = null;
    const changer: Changer = bay.changer;
    await this.#register.moving({ changer, barcode, bay }, cause, async () => changer.load(barcode, bay.name, signal));
    bay.loaded = barcode;
    await this.#register.place(barcode, { kind: 'drive', drive: bay.name }, cause);
  }

  /** Written before the drive is done: a use that was begun is one. */
  async #countUse(barcode: Barcode): Promise<number> {
    const { inventory, bookkeeping } = this.#environment;
    return bookkeeping.run(async () => {
      const record = await inventory.cartridge(barcode);
      const cleaningUses = (record?.cleaningUses ?? 0) + 1;
      if (record !== null) await inventory.commit({ cartridges: [{ ...record, cleaningUses }] });
      return cleaningUses;
    });
  }

  /**
   * Not to be interrupted: a cleaning cartridge is taken out when the drive lets go. `silence`: why it is not cleaned; null when
   * it is. `alerts`: flags raised meanwhile. Not every drive says that it cleans: one that `asked` for it and asks no more
   * has been cleaned, too.
   */
  async #untilDone(
    bay: DriveBay,
    asked: boolean,
  ): Promise<{ readonly silence: string | null; readonly alerts: ReadonlySet<number> }> {
    const { clock } = this.#environment;
    const begunMs = clock.monotonicMs();
    const alerts = new Set<number>();
    let hasBegun = false;
    for (;;) {
      const { medium } = await bay.thread.readStatus();
      const raised = await readAlerts(bay);
      for (const flag of raised) alerts.add(flag);
      if (medium === 'cleaning') hasBegun = true;
      const waitedMs = clock.monotonicMs() - begunMs;
      const isQuiet = medium === 'no-medium' && waitedMs >= CLEANING_LIMITS.quietMs;
      const hasRefused = alerts.has(EXPIRED_CLEANING) || alerts.has(INVALID_CLEANING);
      if (medium === 'no-medium' && (hasBegun || hasRefused || (asked && !asksForCleaning(raised))))
        return { silence: null, alerts };
      if (isQuiet) return { silence: asksForCleaning(raised) ? 'it still asks for it' : null, alerts };
      if (medium === 'ready') return { silence: 'it took the cartridge for one with data', alerts };
      if (waitedMs >= CLEANING_LIMITS.cleanMs)
        return { silence: `it was not done in ${String(CLEANING_LIMITS.cleanMs / 60_000)} minutes`, alerts };
      await clock.sleep(CLEANING_LIMITS.lookMs);
    }
  }

  async #putBack(bay: DriveBay, barcode: Barcode, cause: MoveCause, signal: AbortSignal): Promise<void> {
    await this.#loading.unload(bay, { who: cause.who, reason: `put back: ${barcode} has cleaned` }, signal);
  }

  async #refuse(bay: DriveBay, barcode: Barcode, reason: string): Promise<CleaningOutcome> {
    await this.#retire(barcode, reason);
    this.#environment.logger.log('warn', 'cleaning.refused', `${barcode} did not clean drive ${bay.name}: ${reason}.`, {
      barcode,
      drive: bay.name,
    });
    return { kind: 'refused', reason };
  }

  async #noteCleaned(bay: DriveBay, barcode: Barcode | null, uses: number): Promise<void> {
    const timeMs = this.#environment.clock.wallMs();
    await this.#driveBook.change(
      bay,
      (record) => ({ ...record, wantsCleaning: false, cleanings: record.cleanings + 1, lastCleanedMs: timeMs }),
      {
        health: [
          {
            timeMs,
            drive: bay.name,
            driveSerial: bay.record.serial,
            barcode,
            kind: 'cleaning',
            code: '',
            message: barcode === null ? 'cleaned by hand' : `cleaned, use ${String(uses)} of ${String(this.maxUses)}`,
            figures: { uses },
          },
        ],
      },
    );
    if (barcode !== null && uses >= this.maxUses) await this.#retire(barcode, `used ${String(uses)} times`);
    const means = barcode === null ? 'by hand' : `with ${barcode}`;
    this.#environment.logger.log('info', 'drive.cleaned', `Drive ${bay.name} was cleaned ${means}.`, {
      drive: bay.name,
      barcode,
      uses,
    });
  }

  async #retire(barcode: Barcode, reason: string): Promise<void> {
    const { inventory, bookkeeping } = this.#environment;
    await bookkeeping.run(async () => {
      const record = await inventory.cartridge(barcode);
      if (record !== null) await inventory.commit({ cartridges: [withConditionByDaemon(record, 'retired', reason)] });
    });
  }
}

/** Flags raised since they were last read; none when the drive cannot tell. */
async function readAlerts(bay: DriveBay): Promise<readonly number[]> {
  return (await bay.thread.readHealth()).tapeAlerts ?? [];
}

function asksForCleaning(alerts: readonly number[]): boolean {
  return alerts.includes(CLEAN_NOW) || alerts.includes(CLEAN_PERIODIC);
}
