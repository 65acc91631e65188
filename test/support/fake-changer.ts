import { assert } from '../../src/base/assert.js';
import { fillSgIoResult, decodeSgIoRequest } from '../../src/device/sg-io.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { OPCODES } from '../../src/scsi/cdb.js';
import { encodeElementAddressModePage, type ElementRange } from '../../src/scsi/element-address-mode-page.js';
import type { ElementDescriptor } from '../../src/scsi/element-descriptor.js';
import { makeElementDevice, makeSerialElementDevice } from '../../src/scsi/element-device.js';
import { encodeElementStatus } from '../../src/scsi/element-status.js';
import { decodeInitializeElementRangeCdb } from '../../src/scsi/initialize-element-status.js';
import { decodeInquiryCdb, DEVICE_TYPES, encodeStandardInquiry } from '../../src/scsi/inquiry.js';
import { encodeModeSenseData } from '../../src/scsi/mode-parameters.js';
import { decodeMoveMediumCdb } from '../../src/scsi/move-medium.js';
import { decodePreventAllowCdb } from '../../src/scsi/prevent-allow.js';
import { decodeReadElementStatusCdb, ELEMENT_TYPES } from '../../src/scsi/read-element-status.js';
import { encodeSense, makeSense } from '../../src/scsi/sense.js';
import { encodeUnitSerialNumber } from '../../src/scsi/vpd-page.js';
import { emptyElement } from './element-samples.js';

export interface FakeCartridge {
  /** As on the label; null: none that can be read. */
  readonly tag: string | null;
  /** Address of the storage element it came from; null: the changer does not know. */
  source: number | null;
}

export interface FakeElement {
  readonly address: number;
  readonly type: number;
  cartridge: FakeCartridge | null;
  isAccessible: boolean;
  /** Of a drive element. */
  readonly serial: string;
  /** A drive that has its cartridge threaded: nothing can be taken out. */
  isLoaded: boolean;
  exception: readonly [asc: number, ascq: number] | null;
}

/** What one kind of changer does differently (docs and sources: FACTS 5.5, 5.9). */
export interface FakeQuirks {
  readonly ignoresTopLengthByte: boolean;
  /** Refuses to be asked for tags. */
  readonly withoutTags: boolean;
  /** Refuses to be asked for identifiers of drives. */
  readonly withoutDeviceIds: boolean;
  /** Leaves tags out when it is asked for identifiers as well. */
  readonly serialNumberOnly: boolean;
  /** The last descriptor of a page ends behind the identifier of its tag. */
  readonly shortLastDescriptor: boolean;
  /** Spaces, not zeros, where there is no tag. */
  readonly blankTagsAreSpaces: boolean;
  readonly withoutRange: boolean;
  readonly withoutAddressPage: boolean;
  readonly withoutExportFlags: boolean;
  /** Leaves out the last 8 bytes of every element status, as tgt does. */
  readonly cutsElementStatus: boolean;
  /** Says of no element that the robot gets at it, as tgt does. */
  readonly withoutAccessFlags: boolean;
  readonly deviceType: number;
  /** Bytes of nothing at the end of each descriptor. */
  readonly descriptorPadding: number;
}

/** Instead of carrying a command out; null: it is carried out. */
export type FakeAnswer =
  | { readonly sense: readonly [key: number, asc: number, ascq: number] }
  | { readonly errno: number }
  | { readonly status: number }
  /** The answer is lost; `carriedOut`: after the work was done. */
  | { readonly hostStatus: number; readonly carriedOut: boolean };

const QUIRKLESS: FakeQuirks = {
  ignoresTopLengthByte: false,
  withoutTags: false,
  withoutDeviceIds: false,
  serialNumberOnly: false,
  shortLastDescriptor: false,
  blankTagsAreSpaces: false,
  withoutRange: false,
  withoutAddressPage: false,
  withoutExportFlags: false,
  cutsElementStatus: false,
  withoutAccessFlags: false,
  deviceType: DEVICE_TYPES.mediumChanger,
  descriptorPadding: 0,
};

const INVALID_FIELD = { sense: [0x5, 0x24, 0x00] } as const;
const INVALID_COMMAND = { sense: [0x5, 0x20, 0x00] } as const;

export const FAKE_ADDRESSES = { transport: 1, importExport: 0x10, drive: 0x100, storage: 0x1000 } as const;

/** A small changer below the system calls, exact as far as ScsiChanger asks, with the habits a test gives it. */
export class FakeChanger implements SyscallPort {
  readonly elements: FakeElement[] = [];
  quirks: FakeQuirks;
  /** Every command: `a5`, in hexadecimal. */
  readonly log: string[] = [];
  readonly openFlags: number[] = [];
  /** Unit attentions waiting, told one a command. */
  readonly attentions: (readonly [asc: number, ascq: number])[] = [];
  hook: (opcode: number, cdb: Uint8Array) => FakeAnswer | null = () => null;
  openErrno = 0;
  isLocked = false;
  initialized: string[] = [];
  #open = false;

