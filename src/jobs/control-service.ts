import type { Barcode } from '../terms/barcode.js';
import type { StreamId } from '../terms/ids.js';
import type { ExtentRecord } from '../inventory/records.js';
import type { StreamFilter } from '../inventory/inventory.js';
import type {
  DoctorView,
  DriveStatusView,
  DriveView,
  MediumView,
  StatusView,
  StreamView,
} from '../protocol/control-api.js';

/**
 * What the control door asks of the daemon. Failures are StorageErrors. `who` is the person or program that asked, for the audit.
 * Routes: GET status, doctor, streams, streams/ID, streams/ID/extents, media, media/BARCODE, drives, drives/DRIVE;
 * POST media/label, media/BARCODE/eject, drives/DRIVE/load, drives/DRIVE/unload. DRIVE is a name or a number.
 */
export interface ControlService {
  status(): Promise<StatusView>;
  doctor(): Promise<DoctorView>;

  streams(filter: StreamFilter): Promise<readonly StreamView[]>;
  /** JOB_STREAM_UNKNOWN */
  stream(streamId: StreamId): Promise<StreamView>;
  extents(streamId: StreamId): AsyncIterable<ExtentRecord & { readonly barcode: Barcode }>;

  media(): Promise<readonly MediumView[]>;
  /** VOLUME_UNKNOWN */
  medium(barcode: Barcode): Promise<MediumView>;
  /**
   * Writes a new label; resolves when it is on the medium and in the inventory.
   * JOB_POOL_UNKNOWN, CHANGER_NO_CARTRIDGE, VOLUME_LIVE (streams within retention), VOLUME_FOREIGN (another program's label: name the
   * barcode in `overwrite`), MEDIUM_WRITE_PROTECTED, ...
   */
  label(who: string, request: { barcode: Barcode; pool: string; overwrite: Barcode | null }): Promise<MediumView>;
  /** Unloads it where it is loaded and hands it to the operator: location becomes shelf. */
  eject(who: string, barcode: Barcode): Promise<MediumView>;

  drives(): Promise<readonly DriveView[]>;
  /** DRIVE_UNKNOWN */
  driveStatus(drive: string): Promise<DriveStatusView>;
  load(who: string, drive: string, barcode: Barcode): Promise<DriveStatusView>;
  unload(who: string, drive: string): Promise<DriveStatusView>;
}
