import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Barcode } from '../terms/barcode.js';
import { tapeAlertFlag } from '../scsi/tape-alert-flags.js';
import type { Inventory } from '../inventory/inventory.js';
import type { DriveBay } from './drive-bay.js';
import { DAEMON, type DriveBook } from './drive-book.js';
import type { OperatorRequests } from './operator-requests.js';
import { tapeAlertAction, type TapeAlertAction } from './tape-alert-actions.js';

/** What is to become of the volume that was in the drive. */
export interface VolumeVerdict {
  readonly state: NonNullable<TapeAlertAction['volume']>;
  readonly reason: string;
}

const LEVEL = { log: 'info', warn: 'warn', operator: 'warn' } as const;

/** Acts on the flags drives raise, by the table in tape-alert-actions.ts. */
export class TapeAlerts {
  readonly #inventory: Inventory;
  readonly #driveBook: DriveBook;
  readonly #requests: OperatorRequests;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Requests that stand until the drive was looked at, by drive and flag. */
  readonly #standing = new Map<string, { readonly drive: string; readonly take: () => void }>();

  constructor(options: {
    readonly inventory: Inventory;
    readonly driveBook: DriveBook;
    readonly requests: OperatorRequests;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#inventory = options.inventory;
    this.#driveBook = options.driveBook;
    this.#requests = options.requests;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#inventory.watch(({ health }) => {
      for (const { kind, drive } of health ?? [])
        if ((kind === 'cleared' || kind === 'cleaning') && drive !== null) this.#settle(drive);
    });
  }

  /** The flags were read, and so are down in the drive. Returns what they say of the volume. */
  async act(bay: DriveBay, barcode: Barcode | null, flags: readonly number[]): Promise<readonly VolumeVerdict[]> {
    if (flags.length === 0) return [];
    const { name: drive, record } = bay;
    const timeMs = this.#clock.wallMs();
    await this.#inventory.commit({
      health: flags.map((flag) => {
        const { name, meaning } = tapeAlertFlag(flag);
        const message = `${name}: ${meaning}`;
        return {
          timeMs,
          drive,
          driveSerial: record.serial,
          barcode,
          kind: 'tape-alert',
          code: '',
          message,
          figures: { flag },
        };
      }),
    });
    const verdicts: VolumeVerdict[] = [];
    for (const flag of flags) {
      const verdict = await this.#actOn(bay, barcode, flag);
      if (verdict !== null) verdicts.push(verdict);
    }
    return verdicts;
  }

  /** The drive asks to be cleaned: whoever cleans drives finds it in its record. */
  async wantCleaning(bay: DriveBay): Promise<void> {
    if (bay.record.wantsCleaning) return;
    await this.#driveBook.change(bay, (record) => ({ ...record, wantsCleaning: true }));
    this.#logger.log('warn', 'drive.wants-cleaning', `Drive ${bay.name} asks to be cleaned.`, { drive: bay.name });
  }

  async #actOn(bay: DriveBay, barcode: Barcode | null, flag: number): Promise<VolumeVerdict | null> {
    const { name, meaning } = tapeAlertFlag(flag);
    const action = tapeAlertAction(flag);
    const number = `${flag.toString(16).toUpperCase().padStart(2, '0')}h`;
    const what = `Drive ${bay.name}${barcode === null ? '' : ` with ${barcode}`}: TapeAlert ${number} ${name}. ${meaning}`;
    this.#logger.log(LEVEL[action.tell], 'drive.tape-alert', what, { drive: bay.name, barcode, flag });
    if (action.tell === 'operator') this.#ask(bay, flag, what);
    switch (action.drive) {
      case 'clean-now':
      case 'clean-later':
        await this.wantCleaning(bay);
        break;
      case 'down':
        if (bay.down === null) await this.#driveBook.takeDown(bay, DAEMON, `TapeAlert ${number} ${name}. ${meaning}`);
        break;
      case null:
        break;
    }
    return action.volume === null
      ? null
      : { state: action.volume, reason: `TapeAlert ${number} ${name} in drive ${bay.name}. ${meaning}` };
  }

  #ask(bay: DriveBay, flag: number, message: string): void {
    const key = `${bay.name} ${String(flag)}`;
    if (this.#standing.has(key)) return;
    const hint = `${message} When it was seen to: tapeloom drive up ${bay.name}.`;
    void this.#requests.during(bay.name, hint, async () => {
      await new Promise<void>((resolve) => {
        this.#standing.set(key, { drive: bay.name, take: resolve });
      });
    });
  }

  #settle(drive: string): void {
    for (const [key, request] of [...this.#standing])
      if (request.drive === drive) {
        this.#standing.delete(key);
        request.take();
      }
  }
}