  constructor(
    counts: { readonly slots: number; readonly importExports: number; readonly drives: number },
    quirks: Partial<FakeQuirks> = {},
  ) {
    this.quirks = { ...QUIRKLESS, ...quirks };
    const add = (type: number, first: number, count: number): void => {
      for (let n = 0; n < count; n++)
        this.elements.push({
          address: first + n,
          type,
          cartridge: null,
          isAccessible: true,
          serial: type === ELEMENT_TYPES.drive ? `SER000000${String(n)}` : '',
          isLoaded: false,
          exception: null,
        });
    };
    add(ELEMENT_TYPES.transport, FAKE_ADDRESSES.transport, 1);
    add(ELEMENT_TYPES.importExport, FAKE_ADDRESSES.importExport, counts.importExports);
    add(ELEMENT_TYPES.drive, FAKE_ADDRESSES.drive, counts.drives);
    add(ELEMENT_TYPES.storage, FAKE_ADDRESSES.storage, counts.slots);
  }

  at(address: number): FakeElement {
    const element = this.elements.find((one) => one.address === address);
    assert(element !== undefined, `the fake changer has no element ${String(address)}`);
    return element;
  }

  put(address: number, tag: string | null, source: number | null = null): void {
    this.at(address).cartridge = { tag, source };
  }

  /** Address of the element that holds this tag. */
  whereIs(tag: string): number | null {
    return this.elements.find(({ cartridge }) => cartridge?.tag === tag)?.address ?? null;
  }

  open(_path: string, flags: number): number {
    if (this.openErrno !== 0) return -this.openErrno;
    this.openFlags.push(flags);
    this.#open = true;
    return 7;
  }

  close(): number {
    this.#open = false;
    return 0;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  read(): number {
    throw new Error('nothing is read from a pass-through node');
  }
  write(): number {
    throw new Error('nothing is written to a pass-through node');
  }
  ioctl(): number {
    throw new Error('no ioctl but SG_IO is used');
  }

  sgIo(_fd: number, header: Uint8Array, cdb: Uint8Array, data: Uint8Array, sense: Uint8Array): number {
    const opcode = cdb[0] ?? 0;
    this.log.push(opcode.toString(16).padStart(2, '0'));
    const { dataBytes } = decodeSgIoRequest(header);
    const answer = this.#attention(opcode) ?? this.hook(opcode, cdb);
    if (answer !== null && 'errno' in answer) return -answer.errno;
    const lost = answer !== null && 'hostStatus' in answer ? answer : null;
    const outcome = answer === null || lost?.carriedOut === true ? this.#carryOut(opcode, cdb) : answer;
    if (lost !== null) fillSgIoResult(header, { status: 0, hostStatus: lost.hostStatus });
    else if (outcome instanceof Uint8Array) {
      const moved = outcome.subarray(0, dataBytes);
      data.set(moved);
      fillSgIoResult(header, { status: 0, residualBytes: dataBytes - moved.length });
    } else if ('sense' in outcome) {
      const bytes = encodeSense(makeSense(...outcome.sense));
      sense.set(bytes);
      fillSgIoResult(header, { status: 2, senseBytes: bytes.length, driverStatus: 8, residualBytes: dataBytes });
    } else if ('status' in outcome) fillSgIoResult(header, { status: outcome.status, residualBytes: dataBytes });
    return 0;
  }

  #attention(opcode: number): FakeAnswer | null {
    if (opcode === OPCODES.inquiry) return null;
    const waiting = this.attentions.shift();
    return waiting === undefined ? null : { sense: [0x6, ...waiting] };
  }

