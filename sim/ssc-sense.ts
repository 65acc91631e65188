import { makeSense, SENSE_KEYS, type Sense } from '../src/scsi/sense.js';

/** Sense data as a tape drive makes them (SSC-4 4.2, SPC-4 4.5). `left`: what was asked for and not done. */
export const SSC_SENSE = {
  noMedium: (): Sense => makeSense(SENSE_KEYS.notReady, 0x3a, 0x00),
  becomingReady: (): Sense => makeSense(SENSE_KEYS.notReady, 0x04, 0x01),
  incompatibleMedium: (): Sense => makeSense(SENSE_KEYS.notReady, 0x30, 0x00),
  cleaningCartridge: (): Sense => makeSense(SENSE_KEYS.notReady, 0x30, 0x03),
  /** With a command that succeeded: the heads are dirty. */
  cleaningRequested: (): Sense => makeSense(SENSE_KEYS.recoveredError, 0x00, 0x17),
  mediumMayHaveChanged: (): Sense => makeSense(SENSE_KEYS.unitAttention, 0x28, 0x00),
  powerOnOrReset: (): Sense => makeSense(SENSE_KEYS.unitAttention, 0x29, 0x00),
  unknownCommand: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x20, 0x00),
  invalidField: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x24, 0x00),
  invalidParameter: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x26, 0x00),
  removalPrevented: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x53, 0x02),
  writeProtected: (): Sense => makeSense(SENSE_KEYS.dataProtect, 0x27, 0x00),
  wormOverwrite: (): Sense => makeSense(SENSE_KEYS.dataProtect, 0x30, 0x0c),
  /** A generation the drive can read, not write. */
  cannotWriteMedium: (): Sense => makeSense(SENSE_KEYS.dataProtect, 0x30, 0x05),
  filemark: (left: number): Sense => makeSense(SENSE_KEYS.noSense, 0x00, 0x01, { filemark: true, information: left }),
  /** Drives set the end-of-medium flag with it when it is behind early warning. */
  endOfData: (left: number, endOfMedium = false): Sense =>
    makeSense(SENSE_KEYS.blankCheck, 0x00, 0x05, { endOfMedium, information: left }),
  endOfDataOfTgt: (): Sense => makeSense(SENSE_KEYS.blankCheck, 0x00, 0x00, { endOfMedium: true }),
  endReachedOfTgt: (): Sense => makeSense(SENSE_KEYS.noSense, 0x00, 0x05),
  beginning: (left: number): Sense =>
    makeSense(SENSE_KEYS.noSense, 0x00, 0x04, { endOfMedium: true, information: left }),
  /** Everything was written, behind early warning. */
  earlyWarning: (): Sense => makeSense(SENSE_KEYS.noSense, 0x00, 0x02, { endOfMedium: true, information: 0 }),
  overflow: (left: number): Sense =>
    makeSense(SENSE_KEYS.volumeOverflow, 0x00, 0x02, { endOfMedium: true, information: left }),
  /** Asked for minus found: negative when the block is longer. */
  incorrectLength: (left: number): Sense =>
    makeSense(SENSE_KEYS.noSense, 0x00, 0x00, { incorrectLength: true, information: left }),
  unrecoveredRead: (left: number): Sense => makeSense(SENSE_KEYS.mediumError, 0x11, 0x00, { information: left }),
  /** The cartridge does not come out. */
  ejectFailed: (): Sense => makeSense(SENSE_KEYS.hardwareError, 0x53, 0x00),
  internalFailure: (): Sense => makeSense(SENSE_KEYS.hardwareError, 0x44, 0x00),
} as const;
