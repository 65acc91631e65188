import { z } from 'zod';
import type { FilePort } from '../../src/device/file-port.js';
import { readDocument, writeJsonFile } from '../json-file.js';

const Address = z.number().int().min(0).max(0xffff);
const Count = z.number().int().nonnegative();

/** Which library it is. Written once, when it is made. */
const Plate = z.strictObject({ format: z.literal(1), personality: z.string() });
export type Plate = z.infer<typeof Plate>;

/** One cartridge that is not in the rack. */
const Place = z.strictObject({
  cartridge: z.string(),
  address: Address,
  /** The slot it was last moved from; null when a hand put it where it is. */
  source: Address.nullable(),
});
export type Place = z.infer<typeof Place>;

/** Where the cartridges are, as far as no drive's mouth says otherwise. */
const Places = z.strictObject({
  /** Goes up with every change: who reads other files besides this one knows by it whether they belong together. */
  version: Count,
  places: z.array(Place),
  /** Where the robot is taking what it holds; null when it does not know, since a move failed. */
  goal: Address.nullable(),
  /** The process of the host that prevents removal; void when it is dead. */
  preventedBy: z.strictObject({ pid: Count, started: z.string().nullable() }).nullable(),
});
export type Places = z.infer<typeof Places>;

/** What is to happen to the robot's next move; see ChangerFault. */
const NextMove = z.enum(['fails-before-pick', 'fails-after-pick', 'opens-door']);
export type NextMove = z.infer<typeof NextMove>;

/** What the operator did at the front of the library. */
const Panel = z.strictObject({
  doorOpen: z.boolean(),
  /** Count, so that who looks afterwards knows that something was done. */
  doorOpenings: Count,
  mailslotUses: Count,
  jams: Count,
  jammed: z.boolean(),
  nextMove: NextMove.nullable(),
});
export type Panel = z.infer<typeof Panel>;

const NO_PLACES: Places = { version: 0, places: [], goal: null, preventedBy: null };
const QUIET_PANEL: Panel = {
  doorOpen: false,
  doorOpenings: 0,
  mailslotUses: 0,
  jams: 0,
  jammed: false,
  nextMove: null,
};

/**
 * The files of a library in its rack's directory, each replaced in one step:
 *
 *   library/library.json   which library it is
 *   library/places.json    what is in its slots and in the robot's hand, and where what is in a drive came from
 *   library/panel.json     what the operator did to it
 *   library/lock           exists while somebody changes one of them (`state-lock.ts`)
 */
export class LibraryFiles {
  readonly #files: FilePort;
  readonly #directory: string;

  constructor(files: FilePort, rackDirectory: string) {
    this.#files = files;
    this.#directory = `${rackDirectory}/library`;
  }

  get lockPath(): string {
    return `${this.#directory}/lock`;
  }

  /** Null when there is no library beside this rack. */
  readPlate(): Plate | null {
    return this.#read('library.json', Plate);
  }

  writePlate(plate: Plate): void {
    if (!this.#files.exists(this.#directory)) this.#files.makeDirectory(this.#directory);
    this.#write('library.json', plate);
  }

  readPlaces(): Places {
    return this.#read('places.json', Places) ?? NO_PLACES;
  }

  writePlaces(places: Places): void {
    this.#write('places.json', places);
  }

  readPanel(): Panel {
    return this.#read('panel.json', Panel) ?? QUIET_PANEL;
  }

  writePanel(panel: Panel): void {
    this.#write('panel.json', panel);
  }

  #read<T>(name: string, schema: z.ZodType<T>): T | null {
    return readDocument(this.#files, `${this.#directory}/${name}`, schema);
  }

  #write(name: string, value: unknown): void {
    writeJsonFile(this.#files, `${this.#directory}/${name}`, value);
  }
}
