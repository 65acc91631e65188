import { decodeCompressionModePage } from '../../src/scsi/compression-mode-page.js';
import { decodeDeviceConfigurationModePage } from '../../src/scsi/device-configuration-mode-page.js';
import { decodeDeviceIdentification } from '../../src/scsi/device-identification.js';
import { decodeDeviceStatusLogPage } from '../../src/scsi/device-status-log-page.js';
import { decodeElementAddressModePage } from '../../src/scsi/element-address-mode-page.js';
import { decodeElementStatus } from '../../src/scsi/element-status.js';
import { decodeEraseCdb } from '../../src/scsi/erase.js';
import { decodeErrorCounterLogPage } from '../../src/scsi/error-counter-log-page.js';
import { decodeExchangeMediumCdb } from '../../src/scsi/exchange-medium.js';
import {
  decodeInitializeElementRangeCdb,
  decodeInitializeElementStatusCdb,
} from '../../src/scsi/initialize-element-status.js';
import { decodeInquiryCdb, decodeStandardInquiry } from '../../src/scsi/inquiry.js';
import { decodeLoadUnloadCdb } from '../../src/scsi/load-unload.js';
import { decodeLocate10Cdb, decodeLocate16Cdb } from '../../src/scsi/locate.js';
import { decodeLogPage, decodeSupportedLogPages } from '../../src/scsi/log-page.js';
import { decodeLogSenseCdb } from '../../src/scsi/log-sense.js';
import { decodeMamAttributeIds, decodeMamAttributes } from '../../src/scsi/mam.js';
import { decodeMediumConfigurationModePage } from '../../src/scsi/medium-configuration-mode-page.js';
import { decodeModeSelectData, decodeModeSenseData, type ModePage } from '../../src/scsi/mode-parameters.js';
import { decodeModeSelectCdb } from '../../src/scsi/mode-select.js';
import { decodeModeSenseCdb } from '../../src/scsi/mode-sense.js';
import { decodeMoveMediumCdb } from '../../src/scsi/move-medium.js';
import { decodePositionToElementCdb } from '../../src/scsi/position-to-element.js';
import { decodePreventAllowCdb } from '../../src/scsi/prevent-allow.js';
import { decodeReadAttributeCdb } from '../../src/scsi/read-attribute.js';
import { decodeReadElementStatusCdb } from '../../src/scsi/read-element-status.js';
import { decodeBlockLimits, decodeReadBlockLimitsCdb } from '../../src/scsi/read-block-limits.js';
import { decodeLongPosition, decodeReadPositionCdb, decodeShortPosition } from '../../src/scsi/read-position.js';
import { decodeRead6Cdb } from '../../src/scsi/read.js';
import { decodeDensitySupport, decodeReportDensitySupportCdb } from '../../src/scsi/report-density-support.js';
import {
  decodeReportSupportedOperationCodesCdb,
  decodeSupportedCommands,
} from '../../src/scsi/report-supported-operation-codes.js';
import { decodeRequestSenseCdb } from '../../src/scsi/request-sense.js';
import { decodeRewindCdb } from '../../src/scsi/rewind.js';
import { decodeSense } from '../../src/scsi/sense.js';
import { decodeSequentialAccessLogPage } from '../../src/scsi/sequential-access-log-page.js';
import { decodeSpace16Cdb, decodeSpace6Cdb } from '../../src/scsi/space.js';
import { decodeTapeAlertLogPage, decodeTapeAlertResponseLogPage } from '../../src/scsi/tape-alert-log-page.js';
import { decodeTapeCapacityLogPage } from '../../src/scsi/tape-capacity-log-page.js';
import { decodeTestUnitReadyCdb } from '../../src/scsi/test-unit-ready.js';
import { decodeVolumeStatisticsLogPage } from '../../src/scsi/volume-statistics-log-page.js';
import {
  decodeSequentialAccessCapabilities,
  decodeSupportedVpdPages,
  decodeUnitSerialNumber,
} from '../../src/scsi/vpd-page.js';
import { decodeWriteAttributeCdb } from '../../src/scsi/write-attribute.js';
import { decodeWriteFilemarksCdb } from '../../src/scsi/write-filemarks.js';
import { decodeWrite6Cdb } from '../../src/scsi/write.js';

