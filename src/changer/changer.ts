import type { Barcode } from '../terms/barcode.js';

/**
 * Media movement: brings cartridges to drives and takes them away. Implementations: `manual-changer` (a stand-alone
 * drive and an operator), `disk-changer` (disk volumes in a directory).
 *
 * True after `load` resolved: the drive holds that cartridge (in its mouth; `TapeDrive.load` makes it ready). After `unload`
 * resolved: the drive holds none. After a failure: the cartridge is in exactly one place, which `inventory` tells.
 * Calls for one drive never overlap: the caller serialises.
 */
export interface Changer {
  /** Every cartridge the changer can reach, and where. */
  inventory(): Promise<readonly ReachableCartridge[]>;
  /**
   * With that cartridge in the drive already: succeeds. CHANGER_NO_CARTRIDGE, CHANGER_OCCUPIED, CHANGER_MOVE_FAILED.
   * Waits for an operator where one is needed, until `signal` aborts.
   */
  load(barcode: Barcode, drive: string, signal: AbortSignal): Promise<void>;
  /** Takes the cartridge from the drive, which must have ejected it. Without one: succeeds. */
  unload(drive: string, signal: AbortSignal): Promise<void>;
  /** Before a cartridge nobody knows is labelled: a changer that can make one (a disk volume's file) does; others do nothing. */
  provide(barcode: Barcode, drive: string): Promise<void>;
  /** Hands the cartridge, which must not be in a drive, to the operator. CHANGER_NO_CARTRIDGE. */
  eject(barcode: Barcode): Promise<void>;
}

export interface ReachableCartridge {
  readonly barcode: Barcode;
  /** The drive it is in; null: in the changer, or at the operator's hand. */
  readonly drive: string | null;
  /** Names of the drives it can be brought to. */
  readonly reachableBy: readonly string[];
}
