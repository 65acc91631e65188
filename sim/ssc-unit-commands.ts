import { COMPRESSION_PAGE_CODE, decodeCompressionModePage } from '../src/scsi/compression-mode-page.js';
import { cdbLength, OPCODES } from '../src/scsi/cdb.js';
import { decodeInquiryCdb } from '../src/scsi/inquiry.js';
import { decodeLoadUnloadCdb } from '../src/scsi/load-unload.js';
import { LOG_PAGES } from '../src/scsi/log-page.js';
import { decodeLogSenseCdb } from '../src/scsi/log-sense.js';
import {
  decodeModeSelectData,
  encodeModeSenseData,
  findModePage,
  type ModeForm,
  type ModePage,
} from '../src/scsi/mode-parameters.js';
import { decodeModeSelectCdb } from '../src/scsi/mode-select.js';
import { decodeModeSenseCdb, MODE_PAGE_CONTROL } from '../src/scsi/mode-sense.js';
import { decodePreventAllowCdb } from '../src/scsi/prevent-allow.js';
import { decodeReadBlockLimitsCdb, encodeBlockLimits } from '../src/scsi/read-block-limits.js';
import { decodeReportDensitySupportCdb, encodeDensitySupport } from '../src/scsi/report-density-support.js';
import {
  decodeReportSupportedOperationCodesCdb,
  encodeSupportedCommands,
  REPORT_SUPPORTED_OPERATION_CODES,
} from '../src/scsi/report-supported-operation-codes.js';
import { decodeRequestSenseCdb } from '../src/scsi/request-sense.js';
import { encodeSense, makeSense, SENSE_KEYS } from '../src/scsi/sense.js';
import { decodeTestUnitReadyCdb } from '../src/scsi/test-unit-ready.js';
import { inquiryData, logPage, modePages, vpdPage, type PageSubject } from './drive-pages.js';
import { personalityOf } from './generations.js';
import { check, deliver, GOOD, type ScsiReply, type UnitCommand } from './scsi-reply.js';
import type { SscDrive } from './ssc-drive.js';
import { SSC_SENSE } from './ssc-sense.js';
import { BLOCK_LIMITS } from './transfer-limits.js';
import { densityOf, isWriteProtected } from './write-permission.js';

const ALL_PAGES = 0x3f;

/** Commands that do not need a medium, by operation code. */
export const UNIT_COMMANDS: ReadonlyMap<number, UnitCommand> = new Map<number, UnitCommand>([
  [OPCODES.testUnitReady, testUnitReady],
  [OPCODES.requestSense, requestSense],
  [OPCODES.inquiry, inquiry],
  [OPCODES.readBlockLimits, readBlockLimits],
  [OPCODES.modeSense6, (drive, cdb, data) => modeSense(6, drive, cdb, data)],
  [OPCODES.modeSense10, (drive, cdb, data) => modeSense(10, drive, cdb, data)],
  [OPCODES.modeSelect6, (drive, cdb, data) => modeSelect(6, drive, cdb, data)],
  [OPCODES.modeSelect10, (drive, cdb, data) => modeSelect(10, drive, cdb, data)],
  [OPCODES.logSense, logSense],
  [OPCODES.loadUnload, loadUnload],
  [OPCODES.preventAllow, preventAllow],
  [OPCODES.reportDensitySupport, reportDensitySupport],
  [OPCODES.maintenanceIn, reportSupportedCommands],
]);

function testUnitReady(...[drive, cdb]: Parameters<UnitCommand>): ScsiReply {
  decodeTestUnitReadyCdb(cdb);
  if (drive.transport !== null) return GOOD;
  const sense = drive.notReady();
  drive.bay.awaitReady();
  return check(sense);
}

