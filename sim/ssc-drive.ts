import type { FilePort } from '../src/device/file-port.js';
import { FileError } from '../src/device/file-port.js';
import { unreachable } from '../src/base/assert.js';
import { isStorageError } from '../src/base/storage-error.js';
import { OPCODES } from '../src/scsi/cdb.js';
import { SENSE_KEYS, type Sense } from '../src/scsi/sense.js';
import { decodeWriteFilemarksCdb } from '../src/scsi/write-filemarks.js';
import { CartridgeBay, type BayEvent } from './cartridge-bay.js';
import { DriveCondition } from './drive-condition.js';
import { DriveStatistics } from './drive-statistics.js';
import { FaultPlan, senseOfFault, type FaultCommand } from './fault-plan.js';
import { personalityOf, type Generation, type Personality } from './generations.js';
import type { KeepPayload } from './medium.js';
import type { SimClock } from './sim-clock.js';
import { MEDIUM_COMMANDS } from './ssc-medium-commands.js';
import { check, type ScsiReply } from './scsi-reply.js';
import { SSC_SENSE } from './ssc-sense.js';
import { UNIT_COMMANDS } from './ssc-unit-commands.js';
import { TapeTransport, type TransportEnvironment } from './tape-transport.js';
import { DriveTiming } from './timing.js';
import type { SimIdentity } from './drive-pages.js';

/**
 * - `lto`: as the standard says.
 * - `without-locate`: has neither LOCATE nor READ POSITION, and says so in its list of commands.
 * - `tgt`: besides, SPACE and READ as Debian's tgt 1.0.85 has them (usr/bs_ssc.c): SPACE over blocks passes filemarks as blocks,
 *   calls it the end of the data when it arrives there, and never tells how far it came; READ sets EOM at any end of the data.
 */
export type DriveManner = 'lto' | 'without-locate' | 'tgt';

export interface SscDriveOptions {
  readonly files: FilePort;
  readonly rackDirectory: string;
  readonly driveNumber: number;
  readonly generation: Generation;
  readonly clock: SimClock;
  readonly statistics?: DriveStatistics;
  readonly faults?: FaultPlan;
  readonly keepPayload?: KeepPayload;
  /** Native bytes of the drive's buffer; the generation's own when not told. */
  readonly bufferBytes?: number;
  /** 'lto' when not told. */
  readonly manner?: DriveManner;
  /** False: the drive had power all the time, and the first command gets no unit attention for it. */
  readonly powerOnAttention?: boolean;
}

/** Commands a unit attention does not hold up (SPC-4 5.14). */
const BEFORE_ATTENTION: readonly number[] = [OPCODES.inquiry, OPCODES.requestSense];

/** The fast path: before these nobody looks into the mouth. */
const TRANSFERS: readonly number[] = [OPCODES.read6, OPCODES.write6];

/** Commands that succeed with "cleaning requested" while the heads are dirty; `st` keeps it as the flag CLN. */
const TELL_OF_DIRT: readonly number[] = [OPCODES.testUnitReady, OPCODES.rewind, OPCODES.writeFilemarks6];

const FAULT_COMMANDS: ReadonlyMap<number, FaultCommand> = new Map([
  [OPCODES.read6, 'read'],
  [OPCODES.write6, 'write'],
  [OPCODES.locate10, 'locate'],
  [OPCODES.locate16, 'locate'],
  [OPCODES.space6, 'space'],
  [OPCODES.space16, 'space'],
  [OPCODES.rewind, 'rewind'],
  [OPCODES.erase6, 'erase'],
  [OPCODES.readPosition, 'position'],
  [OPCODES.readAttribute, 'attribute'],
  [OPCODES.writeAttribute, 'attribute'],
]);

const LOCATE_COMMANDS: readonly number[] = [OPCODES.locate10, OPCODES.locate16, OPCODES.readPosition];

/** TapeAlert flags (SSC-4) the drive raises itself. */
const ALERTS = {
  hardError: 0x03,
  read: 0x05,
  write: 0x06,
  writeProtect: 0x09,
  format: 0x0c,
  cleanNow: 0x14,
  expiredCleaning: 0x16,
  hardware: 0x1e,
  unloadFailure: 0x38,
  worm: 0x3c,
};

/**
 * A tape drive as a SCSI target: executes commands against what is loaded, in SSC-4 terms; `st-driver` is the host's side of
 * it. Unit attentions, readiness, faults and TapeAlert are here; the commands in `ssc-unit-commands` and
 * `ssc-medium-commands`; the tape in `tape-transport`.
 */
