import { encodeCompressionModePage } from '../src/scsi/compression-mode-page.js';
import { encodeDeviceConfigurationModePage } from '../src/scsi/device-configuration-mode-page.js';
import { encodeDeviceIdentification } from '../src/scsi/device-identification.js';
import { encodeDeviceStatusLogPage } from '../src/scsi/device-status-log-page.js';
import { encodeErrorCounterLogPage, type ErrorCounters } from '../src/scsi/error-counter-log-page.js';
import { DEVICE_TYPES, encodeStandardInquiry } from '../src/scsi/inquiry.js';
import { encodeSupportedLogPages, LOG_PAGES } from '../src/scsi/log-page.js';
import { encodeMediumConfigurationModePage } from '../src/scsi/medium-configuration-mode-page.js';
import type { ModePage } from '../src/scsi/mode-parameters.js';
import { encodeTapeAlertLogPage } from '../src/scsi/tape-alert-log-page.js';
import { encodeTapeCapacityLogPage } from '../src/scsi/tape-capacity-log-page.js';
import { encodeVolumeStatisticsLogPage, type VolumeStatistics } from '../src/scsi/volume-statistics-log-page.js';
import {
  encodeSequentialAccessCapabilities,
  encodeSupportedVpdPages,
  encodeUnitSerialNumber,
  VPD_PAGES,
} from '../src/scsi/vpd-page.js';
import type { BayState, CartridgeUsage } from './cartridge-bay.js';
import type { DriveCounts } from './drive-statistics.js';
import type { Medium } from './medium.js';

/** Who the drive says it is. */
export interface SimIdentity {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  readonly serial: string;
}

/** What the pages tell of. */
export interface PageSubject {
  readonly identity: SimIdentity;
  readonly bayState: BayState;
  readonly medium: Medium | null;
  readonly writeProtected: boolean;
  readonly compression: boolean;
  readonly removalPrevented: boolean;
  readonly cleaningRequested: boolean;
  readonly counts: DriveCounts;
  readonly usage: CartridgeUsage;
  /** Errors since power on. */
  readonly unrecoveredWrites: number;
  readonly unrecoveredReads: number;
  readonly tapeAlerts: readonly number[];
}

const TAPE = DEVICE_TYPES.sequentialAccess;
const MEGABYTE = 1_000_000;
const MEBIBYTE = 1 << 20;

/** SPC-4. */
const SCSI_VERSION = 6;

export function inquiryData(identity: SimIdentity): Uint8Array {
  const { vendor, product, revision } = identity;
  return encodeStandardInquiry({
    qualifier: 0,
    deviceType: TAPE,
    removableMedium: true,
    version: SCSI_VERSION,
    vendor,
    product,
    revision,
  });
}

/** Null for a page the drive does not have. */
export function vpdPage(identity: SimIdentity, page: number): Uint8Array | null {
  switch (page) {
    case VPD_PAGES.supportedPages:
      return encodeSupportedVpdPages(TAPE, Object.values(VPD_PAGES));
    case VPD_PAGES.unitSerialNumber:
      return encodeUnitSerialNumber(TAPE, identity.serial);
    case VPD_PAGES.deviceIdentification: {
      const name = `${identity.vendor.padEnd(8)}${identity.product.padEnd(16)}${identity.serial}`;
      const designator = { codeSet: 2, association: 0, type: 1, identifier: new TextEncoder().encode(name) };
      return encodeDeviceIdentification(TAPE, [designator]);
    }
    case VPD_PAGES.sequentialAccess:
      return encodeSequentialAccessCapabilities(TAPE, { wormCapable: true, streamMirroringCapable: false });
    default:
      return null;
  }
}

/** All mode pages of the drive, by page code. */
export function modePages(subject: PageSubject): readonly ModePage[] {
  const algorithm = subject.compression ? 1 : 0;
  return [
    encodeCompressionModePage({
      compressionEnabled: subject.compression,
      compressionCapable: true,
      decompressionEnabled: true,
      reportExceptions: 0,
      compressionAlgorithm: algorithm,
      decompressionAlgorithm: 1,
    }),
    encodeDeviceConfigurationModePage({
      changeActiveFormat: false,
      activeFormat: 0,
      activePartition: 0,
      writeBufferFullRatio: 0,
      readBufferEmptyRatio: 0,
      writeDelayDeciseconds: 50,
      // LOIS: objects have numbers, READ POSITION and LOCATE work.
      capabilityFlags: 0x40,
      gapSize: 0,
      endOfDataFormat: 0,
      enableEndOfDataGeneration: true,
      synchronizeAtEarlyWarning: true,
      softwareWriteProtected: false,
      blockAddressModeLock: false,
      blockAddressMode: false,
      bufferSizeAtEarlyWarning: 0,
      compressionAlgorithm: algorithm,
      protectionFlags: 0,
    }),
    encodeMediumConfigurationModePage({
      worm: subject.medium?.cartridge.worm ?? false,
      wormLabelRestrictions: 0,
      wormFilemarkRestrictions: 0,
    }),
  ];
}

