import type { FilePort } from '../src/device/file-port.js';
import { FileError } from '../src/device/file-port.js';
import { isStorageError } from '../src/base/storage-error.js';
import { OPCODES } from '../src/scsi/cdb.js';
import { makeSense, SENSE_KEYS, type Sense } from '../src/scsi/sense.js';
import { decodeWriteFilemarksCdb } from '../src/scsi/write-filemarks.js';
import { CartridgeBay } from './cartridge-bay.js';
import { DriveStatistics } from './drive-statistics.js';
import { FaultPlan, type FaultCommand, type FaultSense } from './fault-plan.js';
import { personalityOf, type Generation, type Personality } from './generations.js';
import type { KeepPayload } from './medium.js';
import type { SimClock } from './sim-clock.js';
import { MEDIUM_COMMANDS } from './ssc-medium-commands.js';
import { check, type ScsiReply } from './scsi-reply.js';
import { SSC_SENSE } from './ssc-sense.js';
import { UNIT_COMMANDS } from './ssc-unit-commands.js';
import { TapeTransport } from './tape-transport.js';
import { DriveTiming } from './timing.js';
import type { SimIdentity } from './drive-pages.js';

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
  /** False: the drive had power all the time, and the first command gets no unit attention for it. */
  readonly powerOnAttention?: boolean;
}

/** Commands a unit attention does not hold up (SPC-4 5.14). */
const BEFORE_ATTENTION: readonly number[] = [OPCODES.inquiry, OPCODES.requestSense];

/** The fast path: before these nobody looks into the mouth. */
const TRANSFERS: readonly number[] = [OPCODES.read6, OPCODES.write6];

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

/** TapeAlert flags (SSC-4) the drive raises itself. */
const ALERTS = {
  hardError: 0x03,
  read: 0x05,
  write: 0x06,
  writeProtect: 0x09,
  format: 0x0c,
  hardware: 0x1e,
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
  /** What MODE SELECT set; back to the defaults with every reset. */
  blockLength = 0;
  compression = true;
  removalPrevented = false;
  unrecoveredWrites = 0;
  unrecoveredReads = 0;
  readonly #faults: FaultPlan;
  readonly #timing: DriveTiming;
  readonly #attentions: Sense[] = [];
  readonly #alerts = new Set<number>();
  #transport: TapeTransport | null = null;
  /** Where the tape stood when the cartridge's files were closed. */
  #parkedAt = 0;

  constructor(options: SscDriveOptions) {
    this.personality = personalityOf(options.generation);
    this.statistics = options.statistics ?? new DriveStatistics();
    this.#faults = options.faults ?? new FaultPlan();
    this.#timing = new DriveTiming(this.personality, options.clock, this.statistics, options.bufferBytes);
    this.identity = {
      vendor: 'TPLOOM',
      product: this.personality.product,
      revision: '0001',
      serial: `SIM${String(options.driveNumber).padStart(7, '0')}`,
    };
    const { files, rackDirectory, driveNumber, clock, keepPayload = 'all' } = options;
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
    return [...this.#alerts].sort((a, b) => a - b);
  }

  /** Executes a command. Never throws for what the host sends, nor for a failure of the files behind the cartridge. */
  execute(cdb: Uint8Array, data: Uint8Array): ScsiReply {
    const opcode = cdb[0] ?? 0;
    try {
      if (!TRANSFERS.includes(opcode)) this.look();
      const attention = BEFORE_ATTENTION.includes(opcode) ? undefined : this.#attentions.shift();
      if (attention !== undefined) return check(attention);
      return this.#alert(opcode, this.#perform(opcode, cdb, data));
    } catch (error) {
      return this.#alert(opcode, check(senseOfError(error)));
    }
  }

  /** Takes in what happened in the mouth since the last look. */
  look(): void {
    if (this.bay.look()) this.mediumChanged();
    if (this.bay.medium !== this.#transport?.medium) this.#transport = null;
  }

  /** Something became ready: every host is told (SSC-4 4.2.3). */
  mediumChanged(): void {
    this.#parkedAt = 0;
    this.#attentions.push(SSC_SENSE.mediumMayHaveChanged());
    if (this.bay.state === 'incompatible') this.#alerts.add(ALERTS.format);
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
      const environment = { timing: this.#timing, statistics: this.statistics, faults: this.#faults };
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
    return check(senseOf(fault.sense));
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
    const unitCommand = UNIT_COMMANDS.get(opcode);
    if (unitCommand !== undefined) return unitCommand(this, cdb, data);
    const mediumCommand = MEDIUM_COMMANDS.get(opcode);
    if (mediumCommand === undefined) return check(SSC_SENSE.unknownCommand());
    const { transport } = this;
    if (transport === null) return check(this.notReady());
    return this.withFault(faultCommandOf(opcode, cdb), () => mediumCommand(this, transport, cdb, data));
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

function faultCommandOf(opcode: number, cdb: Uint8Array): FaultCommand {
  if (opcode === OPCODES.writeFilemarks6) return decodeWriteFilemarksCdb(cdb).count === 0 ? 'synchronize' : 'filemark';
  return FAULT_COMMANDS.get(opcode) ?? 'other';
}

function senseOf({ key, asc, ascq, deferred = false }: FaultSense): Sense {
  return makeSense(key, asc, ascq, { deferred });
}

/** A command the codecs reject is an invalid field; a file that fails is a drive that fails. Anything else is a mistake. */
function senseOfError(error: unknown): Sense {
  if (isStorageError(error, 'SCSI_MALFORMED_REPLY')) return SSC_SENSE.invalidField();
  if (error instanceof FileError) return SSC_SENSE.internalFailure();
  throw error;
}