export class SscDrive {
  readonly personality: Personality;
  readonly identity: SimIdentity;
  readonly statistics: DriveStatistics;
  readonly bay: CartridgeBay;
  readonly condition: DriveCondition;
  /** What MODE SELECT set; back to the defaults with every reset. */
  blockLength = 0;
  compression = true;
  removalPrevented = false;
  unrecoveredWrites = 0;
  unrecoveredReads = 0;
  /** Operation codes of the commands it knows. */
  readonly commands: readonly number[];
  readonly #manner: DriveManner;
  readonly #faults: FaultPlan;
  readonly #timing: DriveTiming;
  readonly #attentions: Sense[] = [];
  readonly #alerts = new Set<number>();
  /** The host was told of dirty heads since they became so, since the last load, or since it opened the drive. */
  #toldOfDirt = false;
  #transport: TapeTransport | null = null;
  /** Where the tape stood when the cartridge's files were closed. */
  #parkedAt = 0;

  constructor(options: SscDriveOptions) {
    this.personality = personalityOf(options.generation);
    this.statistics = options.statistics ?? new DriveStatistics();
    this.#manner = options.manner ?? 'lto';
    const lacking = this.#manner === 'lto' ? [] : LOCATE_COMMANDS;
    this.commands = [...UNIT_COMMANDS.keys(), ...MEDIUM_COMMANDS.keys()].filter((one) => !lacking.includes(one));
    this.#faults = options.faults ?? new FaultPlan();
    this.#timing = new DriveTiming(this.personality, options.clock, this.statistics, options.bufferBytes);
    this.identity = driveIdentity(options.generation, options.driveNumber);
    const { files, rackDirectory, driveNumber, clock, keepPayload = 'all' } = options;
    this.condition = new DriveCondition(files, rackDirectory, driveNumber);
    this.bay = new CartridgeBay({
      files,
      rackDirectory,
      driveNumber,
      clock,
      keepPayload,
      personality: this.personality,
      timing: this.#timing,
      statistics: this.statistics,
    });
    if (options.powerOnAttention !== false) this.#attentions.push(SSC_SENSE.powerOnOrReset());
  }

  get tapeAlerts(): readonly number[] {
    // Reading does not clean the heads: this flag is up as long as they are dirty.
    const dirty = this.condition.asksForCleaning ? [ALERTS.cleanNow] : [];
    return [...this.#alerts, ...dirty].sort((a, b) => a - b);
  }

  /** Executes a command. Never throws for what the host sends, nor for a failure of the files behind the cartridge. */
  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply {
    const opcode = cdb[0] ?? 0;
    try {
      if (!TRANSFERS.includes(opcode)) this.look();
      const attention = BEFORE_ATTENTION.includes(opcode) ? undefined : this.#attentions.shift();
      if (attention !== undefined) return check(attention);
      const isDirty = TELL_OF_DIRT.includes(opcode) && this.#feelDirt();
      const reply = this.#perform(opcode, cdb, data);
      return isDirty && reply.sense === null ? this.#tellOfDirt(reply) : this.#alert(opcode, reply);
    } catch (error) {
      return this.#alert(opcode, check(senseOfError(error)));
    }
  }

  /** Takes in what happened in the mouth since the last look. */
  look(): void {
    const event = this.bay.look();
    if (event !== null) this.take(event);
    if (this.bay.medium !== this.#transport?.medium) this.#transport = null;
  }

  take(event: BayEvent): void {
    switch (event) {
      case 'medium':
        // Something became ready: every host is told (SSC-4 4.2.3).
        this.#parkedAt = 0;
        this.#toldOfDirt = false;
        this.#attentions.push(SSC_SENSE.mediumMayHaveChanged());
        if (this.bay.state === 'incompatible') this.#alerts.add(ALERTS.format);
        return;
      case 'cleaned':
        this.condition.noteCleaned();
        this.#toldOfDirt = false;
        return;
      case 'cleaning-expired':
        this.#alerts.add(ALERTS.expiredCleaning);
        return;
      default:
        unreachable(event);
    }
  }

  /** UNLOAD of a cartridge that does not come out: it stays loaded, at its beginning. */
  failToEject(): ScsiReply {
    this.transport?.rewind();
    this.#alerts.add(ALERTS.unloadFailure);
    return check(SSC_SENSE.ejectFailed());
  }

  takeAttention(): Sense | null {
    return this.#attentions.shift() ?? null;
  }

  /** Reading the log page takes the flags down (SSC-4). */
  takeTapeAlerts(): readonly number[] {
    const alerts = this.tapeAlerts;
    this.#alerts.clear();
    return alerts;
  }

  /** The tape under the head, or null while there is none. */
  get transport(): TapeTransport | null {
    const { medium } = this.bay;
    if (medium === null) return null;
    if (this.#transport?.medium !== medium) {
      const environment: TransportEnvironment = {
        timing: this.#timing,
        statistics: this.statistics,
        faults: this.#faults,
        manner: this.#manner === 'tgt' ? 'tgt' : 'standard',
      };
      this.#transport = new TapeTransport(medium, environment, this.#parkedAt);
      this.#parkedAt = 0;
    }
    return this.#transport;
  }

  /** Why no medium can be used, when none can. */
  notReady(): Sense {
    switch (this.bay.state) {
      case 'loading':
        return SSC_SENSE.becomingReady();
      case 'cleaning':
        return SSC_SENSE.cleaningCartridge();
      case 'incompatible':
        return SSC_SENSE.incompatibleMedium();
      case 'empty':
      case 'ejected':
      case 'loaded':
        return SSC_SENSE.noMedium();
    }
  }

  /** A command that is about to do harm may be hit by the plan. `perform` does it. */
  withFault(command: FaultCommand, perform: () => ScsiReply): ScsiReply {
    const fault = this.#faults.onCommand(command);
    if (fault === null) return perform();
    if (fault.kind === 'reset') {
      this.reset();
      return check(this.takeAttention());
    }
    if (fault.sense.deferred === true) this.#transport?.loseBuffer();
    else if (fault.performed) perform();
    return check(senseOfFault(fault.sense));
  }

  /** Power off and on, or a reset: what was not yet on the medium is lost, and the tape is wound back. */
  reset(): void {
    this.#transport?.loseBuffer();
    this.#transport?.restart();
    this.blockLength = 0;
    this.compression = true;
    this.removalPrevented = false;
    this.#attentions.length = 0;
    this.#attentions.push(SSC_SENSE.powerOnOrReset());
  }

  /** Opens what `park` closed; before it, nothing may be executed. See CartridgeBay.resume. */
  resume(): void {
    this.#toldOfDirt = false;
    this.bay.resume();
  }

  /** Writes everything to the files and closes them. The cartridge stays loaded and the tape where it is. */
  park(): void {
    this.#transport?.synchronize();
    this.#parkedAt = this.#transport?.position ?? 0;
    this.#transport = null;
    this.bay.park();
  }

  #perform(opcode: number, cdb: Uint8Array, data: Uint8Array): ScsiReply {
    if (!this.commands.includes(opcode)) return check(SSC_SENSE.unknownCommand());
    const unitCommand = UNIT_COMMANDS.get(opcode);
    if (unitCommand !== undefined) return unitCommand(this, cdb, data);
    const mediumCommand = MEDIUM_COMMANDS.get(opcode);
    if (mediumCommand === undefined) return check(SSC_SENSE.unknownCommand());
    const { transport } = this;
    if (transport === null) return check(this.notReady());
    return this.withFault(faultCommandOf(opcode, cdb), () => mediumCommand(this, transport, cdb, data));
  }

  /** True when the host is to be told, once, that the heads became dirty. */
  #feelDirt(): boolean {
    if (!this.condition.asksForCleaning) {
      this.#toldOfDirt = false;
      return false;
    }
    return !this.#toldOfDirt;
  }

