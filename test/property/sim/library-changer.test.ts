import { expect } from 'chai';
import fc from 'fast-check';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { ElementName, ReachableCartridge } from '../../../src/changer/changer.js';
import { parseBarcode, type Barcode } from '../../../src/terms/barcode.js';
import type { ChangerFault } from '../../../sim/library/changer-fault-plan.js';
import type { NextMove } from '../../../sim/library/library-files.js';
import type { SimElement } from '../../../sim/library/library-shape.js';
import { RackError } from '../../../sim/rack.js';
import { HOST_STATUS } from '../../../src/device/sg-io.js';
import { SimLibraryFixture } from '../../support/sim-library-fixture.js';

const CARTRIDGES = ['TPL001L9', 'TPL002L9', 'TPL003L9', 'CLN001L9'] as const;
const PERSONALITIES = ['autoloader', 'library', 'no-source', 'crossed-drives', 'short-last-descriptor'] as const;
const SLOTS = [1, 2, 3, 25] as const;

/** Slots as people count them; 9 stands for the import/export slot of the autoloader. */
type Step =
  | { readonly do: 'load' | 'eject'; readonly cartridge: number; readonly drive: number }
  | { readonly do: 'unload'; readonly drive: number; readonly slot: number | null }
  | { readonly do: 'transfer'; readonly from: ElementName; readonly to: ElementName }
  | { readonly do: 'rescan' }
  | { readonly do: 'insert'; readonly cartridge: number; readonly slot: number }
  | { readonly do: 'remove'; readonly slot: number }
  | { readonly do: 'rescue' }
  | { readonly do: 'drive-loads' | 'drive-unloads'; readonly drive: number }
  | { readonly do: 'spoil'; readonly nextMove: NextMove }
  | { readonly do: 'front'; readonly what: 'open' | 'close' | 'jam' | 'unjam' }
  | { readonly do: 'restart'; readonly powerOn: boolean };

const cartridge = fc.nat({ max: CARTRIDGES.length - 1 });
const drive = fc.nat({ max: 1 });
const slot = fc.constantFrom(...SLOTS);
const name: fc.Arbitrary<ElementName> = fc.oneof(
  fc.record({ kind: fc.constantFrom('slot' as const, 'import-export' as const), number: slot }),
  fc.record({ kind: fc.constant('drive' as const), number: drive }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('load' as const), cartridge, drive }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unload' as const), drive, slot: fc.option(slot) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('transfer' as const), from: name, to: name }) },
  fc.record({ do: fc.constant('eject' as const), cartridge, drive }),
  fc.constant({ do: 'rescan' as const }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('insert' as const), cartridge, slot }) },
  fc.record({ do: fc.constant('remove' as const), slot }),
  fc.constant({ do: 'rescue' as const }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('drive-loads' as const, 'drive-unloads' as const), drive }),
  },
  fc.record({
    do: fc.constant('spoil' as const),
    nextMove: fc.constantFrom<NextMove>('fails-before-pick', 'fails-after-pick', 'opens-door'),
  }),
  fc.record({
    do: fc.constant('front' as const),
    what: fc.constantFrom('open' as const, 'close' as const, 'jam' as const, 'unjam' as const),
  }),
  fc.record({ do: fc.constant('restart' as const), powerOn: fc.boolean() }),
);

const count = { nth: fc.integer({ min: 1, max: 12 }), times: fc.integer({ min: 1, max: 2 }) };
const fault: fc.Arbitrary<ChangerFault> = fc.oneof(
  fc.record({
    kind: fc.constant('sense' as const),
    command: fc.constantFrom('move' as const, 'status' as const, 'ready' as const),
    sense: fc.constantFrom(
      { key: 0x4, asc: 0x15, ascq: 0x01 },
      { key: 0xb, asc: 0x47, ascq: 0x00 },
      { key: 0x6, asc: 0x29, ascq: 0x00 },
    ),
    ...count,
  }),
  fc.record({
    kind: fc.constant('transport' as const),
    command: fc.constantFrom('move' as const, 'status' as const),
    hostStatus: fc.constantFrom(HOST_STATUS.timedOut, HOST_STATUS.error),
    performed: fc.boolean(),
    ...count,
  }),
  fc.record({
    kind: fc.constant('nonsense' as const),
    command: fc.constantFrom('status' as const, 'mode-sense' as const, 'inquiry' as const),
    ...count,
  }),
  fc.record({
    kind: fc.constant('errno' as const),
    call: fc.constant('sg-io' as const),
    errno: fc.constant('EIO' as const),
    ...count,
  }),
);

const signal = new AbortController().signal;

class World {
  readonly fixture: SimLibraryFixture;
  readonly #drives = new Map<number, number>();

  constructor(personality: string, faults: readonly ChangerFault[]) {
    this.fixture = new SimLibraryFixture({ personality, faults });
    for (const [index, barcode] of CARTRIDGES.entries()) {
      this.fixture.bench.rack.create(barcode, { capacityBytes: 1_000_000 });
      if (index < 3) this.fixture.bench.library.putIn(barcode, this.fixture.bench.slot(index + 1));
    }
  }