  #carryOut(opcode: number, cdb: Uint8Array): Uint8Array | FakeAnswer {
    switch (opcode) {
      case OPCODES.inquiry:
        return this.#inquire(cdb);
      case OPCODES.modeSense6:
        return this.#modeSense();
      case OPCODES.initializeElementStatus:
        this.initialized.push('all');
        return new Uint8Array();
      case OPCODES.initializeElementStatusWithRange: {
        if (this.quirks.withoutRange) return INVALID_COMMAND;
        const { range } = decodeInitializeElementRangeCdb(cdb);
        this.initialized.push(range === null ? 'all' : `${String(range.first)}+${String(range.count)}`);
        return new Uint8Array();
      }
      case OPCODES.readElementStatus:
        return this.#readStatus(cdb);
      case OPCODES.moveMedium:
        return this.#move(cdb);
      case OPCODES.preventAllow:
        this.isLocked = decodePreventAllowCdb(cdb).prevent;
        return new Uint8Array();
      default:
        return INVALID_COMMAND;
    }
  }

  #inquire(cdb: Uint8Array): Uint8Array {
    const { deviceType } = this.quirks;
    if (decodeInquiryCdb(cdb).vpdPage === 0x80) return encodeUnitSerialNumber(deviceType, 'LIB0001');
    return encodeStandardInquiry({
      qualifier: 0,
      deviceType,
      removableMedium: true,
      version: 6,
      vendor: 'TEST',
      product: 'CHANGER',
      revision: '1.0',
    });
  }

  #rangeOf(type: number): ElementRange {
    const addresses = this.elements.filter((one) => one.type === type).map(({ address }) => address);
    return { first: addresses[0] ?? 0, count: addresses.length };
  }

  #modeSense(): Uint8Array | FakeAnswer {
    if (this.quirks.withoutAddressPage) return INVALID_FIELD;
    const page = encodeElementAddressModePage({
      transport: this.#rangeOf(ELEMENT_TYPES.transport),
      storage: this.#rangeOf(ELEMENT_TYPES.storage),
      importExport: this.#rangeOf(ELEMENT_TYPES.importExport),
      drive: this.#rangeOf(ELEMENT_TYPES.drive),
    });
    return encodeModeSenseData(6, {
      mediumType: 0,
      writeProtected: false,
      bufferedMode: 0,
      speed: 0,
      blockDescriptor: null,
      pages: [page],
    });
  }

  #readStatus(cdb: Uint8Array): Uint8Array | FakeAnswer {
    const command = decodeReadElementStatusCdb(cdb);
    if (command.withVolumeTags && this.quirks.withoutTags) return INVALID_FIELD;
    if (command.withDeviceIds && this.quirks.withoutDeviceIds) return INVALID_FIELD;
    const wanted = this.elements
      .filter(({ type, address }) => type === command.elementType && address >= command.firstAddress)
      .slice(0, command.count);
    if (wanted.length === 0) return INVALID_FIELD;
    const bytes = encodeElementStatus({
      pages: [
        {
          elementType: command.elementType,
          hasPrimaryTags: command.withVolumeTags,
          hasAlternateTags: false,
          hasIdentifiers: !this.quirks.shortLastDescriptor,
          descriptors: wanted.map((element) => this.#describe(element, command.withDeviceIds)),
        },
      ],
      missing: 0,
    });
    if (this.quirks.cutsElementStatus) return bytes.subarray(0, bytes.length - 8);
    if (this.quirks.shortLastDescriptor) return bytes.subarray(0, bytes.length - (command.withVolumeTags ? 4 : 0));
    const length = this.quirks.ignoresTopLengthByte ? command.allocationLength & 0xffff : command.allocationLength;
    // Only whole descriptors are sent (SMC-3).
    const each = (bytes.length - 16) / wanted.length;
    return bytes.length <= length ? bytes : bytes.subarray(0, 16 + Math.floor((length - 16) / each) * each);
  }

  #describe(element: FakeElement, withDeviceIds: boolean): ElementDescriptor {
    const { cartridge, serial } = element;
    const blank = this.quirks.blankTagsAreSpaces ? { identifier: '', sequence: 0 } : null;
    const identified = withDeviceIds && element.type === ELEMENT_TYPES.drive;
    const { descriptorPadding } = this.quirks;
    // A binary identifier of zeros is as good as padding: it tells nothing.
    const padding = { codeSet: 1, type: 0, identifier: new Uint8Array(descriptorPadding) };
    const device = this.quirks.serialNumberOnly
      ? makeSerialElementDevice(serial)
      : makeElementDevice({ vendor: 'TEST', product: 'DRIVE', serial });
    const isExit = element.type === ELEMENT_TYPES.importExport && !this.quirks.withoutExportFlags;
    return {
      ...emptyElement(element.address),
      isFull: cartridge !== null,
      isAccessible: element.isAccessible && !element.isLoaded && !this.quirks.withoutAccessFlags,
      isException: element.exception !== null,
      asc: element.exception?.[0] ?? 0,
      ascq: element.exception?.[1] ?? 0,
      exportEnabled: isExit,
      importEnabled: isExit,
      sourceAddress: cartridge?.source ?? null,
      primaryTag: cartridge?.tag === null || cartridge === null ? blank : { identifier: cartridge.tag, sequence: 0 },
      device: identified ? device : descriptorPadding > 0 ? padding : null,
    };
  }

  #move(cdb: Uint8Array): Uint8Array | FakeAnswer {
    const { transport, source, destination } = decodeMoveMediumCdb(cdb);
    assert(transport === FAKE_ADDRESSES.transport, 'the move names the transport element');
    const from = this.elements.find(({ address }) => address === source);
    const to = this.elements.find(({ address }) => address === destination);
    if (from === undefined || to === undefined) return { sense: [0x5, 0x21, 0x01] };
    if (from.cartridge === null) return { sense: [0x5, 0x3b, 0x0e] };
    if (to.cartridge !== null) return { sense: [0x5, 0x3b, 0x0d] };
    if (from.isLoaded) return { sense: [0x5, 0x53, 0x02] };
    to.cartridge = from.cartridge;
    if (from.type === ELEMENT_TYPES.storage || from.type === ELEMENT_TYPES.importExport)
      to.cartridge.source = from.address;
    from.cartridge = null;
    return new Uint8Array();
  }
}