const LOG_PAGE_CODES = [
  LOG_PAGES.supportedPages,
  LOG_PAGES.writeErrors,
  LOG_PAGES.readErrors,
  LOG_PAGES.deviceStatus,
  LOG_PAGES.volumeStatistics,
  LOG_PAGES.tapeAlert,
  LOG_PAGES.tapeCapacity,
] as const;

/** Null for a page the drive does not have. */
export function logPage(subject: PageSubject, page: number): Uint8Array | null {
  const { counts } = subject;
  switch (page) {
    case LOG_PAGES.supportedPages:
      return encodeSupportedLogPages(LOG_PAGE_CODES);
    case LOG_PAGES.writeErrors:
      return encodeErrorCounterLogPage('write', errors(counts.nativeBytesWritten, subject.unrecoveredWrites));
    case LOG_PAGES.readErrors:
      return encodeErrorCounterLogPage('read', errors(counts.nativeBytesRead, subject.unrecoveredReads));
    case LOG_PAGES.deviceStatus:
      return deviceStatus(subject);
    case LOG_PAGES.volumeStatistics:
      return volumeStatistics(subject);
    case LOG_PAGES.tapeAlert:
      return encodeTapeAlertLogPage(subject.tapeAlerts);
    case LOG_PAGES.tapeCapacity:
      return tapeCapacity(subject.medium);
    default:
      return null;
  }
}

function errors(bytesProcessed: number, uncorrected: number): ErrorCounters {
  return {
    correctedWithoutDelay: 0,
    correctedWithDelay: 0,
    rewritesOrRereads: 0,
    corrected: 0,
    correctionAlgorithmUses: 0,
    bytesProcessed,
    uncorrected,
  };
}

function deviceStatus(subject: PageSubject): Uint8Array {
  const { bayState } = subject;
  const loaded = bayState === 'loaded';
  return encodeDeviceStatusLogPage({
    removalPrevented: subject.removalPrevented,
    hostInitiatedUnload: false,
    mamAccessible: loaded,
    compressionEnabled: subject.compression,
    writeProtected: subject.writeProtected,
    cleaningRequested: subject.cleaningRequested,
    cleaningRequired: false,
    initialized: true,
    inTransition: bayState === 'loading',
    roboticAccessAllowed: bayState === 'empty' || bayState === 'ejected',
    mediumPresent: bayState !== 'empty',
    mediumSeated: loaded || bayState === 'incompatible' || bayState === 'cleaning',
    mediumThreaded: loaded,
    mediumMounted: loaded,
    activity: bayState === 'loading' || bayState === 'cleaning' ? bayState : 'none',
    recoveryRequested: false,
    interfaceChanged: false,
    tapeAlertChanged: subject.tapeAlerts.length > 0,
  });
}

function tapeCapacity(medium: Medium | null): Uint8Array {
  if (medium === null)
    return encodeTapeCapacityLogPage({ remaining: 0, secondRemaining: 0, maximum: 0, secondMaximum: 0 });
  const { capacityBytes } = medium.cartridge;
  const used = medium.nativeBefore(medium.objectCount);
  return encodeTapeCapacityLogPage({
    remaining: Math.floor((capacityBytes - used) / MEBIBYTE),
    secondRemaining: 0,
    maximum: Math.floor(capacityBytes / MEBIBYTE),
    secondMaximum: 0,
  });
}

/** Counters the simulator has nothing to say about. */
const UNTOLD = {
  datasetsWritten: null,
  recoveredWriteErrors: null,
  writeServoErrors: null,
  unrecoveredWriteServoErrors: null,
  datasetsRead: null,
  recoveredReadErrors: null,
  lastMountUnrecoveredWriteErrors: null,
  lastMountUnrecoveredReadErrors: null,
  lastLoadReadCompressionRatio: null,
  mountTimeMs: null,
  readyTimeMs: null,
  beginningOfMediumPasses: null,
  middleOfMediumPasses: null,
} as const;

function volumeStatistics(subject: PageSubject): Uint8Array {
  const { medium, usage } = subject;
  const megabytes = (bytes: number): number => Math.floor(bytes / MEGABYTE);
  const cartridge = medium?.cartridge;
  const statistics: VolumeStatistics = {
    ...UNTOLD,
    valid: medium !== null,
    serial: cartridge?.serial ?? '',
    writeProtected: cartridge?.writeProtected ?? null,
    worm: cartridge?.worm ?? null,
    mounts: cartridge?.loadCount ?? null,
    unrecoveredWriteErrors: subject.unrecoveredWrites,
    unrecoveredReadErrors: subject.unrecoveredReads,
    lastMountMegabytesWritten: megabytes(usage.sinceLoad.written),
    lastMountMegabytesRead: megabytes(usage.sinceLoad.read),
    lifetimeMegabytesWritten: cartridge === undefined ? null : megabytes(usage.lifetime.written),
    lifetimeMegabytesRead: cartridge === undefined ? null : megabytes(usage.lifetime.read),
    lastLoadWriteCompressionRatio: cartridge === undefined ? null : Math.round(cartridge.compressionRatio * 100),
    nativeCapacityMegabytes: cartridge === undefined ? null : megabytes(cartridge.capacityBytes),
    usedNativeCapacityMegabytes: medium === null ? null : megabytes(medium.nativeBefore(medium.objectCount)),
  };
  return encodeVolumeStatisticsLogPage(statistics);
}