  async take(one: Step): Promise<void> {
    const { bench, changer } = this.fixture;
    switch (one.do) {
      case 'load':
        await changer.load(barcodeAt(one.cartridge), this.#driveName(one.drive), signal);
        expect(this.truth().get(barcodeAt(one.cartridge))).to.equal(`drive ${this.#driveName(one.drive)}`);
        return;
      case 'eject':
        await changer.eject(barcodeAt(one.cartridge), signal);
        expect(this.truth().get(barcodeAt(one.cartridge))).to.match(/^import-export/);
        return;
      case 'unload':
        await changer.unload(this.#driveName(one.drive), signal, one.slot ?? undefined);
        expect([...this.truth().values()]).to.not.include(`drive ${this.#driveName(one.drive)}`);
        return;
      case 'transfer':
        await changer.transfer(one.from, one.to, signal);
        return;
      case 'rescan':
        await changer.rescan(signal);
        return;
      case 'insert':
        bench.front.put(barcodeAt(one.cartridge), this.#slot(one.slot));
        return;
      case 'remove':
        bench.front.take(this.#slot(one.slot));
        return;
      case 'rescue':
        bench.front.take(this.#element(bench.hand));
        return;
      case 'drive-loads':
      case 'drive-unloads':
        this.#work(one);
        return;
      case 'spoil':
        bench.library.changePanel(() => ({ nextMove: one.nextMove }));
        return;
      case 'front':
        bench.front[one.what]();
        return;
      case 'restart':
        this.#drives.clear();
        this.fixture.restart(one.powerOn);
        await this.fixture.changer.open();
    }
  }

  /** Where every cartridge in the library really is, in the words of the changer. */
  truth(): ReadonlyMap<string, string> {
    const { bench } = this.fixture;
    const places = new Map<string, string>();
    for (const [address, { cartridge: barcode }] of bench.library.view().contents) {
      expect(places.has(barcode), `${barcode} is in one place`).to.equal(false);
      const { kind, drive: number, ...element } = this.#element(address);
      const slotNumber = bench.library.shape.numberOf({ kind, drive: number, ...element });
      if (kind === 'drive') places.set(barcode, `drive tape${String(number)}`);
      else if (kind === 'transport') places.set(barcode, 'transport');
      else places.set(barcode, `${kind === 'slot' ? 'slot' : 'import-export'} ${String(slotNumber)}`);
    }
    return places;
  }

  /** What the changer says, as soon as it is in a state to say anything. */
  async told(): Promise<ReadonlyMap<string, string>> {
    const { changer, bench } = this.fixture;
    const { panel } = bench.library.view();
    if (panel.doorOpen) bench.front.close();
    if (panel.jammed) bench.front.unjam();
    const cartridges = await untilSaid(async () => changer.cartridges());
    return new Map(cartridges.map((one) => [one.barcode ?? '', placeOf(one)]));
  }

  #work({ do: what, drive: index }: Extract<Step, { do: 'drive-loads' | 'drive-unloads' }>): void {
    const { bench } = this.fixture;
    const number = index % bench.rack.drives.length;
    const fd = this.#drives.get(number) ?? bench.openDrive(number);
    this.#drives.set(number, fd);
    bench.awaitDrive(fd);
    if (what === 'drive-unloads') bench.unloadDrive(fd);
  }

  #driveName(index: number): string {
    return this.fixture.drives[index % this.fixture.drives.length] ?? '';
  }

  #slot(number: number): SimElement {
    const { shape } = this.fixture.bench.library;
    const element = shape.slotNumbered(number) ?? shape.of('mailslot')[0];
    if (element === undefined) throw new Error('no slot');
    return element;
  }

  #element(address: number): SimElement {
    const element = this.fixture.bench.library.shape.at(address);
    if (element === null) throw new Error('no element');
    return element;
  }
}

function barcodeAt(index: number): Barcode {
  const barcode = parseBarcode(CARTRIDGES[index] ?? '');
  if (barcode === null) throw new Error('no barcode');
  return barcode;
}

function placeOf({ location }: ReachableCartridge): string {
  switch (location.kind) {
    case 'drive':
      return `drive ${location.drive}`;
    case 'slot':
    case 'import-export':
      return `${location.kind} ${String(location.slot)}`;
    case 'transport':
    case 'shelf':
    case 'vault':
    case 'missing':
      return location.kind;
  }
}

/** The faults of a plan come to an end: whoever asks again is answered. */
async function untilSaid<T>(ask: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++)
    try {
      return await ask();
    } catch (error) {
      if (!isStorageError(error) || n === 50) throw error;
    }
}

describe('a ScsiChanger on a simulated library, whatever is done to either', () => {
  for (const personality of PERSONALITIES)
    it(`says where every cartridge is: ${personality}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 20 }),
          fc.array(fault, { maxLength: 3 }),
          async (steps, faults) => {
            const world = new World(personality, faults);
            for (const one of steps) {
              try {
                await world.take(one);
              } catch (error) {
                if (!isStorageError(error) && !(error instanceof RackError)) throw error;
              }
              expect(world.truth().size, 'nothing appears').to.be.at.most(CARTRIDGES.length);
            }
            expect(await world.told()).to.deep.equal(world.truth());
          },
        ),
        { numRuns: 60 },
      );
    });
});
