import { MT_OP } from '../src/device/mtio.js';
import { ERRNO } from '../src/device/errno.js';
import { decodeModeSenseData } from '../src/scsi/mode-parameters.js';
import { encodeModeSenseCdb } from '../src/scsi/mode-sense.js';
import { decodeBlockLimits, encodeReadBlockLimitsCdb } from '../src/scsi/read-block-limits.js';
import { SENSE_KEYS, type Sense } from '../src/scsi/sense.js';
import { encodeSpace6Cdb, SPACE_CODES } from '../src/scsi/space.js';
import { encodeTestUnitReadyCdb } from '../src/scsi/test-unit-ready.js';
import type { SimClock } from './sim-clock.js';
import type { SscDrive } from './ssc-drive.js';

/**
 * Where the driver thinks it stands in respect of marks and ends. The order counts: from `endOfMediumWritten` on the end of
 * something has been met.
 */
export const END_STATE = {
  none: 0,
  /** A read has met a filemark that was not yet told. */
  filemarkHit: 1,
  /** Behind a filemark. */
  filemark: 2,
  /** Early warning, everything was written. */
  earlyWarning: 3,
  endOfMediumError: 4,
  /** End of data, by how often it was told. */
  endOfData1: 5,
  endOfData2: 6,
  endOfData: 7,
} as const;

export type EndState = (typeof END_STATE)[keyof typeof END_STATE];

/** How a command ended, for the driver. */
export interface StResult {
  /** False: the driver takes the command as failed (-EIO), and looks into the sense. */
  readonly good: boolean;
  readonly sense: Sense | null;
  /** Bytes asked for minus bytes moved. */
  readonly residual: number;
}

/** How long an open waits for the drive to become ready, in seconds (ST_BLOCK_SECONDS). */
const READY_SECONDS = 120;
const MAX_ATTENTIONS = 10;

const NO_DATA = new Uint8Array();

/** Options a privileged process can change with MTSETDRVBUFFER; see MT_ST_BOOLEAN. */
export interface StOptions {
  twoFilemarks: boolean;
  fastEndOfData: boolean;
  noWaitForFilemarks: boolean;
  sili: boolean;
}

/**
 * What the `st` driver keeps about a drive as long as the kernel runs: position counters, modes, readiness; and the commands
 * it sends to find them out. Behaviour as in drivers/scsi/st.c of Linux 6.1, but for one thing: a power-on or reset unit
 * attention makes the position unknown, as in 6.6 to 6.12 also when it is met at open.
 */
export class StUnit {
  readonly drive: SscDrive;
  readonly clock: SimClock;
  /** Filemarks before the position and blocks since the last; -1: not known. */
  fileNumber = 0;
  blockNumber = 0;
  end: EndState = END_STATE.none;
  motion: 'idle' | 'reading' | 'writing' = 'idle';
  ready: 'ready' | 'not-ready' | 'no-medium' = 'not-ready';
  positionUnknown = false;
  /** 0: blocks of variable length. */
  blockSize = 0;
  density = 0;
  /** The cartridge is protected. */
  mediumProtected = false;
  /** Nothing may be written through this open: the cartridge is protected or the open was for reading. */
  writeProtected = false;
  bufferedMode = 1;
  minBlockBytes = -1;
  maxBlockBytes = -1;
  cleaningRequested = false;
  recoveredErrors = 0;
  doorLocked = false;
  rewindAtClose = false;
  readonly options: StOptions = { twoFilemarks: false, fastEndOfData: false, noWaitForFilemarks: false, sili: false };

  constructor(drive: SscDrive, clock: SimClock) {
    this.drive = drive;
    this.clock = clock;
  }

  send(cdb: Uint8Array, data: Uint8Array = NO_DATA): StResult {
    const { sense, dataBytes } = this.drive.execute(cdb, data);
    const residual = data.length - dataBytes;
    if (sense === null) return { good: true, sense, residual };
    if (sense.asc === 0x00 && sense.ascq === 0x17) this.cleaningRequested = true;
    if (sense.key === SENSE_KEYS.unitAttention && sense.asc === 0x29) this.positionUnknown = true;
    const flagged = sense.filemark || sense.endOfMedium || sense.incorrectLength;
    if (sense.key !== SENSE_KEYS.recoveredError) return { good: false, sense, residual };
    this.recoveredErrors++;
    return { good: !flagged, sense, residual };
  }

