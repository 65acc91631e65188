import { expect } from 'chai';
import fc from 'fast-check';
import { StorageError } from '../../../src/base/storage-error.js';
import type { Changer, ReachableCartridge } from '../../../src/changer/changer.js';
import { CartridgeRegister, byDaemon } from '../../../src/media/cartridge-register.js';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveLeases } from '../../../src/media/drive-leases.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { sameLocation, type CartridgeLocation } from '../../../src/terms/media-state.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { barcodeOf } from '../../support/records.js';

const DRIVES = ['d0', 'd1'];

/** Every place of a library of four slots, two doors, two drives and a hand. */
const PLACES: readonly CartridgeLocation[] = [
  ...[1, 2, 3, 4].map((slot) => ({ kind: 'slot', changer: 'lib', slot }) as const),
  ...[5, 6].map((slot) => ({ kind: 'import-export', changer: 'lib', slot }) as const),
  ...DRIVES.map((drive) => ({ kind: 'drive', drive }) as const),
  { kind: 'transport', changer: 'lib' },
];

/** A real cartridge: more than one may carry a barcode, and a label may be unreadable. */
interface Thing {
  readonly barcode: Barcode;
  isReadable: boolean;
}

/** The library as it is, and the robot that says what it sees. */
class TrueLibrary {
  readonly name = 'lib';
  readonly kind = 'scsi';
  readonly drives = DRIVES;
  /** By place; null: empty. */
  readonly things: (Thing | null)[] = PLACES.map(() => null);
  isSilent = false;
  /** Something that happens while the robot answers. */
  whileAnswering: (() => Promise<void>) | null = null;

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    if (this.isSilent) throw new StorageError('CHANGER_DOOR_OPEN', 'The door is open.');
    const seen = this.things.flatMap((thing, at) => {
      const location = PLACES[at];
      if (thing === null || location === undefined) return [];
      const barcode = thing.isReadable ? thing.barcode : null;
      return [{ barcode, tag: '', location, reachableBy: DRIVES }];
    });
    const meanwhile = this.whileAnswering;
    this.whileAnswering = null;
    await meanwhile?.();
    return seen;
  }
}

interface World {
  readonly fixture: MediaFixture;
  readonly library: TrueLibrary;
  register: CartridgeRegister;
  bays: readonly DriveBay[];
}

async function makeWorld(): Promise<World> {
  const fixture = await makeMediaEnvironment();
  const library = new TrueLibrary();
  return { fixture, library, ...startDaemon(fixture, library) };
}

function startDaemon(fixture: MediaFixture, library: TrueLibrary): Pick<World, 'register' | 'bays'> {
  const bays = DRIVES.map(
    (name, number) =>
      new DriveBay({
        number,
        name,
        kind: 'tape',
        device: '',
        thread: undefined as never,
        changer: library as unknown as Changer,
      }),
  );
  return { bays, register: new CartridgeRegister(fixture.environment, new DriveLeases(bays)) };
}

type Step = (world: World) => Promise<void>;

/** Takes a thing from one place to another, when there is one and room for it. */
function carry({ things }: TrueLibrary, from: number, to: number): Thing | null {
  const thing = things[from] ?? null;
  if (thing === null || things[to] !== null) return null;
  things[from] = null;
  things[to] = thing;
  return thing;
}

const place = fc.nat(PLACES.length - 1);
const HAND = PLACES.length - 1;

/** The robot moves what the daemon ordered, and the daemon keeps the books: or it fails, wherever the cartridge ends. */
const robotMove = fc
  .record({ from: place, to: place, outcome: fc.constantFrom('done', 'done', 'done', 'refused', 'stuck', 'unsure') })
  .map(({ from, to, outcome }): Step => async ({ library, register, fixture }) => {
    const thing = library.things[from] ?? null;
    const destination = PLACES[to];
    if (thing?.isReadable !== true || destination === undefined || library.isSilent) return;
    // Nobody moves what is there twice.
    if (library.things.filter((one) => one?.barcode === thing.barcode).length > 1) return;
    if ((await fixture.inventory.cartridge(thing.barcode)) === null) return;
    const cause = byDaemon('moved by the robot');
    const changer = library as unknown as Changer;
    const move = async (): Promise<void> => {
      if (outcome === 'refused') throw new StorageError('CHANGER_OCCUPIED', 'refused');
      if (outcome === 'stuck') carry(library, from, HAND);
      else carry(library, from, to);
      if (outcome !== 'done') throw new StorageError('CHANGER_MOVE_FAILED', outcome);
    };
    try {
      await register.moving({ changer, barcode: thing.barcode }, cause, move);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return;
    }
    const at = PLACES[library.things.indexOf(thing)];
    if (at !== undefined) await register.place(thing.barcode, at, cause);
  });

