import { ERRNO } from '../src/device/errno.js';
import {
  decodeMtOperation,
  fillMtPosition,
  fillMtStatus,
  GMT,
  MT_OP,
  MT_TYPE,
  MTGET_BYTES,
  MTIO,
  MTOP_BYTES,
  MTPOS_BYTES,
} from '../src/device/mtio.js';
import { OPEN_FLAGS } from '../src/device/syscall-port.js';
import { decodeShortPosition, encodeReadPositionCdb, POSITION_LENGTH } from '../src/scsi/read-position.js';
import { encodeSpace6Cdb, SPACE_CODES } from '../src/scsi/space.js';
import type { SimClock } from './sim-clock.js';
import type { SscDrive } from './ssc-drive.js';
import { operateTape, perform } from './st-operations.js';
import { readTape, writeTape } from './st-transfer.js';
import { END_STATE, StUnit } from './st-unit.js';

const ACCESS_MODE = 0o3;

/**
 * The `st` driver of Linux over one drive: open, close, read, write and ioctl with the kernel's results, 0 or more, or
 * -errno. One opener at a time.
 */
export class StDriver {
  readonly #unit: StUnit;
  readonly #privileged: boolean;
  #open: { readonly wait: boolean; readonly forWriting: boolean } | null = null;

  /** `privileged`: the caller has CAP_SYS_ADMIN, and may set options of the driver. */
  constructor(drive: SscDrive, clock: SimClock, privileged = false) {
    this.#unit = new StUnit(drive, clock);
    this.#privileged = privileged;
  }

  /** `rewinds`: the device is /dev/stN, which is rewound when it is closed. */
  open(flags: number, rewinds: boolean): number {
    if (this.#open !== null) return -ERRNO.EBUSY;
    const unit = this.#unit;
    const forWriting = (flags & ACCESS_MODE) !== OPEN_FLAGS.readOnly;
    const wait = (flags & OPEN_FLAGS.nonBlocking) === 0;
    unit.rewindAtClose = rewinds;
    unit.writeProtected = !forWriting;
    unit.motion = 'idle';
    unit.recoveredErrors = 0;
    const checked = unit.checkTape(wait, forWriting);
    if (checked < 0) return checked;
    if (wait && unit.ready !== 'ready') return unit.readiness();
    this.#open = { wait, forWriting };
    return 0;
  }

  /** A drive that was writing gets its filemark. The device is closed whatever is returned. */
  close(): number {
    const unit = this.#unit;
    this.#open = null;
    const result = this.#endFile();
    if (!unit.rewindAtClose) return result;
    const rewound = perform(unit, MT_OP.rewind, 1);
    return result === 0 ? rewound : result;
  }

  #endFile(): number {
    const unit = this.#unit;
    if (unit.motion !== 'writing' || unit.positionUnknown) return unit.rewindAtClose ? 0 : unit.flush(false);
    const written = perform(unit, MT_OP.writeFilemarks, unit.options.twoFilemarks ? 2 : 1);
    if (written !== 0) return -ERRNO.EIO;
    if (unit.options.twoFilemarks) {
      unit.send(encodeSpace6Cdb({ code: SPACE_CODES.filemarks, count: -1 }));
      unit.fileNumber--;
    }
    unit.end = END_STATE.filemark;
    return 0;
  }

  read(into: Uint8Array): number {
    return readTape(this.#unit, into);
  }

  write(bytes: Uint8Array): number {
    return writeTape(this.#unit, bytes);
  }

  ioctl(request: number, argument: Uint8Array): number {
    switch (request) {
      case MTIO.operate:
        if (argument.length < MTOP_BYTES || this.#open === null) return -ERRNO.EINVAL;
        return operateTape(this.#unit, decodeMtOperation(argument), { ...this.#open, privileged: this.#privileged });
      case MTIO.getStatus:
        return argument.length < MTGET_BYTES ? -ERRNO.EINVAL : this.#status(argument);
      case MTIO.getPosition:
        return argument.length < MTPOS_BYTES ? -ERRNO.EINVAL : this.#position(argument);
      default:
        return -ERRNO.ENOTTY;
    }
  }

  /** What comes before SG_IO: 0, or -errno when the driver does not let it through. */
  beforeCommand(): number {
    return this.#unit.flush(false);
  }

  #status(argument: Uint8Array): number {
    const unit = this.#unit;
    const flushed = unit.flush(false);
    if (flushed !== 0) return flushed;
    fillMtStatus(argument, {
      type: MT_TYPE.scsi2,
      partition: 0,
      blockSizeBytes: unit.blockSize,
      densityCode: unit.density,
      flags: statusFlags(unit),
      softErrors: unit.recoveredErrors,
      fileNumber: unit.fileNumber < 0 ? null : unit.fileNumber,
      blockNumber: unit.blockNumber < 0 ? null : unit.blockNumber,
    });
    unit.recoveredErrors = 0;
    return 0;
  }

  #position(argument: Uint8Array): number {
    const unit = this.#unit;
    const flushed = unit.flush(false);
    if (flushed !== 0) return flushed;
    if (unit.ready !== 'ready') return -ERRNO.EIO;
    const data = new Uint8Array(POSITION_LENGTH.short);
    if (!unit.send(encodeReadPositionCdb('short'), data).good) return -ERRNO.EIO;
    const { firstLocation, beginningOfPartition } = decodeShortPosition(data);
    if (firstLocation === null) return -ERRNO.EIO;
    if (beginningOfPartition) unit.fileNumber = unit.blockNumber = 0;
    fillMtPosition(argument, firstLocation);
    return 0;
  }
}

function statusFlags(unit: StUnit): number {
  const { end, fileNumber, blockNumber } = unit;
  const nearEnd = end === END_STATE.earlyWarning || end === END_STATE.endOfMediumError;
  const flags: readonly (readonly [boolean, number])[] = [
    [unit.mediumProtected, GMT.writeProtected],
    [blockNumber === 0 && fileNumber === 0, GMT.beginningOfTape],
    [blockNumber === 0 && fileNumber !== 0, GMT.filemark],
    [nearEnd, GMT.endOfTape],
    [!nearEnd && end >= END_STATE.endOfData1, GMT.endOfData],
    [unit.ready === 'ready', GMT.online],
    [unit.ready === 'no-medium', GMT.noMedium],
    // Asynchronous writes are on by default.
    [true, GMT.immediateReports],
    [unit.cleaningRequested, GMT.cleaningRequested],
  ];
  return flags.reduce((sum, [on, flag]) => (on ? sum + flag : sum), 0);
}
