import type { Barcode } from '../terms/barcode.js';
import type { CartridgeLocation } from '../terms/media-state.js';

/**
 * Media movement: brings cartridges to drives and takes them away. Implementations: `scsi-changer` (a library or autoloader,
 * SMC-3), `manual-changer` (stand-alone drives and an operator), `disk-changer` (disk volumes in a directory).
 * test/contract/changer.contract.ts is its executable form.
 *
 * A cartridge is in exactly one place, before, after and during every call, and after every failure; `cartridges` tells
 * where, and asks the hardware each time. After a failed move: at the source, at the destination, or in the transport
 * element (`CHANGER_MOVE_FAILED` says what was seen). Nothing is moved on a guess: a move whose source is empty, whose
 * destination is full, or whose barcode lies in two places, is refused before anything moves.
 *
 * Calls may overlap: those that work with the same robot, or the same stand-alone drive, are carried out one after another.
 * Every call that waits ends when its signal aborts; a move that the hardware has begun is waited for.
 *
 * Failures (StorageError): CHANGER_NO_CARTRIDGE, CHANGER_OCCUPIED, CHANGER_NO_FREE_SLOT, CHANGER_MOVE_FAILED,
 * CHANGER_DUPLICATE_BARCODE, CHANGER_ELEMENT_UNKNOWN, CHANGER_NOT_READY (retry), CHANGER_DOOR_OPEN, CHANGER_HARDWARE,
 * CHANGER_CARTRIDGE_LOADED (the drive has not ejected it), DRIVE_UNKNOWN, DEVICE_*, SCSI_*.
 */
export interface Changer {
  readonly name: string;
  readonly kind: 'scsi' | 'manual' | 'disk';
  /** Device path or directory; '' for an operator. */
  readonly device: string;
  /** Names of the drives it serves. */
  readonly drives: readonly string[];
  /** What the device said of itself when it was opened last; null before, and of what is no device. */
  readonly identity: ChangerIdentity | null;

  /** Takes the device and learns its elements. Idempotent. Others fail until it succeeded. */
  open(): Promise<void>;
  /** Gives the device back. Idempotent. */
  close(): Promise<void>;

  /** Every cartridge the changer can reach, and where; two of one barcode are two entries. */
  cartridges(): Promise<readonly ReachableCartridge[]>;
  /** Every element in the order transport, drives, slots, import/export slots; of an operator: the drives. */
  elements(): Promise<readonly ChangerElement[]>;
  /** Has the hardware look at its elements again (INITIALIZE ELEMENT STATUS); `slots`: only these, where it can do that. */
  rescan(signal: AbortSignal, slots?: { readonly first: number; readonly count: number }): Promise<void>;

  /**
   * Afterwards the drive holds that cartridge (in its mouth; `TapeDrive.load` makes it ready). With it there already:
   * succeeds. Waits for an operator where one is needed.
   */
  load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void>;
  /**
   * Takes the cartridge from the drive, which must have ejected it: to `slot`, else where it came from, else to the first
   * empty slot. Returns where it is now; null when the drive held none.
   */
  unload(drive: string, signal: AbortSignal, slot?: number): Promise<CartridgeLocation | null>;
  /** From one element to another; neither may be a drive that has not ejected. */
  transfer(from: ElementName, to: ElementName, signal: AbortSignal): Promise<void>;
  /**
   * Hands the cartridge, which must not be in a drive, to the operator: to an import/export slot where there is one.
   * Returns where it is now. CHANGER_NO_FREE_SLOT when every import/export slot is full.
   */
  eject(barcode: Barcode, signal: AbortSignal): Promise<CartridgeLocation>;
  /** Locks or unlocks door and import/export slots (PREVENT ALLOW MEDIUM REMOVAL); without a lock: succeeds. */
  lock(locked: boolean): Promise<void>;
  /** Before a cartridge nobody knows is labelled: a changer that can make one (a disk volume's file) does; others do nothing. */
  provide(barcode: Barcode, drive: string): Promise<void>;
}

export interface ChangerIdentity {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  /** Unit serial number; '' when the changer tells none. */
  readonly serial: string;
}

export interface ReachableCartridge {
  /** Null: it has none, or one that cannot be read. */
  readonly barcode: Barcode | null;
  /** The volume tag as the changer read it, when it is no barcode of ours; '' when none was read. */
  readonly tag: string;
  readonly location: CartridgeLocation;
  /** Names of the drives it can be brought to. */
  readonly reachableBy: readonly string[];
}

/** An element as people name it: drives from 0, slots from 1, import/export slots on from the last storage slot. */
export type ElementName =
  | { readonly kind: 'drive'; readonly number: number }
  | { readonly kind: 'slot'; readonly number: number }
  | { readonly kind: 'import-export'; readonly number: number };

export interface ChangerElement {
  readonly kind: ElementName['kind'] | 'transport';
  /** As in ElementName; the transport element has 0. */
  readonly number: number;
  /** Element address (SMC-3); null where there is none. */
  readonly address: number | null;
  /** The configured drive behind a drive element; null for other elements, and for a drive nobody configured. */
  readonly drive: string | null;
  /** Serial number of the drive in a drive element, where the changer tells it. */
  readonly driveSerial: string | null;
  readonly isFull: boolean;
  /** Null when it is empty, or as in ReachableCartridge. */
  readonly barcode: Barcode | null;
  readonly tag: string;
  /** Number of the storage or import/export slot the cartridge came from, where the changer knows. */
  readonly sourceSlot: number | null;
  /** The robot can get at it. */
  readonly isAccessible: boolean;
  /** What is wrong with it, in words with ASC and ASCQ; null when nothing is. */
  readonly exception: string | null;
}