/** Somebody opened the door. */
const handMove = fc.record({ from: place, to: place }).map(({ from, to }): Step => async ({ library }) => {
  carry(library, from, to);
});
const takeOut = place.map((at): Step => async ({ library }) => {
  library.things[at] = null;
});
const putIn = fc
  .record({ at: place, n: fc.integer({ min: 1, max: 6 }) })
  .map(({ at, n }): Step => async ({ library }) => {
    library.things[at] ??= { barcode: barcodeOf(n), isReadable: true };
  });
const spoilLabel = fc
  .record({ at: place, isReadable: fc.boolean() })
  .map(({ at, isReadable }): Step => async ({ library }) => {
    const thing = library.things[at];
    if (thing !== null && thing !== undefined) thing.isReadable = isReadable;
  });
const openDoor = fc.boolean().map((isSilent): Step => async ({ library }) => {
  library.isSilent = isSilent;
});
const refresh = fc.constant<Step>(async ({ register }) => {
  await register.refresh();
});
const restart = fc.constant<Step>(async (world) => {
  Object.assign(world, startDaemon(world.fixture, world.library));
  await world.register.refresh();
});
/** An inventory run in the midst of which a cartridge is moved, and perhaps back. */
const refreshWhileMoving = fc.tuple(robotMove, fc.option(robotMove)).map(([first, second]): Step => async (world) => {
  world.library.whileAnswering = async () => {
    // So that nothing is told apart only by the time.
    await world.fixture.clock.advance(1);
    await first(world);
    if (second !== null) await second(world);
  };
  await world.register.refresh();
  world.library.whileAnswering = null;
});

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: robotMove },
    { weight: 2, arbitrary: handMove },
    { weight: 2, arbitrary: takeOut },
    { weight: 4, arbitrary: putIn },
    { weight: 1, arbitrary: spoilLabel },
    { weight: 1, arbitrary: openDoor },
    { weight: 2, arbitrary: refresh },
    { weight: 1, arbitrary: restart },
    { weight: 2, arbitrary: refreshWhileMoving },
  ),
  { minLength: 10, maxLength: 60, size: 'max' },
);

/** Where the books must say a barcode is, when the library was asked just now; null: that is not for it to say. */
function trueLocation({ things }: TrueLibrary, barcode: Barcode): CartridgeLocation | 'not there' | null {
  const at = things.flatMap((thing, n) => (thing?.barcode === barcode ? [{ thing, location: PLACES[n] }] : []));
  const [only, ...more] = at;
  if (only === undefined) return 'not there';
  // Two of a barcode, or one whose label cannot be read, the books cannot know.
  return more.length > 0 || !only.thing.isReadable ? null : (only.location ?? null);
}

async function checkBooks({ fixture, library, bays }: World): Promise<void> {
  const records = await fixture.inventory.cartridges();
  for (const record of records) {
    const truth = trueLocation(library, record.barcode);
    const { location } = record;
    if (truth === 'not there') {
      const isBelievedThere = PLACES.findIndex((one) => sameLocation(one, location));
      // Only where a cartridge stands of which nobody can read the label.
      if (isBelievedThere >= 0) expect(library.things[isBelievedThere]?.isReadable).to.equal(false);
    } else if (truth !== null) expect(location, record.barcode).to.deep.equal(truth);
  }
  for (const thing of library.things)
    if (thing?.isReadable === true)
      expect(
        records.map(({ barcode }) => barcode),
        'what is there is in the books',
      ).to.include(thing.barcode);
  for (const bay of bays) {
    const at = PLACES.findIndex((one) => sameLocation(one, { kind: 'drive', drive: bay.name }));
    const thing = library.things[at] ?? null;
    if (thing?.isReadable === true) expect(bay.loaded, bay.name).to.equal(thing.barcode);
    if (thing === null) expect(bay.loaded, bay.name).to.equal(null);
  }
}

/** Whatever happened: one record a barcode, in one place; and its moves are one unbroken line that ends there. */
async function checkHistory({ fixture }: World): Promise<void> {
  for (const record of await fixture.inventory.cartridges()) {
    const moves = [...(await fixture.inventory.moves(record.barcode, 10_000))].reverse();
    let at: CartridgeLocation | null = null;
    for (const { from, to, who, reason } of moves) {
      expect(from).to.deep.equal(at);
      expect(sameLocation(from, to), 'a move changes the place').to.equal(false);
      expect([who, reason]).to.not.include('');
      at = to;
    }
    expect(record.location).to.deep.equal(at);
  }
}

describe('the register, whatever robots, hands, labels and restarts do', () => {
  it('has each cartridge in exactly one place, and after one inventory run where it is', async () => {
    let checkedRecords = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const world = await makeWorld();
        for (const step of sequence) {
          await world.fixture.clock.advance(1);
          await step(world);
          await checkHistory(world);
        }
        world.library.isSilent = false;
        await world.register.refresh();
        await checkBooks(world);
        await checkHistory(world);
        checkedRecords += (await world.fixture.inventory.cartridges()).length;
        // A second run finds nothing that the first did not.
        expect((await world.register.refresh()).moves).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
    expect(checkedRecords).to.be.above(300);
  });
});
