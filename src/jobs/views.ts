import type { CartridgeRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import type { VolumeId } from '../terms/ids.js';
import type { DriveStatus, TapePosition } from '../drive/tape-drive.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { Keeping } from '../media/protection.js';
import { stateOf, stateReasonOf } from '../media/state-changes.js';
import type { DriveStatusView, DriveView, MediumView, StreamView } from '../protocol/control-api.js';

/** Records and drives as the control door shows them. */

export function viewStream(
  stream: StreamRecord,
  barcodeOf: (volumeId: VolumeId) => string,
  keeping: Keeping,
): StreamView {
  const { descriptor } = stream;
  return {
    ...descriptor,
    attributes: { ...descriptor.attributes },
    state: stream.state,
    reason: stream.reason,
    lengthBytes: stream.lengthBytes,
    crc32c: stream.crc32c,
    blocks: stream.blocks,
    extents: stream.extents,
    volumes: stream.volumes.map((volumeId) => ({ volumeId, barcode: barcodeOf(volumeId) })),
    startedMs: stream.startedMs,
    endedMs: stream.endedMs,
    keeping: keeping.kind,
    neededBy: keeping.kind === 'needed' ? keeping.by.descriptor.streamId : null,
    hold: stream.hold,
  };
}

export function viewMedium(cartridge: CartridgeRecord, volume: VolumeRecord | null): MediumView {
  return {
    barcode: cartridge.barcode,
    location: cartridge.location,
    locationSinceMs: cartridge.locationSinceMs,
    labelCount: cartridge.labelCount,
    state: stateOf(cartridge, volume),
    stateReason: stateReasonOf(cartridge, volume),
    volume:
      volume === null
        ? null
        : {
            volumeId: volume.volumeId,
            pool: volume.pool,
            closed: volume.closed,
            begunFor: volume.begunFor,
            labelledMs: volume.labelledMs,
            blocks: volume.blocks,
            bytes: volume.bytes,
            endOfData: { blockAddress: volume.endOfData.blockAddress, sequence: volume.endOfData.sequence },
            mounts: volume.mounts,
            errors: volume.errors,
            firstWrittenMs: volume.firstWrittenMs,
            lastWrittenMs: volume.lastWrittenMs,
            retentionEndMs: volume.retentionEndMs,
            uncommittedTails: volume.tails.length,
          },
  };
}

export function viewDrive(bay: DriveBay, busy: boolean): DriveView {
  const { down } = bay;
  return {
    number: bay.number,
    name: bay.name,
    kind: bay.kind,
    device: bay.device,
    state: down !== null ? 'down' : busy ? 'busy' : 'idle',
    stateReason: down?.reason ?? '',
    downSinceMs: down?.sinceMs ?? null,
    downBy: down?.by ?? '',
    serial: bay.record.serial,
    mounts: bay.record.mounts,
    lastUsedMs: bay.record.lastUsedMs,
    wantsCleaning: bay.record.wantsCleaning,
    barcode: bay.loaded,
    activity: bay.activity,
  };
}

export function viewDriveStatus(
  drive: DriveView,
  status: DriveStatus,
  position: TapePosition | null,
  tapeAlerts: readonly number[] | null,
): DriveStatusView {
  return {
    ...drive,
    identity: { ...status.identity },
    medium: status.medium,
    writeProtected: status.writeProtected,
    worm: status.worm,
    cleaningRequested: status.cleaningRequested,
    densityCode: status.densityCode,
    minBlockBytes: status.minBlockBytes,
    maxBlockBytes: status.maxBlockBytes,
    compression: status.compression,
    position:
      position === null
        ? null
        : {
            blockAddress: position.blockAddress,
            fileNumber: position.fileNumber,
            earlyWarning: position.earlyWarning,
          },
    tapeAlerts: tapeAlerts === null ? null : [...tapeAlerts],
  };
}
