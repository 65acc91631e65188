import { isStorageError } from '../../src/base/storage-error.js';
import { FileError, type FilePort } from '../../src/device/file-port.js';
import { OPCODES } from '../../src/scsi/cdb.js';
import type { DriveIdentification } from '../../src/scsi/element-device.js';
import type { Sense } from '../../src/scsi/sense.js';
import { readLabel } from '../cartridge-label.js';
import { senseOfFault } from '../fault-plan.js';
import { check, type ScsiReply } from '../scsi-reply.js';
import type { SimClock } from '../sim-clock.js';
import { ChangerFaultPlan, type ChangerCommand } from './changer-fault-plan.js';
import type { ElementFacts } from './element-report.js';
import type { SimElement } from './library-shape.js';
import type { Library, LibraryView } from './library.js';
import { Robot, type DriveReach } from './robot.js';
import { CHANGER_COMMANDS, NEEDS_READY } from './smc-commands.js';
import { SMC_SENSE } from './smc-sense.js';

export interface SmcChangerOptions {
  readonly files: FilePort;
  readonly rackDirectory: string;
  readonly library: Library;
  readonly clock: SimClock;
  readonly faults?: ChangerFaultPlan;
  /** What the drive `/dev/nstN` says it is. */
  readonly identify: (driveNumber: number) => DriveIdentification;
  readonly drives: DriveReach;
  /** False: the library had power all the time; it is ready, and nothing has changed. */
  readonly powerOn?: boolean;
}

/** Commands a unit attention does not hold up (SPC-4 5.14). */
const BEFORE_ATTENTION: readonly number[] = [OPCODES.inquiry, OPCODES.requestSense];

const FAULT_COMMANDS: ReadonlyMap<number, ChangerCommand> = new Map([
  [OPCODES.inquiry, 'inquiry'],
  [OPCODES.testUnitReady, 'ready'],
  [OPCODES.modeSense6, 'mode-sense'],
  [OPCODES.modeSense10, 'mode-sense'],
  [OPCODES.initializeElementStatus, 'initialize'],
  [OPCODES.initializeElementStatusWithRange, 'initialize'],
  [OPCODES.readElementStatus, 'status'],
  [OPCODES.moveMedium, 'move'],
  [OPCODES.exchangeMedium, 'move'],
]);

/** TapeAlert flags of changers (SMC-3). */
const ALERTS = { hardware: 0x01, strayCartridge: 0x0c, doorOpen: 0x10 } as const;

/** Who hears that the library is becoming ready waits: on a virtual clock nobody else would let time pass. Seconds. */
const PAUSE_SECONDS = 5;

/**
 * A tape library as a SCSI target (SMC-3): becomes ready, notices what the operator did, and hands commands to
 * `smc-commands`. One for each host; what is where, `Library` knows.
 */
export class SmcChanger {
  readonly library: Library;
  readonly robot: Robot;
  readonly clock: SimClock;
  readonly #files: FilePort;
  readonly #rackDirectory: string;
  readonly #faults: ChangerFaultPlan;
  readonly #identify: (driveNumber: number) => DriveIdentification;
  readonly #attentions: Sense[] = [];
  #readyAt = 0;
  /** It was not ready since the host last heard that it is. */
  #isBecomingReady = false;
  /** A door open or a jam: behind it comes an inventory. */
  #isDisturbed = false;
  #seen: { readonly doorOpenings: number; readonly mailslotUses: number; readonly jams: number };

  constructor(options: SmcChangerOptions) {
    const { files, rackDirectory, library, clock, faults = new ChangerFaultPlan(), drives } = options;
    this.library = library;
    this.clock = clock;
    this.#files = files;
    this.#rackDirectory = rackDirectory;
    this.#faults = faults;
    this.#identify = options.identify;
    this.robot = new Robot({ library, clock, faults, drives });
    const { panel } = library.view();
    this.#seen = panel;
    this.#isDisturbed = panel.doorOpen || panel.jammed;
    if (options.powerOn === false) return;
    library.setPrevented(false);
    this.robot.completeMove();
    this.#attentions.push(SMC_SENSE.powerOn());
    this.#takeInventory(library.personality.times.startSeconds);
  }

  /** Executes a command. Never throws for what the host sends, nor for a failure of the files behind the library. */
  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply {
    const opcode = cdb[0] ?? 0;
    try {
      this.#look();
      const attention = BEFORE_ATTENTION.includes(opcode) ? undefined : this.#attentions.shift();
      if (attention !== undefined) return check(attention);
      return this.#meetFault(opcode, data, () => this.#perform(opcode, cdb, data));
    } catch (error) {
      return check(senseOfError(error));
    }
  }

