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
 * What the control door asks of the daemon. Failures are StorageErrors.
 * Routes: GET status, doctor, streams, streams/ID, streams/ID/extents, media, media/BARCODE, drives, drives/DRIVE. DRIVE is a name
 * or a number.
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

  drives(): Promise<readonly DriveView[]>;
  /** DRIVE_UNKNOWN */
  driveStatus(drive: string): Promise<DriveStatusView>;
}
