import { OPCODES } from '../scsi/cdb.js';
import { COMPRESSION_PAGE_CODE, decodeCompressionModePage } from '../scsi/compression-mode-page.js';
import { DEVICE_TYPES, decodeStandardInquiry, encodeInquiryCdb } from '../scsi/inquiry.js';
import {
  MEDIUM_CONFIGURATION_PAGE_CODE,
  decodeMediumConfigurationModePage,
} from '../scsi/medium-configuration-mode-page.js';
import { decodeModeSenseData, findModePage, type ModeParameters } from '../scsi/mode-parameters.js';
import { MODE_PAGE_CONTROL, encodeModeSenseCdb } from '../scsi/mode-sense.js';
import { decodeBlockLimits, encodeReadBlockLimitsCdb, type BlockLimits } from '../scsi/read-block-limits.js';
import {
  decodeSupportedCommands,
  encodeReportSupportedOperationCodesCdb,
} from '../scsi/report-supported-operation-codes.js';
import type { Sense } from '../scsi/sense.js';
import { encodeTestUnitReadyCdb } from '../scsi/test-unit-ready.js';
import { VPD_PAGES, decodeUnitSerialNumber } from '../scsi/vpd-page.js';
import type { ErrorCode } from '../base/error-codes.js';
import { StorageError } from '../base/storage-error.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import type { ScsiTarget, TargetCommand, TargetReply } from './scsi-target.js';
import type { DriveIdentity, DriveStatus } from './tape-drive.js';

/** What can be asked of a drive without moving its medium. */

/** Most a MODE SENSE(6), an INQUIRY page or the like answers. */
const SHORT_REPLY_BYTES = 252;

/** SCSI_MALFORMED_REPLY, and DEVICE_OPEN_FAILED when it is no tape drive. */
export function askIdentity(target: ScsiTarget, device: string): DriveIdentity {
  const inquiry = decodeStandardInquiry(
    target.demand({
      name: 'INQUIRY',
      cdb: encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }),
      replyBytes: 96,
      timeoutMs: SCSI_TIMEOUTS_MS.inquiry,
      operation: 'other',
      attention: 'retry',
    }),
  );
  if (inquiry.deviceType !== DEVICE_TYPES.sequentialAccess || inquiry.qualifier !== 0)
    throw new StorageError(
      'DEVICE_OPEN_FAILED',
      `${device} is not a tape drive (SCSI device type ${String(inquiry.deviceType)}). Nothing was changed; correct the drive's device path.`,
      { context: { device, deviceType: inquiry.deviceType } },
    );
  const { vendor, product, revision } = inquiry;
  return { vendor, product, revision, serial: askSerial(target) };
}

function askSerial(target: ScsiTarget): string {
  const reply = target.send({
    name: 'INQUIRY (unit serial number)',
    cdb: encodeInquiryCdb({ vpdPage: VPD_PAGES.unitSerialNumber, allocationLength: SHORT_REPLY_BYTES }),
    replyBytes: SHORT_REPLY_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.inquiry,
    operation: 'other',
    attention: 'retry',
  });
  return reply.kind === 'good' ? decodeUnitSerialNumber(reply.data) : '';
}

/** Room for some 500 commands. */
const COMMANDS_REPLY_BYTES = 4096;

/** Whether the drive has LOCATE: all have, but for one that lists its commands without it. */
export function askCanLocate(target: ScsiTarget): boolean {
  const data = unlessUnsupported(target, {
    name: 'REPORT SUPPORTED OPERATION CODES',
    cdb: encodeReportSupportedOperationCodesCdb({ allocationLength: COMMANDS_REPLY_BYTES }),
    replyBytes: COMMANDS_REPLY_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.inquiry,
    operation: 'other',
    attention: 'retry',
  });
  if (data === null) return true;
  const { commands, complete } = decodeSupportedCommands(data);
  return !complete || commands.some(({ opcode }) => opcode === OPCODES.locate10 || opcode === OPCODES.locate16);
}

export function askReady(target: ScsiTarget): TargetReply {
  return target.send(TEST_UNIT_READY);
}

