import { expect } from 'chai';
import fc from 'fast-check';
import type { NextMove } from '../../../sim/library/library-files.js';
import type { SimElement } from '../../../sim/library/library-shape.js';
import { RackError } from '../../../sim/rack.js';
import { MemoryFiles } from '../../support/memory-files.js';
import { LibraryBench } from '../../unit/sim/library-bench.js';

const CARTRIDGES = ['TPL001L9', 'TPL002L9', 'TPL003L9', 'CLN001L9'] as const;
const PERSONALITIES = ['autoloader', 'auto-unload', 'crossed-drives'] as const;

/** Elements are named by their place in the list of all, modulo its length: few of them, so that things meet. */
type Step =
  | { readonly do: 'move'; readonly from: number; readonly to: number; readonly cut: number | null }
  | { readonly do: 'insert'; readonly cartridge: number; readonly at: number }
  | { readonly do: 'remove'; readonly at: number }
  | { readonly do: 'drive-loads' | 'drive-unloads'; readonly drive: number }
  | { readonly do: 'spoil'; readonly nextMove: NextMove }
  | { readonly do: 'front'; readonly what: 'open' | 'close' | 'jam' | 'unjam' }
  | { readonly do: 'power-on' | 'restart' };

const place = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      from: place,
      to: place,
      cut: fc.option(fc.nat({ max: 30 }), { freq: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('insert' as const), cartridge: fc.nat({ max: 3 }), at: place }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), at: place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('drive-loads' as const, 'drive-unloads' as const),
      drive: fc.nat({ max: 1 }),
    }),
  },
  fc.record({
    do: fc.constant('spoil' as const),
    nextMove: fc.constantFrom<NextMove>('fails-before-pick', 'fails-after-pick', 'opens-door'),
  }),
  fc.record({
    do: fc.constant('front' as const),
    what: fc.constantFrom('open' as const, 'close' as const, 'jam' as const, 'unjam' as const),
  }),
  fc.record({ do: fc.constantFrom('power-on' as const, 'restart' as const) }),
);

/** The hand, some slots, an import/export slot and the drives. */
function elementOf({ library }: LibraryBench, index: number): SimElement {
  const { shape } = library;
  const few = [...shape.of('transport'), ...shape.of('slot').slice(0, 3), ...shape.of('mailslot').slice(0, 1)];
  const all = [...few, ...shape.of('drive')];
  const element = all[index % all.length];
  if (element === undefined) throw new Error('no element');
  return element;
}

/** Where every cartridge is: the address of its element, or null in the rack. Throws when one is in two. */
function truth(bench: LibraryBench): ReadonlyMap<string, number | null> {
  const places = new Map<string, number | null>(bench.rack.list().map(({ barcode }) => [barcode, null]));
  for (const [address, { cartridge }] of bench.library.view().contents) {
    expect(places.get(cartridge), `${cartridge} is in one place`).to.equal(null);
    places.set(cartridge, address);
  }
  return places;
}

class World {
  bench: LibraryBench;
  readonly #personality: string;
  readonly #drives = new Map<number, number>();

  constructor(personality: string) {
    this.#personality = personality;
    this.bench = new LibraryBench({ personality });
    for (const [index, barcode] of CARTRIDGES.entries()) {
      this.bench.rack.create(barcode, { capacityBytes: 1_000_000 });
      if (index < 3) this.bench.library.putIn(barcode, this.bench.slot(index + 1));
    }
  }

  take(one: Step): void {
    const { bench } = this;
    switch (one.do) {
      case 'move':
        this.#move(one);
        return;
      case 'insert':
        byHand(() => {
          bench.front.put(CARTRIDGES[one.cartridge] ?? '', elementOf(bench, one.at));
        });
        return;
      case 'remove':
        byHand(() => bench.front.take(elementOf(bench, one.at)));
        return;
      case 'drive-loads':
      case 'drive-unloads':
        this.#work(one);
        return;
      case 'spoil':
        bench.library.changePanel(() => ({ nextMove: one.nextMove }));
        return;
      case 'power-on':
      case 'restart':
        this.#drives.clear();
        bench.restart(one.do === 'power-on');
        return;
      case 'front':
        byHand(() => {
          bench.front[one.what]();
        });
    }
  }

  /** With `cut`: the process is killed when so many of the move's writes have happened. */
  #move({ from, to, cut }: Extract<Step, { do: 'move' }>): void {
    const { bench } = this;
    const [source, destination] = [elementOf(bench, from), elementOf(bench, to)];
    const before = truth(bench);
    while (bench.ready()?.startsWith('06/') === true || bench.ready() === '02/04/01');
    const written = bench.files.changes.length;
    const sense = bench.move(source.address, destination.address);
    if (cut !== null && written + cut < bench.files.changes.length) {
      this.#drives.clear();
      const files = new MemoryFiles();
      for (const change of bench.files.changes.slice(0, written + cut)) files.change(change);
      this.bench = new LibraryBench({ personality: this.#personality, files });
    }
    const moved = [...truth(this.bench)].filter(([cartridge, address]) => before.get(cartridge) !== address);
    const [cartridge] = [...before].find(([, address]) => address === source.address) ?? [];
    for (const [other, address] of moved) {
      expect(other, 'only what was at the source moves').to.equal(cartridge);
      expect([bench.hand, destination.address], 'to the hand or the destination').to.include(address);
    }
    if (this.bench !== bench) return;
    if (sense === null) expect(truth(bench).get(cartridge ?? '')).to.equal(destination.address);
    else if (sense.startsWith('05/')) expect(moved, 'what is refused moves nothing').to.deep.equal([]);
    else expect(moved.map(([, address]) => address)).to.deep.equal(moved.map(() => bench.hand));
  }

  #work({ do: what, drive }: Extract<Step, { do: 'drive-loads' | 'drive-unloads' }>): void {
    const { bench } = this;
    const number = drive % bench.rack.drives.length;
    const fd = this.#drives.get(number) ?? bench.openDrive(number);
    this.#drives.set(number, fd);
    bench.awaitDrive(fd);
    if (what === 'drive-unloads') bench.unloadDrive(fd);
  }
}

/** What the operator cannot do is refused, and nothing is done. */
function byHand(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RackError)) throw error;
  }
}

describe('a simulated library, whatever is done to it', () => {
  for (const personality of PERSONALITIES)
    it(`has every cartridge in exactly one place: ${personality}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
          const world = new World(personality);
          for (const one of steps) {
            world.take(one);
            expect([...truth(world.bench).keys()].sort()).to.deep.equal([...CARTRIDGES].sort());
          }
        }),
        { numRuns: 80 },
      );
    });
});
