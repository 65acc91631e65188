import type { FilePort } from '../src/device/file-port.js';
import { mediumOfBarcode, parseBarcode, type Barcode } from '../src/terms/barcode.js';
import { readCartridge, writeCartridge, type Cartridge } from './cartridge.js';
import { DriveMouth, driveNumberOf } from './drive-mouth.js';
import { generationOfBarcode, personalityOf, type Generation } from './generations.js';

/** What of a new cartridge is not as its barcode says. */
export interface NewCartridge {
  readonly generation?: Generation;
  /** Native bytes; the generation's own when not told. */
  readonly capacityBytes?: number;
  /** The generation's own, but at most an eighth of the capacity. */
  readonly earlyWarningBytes?: number;
  readonly compressionRatio?: number;
  readonly writeProtected?: boolean;
  readonly worm?: boolean;
  /** Of a cleaning cartridge; a new one can clean 50 times. */
  readonly cleaningUsesLeft?: number;
}

/** The usual figure for LTO. */
const CLEANING_USES = 50;
/** A universal cleaning cartridge (CU) names no generation. */
const CLEANING_GENERATION: Generation = 'LTO-9';

/** One cartridge as the operator sees it. */
export interface RackCartridge {
  readonly barcode: Barcode;
  readonly cartridge: Cartridge;
  /** The device path of the drive it is in, or null when it is in the rack. */
  readonly drive: string | null;
  /** In a drive: whether the drive has it threaded, and will not give it back before it was unloaded. */
  readonly loaded: boolean;
}

/** What the operator tried and cannot be done. */
export class RackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RackError';
  }
}

/**
 * A rack of cartridges beside some stand-alone drives, in a directory, and the hand of the operator who carries
 * cartridges between them. For the main thread, another process, or a test; the drives run elsewhere (`sim-syscalls`).
 *
 *   cartridges/BARCODE/  one cartridge (`medium.ts`)
 *   drives/N.json        what is in the mouth of drive N (`drive-mouth.ts`)
 */
export class Rack {
  readonly #files: FilePort;
  readonly #directory: string;
  /** Device paths. */
  readonly drives: readonly string[];

  /** `drives`: device paths, as `/dev/nst0`. The directory's parent must exist; the rack is made when it is not there. */
  constructor(files: FilePort, directory: string, drives: readonly string[]) {
    this.#files = files;
    this.#directory = directory;
    this.drives = drives;
    for (const part of [directory, `${directory}/cartridges`, `${directory}/drives`])
      if (!files.exists(part)) files.makeDirectory(part);
  }

  /**
   * Makes a blank cartridge, or one that cleans, as its barcode says. RackError when there is one with this barcode already,
   * or the barcode is not that of an LTO cartridge.
   */
  create(barcode: string, details: NewCartridge = {}): void {
    const parsed = parseBarcode(barcode);
    if (parsed === null) throw new RackError(`${barcode} is not a barcode.`);
    const isCleaning = mediumOfBarcode(parsed) === 'cleaning';
    const generation = details.generation ?? generationOfBarcode(parsed) ?? (isCleaning ? CLEANING_GENERATION : null);
    if (generation === null) throw new RackError(`${barcode} is not a cartridge of a generation simulated here.`);
    const directory = this.#cartridgeDirectory(parsed);
    if (this.#files.exists(directory)) throw new RackError(`There is already a cartridge ${parsed}.`);
    const personality = personalityOf(generation);
    const capacityBytes = details.capacityBytes ?? personality.capacityBytes;
    this.#files.makeDirectory(directory);
    writeCartridge(this.#files, directory, {
      format: 1,
      barcode: parsed,
      serial: `SIM${parsed}`,
      manufacturer: 'TAPELOOM',
      generation,
      capacityBytes,
      earlyWarningBytes:
        details.earlyWarningBytes ?? Math.min(personality.earlyWarningBytes, Math.floor(capacityBytes / 8)),
      compressionRatio: details.compressionRatio ?? 1,
      writeProtected: details.writeProtected ?? false,
      worm: details.worm ?? mediumOfBarcode(parsed) === 'worm',
      cleaningUsesLeft: isCleaning ? (details.cleaningUsesLeft ?? CLEANING_USES) : null,
      loadCount: 0,
      lifetimeBytesWritten: 0,
      lifetimeBytesRead: 0,
      attributes: [],
    });
  }

