import type { FilePort } from '../../src/device/file-port.js';
import { LibraryFront } from '../library/library-front.js';
import type { SimElement } from '../library/library-shape.js';
import { openLibrary, type Library } from '../library/library.js';
import { Rack, RackError } from '../rack.js';

/** A stand-alone drive is the first. */
const STAND_ALONE_DRIVES = ['/dev/nst0'];

/** What the operator stands before: the rack of a node, its drives, and the library when there is one. */
export class OperatorBench {
  readonly files: FilePort;
  readonly rackDirectory: string;
  readonly rack: Rack;
  readonly #library: Library | null;

  /** RackError when no node has its rack there. */
  constructor(files: FilePort, rackDirectory: string) {
    if (!files.exists(rackDirectory))
      throw new RackError(`There is no rack in ${rackDirectory}; start a node there first.`);
    this.files = files;
    this.rackDirectory = rackDirectory;
    this.#library = openLibrary(files, rackDirectory);
    const numbers = this.#library?.shape.of('drive').map(({ drive }) => `/dev/nst${String(drive)}`);
    this.rack = new Rack(files, rackDirectory, numbers ?? STAND_ALONE_DRIVES);
  }

  /** Null beside stand-alone drives. */
  get libraryOrNull(): Library | null {
    return this.#library;
  }

  get library(): Library {
    if (this.#library === null) throw new RackError('The drive of this node stands alone; it has no library.');
    return this.#library;
  }

  get front(): LibraryFront {
    return new LibraryFront(this.library, this.rack);
  }

  /** Slots as people count them, import/export slots behind the others. */
  slot(text: string): SimElement {
    const element = this.library.shape.slotNumbered(Number(text));
    if (element === null) throw new RackError(`The library has no slot ${text}.`);
    return element;
  }

  /** Import/export slots counted from 1 among themselves. */
  mailslot(text: string): SimElement {
    const element = this.library.shape.of('mailslot')[Number(text) - 1];
    if (element === undefined) throw new RackError(`The library has no import/export slot ${text}.`);
    return element;
  }

  /** `0`, `tape0`, `nst0` or `/dev/nst0`: the number. */
  driveNumber(text: string): number {
    const digits = /^(?:tape|nst|\/dev\/nst)?(\d+)$/.exec(text)?.[1];
    const path = `/dev/nst${digits ?? ''}`;
    if (digits === undefined || !this.rack.drives.includes(path)) throw new RackError(`There is no drive ${text}.`);
    return Number(digits);
  }

  driveElement(text: string): SimElement {
    const element = this.library.shape.driveElement(this.driveNumber(text));
    if (element === null) throw new RackError(`The library has no drive ${text}.`);
    return element;
  }
}