  #tellOfDirt(reply: ScsiReply): ScsiReply {
    this.#toldOfDirt = true;
    return { ...reply, sense: SSC_SENSE.cleaningRequested() };
  }

  /** What went wrong in a way that somebody should look at. */
  #alert(opcode: number, reply: ScsiReply): ScsiReply {
    const { sense } = reply;
    if (sense === null) return reply;
    const reading = opcode === OPCODES.read6;
    if (sense.key === SENSE_KEYS.mediumError) {
      this.#alerts.add(ALERTS.hardError).add(reading ? ALERTS.read : ALERTS.write);
      if (reading) this.unrecoveredReads++;
      else this.unrecoveredWrites++;
    }
    if (sense.key === SENSE_KEYS.hardwareError) this.#alerts.add(ALERTS.hardware);
    if (sense.key === SENSE_KEYS.dataProtect)
      this.#alerts.add(sense.asc === 0x30 && sense.ascq === 0x0c ? ALERTS.worm : ALERTS.writeProtect);
    return reply;
  }
}

/** What the drive `/dev/nstN` says it is, also to the library it stands in. */
export function driveIdentity(generation: Generation, driveNumber: number): SimIdentity {
  return {
    vendor: 'TPLOOM',
    product: personalityOf(generation).product,
    revision: '0001',
    serial: `SIM${String(driveNumber).padStart(7, '0')}`,
  };
}

function faultCommandOf(opcode: number, cdb: Uint8Array): FaultCommand {
  if (opcode === OPCODES.writeFilemarks6) return decodeWriteFilemarksCdb(cdb).count === 0 ? 'synchronize' : 'filemark';
  return FAULT_COMMANDS.get(opcode) ?? 'other';
}

/** A command the codecs reject is an invalid field; a file that fails is a drive that fails. Anything else is a mistake. */
function senseOfError(error: unknown): Sense {
  if (isStorageError(error, 'SCSI_MALFORMED_REPLY')) return SSC_SENSE.invalidField();
  if (error instanceof FileError) return SSC_SENSE.internalFailure();
  throw error;
}