  /** Why commands that move or look are refused now; null when the library is ready. */
  notReady(): Sense | null {
    const { panel } = this.library.view();
    if (panel.doorOpen) return SMC_SENSE.doorOpen();
    if (this.clock.seconds() < this.#readyAt) return SMC_SENSE.becomingReady();
    return null;
  }

  takeAttention(): Sense | null {
    return this.#attentions.shift() ?? null;
  }

  /** What is to be told of each element, as of now. */
  facts(): (element: SimElement) => ElementFacts {
    const view = this.library.view();
    return (element) => this.#factsOf(element, view);
  }

  /** Flags that are up now. */
  get tapeAlerts(): readonly number[] {
    const { contents, panel } = this.library.view();
    const alerts: readonly (readonly [boolean, number])[] = [
      [panel.jammed, ALERTS.hardware],
      [contents.has(this.library.shape.transport), ALERTS.strayCartridge],
      [panel.doorOpen, ALERTS.doorOpen],
    ];
    return alerts.filter(([isUp]) => isUp).map(([, flag]) => flag);
  }

  /** Seconds to look at so many elements. */
  scanSeconds(elements: number): number {
    return elements * this.library.personality.times.scanSeconds;
  }

  #factsOf(element: SimElement, { contents }: LibraryView): ElementFacts {
    const occupant = contents.get(element.address);
    const label = occupant === undefined ? null : readLabel(this.#files, this.#rackDirectory, occupant.cartridge);
    const { drive } = element;
    return {
      label,
      source: occupant?.source ?? null,
      isHeld: drive !== null && this.library.isHeldByDrive(element),
      isStuck: drive !== null && this.library.isStuck(element),
      identification: drive === null ? null : this.#identify(drive),
    };
  }

  #perform(opcode: number, cdb: Uint8Array, data: Uint8Array): ScsiReply {
    const command = CHANGER_COMMANDS.get(opcode);
    if (command === undefined) return check(SMC_SENSE.unknownCommand());
    const notReady = NEEDS_READY.includes(opcode) ? this.notReady() : null;
    if (notReady === null) return command(this, cdb, data);
    if (this.clock.mode === 'virtual') this.clock.spend(PAUSE_SECONDS);
    return check(notReady);
  }

  #meetFault(opcode: number, data: Uint8Array, perform: () => ScsiReply): ScsiReply {
    const fault = this.#faults.onCommand(FAULT_COMMANDS.get(opcode) ?? 'other');
    switch (fault?.kind) {
      case undefined:
        return perform();
      case 'nonsense':
        return { sense: null, dataBytes: this.#faults.scribble(data) };
      case 'transport':
        if (fault.performed) perform();
        return { sense: null, dataBytes: 0, hostStatus: fault.hostStatus };
      case 'sense':
        if (fault.performed) perform();
        return check(senseOfFault(fault.sense));
    }
  }

  /** Takes in what happened at the front of the library since the last look. */
  #look(): void {
    const { panel } = this.library.view();
    const { doorOpenings, mailslotUses, jams } = this.#seen;
    if (panel.mailslotUses !== mailslotUses) {
      this.#attentions.push(SMC_SENSE.mailslotAccessed());
      this.#readyAt = Math.max(this.#readyAt, this.#secondsFromNow(this.scanSeconds(1)));
    }
    if (panel.doorOpenings !== doorOpenings || panel.jams !== jams) this.#isDisturbed = true;
    this.#seen = panel;
    if (this.#isDisturbed && !panel.doorOpen && !panel.jammed) {
      this.#isDisturbed = false;
      this.#takeInventory(0);
    }
    if (!this.#isBecomingReady || panel.doorOpen || this.clock.seconds() < this.#readyAt) return;
    this.#isBecomingReady = false;
    this.#attentions.push(SMC_SENSE.becameReady());
  }

  #takeInventory(startSeconds: number): void {
    this.#readyAt = this.#secondsFromNow(startSeconds + this.scanSeconds(this.library.shape.elements.length));
    this.#isBecomingReady = true;
  }

  #secondsFromNow(seconds: number): number {
    return this.clock.seconds() + (this.clock.mode === 'off' ? 0 : seconds);
  }
}

/** A command the codecs reject is an invalid field; a file that fails is a library that fails. Anything else is a mistake. */
function senseOfError(error: unknown): Sense {
  if (isStorageError(error, 'SCSI_MALFORMED_REPLY')) return SMC_SENSE.invalidField();
  if (error instanceof FileError) return SMC_SENSE.internalFailure();
  throw error;
}
