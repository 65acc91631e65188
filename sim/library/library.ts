import { assert } from '../../src/base/assert.js';
import { systemBlockingClock, type BlockingClock } from '../../src/base/blocking-clock.js';
import type { FilePort } from '../../src/device/file-port.js';
import { DriveMouth } from '../drive-mouth.js';
import { DriveCondition } from '../drive-condition.js';
import { isPresent, markOfProcess } from '../process-lock.js';
import { LibraryFiles, type Panel, type Place, type Places } from './library-files.js';
import { libraryPersonality, type LibraryPersonality } from './library-personality.js';
import type { LibraryShape, SimElement } from './library-shape.js';
import { StateLock } from './state-lock.js';

/** What is in an element. */
export interface Occupant {
  readonly cartridge: string;
  /** The slot it was last moved from, where that is known. */
  readonly source: number | null;
}

/** A library at one moment. */
export interface LibraryView {
  /** Full elements by address. */
  readonly contents: ReadonlyMap<number, Occupant>;
  readonly panel: Panel;
  /** Where the robot is taking what it holds. */
  readonly goal: number | null;
  /** A living host prevents the operator from taking cartridges out. */
  readonly isPrevented: boolean;
}

/**
 * Where the cartridges of a library are: its slots, its drives, the robot's hand. Any number of threads and processes look
 * at it and change it at once: the robot, the operator, whoever asks.
 *
 * Each cartridge is in exactly one place at every moment, also after a kill between two writes. Its place is, in this order:
 * the drive whose mouth names it; the element `places.json` names, unless that is a drive; else the rack. So taking a
 * cartridge from a drive writes `places.json` first and then empties the mouth, and putting one in fills the mouth first.
 */
export class Library {
  readonly personality: LibraryPersonality;
  readonly shape: LibraryShape;
  readonly #files: FilePort;
  readonly #rackDirectory: string;
  readonly #own: LibraryFiles;
  readonly #lock: StateLock;

  /** `personality`: from the library's plate. `clock`: to wait for the lock. Use `openLibrary` or `makeLibrary`. */
  constructor(
    files: FilePort,
    rackDirectory: string,
    personality: LibraryPersonality,
    clock: BlockingClock = systemBlockingClock,
  ) {
    this.personality = personality;
    this.shape = personality.shape;
    this.#files = files;
    this.#rackDirectory = rackDirectory;
    this.#own = new LibraryFiles(files, rackDirectory);
    this.#lock = new StateLock(files, this.#own.lockPath, process.pid, clock);
  }

  view(): LibraryView {
    for (;;) {
      const places = this.#own.readPlaces();
      const contents = this.#contents(places);
      // A move between the two looks could show a cartridge twice or not at all.
      if (this.#own.readPlaces().version !== places.version) continue;
      return {
        contents,
        panel: this.#own.readPanel(),
        goal: places.goal,
        isPrevented: places.preventedBy !== null && isPresent(this.#files, places.preventedBy, process.pid),
      };
    }
  }

  mouthOf(element: SimElement): DriveMouth {
    assert(element.drive !== null, 'only drives have mouths');
    return new DriveMouth(this.#files, this.#rackDirectory, element.drive);
  }

  /** The drive has the cartridge threaded, cleans with it, or does not let it go: the robot cannot take it. */
  isHeldByDrive(element: SimElement): boolean {
    const mouth = this.mouthOf(element);
    const { barcode, insertion } = mouth.readContent();
    const state = mouth.readState();
    // A cartridge the drive has not yet noticed lies loose in its mouth.
    const isLoaded = barcode !== null && state?.insertion === insertion && state.state === 'loaded';
    return isLoaded || this.isStuck(element);
  }

  isStuck(element: SimElement): boolean {
    const { barcode } = this.mouthOf(element).readContent();
    const condition = new DriveCondition(this.#files, this.#rackDirectory, element.drive ?? 0);
    return barcode !== null && condition.readTrouble().isStuck;
  }

  /** The robot takes what is in an element, to bring it to `goal`; false when nothing is there, or its hand is full. */
  pick(address: number, goal: number): boolean {
    return this.#move((places, contents) => {
      const element = this.#element(address);
      const occupant = contents.get(address);
      if (occupant === undefined || contents.has(this.shape.transport)) return false;
      const source = element.kind === 'drive' ? occupant.source : address;
      this.#writePlace(places, { cartridge: occupant.cartridge, address: this.shape.transport, source }, goal);
      if (element.kind === 'drive') this.#emptyMouth(element);
      return true;
    });
  }

  /** The robot puts down what it holds; false when something is there, or its hand is empty. */
  place(address: number): boolean {
    return this.#move((places, contents) => {
      const element = this.#element(address);
      const held = contents.get(this.shape.transport);
      if (held === undefined || contents.has(address)) return false;
      if (element.kind === 'drive') this.#fillMouth(element, held.cartridge);
      this.#writePlace(places, { ...held, address }, null);
      return true;
    });
  }

