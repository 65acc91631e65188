import { expect } from 'chai';
import fc from 'fast-check';
import { decodeCompressionModePage, encodeCompressionModePage } from '../../../src/scsi/compression-mode-page.js';
import {
  decodeDeviceConfigurationModePage,
  encodeDeviceConfigurationModePage,
} from '../../../src/scsi/device-configuration-mode-page.js';
import {
  DEVICE_ACTIVITIES,
  decodeDeviceStatusLogPage,
  encodeDeviceStatusLogPage,
} from '../../../src/scsi/device-status-log-page.js';
import { decodeDeviceIdentification, encodeDeviceIdentification } from '../../../src/scsi/device-identification.js';
import {
  decodeLocate10Cdb,
  decodeLocate16Cdb,
  encodeLocate10Cdb,
  encodeLocate16Cdb,
} from '../../../src/scsi/locate.js';
import { decodeLogPage, encodeLogPage } from '../../../src/scsi/log-page.js';
import { decodeLogSenseCdb, encodeLogSenseCdb } from '../../../src/scsi/log-sense.js';
import { decodeMamAttributes, encodeMamAttributes } from '../../../src/scsi/mam.js';
import { decodeModeSenseData, encodeModeSenseData, type ModePage } from '../../../src/scsi/mode-parameters.js';
import {
  decodeLongPosition,
  decodeShortPosition,
  encodeLongPosition,
  encodeShortPosition,
} from '../../../src/scsi/read-position.js';
import {
  decodeSupportedCommands,
  encodeSupportedCommands,
} from '../../../src/scsi/report-supported-operation-codes.js';
import { decodeRead6Cdb, encodeRead6Cdb } from '../../../src/scsi/read.js';
import { decodeDensitySupport, encodeDensitySupport } from '../../../src/scsi/report-density-support.js';
import { senseOutcome, type SenseOperation } from '../../../src/scsi/sense-outcome.js';
import { decodeSense, encodeSense, formatSense, type Sense } from '../../../src/scsi/sense.js';
import { decodeSpace16Cdb, decodeSpace6Cdb, encodeSpace16Cdb, encodeSpace6Cdb } from '../../../src/scsi/space.js';
import {
  decodeTapeAlertLogPage,
  decodeTapeAlertResponseLogPage,
  encodeTapeAlertLogPage,
  encodeTapeAlertResponseLogPage,
} from '../../../src/scsi/tape-alert-log-page.js';
import { decodeWriteFilemarksCdb, encodeWriteFilemarksCdb } from '../../../src/scsi/write-filemarks.js';