function requestSense(...[drive, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  const { format, allocationLength } = decodeRequestSenseCdb(cdb);
  const ready = drive.transport !== null ? makeSense(SENSE_KEYS.noSense, 0x00, 0x00) : drive.notReady();
  return deliver(encodeSense(drive.takeAttention() ?? ready, format), allocationLength, data);
}

function inquiry(...[drive, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  const { vpdPage: page, allocationLength } = decodeInquiryCdb(cdb);
  const bytes = page === null ? inquiryData(drive.identity) : vpdPage(drive.identity, page);
  return bytes === null ? check(SSC_SENSE.invalidField()) : deliver(bytes, allocationLength, data);
}

function readBlockLimits(...[, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  decodeReadBlockLimitsCdb(cdb);
  const bytes = encodeBlockLimits(BLOCK_LIMITS);
  return deliver(bytes, bytes.length, data);
}

function subjectOf(drive: SscDrive): PageSubject {
  return {
    identity: drive.identity,
    bayState: drive.bay.state,
    medium: drive.bay.medium,
    writeProtected: isWriteProtected(drive),
    compression: drive.compression,
    removalPrevented: drive.removalPrevented,
    cleaningRequested: drive.condition.asksForCleaning,
    counts: drive.statistics.read(),
    usage: drive.bay.usage,
    unrecoveredWrites: drive.unrecoveredWrites,
    unrecoveredReads: drive.unrecoveredReads,
    tapeAlerts: drive.tapeAlerts,
  };
}

function modeSense(form: ModeForm, drive: SscDrive, cdb: Uint8Array, data: Uint8Array): ScsiReply {
  const command = decodeModeSenseCdb(form, cdb);
  if (command.pageControl === MODE_PAGE_CONTROL.saved) return check(SSC_SENSE.invalidField());
  const pages = modePages(subjectOf(drive));
  const wanted = command.pageCode === ALL_PAGES ? pages : pages.filter(({ pageCode }) => pageCode === command.pageCode);
  // Page 00h asks for nothing but the header and the block descriptor.
  if (wanted.length === 0 && command.pageCode !== 0) return check(SSC_SENSE.invalidField());
  const bytes = encodeModeSenseData(form, {
    mediumType: drive.bay.medium?.cartridge.worm === true ? 0x80 : 0x00,
    writeProtected: isWriteProtected(drive),
    bufferedMode: 1,
    speed: 0,
    blockDescriptor: command.disableBlockDescriptors
      ? null
      : { densityCode: densityOf(drive) ?? 0, blockCount: 0, blockLength: drive.blockLength },
    pages: wanted.map((page) => underControl(page, command.pageControl)),
  });
  return deliver(bytes, command.allocationLength, data);
}

/** Of the pages only one bit can be changed: whether the drive compresses (DCE). */
function underControl(page: ModePage, pageControl: number): ModePage {
  if (pageControl !== MODE_PAGE_CONTROL.changeable) return page;
  const mask = new Uint8Array(page.parameters.length);
  if (page.pageCode === COMPRESSION_PAGE_CODE) mask.fill(0x80, 0, 1);
  return { ...page, parameters: mask };
}

function modeSelect(form: ModeForm, drive: SscDrive, cdb: Uint8Array, data: Uint8Array): ScsiReply {
  const { parameterListLength } = decodeModeSelectCdb(form, cdb);
  if (parameterListLength === 0) return GOOD;
  const parameters = decodeModeSelectData(form, data.subarray(0, parameterListLength));
  const descriptor = parameters.blockDescriptor;
  if (descriptor !== null) {
    const known = [0, 0x7f, densityOf(drive)];
    if (descriptor.blockLength > BLOCK_LIMITS.maxBlockBytes || !known.includes(descriptor.densityCode))
      return check(SSC_SENSE.invalidParameter());
    drive.blockLength = descriptor.blockLength;
  }
  const compression = findModePage(parameters, COMPRESSION_PAGE_CODE);
  if (compression !== null) drive.compression = decodeCompressionModePage(compression).compressionEnabled;
  return check(null, parameterListLength);
}

function logSense(...[drive, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  const command = decodeLogSenseCdb(cdb);
  const bytes = command.subpageCode === 0 ? logPage(subjectOf(drive), command.pageCode) : null;
  if (bytes === null) return check(SSC_SENSE.invalidField());
  if (command.pageCode === LOG_PAGES.tapeAlert) drive.takeTapeAlerts();
  return deliver(bytes, command.allocationLength, data);
}

function loadUnload(...[drive, cdb]: Parameters<UnitCommand>): ScsiReply {
  const { load } = decodeLoadUnloadCdb(cdb);
  return drive.withFault(load ? 'load' : 'unload', () => (load ? loadMedium(drive) : unloadMedium(drive)));
}

function loadMedium(drive: SscDrive): ScsiReply {
  const event = drive.bay.load();
  if (event !== null) drive.take(event);
  else drive.transport?.rewind();
  return check(drive.transport === null ? drive.notReady() : null);
}

function unloadMedium(drive: SscDrive): ScsiReply {
  if (drive.removalPrevented) return check(SSC_SENSE.removalPrevented());
  if (drive.bay.state === 'loading' || drive.bay.state === 'cleaning') return check(drive.notReady());
  if (drive.condition.readTrouble().isStuck) return drive.failToEject();
  drive.transport?.unload();
  drive.bay.eject();
  return GOOD;
}

function preventAllow(...[drive, cdb]: Parameters<UnitCommand>): ScsiReply {
  drive.removalPrevented = decodePreventAllowCdb(cdb).prevent;
  return GOOD;
}

function reportDensitySupport(...[drive, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  const { currentMediumOnly, allocationLength } = decodeReportDensitySupportCdb(cdb);
  const { personality } = drive;
  const loaded = drive.bay.medium?.cartridge.generation;
  if (currentMediumOnly && loaded === undefined) return check(drive.notReady());
  const generations = currentMediumOnly && loaded !== undefined ? [loaded] : personality.readable;
  const descriptors = generations.map((generation) => {
    const { densityCode, capacityBytes, wraps } = personalityOf(generation);
    return {
      primaryCode: densityCode,
      secondaryCode: densityCode,
      writable: personality.writable.includes(generation),
      isDefault: generation === personality.generation,
      bitsPerMillimetre: 0,
      mediumWidth: 127,
      tracks: wraps,
      capacityMegabytes: Math.floor(capacityBytes / 1_000_000),
      organization: 'LTO-CVE',
      name: `U-${generation.slice(4)}`,
      description: `Ultrium ${generation.slice(4)}`,
    };
  });
  return deliver(encodeDensitySupport(descriptors), allocationLength, data);
}

function reportSupportedCommands(...[drive, cdb, data]: Parameters<UnitCommand>): ScsiReply {
  const { allocationLength } = decodeReportSupportedOperationCodesCdb(cdb);
  const list = drive.commands.map((opcode) => ({
    opcode,
    serviceAction: opcode === OPCODES.maintenanceIn ? REPORT_SUPPORTED_OPERATION_CODES : null,
    cdbBytes: cdbLength(opcode) ?? 0,
  }));
  return deliver(encodeSupportedCommands(list), allocationLength, data);
}
