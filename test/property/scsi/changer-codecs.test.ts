import { expect } from 'chai';
import fc from 'fast-check';
import { changerSenseError } from '../../../src/scsi/changer-sense-error.js';
import { changerSenseOutcome, type ChangerOperation } from '../../../src/scsi/changer-sense-outcome.js';
import {
  decodeElementAddressModePage,
  encodeElementAddressModePage,
} from '../../../src/scsi/element-address-mode-page.js';
import type { ElementDescriptor } from '../../../src/scsi/element-descriptor.js';
import { identifyDrive, makeElementDevice, makeSerialElementDevice } from '../../../src/scsi/element-device.js';
import {
  decodeElementStatus,
  encodeElementStatus,
  type ElementStatus,
  type ElementStatusPage,
} from '../../../src/scsi/element-status.js';
import { decodeExchangeMediumCdb, encodeExchangeMediumCdb } from '../../../src/scsi/exchange-medium.js';
import {
  decodeInitializeElementRangeCdb,
  encodeInitializeElementRangeCdb,
} from '../../../src/scsi/initialize-element-status.js';
import { decodeMoveMediumCdb, encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { decodePositionToElementCdb, encodePositionToElementCdb } from '../../../src/scsi/position-to-element.js';
import {
  decodeReadElementStatusCdb,
  ELEMENT_TYPES,
  encodeReadElementStatusCdb,
} from '../../../src/scsi/read-element-status.js';
import { makeSense } from '../../../src/scsi/sense.js';

const u8 = fc.nat({ max: 0xff });
const u16 = fc.nat({ max: 0xffff });
const u24 = fc.nat({ max: 0xff_ffff });
const word = (width: number): fc.Arbitrary<string> =>
  fc
    .stringMatching(new RegExp(`^([!-~]|[!-~][ -~]{0,${String(width - 2)}}[!-~])$`))
    .filter((text) => text.length <= width);

function roundTrips<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): void {
  it(`${name} survives encoding and decoding`, () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value))).to.deep.equal(value);
      }),
    );
  });
}

const tag = fc.record({ identifier: word(32), sequence: u16 });
const device = fc.record({
  codeSet: fc.nat({ max: 15 }),
  type: fc.nat({ max: 15 }),
  identifier: fc.uint8Array({ minLength: 1, maxLength: 60 }),
});

/** What a page does not carry must be off in its descriptors to come back equal. */
function descriptorOf(page: Omit<ElementStatusPage, 'descriptors'>): fc.Arbitrary<ElementDescriptor> {
  const isDrive = page.elementType === ELEMENT_TYPES.drive;
  const driveOnly = <T>(values: fc.Arbitrary<T>, otherwise: T): fc.Arbitrary<T> =>
    isDrive ? values : fc.constant(otherwise);
  return fc.record({
    address: fc.integer({ min: 1, max: 0xffff }),
    isFull: fc.boolean(),
    isAccessible: fc.boolean(),
    isException: fc.boolean(),
    asc: u8,
    ascq: u8,
    placedByOperator: fc.boolean(),
    exportEnabled: fc.boolean(),
    importEnabled: fc.boolean(),
    busAddress: driveOnly(fc.option(u8), null),
    logicalUnit: driveOnly(fc.option(fc.nat({ max: 7 })), null),
    onOtherBus: driveOnly(fc.boolean(), false),
    sourceAddress: fc.option(u16),
    isInverted: fc.boolean(),
    isDisabled: fc.boolean(),
    mediumType: fc.nat({ max: 7 }),
    primaryTag: page.hasPrimaryTags ? fc.option(tag) : fc.constant(null),
    alternateTag: page.hasAlternateTags ? fc.option(tag) : fc.constant(null),
    device: page.hasIdentifiers ? fc.option(device) : fc.constant(null),
  });
}

const page: fc.Arbitrary<ElementStatusPage> = fc
  .record({
    elementType: fc.integer({ min: 1, max: 4 }),
    hasPrimaryTags: fc.boolean(),
    hasAlternateTags: fc.boolean(),
    hasIdentifiers: fc.boolean(),
  })
  .chain((layout) =>
    fc.array(descriptorOf(layout), { minLength: 1, maxLength: 4 }).map((descriptors) => ({ ...layout, descriptors })),
  );

const status: fc.Arbitrary<ElementStatus> = fc.record({
  pages: fc.array(page, { maxLength: 4 }),
  missing: fc.nat({ max: 1000 }),
});

function descriptorsOf(elements: ElementStatus): readonly ElementDescriptor[] {
  return elements.pages.flatMap(({ descriptors }) => descriptors);
}

describe('round trips of changer commands', () => {
  const transport = u16;
  roundTrips(
    'MOVE MEDIUM',
    fc.record({ transport, source: u16, destination: u16, invert: fc.boolean() }),
    encodeMoveMediumCdb,
    decodeMoveMediumCdb,
  );
  roundTrips(
    'EXCHANGE MEDIUM',
    fc.record({
      transport,
      source: u16,
      firstDestination: u16,
      secondDestination: u16,
      invertFirst: fc.boolean(),
      invertSecond: fc.boolean(),
    }),
    encodeExchangeMediumCdb,
    decodeExchangeMediumCdb,
  );
  roundTrips(
    'POSITION TO ELEMENT',
    fc.record({ transport, destination: u16, invert: fc.boolean() }),
    encodePositionToElementCdb,
    decodePositionToElementCdb,
  );
  roundTrips(
    'INITIALIZE ELEMENT STATUS WITH RANGE',
    fc.record({ fast: fc.boolean(), range: fc.option(fc.record({ first: u16, count: u16 })) }),
    encodeInitializeElementRangeCdb,
    decodeInitializeElementRangeCdb,
  );
  roundTrips(
    'READ ELEMENT STATUS',
    fc.record({
      elementType: fc.nat({ max: 4 }),
      withVolumeTags: fc.boolean(),
      firstAddress: u16,
      count: u16,
      currentDataOnly: fc.boolean(),
      withDeviceIds: fc.boolean(),
      allocationLength: u24,
    }),
    encodeReadElementStatusCdb,
    decodeReadElementStatusCdb,
  );

  const range = fc.record({ first: u16, count: u16 });
  it('element address assignment mode page survives encoding and decoding', () => {
    fc.assert(
      fc.property(fc.record({ transport: range, storage: range, importExport: range, drive: range }), (assignment) => {
        expect(decodeElementAddressModePage(encodeElementAddressModePage(assignment))).to.deep.equal(assignment);
      }),
    );
  });
});