export const TEST_UNIT_READY: TargetCommand = {
  name: 'TEST UNIT READY',
  cdb: encodeTestUnitReadyCdb(),
  timeoutMs: SCSI_TIMEOUTS_MS.testUnitReady,
  operation: 'other',
  attention: 'retry',
};

/** Whether there is a medium to use. A drive that is out of order is a failure; one with no, or no usable, medium is not. */
export function askMediumState(target: ScsiTarget): DriveStatus['medium'] {
  const reply = askReady(target);
  if (reply.kind === 'good') return 'ready';
  if (reply.outcome.kind === 'becoming-ready') return 'loading';
  if (isCleaningInstalled(reply.sense)) return 'cleaning';
  const error = target.errorOf(TEST_UNIT_READY, reply.sense);
  if (!UNUSABLE_MEDIUM.has(error.code)) throw error;
  return 'no-medium';
}

/** 30h/03h, CLEANING CARTRIDGE INSTALLED (SPC-4): it cleans, and never becomes ready. */
function isCleaningInstalled({ asc, ascq }: Sense): boolean {
  return asc === 0x30 && ascq === 0x03;
}

const UNUSABLE_MEDIUM: ReadonlySet<ErrorCode> = new Set([
  'DRIVE_NO_MEDIUM',
  'DRIVE_NOT_READY',
  'MEDIUM_INCOMPATIBLE',
  'MEDIUM_READ_ERROR',
]);

/** Null when the drive does not tell, which some do not without a medium. */
export function askBlockLimits(target: ScsiTarget): BlockLimits | null {
  const reply = target.send({
    name: 'READ BLOCK LIMITS',
    cdb: encodeReadBlockLimitsCdb(),
    replyBytes: 6,
    timeoutMs: SCSI_TIMEOUTS_MS.readBlockLimits,
    operation: 'other',
    attention: 'retry',
  });
  return reply.kind === 'good' ? decodeBlockLimits(reply.data) : null;
}

/** What the mode pages say of the medium in the drive and of compression. */
export interface MediumFacts {
  readonly writeProtected: boolean;
  readonly worm: boolean;
  readonly densityCode: number | null;
  readonly compression: boolean | null;
}

/** With a medium. A page that the drive does not know is no failure: what it would tell is then null or false. */
export function askMediumFacts(target: ScsiTarget): MediumFacts {
  const compression = modeSense(target, COMPRESSION_PAGE_CODE);
  // Without that page the header and block descriptor still come, under page 00h.
  const general = compression ?? modeSense(target, 0);
  const configuration = modeSense(target, MEDIUM_CONFIGURATION_PAGE_CODE);
  const compressionPage = compression === null ? null : findModePage(compression, COMPRESSION_PAGE_CODE);
  const configurationPage = configuration === null ? null : findModePage(configuration, MEDIUM_CONFIGURATION_PAGE_CODE);
  return {
    writeProtected: general?.writeProtected ?? false,
    worm: configurationPage !== null && decodeMediumConfigurationModePage(configurationPage).worm,
    densityCode: general?.blockDescriptor?.densityCode ?? null,
    compression: compressionPage === null ? null : decodeCompressionModePage(compressionPage).compressionEnabled,
  };
}

function modeSense(target: ScsiTarget, pageCode: number): ModeParameters | null {
  const command: TargetCommand = {
    name: `MODE SENSE(6) page ${String(pageCode)}`,
    cdb: encodeModeSenseCdb(6, {
      disableBlockDescriptors: false,
      pageControl: MODE_PAGE_CONTROL.current,
      pageCode,
      subpageCode: 0,
      allocationLength: SHORT_REPLY_BYTES,
    }),
    replyBytes: SHORT_REPLY_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.modeSense,
    operation: 'other',
    attention: 'retry',
  };
  const data = unlessUnsupported(target, command);
  return data === null ? null : decodeModeSenseData(6, data);
}

/** The answer's bytes; null when the drive does not know the command or page. Failures are thrown. */
export function unlessUnsupported(target: ScsiTarget, command: TargetCommand): Uint8Array | null {
  const reply = target.send(command);
  if (reply.kind === 'good') return reply.data;
  if (reply.outcome.kind === 'not-supported') return null;
  throw target.errorOf(command, reply.sense);
}