  /** Every cartridge, by barcode. */
  list(): readonly RackCartridge[] {
    return this.#files.list(`${this.#directory}/cartridges`).flatMap((name) => {
      const barcode = parseBarcode(name);
      const cartridge = readCartridge(this.#files, `${this.#directory}/cartridges/${name}`);
      if (barcode === null || cartridge === null) return [];
      const drive = this.drives.find((path) => this.#mouth(path).readContent().barcode === barcode) ?? null;
      return [{ barcode, cartridge, drive, loaded: drive !== null && this.#isLoaded(drive) }];
    });
  }

  /** Puts a cartridge of the rack into a drive's mouth; the drive takes it in and loads it by itself. */
  insert(barcode: string, drive: string): void {
    const one = this.find(barcode);
    if (one.drive === drive) throw new RackError(`Cartridge ${one.barcode} is already in ${drive}.`);
    if (one.drive !== null)
      throw new RackError(`Cartridge ${one.barcode} is in ${one.drive}; take it out there first.`);
    const mouth = this.#mouth(drive);
    const { barcode: occupant, insertion } = mouth.readContent();
    if (occupant !== null) throw new RackError(`${drive} holds cartridge ${occupant}; take it out first.`);
    mouth.writeContent({ barcode: one.barcode, insertion: insertion + 1 });
  }

  /**
   * Takes the cartridge out of a drive's mouth and returns its barcode. Refused while the drive has it loaded; with
   * `force` it is torn out nevertheless, as the emergency eject does: a drive at work loses it under the head.
   */
  remove(drive: string, options: { readonly force?: boolean } = {}): Barcode {
    const mouth = this.#mouth(drive);
    const { barcode, insertion } = mouth.readContent();
    const parsed = barcode === null ? null : parseBarcode(barcode);
    if (parsed === null) throw new RackError(`${drive} holds no cartridge.`);
    if (options.force !== true && this.#isLoaded(drive))
      throw new RackError(`${drive} has cartridge ${parsed} loaded; unload it first.`);
    mouth.writeContent({ barcode: null, insertion: insertion + 1 });
    return parsed;
  }

  /** Moves the tab of a cartridge that is not in a drive. */
  setWriteProtected(barcode: string, writeProtected: boolean): void {
    const one = this.find(barcode);
    if (one.drive !== null)
      throw new RackError(`Cartridge ${one.barcode} is in ${one.drive}; its tab cannot be reached there.`);
    writeCartridge(this.#files, this.#cartridgeDirectory(one.barcode), { ...one.cartridge, writeProtected });
  }

  /** RackError when there is no such cartridge. */
  find(barcode: string): RackCartridge {
    const parsed = parseBarcode(barcode);
    const one = this.list().find((candidate) => candidate.barcode === parsed);
    if (one === undefined) throw new RackError(`There is no cartridge ${barcode} in the rack.`);
    return one;
  }

  #isLoaded(drive: string): boolean {
    const mouth = this.#mouth(drive);
    const { barcode, insertion } = mouth.readContent();
    const state = mouth.readState();
    // A cartridge the drive has not yet noticed lies loose in its mouth.
    return barcode !== null && state?.insertion === insertion && state.state === 'loaded';
  }

  #mouth(drive: string): DriveMouth {
    if (!this.drives.includes(drive)) throw new RackError(`There is no drive ${drive} beside this rack.`);
    return new DriveMouth(this.#files, this.#directory, driveNumberOf(drive));
  }

  #cartridgeDirectory(barcode: Barcode): string {
    return `${this.#directory}/cartridges/${barcode}`;
  }
}