const u8 = fc.nat({ max: 0xff });
const u16 = fc.nat({ max: 0xffff });
const u24 = fc.nat({ max: 0xff_ffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u53 = fc.maxSafeNat();
const word = (width: number): fc.Arbitrary<string> =>
  fc
    .stringMatching(new RegExp(`^([!-~][ -~]{0,${String(width - 2)}}[!-~]|[!-~]|)$`))
    .filter((text) => text.length <= width);

/** Decoding what was encoded gives the value back. */
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

/** What sense-key specific bytes can say depends on the key. */
function senses(information: fc.Arbitrary<number>, commandSpecific: fc.Arbitrary<number>): fc.Arbitrary<Sense> {
  const base = fc.record({
    deferred: fc.boolean(),
    key: fc.nat({ max: 15 }),
    asc: u8,
    ascq: u8,
    filemark: fc.boolean(),
    endOfMedium: fc.boolean(),
    incorrectLength: fc.boolean(),
    information: fc.option(information),
    commandSpecific: fc.option(commandSpecific),
    fieldReplaceableUnit: u8,
    progress: fc.option(u16),
    fieldPointer: fc.option(fc.record({ inCdb: fc.boolean(), byte: u16, bit: fc.option(fc.nat({ max: 7 })) })),
  });
  return base.map((sense) => ({
    ...sense,
    progress: sense.key === 0 || sense.key === 2 ? sense.progress : null,
    fieldPointer: sense.key === 5 ? sense.fieldPointer : null,
  }));
}

const fixedSense = senses(
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  fc.integer({ min: 1, max: 0xffff_ffff }),
);
const descriptorSense = senses(fc.maxSafeInteger(), u53);

const parameter = fc.record({ code: u16, control: u8, value: fc.uint8Array({ minLength: 1, maxLength: 40 }) });
const modePage = fc.record({
  pageCode: fc.nat({ max: 0x3f }),
  subpageCode: u8,
  saveable: fc.boolean(),
  parameters: fc.uint8Array({ maxLength: 60 }),
});
const modeParameters = fc.record({
  mediumType: u8,
  writeProtected: fc.boolean(),
  bufferedMode: fc.nat({ max: 7 }),
  speed: fc.nat({ max: 15 }),
  blockDescriptor: fc.option(fc.record({ densityCode: u8, blockCount: u24, blockLength: u24 })),
  pages: fc.array(modePage, { maxLength: 3 }),
});
const alerts = fc
  .uniqueArray(fc.integer({ min: 1, max: 64 }))
  .map((flags): readonly number[] => flags.sort((a, b) => a - b));

function pageOf(parameters: Uint8Array): ModePage {
  return { pageCode: 0, subpageCode: 0, saveable: false, parameters };
}

describe('round trips', () => {
  roundTrips('fixed sense', fixedSense, (sense) => encodeSense(sense, 'fixed'), decodeSense);
  roundTrips('descriptor sense', descriptorSense, (sense) => encodeSense(sense, 'descriptor'), decodeSense);

  const locate = { partition: fc.option(u8), immediate: fc.boolean() };
  roundTrips('LOCATE(10)', fc.record({ ...locate, blockAddress: u32 }), encodeLocate10Cdb, decodeLocate10Cdb);
  roundTrips(
    'LOCATE(16)',
    fc.record({ ...locate, destination: fc.nat({ max: 7 }), identifier: u53 }),
    encodeLocate16Cdb,
    decodeLocate16Cdb,
  );
  const code = fc.nat({ max: 15 });
  roundTrips(
    'SPACE(6)',
    fc.record({ code, count: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }) }),
    encodeSpace6Cdb,
    decodeSpace6Cdb,
  );
  roundTrips('SPACE(16)', fc.record({ code, count: fc.maxSafeInteger() }), encodeSpace16Cdb, decodeSpace16Cdb);
  roundTrips(
    'WRITE FILEMARKS(6)',
    fc.record({ count: u24, immediate: fc.boolean() }),
    encodeWriteFilemarksCdb,
    decodeWriteFilemarksCdb,
  );
  roundTrips(
    'READ(6)',
    fc.record({ fixed: fc.boolean(), suppressIncorrectLength: fc.boolean(), length: u24 }),
    encodeRead6Cdb,
    decodeRead6Cdb,
  );
  roundTrips(
    'LOG SENSE',
    fc.record({
      pageControl: fc.nat({ max: 3 }),
      pageCode: fc.nat({ max: 0x3f }),
      subpageCode: u8,
      save: fc.boolean(),
      parameterPointer: u16,
      allocationLength: u16,
    }),
    encodeLogSenseCdb,
    decodeLogSenseCdb,
  );

  const ends = {
    beginningOfPartition: fc.boolean(),
    endOfPartition: fc.boolean(),
    beyondProgrammableEarlyWarning: fc.boolean(),
  };
  roundTrips(
    'a short position',
    fc
      .tuple(
        fc.record({ ...ends, partition: u8, objectsInBuffer: fc.option(u24), bytesInBuffer: fc.option(u32) }),
        fc.oneof(
          fc.record({ overflow: fc.constant(false), firstLocation: u32, lastLocation: u32 }),
          fc.record({ overflow: fc.boolean(), firstLocation: fc.constant(null), lastLocation: fc.constant(null) }),
        ),
      )
      .map(([flags, locations]) => ({ ...flags, ...locations })),
    encodeShortPosition,
    decodeShortPosition,
  );
  roundTrips(
    'a long position',
    fc
      .tuple(
        fc.record({ ...ends, fileNumber: fc.option(u53) }),
        fc.oneof(
          fc.record({ partition: u32, objectNumber: u53 }),
          fc.constant({ partition: null, objectNumber: null }),
        ),
      )
      .map(([flags, locations]) => ({ ...flags, ...locations })),
    encodeLongPosition,
    decodeLongPosition,
  );
  roundTrips(
    'a log page',
    fc.record({ pageCode: fc.constant(0x17), subpageCode: fc.constant(3), parameters: fc.array(parameter) }),
    encodeLogPage,
    (bytes) => decodeLogPage(bytes, 0x17, 3),
  );
  const flag = fc.boolean();
  roundTrips(
    'a compression mode page',
    fc.record({
      compressionEnabled: flag,
      compressionCapable: flag,
      decompressionEnabled: flag,
      reportExceptions: fc.nat({ max: 3 }),
      compressionAlgorithm: u32,
      decompressionAlgorithm: u32,
    }),
    (value) => encodeCompressionModePage(value).parameters,
    (parameters) => decodeCompressionModePage(pageOf(parameters)),
  );
  roundTrips(
    'a device configuration mode page',
    fc.record({
      changeActiveFormat: flag,
      activeFormat: fc.nat({ max: 0x1f }),
      activePartition: u8,
      writeBufferFullRatio: u8,
      readBufferEmptyRatio: u8,
      writeDelayDeciseconds: u16,
      capabilityFlags: u8,
      gapSize: u8,
      endOfDataFormat: fc.nat({ max: 7 }),
      enableEndOfDataGeneration: flag,
      synchronizeAtEarlyWarning: flag,
      softwareWriteProtected: flag,
      blockAddressModeLock: flag,
      blockAddressMode: flag,
      bufferSizeAtEarlyWarning: u24,
      compressionAlgorithm: u8,
      protectionFlags: u8,
    }),
    (value) => encodeDeviceConfigurationModePage(value).parameters,
    (parameters) => decodeDeviceConfigurationModePage(pageOf(parameters)),
  );
  roundTrips(
    'a device status page',
    fc.record({
      removalPrevented: flag,
      hostInitiatedUnload: flag,
      mamAccessible: flag,
      compressionEnabled: flag,
      writeProtected: flag,
      cleaningRequested: flag,
      cleaningRequired: flag,
      initialized: flag,
      inTransition: flag,
      roboticAccessAllowed: flag,
      mediumPresent: flag,
      mediumSeated: flag,
      mediumThreaded: flag,
      mediumMounted: flag,
      activity: fc.constantFrom(...DEVICE_ACTIVITIES),
      recoveryRequested: flag,
      interfaceChanged: flag,
      tapeAlertChanged: flag,
    }),
    encodeDeviceStatusLogPage,
    decodeDeviceStatusLogPage,
  );
  roundTrips('a TapeAlert page', alerts, encodeTapeAlertLogPage, decodeTapeAlertLogPage);
  roundTrips('a TapeAlert response page', alerts, encodeTapeAlertResponseLogPage, decodeTapeAlertResponseLogPage);
  roundTrips(
    'mode parameters (6)',
    modeParameters,
    (value) => encodeModeSenseData(6, value),
    (bytes) => decodeModeSenseData(6, bytes),
  );
  roundTrips(
    'mode parameters (10)',
    modeParameters,
    (value) => encodeModeSenseData(10, value),
    (bytes) => decodeModeSenseData(10, bytes),
  );
  roundTrips(
    'a list of cartridge memory attributes',
    fc.array(
      fc.record({
        id: fc.integer({ min: 1, max: 0xffff }),
        readOnly: fc.boolean(),
        format: fc.constantFrom('binary', 'ascii', 'text'),
        value: fc.uint8Array({ maxLength: 300 }),
      }),
    ),
    encodeMamAttributes,
    decodeMamAttributes,
  );
  roundTrips(
    'a device identification page',
    fc.array(
      fc.record({
        codeSet: fc.nat({ max: 15 }),
        association: fc.nat({ max: 3 }),
        type: fc.nat({ max: 15 }),
        identifier: fc.uint8Array({ maxLength: 40 }),
      }),
    ),
    (designators) => encodeDeviceIdentification(1, designators),
    decodeDeviceIdentification,
  );
  roundTrips(
    'a list of densities',
    fc.array(
      fc.record({
        primaryCode: u8,
        secondaryCode: u8,
        writable: fc.boolean(),
        isDefault: fc.boolean(),
        bitsPerMillimetre: u24,
        mediumWidth: u16,
        tracks: u16,
        capacityMegabytes: u32,
        organization: word(8),
        name: word(8),
        description: word(20),
      }),
      { maxLength: 5 },
    ),
    encodeDensitySupport,
    decodeDensitySupport,
  );
  roundTrips(
    'the list of supported commands',
    fc.array(
      fc.record({
        opcode: fc.nat(0xff),
        serviceAction: fc.option(fc.nat(0xffff)),
        cdbBytes: fc.nat(0xffff),
      }),
      { maxLength: 40 },
    ),
    encodeSupportedCommands,
    (bytes) => decodeSupportedCommands(bytes).commands,
  );
});