export type ScsiDecoder = (bytes: Uint8Array) => unknown;

const page = (parameters: Uint8Array): ModePage => ({ pageCode: 0, subpageCode: 0, saveable: false, parameters });

/** Each decoder with the first bytes that let it in: what would otherwise stop nearly every random input at once. */
export const SCSI_DECODERS: readonly (readonly [name: string, decode: ScsiDecoder, prefix: readonly number[]])[] = [
  ['fixed sense', decodeSense, [0x70]],
  ['deferred fixed sense', decodeSense, [0xf1]],
  ['descriptor sense', decodeSense, [0x72]],
  ['deferred descriptor sense', decodeSense, [0x73]],
  ['standard INQUIRY data', decodeStandardInquiry, [0x01]],
  ['VPD page 00h', decodeSupportedVpdPages, [0x01, 0x00, 0x00]],
  ['VPD page 80h', decodeUnitSerialNumber, [0x01, 0x80, 0x00]],
  ['VPD page 83h', decodeDeviceIdentification, [0x01, 0x83, 0x00]],
  ['VPD page B0h', decodeSequentialAccessCapabilities, [0x01, 0xb0, 0x00]],
  ['block limits', decodeBlockLimits, []],
  ['short position', decodeShortPosition, []],
  ['long position', decodeLongPosition, []],
  ['density support', decodeDensitySupport, [0x01]],
  ['supported commands', decodeSupportedCommands, [0x00, 0x00, 0x00]],
  ['MODE SENSE(6) data', (bytes: Uint8Array): unknown => decodeModeSenseData(6, bytes), [0xff, 0x00, 0x10]],
  ['MODE SENSE(10) data', (bytes: Uint8Array): unknown => decodeModeSenseData(10, bytes), [0x01]],
  [
    'MODE SELECT(6) parameters',
    (bytes: Uint8Array): unknown => decodeModeSelectData(6, bytes),
    [0x00, 0x00, 0x10, 0x08],
  ],
  [
    'MODE SELECT(10) parameters',
    (bytes: Uint8Array): unknown => decodeModeSelectData(10, bytes),
    [0, 0, 0, 0x10, 0, 0, 0, 0x08],
  ],
  ['compression mode page', (bytes: Uint8Array): unknown => decodeCompressionModePage(page(bytes)), []],
  [
    'device configuration mode page',
    (bytes: Uint8Array): unknown => decodeDeviceConfigurationModePage(page(bytes)),
    [],
  ],
  [
    'medium configuration mode page',
    (bytes: Uint8Array): unknown => decodeMediumConfigurationModePage(page(bytes)),
    [],
  ],
  ['element address mode page', (bytes: Uint8Array): unknown => decodeElementAddressModePage(page(bytes)), []],
  ['element status', decodeElementStatus, [0, 0, 0, 9, 0, 0, 0, 120, 2, 0x80, 0, 48, 0, 0, 0, 96]],
  ['element status of drives', decodeElementStatus, [0, 0, 0, 9, 0, 0, 0, 120, 4, 0xc0, 0, 40, 0, 0, 0, 80]],
  ['supported log pages', decodeSupportedLogPages, [0x00, 0x00, 0x00]],
  ['any log page', (bytes: Uint8Array): unknown => decodeLogPage(bytes, 0x30), [0x30, 0x00, 0x00]],
  [
    'log page 02h',
    (bytes: Uint8Array): unknown => decodeErrorCounterLogPage('write', bytes),
    [0x02, 0x00, 0x00, 0xff, 0x00],
  ],
  [
    'log page 03h',
    (bytes: Uint8Array): unknown => decodeErrorCounterLogPage('read', bytes),
    [0x03, 0x00, 0x00, 0xff, 0x00],
  ],
  ['log page 0Ch', decodeSequentialAccessLogPage, [0x0c, 0x00, 0x00, 0xff, 0x00]],
  ['log page 11h', decodeDeviceStatusLogPage, [0x11, 0x00, 0x00, 0xff, 0x00, 0x00]],
  ['log page 12h', decodeTapeAlertResponseLogPage, [0x12, 0x00, 0x00, 0xff, 0x00, 0x00]],
  ['log page 17h', decodeVolumeStatisticsLogPage, [0x17, 0x00, 0x00, 0xff, 0x00]],
  ['log page 2Eh', decodeTapeAlertLogPage, [0x2e, 0x00, 0x00, 0xff, 0x00]],
  ['log page 31h', decodeTapeCapacityLogPage, [0x31, 0x00, 0x00, 0xff, 0x00]],
  ['attribute values', decodeMamAttributes, [0x00, 0x00, 0x00]],
  ['attribute ids', decodeMamAttributeIds, [0x00, 0x00, 0x00]],
  ['TEST UNIT READY', decodeTestUnitReadyCdb, [0x00]],
  ['REQUEST SENSE', decodeRequestSenseCdb, [0x03]],
  ['INQUIRY', decodeInquiryCdb, [0x12]],
  ['READ BLOCK LIMITS', decodeReadBlockLimitsCdb, [0x05]],
  ['READ POSITION', decodeReadPositionCdb, [0x34]],
  ['LOCATE(10)', decodeLocate10Cdb, [0x2b]],
  ['LOCATE(16)', decodeLocate16Cdb, [0x92]],
  ['REWIND', decodeRewindCdb, [0x01]],
  ['SPACE(6)', decodeSpace6Cdb, [0x11]],
  ['SPACE(16)', decodeSpace16Cdb, [0x91]],
  ['WRITE FILEMARKS(6)', decodeWriteFilemarksCdb, [0x10]],
  ['LOAD UNLOAD', decodeLoadUnloadCdb, [0x1b]],
  ['PREVENT ALLOW', decodePreventAllowCdb, [0x1e]],
  ['ERASE(6)', decodeEraseCdb, [0x19]],
  ['READ(6)', decodeRead6Cdb, [0x08]],
  ['WRITE(6)', decodeWrite6Cdb, [0x0a]],
  ['MODE SENSE(6)', (bytes: Uint8Array): unknown => decodeModeSenseCdb(6, bytes), [0x1a]],
  ['MODE SENSE(10)', (bytes: Uint8Array): unknown => decodeModeSenseCdb(10, bytes), [0x5a]],
  ['MODE SELECT(6)', (bytes: Uint8Array): unknown => decodeModeSelectCdb(6, bytes), [0x15]],
  ['MODE SELECT(10)', (bytes: Uint8Array): unknown => decodeModeSelectCdb(10, bytes), [0x55]],
  ['LOG SENSE', decodeLogSenseCdb, [0x4d]],
  ['REPORT DENSITY SUPPORT', decodeReportDensitySupportCdb, [0x44]],
  ['REPORT SUPPORTED OPERATION CODES', decodeReportSupportedOperationCodesCdb, [0xa3, 0x0c, 0x00]],
  ['INITIALIZE ELEMENT STATUS', decodeInitializeElementStatusCdb, [0x07]],
  ['INITIALIZE ELEMENT STATUS WITH RANGE', decodeInitializeElementRangeCdb, [0x37]],
  ['MOVE MEDIUM', decodeMoveMediumCdb, [0xa5]],
  ['EXCHANGE MEDIUM', decodeExchangeMediumCdb, [0xa6]],
  ['POSITION TO ELEMENT', decodePositionToElementCdb, [0x2b]],
  ['READ ELEMENT STATUS', decodeReadElementStatusCdb, [0xb8]],
  ['READ ATTRIBUTE', decodeReadAttributeCdb, [0x8c]],
  ['WRITE ATTRIBUTE', decodeWriteAttributeCdb, [0x8d]],
];
