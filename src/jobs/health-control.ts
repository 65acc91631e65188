import type { Clock } from '../base/clock.js';
import type { Barcode } from '../terms/barcode.js';
import { tapeAlertFlag } from '../scsi/tape-alert-flags.js';
import type { Inventory } from '../inventory/inventory.js';
import type { HealthRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DriveLeases } from '../media/drive-leases.js';
import { errorMatrix, judge } from '../media/error-matrix.js';
import type { HealthBook } from '../media/health-book.js';
import { figuresOf } from '../media/health-figures.js';
import { HEALTH_LIMITS } from '../media/health-limits.js';
import { tapeAlertAction } from '../media/tape-alert-actions.js';
import type { DriveHealthView, ErrorMatrixView, HealthRecordView, TapeAlertView } from '../protocol/health-api.js';

/** What the control door asks about the health of drives and cartridges. Failures are StorageErrors. */
export interface HealthControl {
  /** Asks the drive, whose flags are then acted on; while somebody works with it: what was read last. DRIVE_UNKNOWN. */
  drive(drive: string): Promise<DriveHealthView>;
  /** Newest first. DRIVE_UNKNOWN. */
  driveHistory(drive: string, limit: number): Promise<readonly HealthRecordView[]>;
  /** Newest first. VOLUME_UNKNOWN. */
  mediumHistory(barcode: Barcode, limit: number): Promise<readonly HealthRecordView[]>;
  matrix(): Promise<ErrorMatrixView>;
}

/** How many alerts from before are shown beside those of now. */
const EARLIER_ALERTS = 20;

/** Reports of the health of drives and cartridges, from the history and from the drives. */
export class HealthReports implements HealthControl {
  readonly #inventory: Inventory;
  readonly #leases: DriveLeases;
  readonly #health: HealthBook;
  readonly #clock: Clock;

  constructor(options: {
    readonly inventory: Inventory;
    readonly leases: DriveLeases;
    readonly health: HealthBook;
    readonly clock: Clock;
  }) {
    this.#inventory = options.inventory;
    this.#leases = options.leases;
    this.#health = options.health;
    this.#clock = options.clock;
  }

  async drive(drive: string): Promise<DriveHealthView> {
    const bay = this.#leases.find(drive);
    const history = await this.#inventory.health({ drive: bay.name, limit: HEALTH_LIMITS.recordsConsidered });
    const earlierAlerts = history
      .filter(({ kind }) => kind === 'tape-alert')
      .slice(0, EARLIER_ALERTS)
      .map(viewRecord);
    if (!bay.isOpen || this.#leases.isLeased(bay)) return this.#remembered(bay, history, earlierAlerts);
    const health = await this.#health.look(bay);
    return {
      drive: bay.name,
      barcode: bay.loaded,
      timeMs: this.#clock.wallMs(),
      isNow: true,
      figures: { ...figuresOf(health) },
      tapeAlerts: health.tapeAlerts?.map(viewAlert) ?? null,
      earlierAlerts,
    };
  }

  async driveHistory(drive: string, limit: number): Promise<readonly HealthRecordView[]> {
    const { name } = this.#leases.find(drive);
    return (await this.#inventory.health({ drive: name, limit })).map(viewRecord);
  }

  async mediumHistory(barcode: Barcode, limit: number): Promise<readonly HealthRecordView[]> {
    if ((await this.#inventory.cartridge(barcode)) === null) throw unknownCartridge(barcode);
    return (await this.#inventory.health({ barcode, limit })).map(viewRecord);
  }

  async matrix(): Promise<ErrorMatrixView> {
    const records = await this.#inventory.health({ limit: HEALTH_LIMITS.recordsConsidered });
    const serialOf = (drive: string): string | null =>
      this.#leases.bays.find(({ name }) => name === drive)?.record.serial ?? null;
    const nowMs = this.#clock.wallMs();
    const cells = errorMatrix(records, serialOf, nowMs, HEALTH_LIMITS);
    const { drives, cartridges } = judge(cells, HEALTH_LIMITS);
    return {
      sinceMs: nowMs - HEALTH_LIMITS.windowMs,
      cells: [...cells],
      drives: drives.map(({ drive, barcodes }) => ({ drive, barcodes: [...barcodes] })),
      cartridges: cartridges.map((one) => ({ barcode: one.barcode, drives: [...one.drives] })),
    };
  }

  #remembered(bay: DriveBay, history: readonly HealthRecord[], earlierAlerts: HealthRecordView[]): DriveHealthView {
    const last = history.find(({ kind, figures }) => kind !== 'tape-alert' && Object.keys(figures).length > 0);
    return {
      drive: bay.name,
      barcode: bay.loaded,
      timeMs: last?.timeMs ?? null,
      isNow: false,
      figures: { ...last?.figures },
      tapeAlerts: null,
      earlierAlerts,
    };
  }
}

function viewRecord(record: HealthRecord): HealthRecordView {
  return { ...record, figures: { ...record.figures } };
}

function viewAlert(flag: number): TapeAlertView {
  const { tell, drive, volume } = tapeAlertAction(flag);
  return { ...tapeAlertFlag(flag), tell, driveAction: drive, volumeState: volume };
}