  /** The robot no longer knows where to take what it holds: the move has failed. */
  forgetGoal(): void {
    this.#move((places) => {
      this.#own.writePlaces({ ...places, version: places.version + 1, goal: null });
    });
  }

  /** A hand puts a cartridge of the rack into an element; false when something is there, or the cartridge is not in the rack. */
  putIn(cartridge: string, address: number): boolean {
    return this.#move((places, contents) => {
      const element = this.#element(address);
      if (contents.has(address) || this.#placeOf(cartridge, contents) !== null) return false;
      if (element.kind === 'drive') this.#fillMouth(element, cartridge);
      this.#writePlace(places, { cartridge, address, source: null }, places.goal);
      return true;
    });
  }

  /** A hand takes out what is in an element; null when nothing is there. */
  takeOut(address: number): string | null {
    return this.#move((places, contents) => {
      const element = this.#element(address);
      const occupant = contents.get(address);
      if (occupant === undefined) return null;
      this.#own.writePlaces({
        ...places,
        version: places.version + 1,
        places: places.places.filter(({ cartridge }) => cartridge !== occupant.cartridge),
        goal: element.kind === 'transport' ? null : places.goal,
      });
      if (element.kind === 'drive') this.#emptyMouth(element);
      return occupant.cartridge;
    });
  }

  setPrevented(prevented: boolean): void {
    this.#move((places) => {
      const preventedBy = prevented ? markOfProcess(this.#files, process.pid) : null;
      this.#own.writePlaces({ ...places, version: places.version + 1, preventedBy });
    });
  }

  changePanel(change: (panel: Panel) => Partial<Panel>): void {
    this.#lock.run(() => {
      const panel = this.#own.readPanel();
      this.#own.writePanel({ ...panel, ...change(panel) });
    });
  }

  openDoor(): void {
    this.changePanel(({ doorOpenings }) => ({ doorOpen: true, doorOpenings: doorOpenings + 1 }));
  }

  /** The address of the element a cartridge is in; null when it is in the rack. */
  placeOf(cartridge: string): number | null {
    return this.#placeOf(cartridge, this.view().contents);
  }

  #placeOf(cartridge: string, contents: ReadonlyMap<number, Occupant>): number | null {
    return [...contents].find(([, occupant]) => occupant.cartridge === cartridge)?.[0] ?? null;
  }

  #move<T>(change: (places: Places, contents: ReadonlyMap<number, Occupant>) => T): T {
    return this.#lock.run(() => {
      const places = this.#own.readPlaces();
      return change(places, this.#contents(places));
    });
  }

  #contents(places: Places): ReadonlyMap<number, Occupant> {
    const contents = new Map<number, Occupant>();
    const sources = new Map(places.places.map(({ cartridge, source }) => [cartridge, source]));
    const inDrives = new Set<string>();
    for (const element of this.shape.of('drive')) {
      const { barcode } = this.mouthOf(element).readContent();
      if (barcode === null) continue;
      inDrives.add(barcode);
      contents.set(element.address, { cartridge: barcode, source: sources.get(barcode) ?? null });
    }
    for (const { cartridge, address, source } of places.places)
      if (!inDrives.has(cartridge) && this.#element(address).kind !== 'drive')
        contents.set(address, { cartridge, source });
    return contents;
  }

  /** Also drops what no longer holds: places of cartridges that a drive's mouth once named. */
  #writePlace(places: Places, place: Place, goal: number | null): void {
    const others = places.places.filter(({ cartridge }) => cartridge !== place.cartridge);
    this.#own.writePlaces({ ...places, version: places.version + 1, places: [...others, place], goal });
  }

  #fillMouth(element: SimElement, cartridge: string): void {
    const mouth = this.mouthOf(element);
    mouth.writeContent({ barcode: cartridge, insertion: mouth.readContent().insertion + 1 });
  }

  #emptyMouth(element: SimElement): void {
    const mouth = this.mouthOf(element);
    mouth.writeContent({ barcode: null, insertion: mouth.readContent().insertion + 1 });
  }

  #element(address: number): SimElement {
    const element = this.shape.at(address);
    assert(element !== null, `the library has an element ${String(address)}`);
    return element;
  }
}

/** The library beside a rack; null when there is none. */
export function openLibrary(files: FilePort, rackDirectory: string, clock?: BlockingClock): Library | null {
  const plate = new LibraryFiles(files, rackDirectory).readPlate();
  if (plate === null) return null;
  const personality = libraryPersonality(plate.personality);
  assert(personality !== null, `${plate.personality} is a library this program knows`);
  return new Library(files, rackDirectory, personality, clock);
}

/** Puts an empty library beside a rack that has none. */
export function makeLibrary(files: FilePort, rackDirectory: string, personality: LibraryPersonality): Library {
  new LibraryFiles(files, rackDirectory).writePlate({ format: 1, personality: personality.name });
  return new Library(files, rackDirectory, personality);
}