  /** What open and MTLOAD do: asks until the drive is ready, reads its limits and modes. 0, or -errno. */
  checkTape(wait: boolean, forWriting: boolean): number {
    const wasRequested = this.cleaningRequested;
    this.cleaningRequested = false;
    const readiness = this.#testReady(wait);
    // Only another cartridge takes the flag down.
    if (readiness !== 'new-medium') this.cleaningRequested ||= wasRequested;
    if (readiness === 'error') return -ERRNO.EIO;
    if (readiness === 'not-ready' || readiness === 'no-medium') {
      this.ready = readiness;
      this.density = 0;
      this.writeProtected = false;
      this.mediumProtected = false;
      this.blockSize = 0;
      this.fileNumber = this.blockNumber = -1;
      this.doorLocked = false;
      return 0;
    }
    this.ready = 'ready';
    if (readiness === 'new-medium') this.#startSession();
    this.#readLimits();
    this.#readModes();
    if (!this.mediumProtected) return 0;
    this.writeProtected = true;
    return wait && forWriting ? -ERRNO.EROFS : 0;
  }

  #testReady(wait: boolean): 'ready' | 'new-medium' | 'not-ready' | 'no-medium' | 'error' {
    let fresh = false;
    let attentions = 0;
    let waited = 0;
    for (;;) {
      const { good, sense } = this.send(encodeTestUnitReadyCdb());
      if (sense?.key === SENSE_KEYS.unitAttention) {
        fresh ||= sense.asc === 0x28;
        if (++attentions > MAX_ATTENTIONS) return 'error';
        continue;
      }
      if (sense?.key === SENSE_KEYS.notReady) {
        if (!wait || waited >= READY_SECONDS) return sense.asc === 0x3a ? 'no-medium' : 'not-ready';
        this.clock.spend(1);
        waited++;
        continue;
      }
      if (!good) return 'error';
      return fresh ? 'new-medium' : 'ready';
    }
  }

  #startSession(): void {
    this.positionUnknown = false;
    this.motion = 'idle';
    this.end = END_STATE.none;
    this.fileNumber = this.blockNumber = 0;
  }

  #readLimits(): void {
    const data = new Uint8Array(6);
    const known = this.send(encodeReadBlockLimitsCdb(), data).sense === null;
    const limits = known ? decodeBlockLimits(data) : { minBlockBytes: -1, maxBlockBytes: -1 };
    this.minBlockBytes = limits.minBlockBytes;
    this.maxBlockBytes = limits.maxBlockBytes;
  }

  #readModes(): void {
    const data = new Uint8Array(12);
    const command = {
      disableBlockDescriptors: false,
      pageControl: 0,
      pageCode: 0,
      subpageCode: 0,
      allocationLength: data.length,
    };
    if (!this.send(encodeModeSenseCdb(6, command), data).good) {
      this.mediumProtected = false;
      return;
    }
    const modes = decodeModeSenseData(6, data);
    this.bufferedMode = modes.bufferedMode;
    this.density = modes.blockDescriptor?.densityCode ?? this.density;
    this.blockSize = modes.blockDescriptor?.blockLength ?? this.blockSize;
    this.mediumProtected = modes.writeProtected;
  }

  /** -errno when nothing can be done with a medium now, else 0. */
  readiness(): number {
    if (this.ready === 'ready') return 0;
    return this.ready === 'no-medium' ? -ERRNO.ENOMEDIUM : -ERRNO.EIO;
  }

  /** After a reset, what made the position known again. */
  resetState(): void {
    this.positionUnknown = false;
    this.motion = 'idle';
    this.end = END_STATE.none;
    this.fileNumber = this.blockNumber = -1;
  }

  /**
   * What every other operation does before it begins (variable blocks are never held back, so there is nothing to write).
   * A filemark met and not yet told (fixed blocks) is stepped back over, or with `seekNext` counted as passed.
   */
  flush(seekNext: boolean): number {
    if (this.positionUnknown) return -ERRNO.EIO;
    if (this.ready !== 'ready' || this.motion === 'writing' || this.blockSize === 0) return 0;
    if (this.end !== END_STATE.filemarkHit) return 0;
    if (!seekNext && this.#stepBackOverFilemark()) {
      this.end = END_STATE.none;
      return 0;
    }
    if (this.fileNumber >= 0) this.fileNumber++;
    this.blockNumber = 0;
    if (seekNext) this.end = END_STATE.none;
    return seekNext ? 0 : -ERRNO.EIO;
  }

  #stepBackOverFilemark(): boolean {
    return this.send(encodeSpace6Cdb({ code: SPACE_CODES.filemarks, count: -1 })).good;
  }
}

/** Operations that leave a drive that was writing without a filemark at its end. */
export const KEEPS_WRITING: readonly number[] = [
  MT_OP.noOperation,
  MT_OP.setBlockSize,
  MT_OP.setDensity,
  MT_OP.setDriveBuffer,
];
