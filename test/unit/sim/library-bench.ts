import { decodeSgIoResult, encodeSgIoRequest } from '../../../src/device/sg-io.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { decodeElementStatus, type ElementStatus } from '../../../src/scsi/element-status.js';
import type { ElementDescriptor } from '../../../src/scsi/element-descriptor.js';
import { encodeLoadUnloadCdb } from '../../../src/scsi/load-unload.js';
import { encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { encodeReadElementStatusCdb, type ReadElementStatusCommand } from '../../../src/scsi/read-element-status.js';
import { decodeSense, type Sense } from '../../../src/scsi/sense.js';
import { encodeTestUnitReadyCdb } from '../../../src/scsi/test-unit-ready.js';
import { writeLabel } from '../../../sim/cartridge-label.js';
import { DriveCondition } from '../../../sim/drive-condition.js';
import type { ChangerFault } from '../../../sim/library/changer-fault-plan.js';
import { LibraryFront } from '../../../sim/library/library-front.js';
import { libraryPersonality } from '../../../sim/library/library-personality.js';
import { makeLibrary, openLibrary, type Library } from '../../../sim/library/library.js';
import { Rack } from '../../../sim/rack.js';
import { createSimClock, type ClockMode, type SimClock } from '../../../sim/sim-clock.js';
import { SimSyscalls } from '../../../sim/sim-syscalls.js';
import { MemoryFiles } from '../../support/memory-files.js';
import { VirtualBlockingClock } from '../../support/st-drive-fixture.js';
import { senseText } from './sim-bench.js';

export const RACK = '/rack';
export const CHANGER = '/dev/sg2';
const ROOM = 0xffff;

export interface LibraryBenchOptions {
  readonly personality?: string;
  readonly faults?: readonly ChangerFault[];
  /** A clock of that mode, or this one. */
  readonly clock?: ClockMode | SimClock;
  /** Default: the library had power all the time. */
  readonly powerOn?: boolean;
  /** A library that is there already, of that personality. */
  readonly files?: MemoryFiles;
}

function clockOf({ clock = 'virtual' }: LibraryBenchOptions): SimClock {
  return typeof clock === 'string' ? createSimClock(clock) : clock;
}

/** How a command sent with SG_IO ended. */
export interface ChangerAnswer {
  /** `key/asc/ascq`; null for GOOD. */
  readonly sense: string | null;
  readonly data: Uint8Array;
  readonly hostStatus: number;
}

/** A library in memory with cartridges TPL001L9, TPL002L9, ... in its rack, reached by system calls as by the kernel. */
export class LibraryBench {
  readonly files: MemoryFiles;
  readonly rack: Rack;
  readonly library: Library;
  readonly front: LibraryFront;
  readonly #options: LibraryBenchOptions;
  clock: SimClock;
  port: SimSyscalls;
  fd: number;

  constructor(options: LibraryBenchOptions = {}) {
    this.#options = options;
    this.files = options.files ?? new MemoryFiles();
    const personality = libraryPersonality(options.personality ?? 'library');
    if (personality === null) throw new Error(`there is no library ${options.personality ?? ''}`);
    this.rack = new Rack(
      this.files,
      RACK,
      personality.shape.of('drive').map(({ drive }) => `/dev/nst${String(drive)}`),
    );
    this.library =
      openLibrary(this.files, RACK, new VirtualBlockingClock()) ?? makeLibrary(this.files, RACK, personality);
    this.front = new LibraryFront(this.library, this.rack);
    this.clock = clockOf(options);
    this.port = this.#newPort(options.powerOn ?? false);
    this.fd = this.port.open(CHANGER, OPEN_FLAGS.readWrite);
  }

  /** As if the process had ended, however it did, and a new one begun. */
  restart(powerOn = false): void {
    this.clock = clockOf(this.#options);
    this.port = this.#newPort(powerOn);
    this.fd = this.port.open(CHANGER, OPEN_FLAGS.readWrite);
  }

  #newPort(powerOn: boolean): SimSyscalls {
    return new SimSyscalls(
      {
        directory: RACK,
        clock: this.clock.mode,
        drives: this.rack.drives.map((path) => ({ path, generation: 'LTO-9', powerOnAttention: false })),
        changer: { path: CHANGER, powerOn, faults: { faults: this.#options.faults ?? [] } },
      },
      { files: this.files, clock: this.clock, lockClock: new VirtualBlockingClock() },
    );
  }

  /** Makes a cartridge and puts it into a slot, as people count them, without anybody's noticing. */
  stock(barcode: string, slot: number): void {
    this.rack.create(barcode, { capacityBytes: 1_000_000 });
    this.library.putIn(barcode, this.slot(slot));
  }

  hideLabel(barcode: string): void {
    writeLabel(this.files, RACK, barcode, { text: barcode, state: 'unreadable' });
  }

  pasteLabel(barcode: string, text: string): void {
    writeLabel(this.files, RACK, barcode, { text, state: 'readable' });
  }

  /** The drive `/dev/nstN` does not let its cartridge go. */
  stick(driveNumber: number): void {
    new DriveCondition(this.files, RACK, driveNumber).writeTrouble({ isStuck: true, dirtied: 0 });
  }

  /** The address of a slot as people count them. */
  slot(number: number): number {
    const element = this.library.shape.slotNumbered(number);
    if (element === null) throw new Error(`there is no slot ${String(number)}`);
    return element.address;
  }

  drive(index: number): number {
    return this.library.shape.ranges.drive.first + index;
  }

  get hand(): number {
    return this.library.shape.transport;
  }

  /** `cartridge@address`, of all that are in the library, sorted. */
  get places(): readonly string[] {
    return [...this.library.view().contents]
      .map(([address, { cartridge }]) => `${cartridge}@${String(address)}`)
      .sort();
  }

  /** SG_IO to the changer, or to `fd`; throws when the call itself fails. */
  command(cdb: Uint8Array, room = 0, fd = this.fd): ChangerAnswer {
    const data = new Uint8Array(room);
    const senseBytes = new Uint8Array(64);
    const header = encodeSgIoRequest({
      direction: room === 0 ? 'none' : 'from-device',
      cdbBytes: cdb.length,
      dataBytes: room,
      senseBytes: senseBytes.length,
      timeoutMs: 1000,
    });
    const result = this.port.sgIo(fd, header, cdb, data, senseBytes);
    if (result !== 0) throw new Error(`SG_IO: ${String(result)}`);
    const outcome = decodeSgIoResult(header);
    const sense: Sense | null =
      outcome.senseBytes === 0 ? null : decodeSense(senseBytes.subarray(0, outcome.senseBytes));
    return {
      sense: senseText(sense),
      data: data.subarray(0, room - outcome.residualBytes),
      hostStatus: outcome.hostStatus,
    };
  }

  /** `key/asc/ascq` of TEST UNIT READY, or null. */
  ready(): string | null {
    return this.command(encodeTestUnitReadyCdb()).sense;
  }

  move(source: number, destination: number, transport = 0): string | null {
    return this.command(encodeMoveMediumCdb({ transport, source, destination, invert: false })).sense;
  }

  readStatus(options: Partial<ReadElementStatusCommand> = {}): ChangerAnswer {
    const command = {
      elementType: 0,
      withVolumeTags: true,
      firstAddress: 0,
      count: 0xffff,
      currentDataOnly: false,
      withDeviceIds: false,
      allocationLength: ROOM,
      ...options,
    };
    return this.command(encodeReadElementStatusCdb(command), ROOM);
  }

  /** READ ELEMENT STATUS, which must succeed. */
  status(options: Partial<ReadElementStatusCommand> = {}): ElementStatus {
    const { sense, data } = this.readStatus(options);
    if (sense !== null) throw new Error(`READ ELEMENT STATUS: ${sense}`);
    return decodeElementStatus(data);
  }

  /** What the library tells of one element. */
  element(address: number, options: Partial<ReadElementStatusCommand> = {}): ElementDescriptor {
    const descriptors = this.status(options).pages.flatMap((page) => page.descriptors);
    const found = descriptors.find((descriptor) => descriptor.address === address);
    if (found === undefined) throw new Error(`the library tells nothing of element ${String(address)}`);
    return found;
  }

  /** Opens the drive `/dev/nstN`, so that it takes in what lies in its mouth. */
  openDrive(driveNumber: number): number {
    const fd = this.port.open(`/dev/nst${String(driveNumber)}`, OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking);
    if (fd < 0) throw new Error(`open: ${String(fd)}`);
    return fd;
  }

  /** Until the drive is ready, or says something that waiting does not change. */
  awaitDrive(fd: number): string | null {
    for (;;) {
      const { sense } = this.command(encodeTestUnitReadyCdb(), 0, fd);
      if (sense !== '02/04/01' && sense?.startsWith('06/') !== true) return sense;
    }
  }

  unloadDrive(fd: number): string | null {
    return this.command(encodeLoadUnloadCdb({ immediate: false, load: false, retension: false, hold: false }), 0, fd)
      .sense;
  }
}
