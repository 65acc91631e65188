import { OPCODES } from '../../src/scsi/cdb.js';
import {
  encodeDeviceCapabilitiesModePage,
  type ElementPairs,
  type PerElementType,
} from '../../src/scsi/device-capabilities-mode-page.js';
import { encodeDeviceIdentification } from '../../src/scsi/device-identification.js';
import { encodeElementAddressModePage } from '../../src/scsi/element-address-mode-page.js';
import { decodeExchangeMediumCdb } from '../../src/scsi/exchange-medium.js';
import {
  decodeInitializeElementRangeCdb,
  decodeInitializeElementStatusCdb,
} from '../../src/scsi/initialize-element-status.js';
import { decodeInquiryCdb, DEVICE_TYPES, encodeStandardInquiry } from '../../src/scsi/inquiry.js';
import { encodeSupportedLogPages, LOG_PAGES } from '../../src/scsi/log-page.js';
import { decodeLogSenseCdb } from '../../src/scsi/log-sense.js';
import { encodeModeSenseData, type ModeForm, type ModePage } from '../../src/scsi/mode-parameters.js';
import { decodeModeSenseCdb, MODE_PAGE_CONTROL } from '../../src/scsi/mode-sense.js';
import { decodeMoveMediumCdb } from '../../src/scsi/move-medium.js';
import { decodePositionToElementCdb } from '../../src/scsi/position-to-element.js';
import { decodePreventAllowCdb } from '../../src/scsi/prevent-allow.js';
import { decodeReadElementStatusCdb, ELEMENT_TYPES } from '../../src/scsi/read-element-status.js';
import { decodeRequestSenseCdb } from '../../src/scsi/request-sense.js';
import { encodeSense } from '../../src/scsi/sense.js';
import { encodeTapeAlertLogPage } from '../../src/scsi/tape-alert-log-page.js';
import { decodeTestUnitReadyCdb } from '../../src/scsi/test-unit-ready.js';
import { encodeSupportedVpdPages, encodeUnitSerialNumber, VPD_PAGES } from '../../src/scsi/vpd-page.js';
import { check, deliver, GOOD, type ScsiReply } from '../scsi-reply.js';
import { elementReport } from './element-report.js';
import type { LibraryPersonality } from './library-personality.js';
import type { SmcChanger } from './smc-changer.js';
import { SMC_SENSE } from './smc-sense.js';

type ChangerCommandBody = (changer: SmcChanger, cdb: Uint8Array, data: Uint8Array) => ScsiReply;

/** Every command the library knows, by operation code. */
export const CHANGER_COMMANDS: ReadonlyMap<number, ChangerCommandBody> = new Map<number, ChangerCommandBody>([
  [OPCODES.testUnitReady, testUnitReady],
  [OPCODES.requestSense, requestSense],
  [OPCODES.inquiry, inquiry],
  [OPCODES.modeSense6, (changer, cdb, data) => modeSense(6, changer, cdb, data)],
  [OPCODES.modeSense10, (changer, cdb, data) => modeSense(10, changer, cdb, data)],
  [OPCODES.logSense, logSense],
  [OPCODES.preventAllow, preventAllow],
  [OPCODES.initializeElementStatus, initialize],
  [OPCODES.initializeElementStatusWithRange, initializeRange],
  [OPCODES.readElementStatus, readElementStatus],
  [OPCODES.positionToElement, positionToElement],
  [OPCODES.moveMedium, moveMedium],
  [OPCODES.exchangeMedium, exchangeMedium],
]);

/** Commands that are refused while the door is open or the inventory is being taken. */
export const NEEDS_READY: readonly number[] = [
  OPCODES.testUnitReady,
  OPCODES.initializeElementStatus,
  OPCODES.initializeElementStatusWithRange,
  OPCODES.readElementStatus,
  OPCODES.positionToElement,
  OPCODES.moveMedium,
  OPCODES.exchangeMedium,
];

const CHANGER = DEVICE_TYPES.mediumChanger;
/** SPC-4. */
const SCSI_VERSION = 6;
const SERIAL = 'SIMLIB0000';
const ALL_PAGES = 0x3f;