describe('the sense table', () => {
  const operations = fc.constantFrom<SenseOperation>('write', 'read', 'move', 'other');

  it('has an outcome and a text for every sense, and passes on whether it is deferred', () => {
    fc.assert(
      fc.property(descriptorSense, operations, (sense, operation) => {
        const outcome = senseOutcome(sense, operation);
        expect(outcome.kind).to.be.a('string');
        expect(outcome.deferred).to.equal(sense.deferred);
        expect(formatSense(sense)).to.not.equal('');
      }),
      { numRuns: 2000 },
    );
  });

  it('never takes a failed write for a successful one', () => {
    const harmless = ['nothing', 'recovered', 'early-warning', 'filemark', 'incorrect-length', 'beginning-of-medium'];
    fc.assert(
      fc.property(descriptorSense, (sense) => {
        const { kind } = senseOutcome(sense, 'write');
        // Only no sense, recovered error and completed mean that the command did what it was asked.
        if (harmless.includes(kind)) expect(sense.key).to.be.oneOf([0x0, 0x1, 0xf]);
      }),
      { numRuns: 2000 },
    );
  });

  it('never trusts the position after a reset or a change of medium, whatever else the sense says', () => {
    fc.assert(
      fc.property(descriptorSense, fc.constantFrom(0x28, 0x29), operations, (sense, asc, operation) => {
        const outcome = senseOutcome({ ...sense, key: 0x6, asc }, operation);
        expect(outcome.kind === 'unit-attention' && outcome.positionLost).to.equal(true);
      }),
    );
  });
});
