import { makeSense, SENSE_KEYS, type Sense } from '../../src/scsi/sense.js';
import type { LoadedDriveRule } from './library-personality.js';

/** Sense data as libraries make them (SMC-3, SPC-4; those of 80h and above: manuals of Exabyte and IBM libraries). */
export const SMC_SENSE = {
  becomingReady: (): Sense => makeSense(SENSE_KEYS.notReady, 0x04, 0x01),
  manualInterventionRequired: (): Sense => makeSense(SENSE_KEYS.notReady, 0x04, 0x03),
  doorOpen: (): Sense => makeSense(SENSE_KEYS.notReady, 0x04, 0x18),
  ready: (): Sense => makeSense(SENSE_KEYS.noSense, 0x00, 0x00),
  becameReady: (): Sense => makeSense(SENSE_KEYS.unitAttention, 0x28, 0x00),
  mailslotAccessed: (): Sense => makeSense(SENSE_KEYS.unitAttention, 0x28, 0x01),
  powerOn: (): Sense => makeSense(SENSE_KEYS.unitAttention, 0x29, 0x00),
  unknownCommand: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x20, 0x00),
  invalidElementAddress: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x21, 0x01),
  invalidField: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x24, 0x00),
  destinationFull: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x3b, 0x0d),
  sourceEmpty: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x3b, 0x0e),
  /** IBM TS3200: something is in the robot's hand that does not belong there. */
  handFull: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x3b, 0xa0),
  driveRemovalPrevented: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x53, 0x03),
  /** Exabyte Magnum: the source cartridge is loaded inside the drive. */
  loadedInDrive: (): Sense => makeSense(SENSE_KEYS.illegalRequest, 0x3b, 0x90),
  /** The drive was told to unload and did not. */
  unloadFailed: (): Sense => makeSense(SENSE_KEYS.hardwareError, 0x53, 0x01),
  mechanicalError: (): Sense => makeSense(SENSE_KEYS.hardwareError, 0x15, 0x01),
  internalFailure: (): Sense => makeSense(SENSE_KEYS.hardwareError, 0x44, 0x00),
} as const;

/** How a move from a drive is refused that has not ejected, or that did not when the library told it to. */
export function loadedDriveSense(rule: LoadedDriveRule): Sense {
  switch (rule) {
    case 'auto-unload':
      return SMC_SENSE.unloadFailed();
    case 'removal-prevented':
      return SMC_SENSE.driveRemovalPrevented();
    case 'vendor-3b':
      return SMC_SENSE.loadedInDrive();
  }
}