function testUnitReady(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  decodeTestUnitReadyCdb(cdb);
  return check(changer.library.view().panel.jammed ? SMC_SENSE.manualInterventionRequired() : null);
}

function requestSense(...[changer, cdb, data]: Parameters<ChangerCommandBody>): ScsiReply {
  const { format, allocationLength } = decodeRequestSenseCdb(cdb);
  const sense = changer.takeAttention() ?? changer.notReady() ?? SMC_SENSE.ready();
  return deliver(encodeSense(sense, format), allocationLength, data);
}

function inquiry(...[{ library }, cdb, data]: Parameters<ChangerCommandBody>): ScsiReply {
  const { vpdPage: page, allocationLength } = decodeInquiryCdb(cdb);
  const bytes = page === null ? standardInquiry(library.personality) : vpdPage(library.personality, page);
  return bytes === null ? check(SMC_SENSE.invalidField()) : deliver(bytes, allocationLength, data);
}

function standardInquiry({ vendor, product }: LibraryPersonality): Uint8Array {
  return encodeStandardInquiry({
    qualifier: 0,
    deviceType: CHANGER,
    removableMedium: true,
    version: SCSI_VERSION,
    vendor,
    product,
    revision: '0001',
  });
}

/** Null for a page the library does not have. */
function vpdPage({ vendor, product }: LibraryPersonality, page: number): Uint8Array | null {
  switch (page) {
    case VPD_PAGES.supportedPages: {
      const { supportedPages, unitSerialNumber, deviceIdentification } = VPD_PAGES;
      return encodeSupportedVpdPages(CHANGER, [supportedPages, unitSerialNumber, deviceIdentification]);
    }
    case VPD_PAGES.unitSerialNumber:
      return encodeUnitSerialNumber(CHANGER, SERIAL);
    case VPD_PAGES.deviceIdentification: {
      const name = `${vendor.padEnd(8)}${product.padEnd(16)}${SERIAL}`;
      const designator = { codeSet: 2, association: 0, type: 1, identifier: new TextEncoder().encode(name) };
      return encodeDeviceIdentification(CHANGER, [designator]);
    }
    default:
      return null;
  }
}

function modeSense(form: ModeForm, { library }: SmcChanger, cdb: Uint8Array, data: Uint8Array): ScsiReply {
  const command = decodeModeSenseCdb(form, cdb);
  if (command.pageControl === MODE_PAGE_CONTROL.saved) return check(SMC_SENSE.invalidField());
  const pages = [addressPage(library.personality), capabilitiesPage()];
  const wanted = command.pageCode === ALL_PAGES ? pages : pages.filter(({ pageCode }) => pageCode === command.pageCode);
  if (wanted.length === 0) return check(SMC_SENSE.invalidField());
  const bytes = encodeModeSenseData(form, {
    mediumType: 0,
    writeProtected: false,
    bufferedMode: 0,
    speed: 0,
    blockDescriptor: null,
    // Nothing can be changed.
    pages: wanted.map((page) =>
      command.pageControl === MODE_PAGE_CONTROL.changeable
        ? { ...page, parameters: new Uint8Array(page.parameters.length) }
        : page,
    ),
  });
  return deliver(bytes, command.allocationLength, data);
}

function addressPage({ shape }: LibraryPersonality): ModePage {
  const { transport, slot, mailslot, drive } = shape.ranges;
  return encodeElementAddressModePage({ transport, storage: slot, importExport: mailslot, drive });
}

/** Everything can go everywhere; nothing can be exchanged with what is in the hand. */
function capabilitiesPage(): ModePage {
  const all: PerElementType = { transport: true, storage: true, importExport: true, drive: true };
  const none: PerElementType = { transport: false, storage: false, importExport: false, drive: false };
  const moves: ElementPairs = { transport: all, storage: all, importExport: all, drive: all };
  const places: PerElementType = { ...all, transport: false };
  const exchanges: ElementPairs = { transport: none, storage: places, importExport: places, drive: places };
  return encodeDeviceCapabilitiesModePage({ stores: all, moves, exchanges });
}

