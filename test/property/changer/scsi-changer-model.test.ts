import { expect } from 'chai';
import fc from 'fast-check';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { ElementName } from '../../../src/changer/changer.js';
import { HOST_STATUS } from '../../../src/device/sg-io.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { FAKE_ADDRESSES, type FakeAnswer } from '../../support/fake-changer.js';
import { barcodeOf } from '../../support/records.js';
import { makeScsiChanger, type ScsiChangerBench } from '../../support/scsi-changer-fixture.js';

const signal = new AbortController().signal;
const SLOTS = 4;
const EXITS = 2;
const CARTRIDGES = 3;

/** What happens to the next MOVE MEDIUM. */
const FAULTS = {
  'says nothing is wrong': null,
  'is interrupted by a door': { sense: [0x6, 0x28, 0x00] },
  'is interrupted by a reset': { sense: [0x6, 0x29, 0x00] },
  'drops it on the way': 'in-hand',
  'does not move': { sense: [0x4, 0x15, 0x01] },
  'does it and loses the answer': { hostStatus: HOST_STATUS.timedOut, carriedOut: true },
  'does nothing and loses the answer': { hostStatus: HOST_STATUS.reset, carriedOut: false },
} as const;

type Fault = keyof typeof FAULTS;

type Step = { readonly fault: Fault } & (
  | { readonly do: 'load'; readonly cartridge: number; readonly drive: string }
  | { readonly do: 'unload'; readonly drive: string; readonly slot: number | null }
  | { readonly do: 'transfer'; readonly from: ElementName; readonly to: ElementName }
  | { readonly do: 'eject'; readonly cartridge: number }
  /** A person moves a cartridge by hand, while nothing else moves. */
  | { readonly do: 'by-hand'; readonly from: number; readonly to: number }
  | { readonly do: 'drive-loads'; readonly drive: number; readonly isLoaded: boolean }
);

const fault = fc.constantFrom(...(Object.keys(FAULTS) as Fault[]));
const drive = fc.constantFrom('tape0', 'tape1', 'nowhere');
const elementName: fc.Arbitrary<ElementName> = fc.oneof(
  fc.record({ kind: fc.constantFrom('slot', 'import-export'), number: fc.nat({ max: SLOTS + EXITS + 1 }) }),
  fc.record({ kind: fc.constant('drive' as const), number: fc.nat({ max: 2 }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ fault, do: fc.constant('load' as const), cartridge: fc.nat({ max: CARTRIDGES }), drive }),
  fc.record({ fault, do: fc.constant('unload' as const), drive, slot: fc.option(fc.nat({ max: SLOTS + EXITS + 1 })) }),
  fc.record({ fault, do: fc.constant('transfer' as const), from: elementName, to: elementName }),
  fc.record({ fault, do: fc.constant('eject' as const), cartridge: fc.nat({ max: CARTRIDGES }) }),
  fc.record({
    fault: fc.constant('says nothing is wrong' as const),
    do: fc.constant('by-hand' as const),
    from: fc.nat({ max: SLOTS - 1 }),
    to: fc.nat({ max: SLOTS - 1 }),
  }),
  fc.record({
    fault: fc.constant('says nothing is wrong' as const),
    do: fc.constant('drive-loads' as const),
    drive: fc.nat({ max: 1 }),
    isLoaded: fc.boolean(),
  }),
);

function arm({ device }: ScsiChangerBench, name: Fault): void {
  const planned = FAULTS[name];
  let armed = true;
  device.hook = (opcode, cdb): FakeAnswer | null => {
    if (opcode !== OPCODES.moveMedium || !armed) return null;
    armed = false;
    if (planned !== 'in-hand') return planned;
    const source = device.at(((cdb[4] ?? 0) << 8) | (cdb[5] ?? 0));
    const hand = device.at(FAKE_ADDRESSES.transport);
    if (source.isLoaded || hand.cartridge !== null) return { sense: [0x5, 0x53, 0x02] };
    hand.cartridge = source.cartridge;
    source.cartridge = null;
    return { sense: [0x4, 0x15, 0x01] };
  };
}

async function take(bench: ScsiChangerBench, one: Step): Promise<void> {
  const { device, changer } = bench;
  arm(bench, one.fault);
  switch (one.do) {
    case 'load':
      await changer.load(barcodeOf(one.cartridge + 1), one.drive, signal);
      return;
    case 'unload':
      await changer.unload(one.drive, signal, one.slot ?? undefined);
      return;
    case 'transfer':
      await changer.transfer(one.from, one.to, signal);
      return;
    case 'eject':
      await changer.eject(barcodeOf(one.cartridge + 1), signal);
      return;
    case 'by-hand': {
      const [from, to] = [device.at(FAKE_ADDRESSES.storage + one.from), device.at(FAKE_ADDRESSES.storage + one.to)];
      if (to.cartridge !== null) return;
      to.cartridge = from.cartridge;
      from.cartridge = null;
      device.attentions.push([0x28, 0x00]);
      return;
    }
    case 'drive-loads': {
      const element = device.at(FAKE_ADDRESSES.drive + one.drive);
      element.isLoaded = one.isLoaded && element.cartridge !== null;
    }
  }
}

/** Where the fake changer really has each cartridge. */
function truth({ device }: ScsiChangerBench): ReadonlyMap<string, number> {
  return new Map(
    device.elements.flatMap(({ address, cartridge }) =>
      cartridge === null ? [] : [[cartridge.tag ?? '', address] as const],
    ),
  );
}

describe('a SCSI changer, whatever is asked of it and whatever breaks', () => {
  it('has every cartridge in exactly one place, and knows which', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const bench = makeScsiChanger({ slots: SLOTS, importExports: EXITS, cartridges: CARTRIDGES });
        await bench.changer.open();
        for (const one of steps) {
          const before = truth(bench);
          let failed = false;
          try {
            await take(bench, one);
          } catch (error) {
            if (!isStorageError(error)) throw error;
            failed = true;
          }
          bench.device.hook = () => null;
          const after = truth(bench);
          expect(after.size, 'no cartridge is lost').to.equal(CARTRIDGES);
          const told = (await bench.changer.elements()).filter(({ isFull }) => isFull);
          expect(new Map(told.map(({ barcode, address }) => [barcode, address]))).to.deep.equal(after);
          const moved = [...after].filter(([tag, address]) => before.get(tag) !== address);
          expect(moved.length, 'one at a time').to.be.at.most(1);
          if (failed && one.fault === 'says nothing is wrong')
            expect(moved, 'what is refused moves nothing').to.deep.equal([]);
          if (!failed && one.do === 'load')
            expect(after.get(barcodeOf(one.cartridge + 1))).to.equal(
              FAKE_ADDRESSES.drive + (one.drive === 'tape0' ? 0 : 1),
            );
        }
      }),
      { numRuns: 300 },
    );
  });
});
