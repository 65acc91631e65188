import type { DriveHealth } from '../drive/tape-drive.js';
import type { HealthRecord } from '../inventory/records.js';

/** Counters as they are kept in the history, by fixed names with their unit last; what the drive does not tell is left out. */
export function figuresOf(health: DriveHealth): HealthRecord['figures'] {
  const { writeErrors, readErrors, deviceStatus, volumeStatistics, capacity } = health;
  const volume = volumeStatistics?.valid === true ? volumeStatistics : null;
  return told({
    writeErrorsCorrected: writeErrors?.corrected,
    writeErrorsUncorrected: writeErrors?.uncorrected,
    writeRewrites: writeErrors?.rewritesOrRereads,
    writeProcessedBytes: writeErrors?.bytesProcessed,
    readErrorsCorrected: readErrors?.corrected,
    readErrorsUncorrected: readErrors?.uncorrected,
    readRereads: readErrors?.rewritesOrRereads,
    readProcessedBytes: readErrors?.bytesProcessed,
    cleaningRequested: asNumber(deviceStatus?.cleaningRequested),
    cleaningRequired: asNumber(deviceStatus?.cleaningRequired),
    volumeSerial: volume?.serial === '' ? null : volume?.serial,
    volumeMounts: volume?.mounts,
    volumeRecoveredWriteErrors: volume?.recoveredWriteErrors,
    volumeUnrecoveredWriteErrors: volume?.unrecoveredWriteErrors,
    volumeRecoveredReadErrors: volume?.recoveredReadErrors,
    volumeUnrecoveredReadErrors: volume?.unrecoveredReadErrors,
    volumeWriteServoErrors: volume?.writeServoErrors,
    volumeMountWrittenMegabytes: volume?.lastMountMegabytesWritten,
    volumeMountReadMegabytes: volume?.lastMountMegabytesRead,
    volumeLifetimeWrittenMegabytes: volume?.lifetimeMegabytesWritten,
    volumeLifetimeReadMegabytes: volume?.lifetimeMegabytesRead,
    volumeWriteCompressionPercent: volume?.lastLoadWriteCompressionRatio,
    volumeBeginningPasses: volume?.beginningOfMediumPasses,
    volumeMiddlePasses: volume?.middleOfMediumPasses,
    remainingBytes: capacity?.remainingBytes,
    capacityBytes: capacity?.totalBytes,
  });
}

function asNumber(flag: boolean | undefined): number | undefined {
  return flag === undefined ? undefined : Number(flag);
}

function told(figures: Readonly<Record<string, number | string | null | undefined>>): HealthRecord['figures'] {
  const entries = Object.entries(figures).filter(
    (entry): entry is [string, number | string] => entry[1] !== null && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