function logSense(...[changer, cdb, data]: Parameters<ChangerCommandBody>): ScsiReply {
  const command = decodeLogSenseCdb(cdb);
  const { supportedPages, tapeAlert } = LOG_PAGES;
  if (command.subpageCode !== 0) return check(SMC_SENSE.invalidField());
  switch (command.pageCode) {
    case supportedPages:
      return deliver(encodeSupportedLogPages([supportedPages, tapeAlert]), command.allocationLength, data);
    case tapeAlert:
      return deliver(encodeTapeAlertLogPage(changer.tapeAlerts), command.allocationLength, data);
    default:
      return check(SMC_SENSE.invalidField());
  }
}

function preventAllow(...[{ library }, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  library.setPrevented(decodePreventAllowCdb(cdb).prevent);
  return GOOD;
}

function initialize(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  decodeInitializeElementStatusCdb(cdb);
  return scan(changer, changer.library.shape.elements.length);
}

function initializeRange(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  const { fast, range } = decodeInitializeElementRangeCdb(cdb);
  const { personality, shape } = changer.library;
  if (!personality.quirks.initializesRanges) return check(SMC_SENSE.unknownCommand());
  if (range !== null && shape.at(range.first) === null) return check(SMC_SENSE.invalidElementAddress());
  const from = shape.elements.filter(({ address }) => range === null || address >= range.first).length;
  const count = range === null || range.count === 0 ? from : Math.min(range.count, from);
  return scan(changer, fast ? 0 : count);
}

/** Looks at so many elements; what is in them `Library` knows anyway. */
function scan(changer: SmcChanger, elements: number): ScsiReply {
  if (changer.library.view().panel.jammed) return check(SMC_SENSE.mechanicalError());
  changer.clock.spend(changer.scanSeconds(elements));
  return check(changer.library.view().panel.doorOpen ? SMC_SENSE.doorOpen() : null);
}

function readElementStatus(...[changer, cdb, data]: Parameters<ChangerCommandBody>): ScsiReply {
  const command = decodeReadElementStatusCdb(cdb);
  if (command.elementType > ELEMENT_TYPES.drive) return check(SMC_SENSE.invalidField());
  const { shape, quirks } = changer.library.personality;
  const bytes = elementReport(command, shape, quirks, changer.facts());
  return deliver(bytes, bytes.length, data);
}

function positionToElement(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  const { transport, destination, invert } = decodePositionToElementCdb(cdb);
  const element = changer.library.shape.at(destination);
  if (element === null || !isTransport(changer, transport)) return check(SMC_SENSE.invalidElementAddress());
  if (invert) return check(SMC_SENSE.invalidField());
  return check(changer.robot.positionTo(element));
}

function moveMedium(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  const { transport, source, destination, invert } = decodeMoveMediumCdb(cdb);
  const from = changer.library.shape.at(source);
  const to = changer.library.shape.at(destination);
  if (from === null || to === null || !isTransport(changer, transport)) return check(SMC_SENSE.invalidElementAddress());
  if (invert) return check(SMC_SENSE.invalidField());
  return check(changer.robot.move(from, to));
}

/** With one hand: what is at the first destination goes away before the other comes, so the second must be empty. */
function exchangeMedium(...[changer, cdb]: Parameters<ChangerCommandBody>): ScsiReply {
  const command = decodeExchangeMediumCdb(cdb);
  const { shape } = changer.library;
  const source = shape.at(command.source);
  const first = shape.at(command.firstDestination);
  const second = shape.at(command.secondDestination);
  if (source === null || first === null || second === null || !isTransport(changer, command.transport))
    return check(SMC_SENSE.invalidElementAddress());
  if (command.invertFirst || command.invertSecond) return check(SMC_SENSE.invalidField());
  if (!changer.library.view().contents.has(source.address)) return check(SMC_SENSE.sourceEmpty());
  return check(changer.robot.move(first, second) ?? changer.robot.move(source, first));
}

/** 0 is the default transport element, whatever its address (SMC-3). */
function isTransport(changer: SmcChanger, address: number): boolean {
  return address === 0 || changer.library.shape.at(address)?.kind === 'transport';
}