describe('round trips of element status data', () => {
  roundTrips('element status data', status, encodeElementStatus, decodeElementStatus);

  it('what is transferred of it tells whole elements as they are, and counts the others as missing', () => {
    fc.assert(
      fc.property(status, fc.double({ min: 0, max: 1, noNaN: true }), (whole, share) => {
        const bytes = encodeElementStatus(whole);
        const cut = decodeElementStatus(bytes.subarray(0, 8 + Math.floor((bytes.length - 8) * share)));
        const [all, came] = [descriptorsOf(whole), descriptorsOf(cut)];
        // A tag cut behind its identifier is told without its number, as the end of a short last descriptor is.
        const told = came.map((element, index) => ({
          ...element,
          primaryTag: withNumberOf(element.primaryTag, all[index]?.primaryTag),
          alternateTag: withNumberOf(element.alternateTag, all[index]?.alternateTag),
          device: element.device ?? (index === came.length - 1 ? (all[index]?.device ?? null) : null),
        }));
        expect(told).to.deep.equal(all.slice(0, came.length));
        expect(cut.missing).to.equal(all.length + whole.missing - came.length);
      }),
    );
  });

  it('zeros behind what was transferred are never taken for elements', () => {
    fc.assert(
      fc.property(status, fc.double({ min: 0, max: 1, noNaN: true }), (whole, share) => {
        const bytes = encodeElementStatus(whole);
        const padded = new Uint8Array(bytes.length);
        const wholeDescriptors = boundaries(whole);
        const end = wholeDescriptors[Math.floor((wholeDescriptors.length - 1) * share)] ?? 8;
        padded.set(bytes.subarray(0, end));
        const addresses = new Set(descriptorsOf(whole).map(({ address }) => address));
        for (const { address } of descriptorsOf(decodeElementStatus(padded)))
          expect(addresses.has(address), `element ${String(address)}`).to.equal(true);
      }),
    );
  });

  it('drives are identified by either form of identifier', () => {
    const drive = fc.record({ vendor: word(8), product: word(16), serial: word(20) });
    fc.assert(
      fc.property(drive, (identification) => {
        expect(identifyDrive(makeElementDevice(identification))).to.deep.equal(identification);
        const { serial } = identification;
        expect(identifyDrive(makeSerialElementDevice(serial, 24)).serial).to.equal(serial);
      }),
    );
  });
});

type Tag = ElementDescriptor['primaryTag'];

function withNumberOf(cut: Tag, whole: Tag | undefined): Tag {
  return cut === null || whole === null || whole === undefined ? cut : { ...cut, sequence: whole.sequence };
}

/** Ends of whole descriptors: where a changer ends its data for want of allocation length. */
function boundaries({ pages, missing }: ElementStatus): readonly number[] {
  const ends = [8];
  for (let index = 0; index < pages.length; index++) {
    const page = pages[index] as ElementStatusPage;
    const before = encodeElementStatus({ pages: pages.slice(0, index), missing }).length;
    const length = (encodeElementStatus({ pages: [page], missing }).length - 16) / page.descriptors.length;
    for (let n = 1; n <= page.descriptors.length; n++) ends.push(before + 8 + n * length);
  }
  return ends;
}

describe('sense of a changer', () => {
  const operations = fc.constantFrom<ChangerOperation>('move', 'other');

  it('has exactly one outcome, and an error that says what the changer said', () => {
    fc.assert(
      fc.property(fc.nat({ max: 15 }), u8, u8, operations, fc.boolean(), (key, asc, ascq, operation, deferred) => {
        const sense = makeSense(key, asc, ascq, { deferred });
        const outcome = changerSenseOutcome(sense, operation);
        expect(outcome.deferred).to.equal(deferred);
        const error = changerSenseError(sense, 'MOVE MEDIUM', operation);
        expect(error.context).to.include({ senseKey: key, asc, ascq });
        if (outcome.kind === 'failure') expect(error.code).to.equal(outcome.code);
      }),
      { numRuns: 2000 },
    );
  });

  it('never takes a refused move for one that was made', () => {
    fc.assert(
      fc.property(fc.nat({ max: 15 }), u8, u8, (key, asc, ascq) => {
        const { kind } = changerSenseOutcome(makeSense(key, asc, ascq), 'move');
        if (kind === 'nothing' || kind === 'recovered') expect(key).to.be.oneOf([0x0, 0x1, 0xf]);
      }),
      { numRuns: 2000 },
    );
  });

  it('makes every unit attention a reason to look again', () => {
    fc.assert(
      fc.property(u8, u8, operations, (asc, ascq, operation) => {
        expect(changerSenseOutcome(makeSense(0x6, asc, ascq), operation).kind).to.equal('unit-attention');
      }),
    );
  });
});
