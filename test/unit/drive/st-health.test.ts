import { expect } from 'chai';
import { StDrive } from '../../../src/drive/st-drive.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { encodeSupportedLogPages, LOG_PAGES } from '../../../src/scsi/log-page.js';
import { decodeLogSenseCdb } from '../../../src/scsi/log-sense.js';
import { decodeMamAttributes } from '../../../src/scsi/mam.js';
import { encodeTapeAlertResponseLogPage } from '../../../src/scsi/tape-alert-log-page.js';
import { codeOf } from '../../support/code-of.js';
import { TEST_ATTRIBUTES } from '../../support/test-attributes.js';
import { HookedSyscalls, type HookedAnswer } from '../../support/hooked-syscalls.js';
import { StDriveFixture } from '../../support/st-drive-fixture.js';

const NOT_SUPPORTED: HookedAnswer = { key: 5, asc: 0x24, ascq: 0x00 };
const INVALID_PARAMETER: HookedAnswer = { key: 5, asc: 0x26, ascq: 0x00 };

describe('the health of an st-drive', () => {
  let world: StDriveFixture;
  let port: HookedSyscalls;
  let drive: StDrive;

  beforeEach(() => {
    world = new StDriveFixture();
    port = new HookedSyscalls(world.port);
    drive = new StDrive({ port, device: '/dev/nst0', clock: world.clock });
    world.insertBlank(8 * 1024 * 1024);
    drive.open();
    drive.load();
  });
  afterEach(() => {
    port.hook = () => null;
    drive.close();
    world.dispose();
  });

  /** LOG SENSE of a page is answered with these bytes, or with sense; other pages by the drive. */
  function answerPages(pages: Readonly<Record<number, Uint8Array | HookedAnswer>>): void {
    port.hook = (call) => {
      if (call.call !== 'sg-io' || call.opcode !== OPCODES.logSense) return null;
      const answer = pages[decodeLogSenseCdb(call.cdb).pageCode];
      if (answer === undefined) return null;
      if (!(answer instanceof Uint8Array)) return answer;
      call.data.set(answer);
      return { status: 0 };
    };
  }

  function pagesAsked(): readonly number[] {
    return port.log.flatMap((call) =>
      call.call === 'sg-io' && call.opcode === OPCODES.logSense ? [decodeLogSenseCdb(call.cdb).pageCode] : [],
    );
  }

  it('comes from the pages the drive says it has: it is asked for no others, and which they are only once', () => {
    answerPages({ [LOG_PAGES.supportedPages]: encodeSupportedLogPages([0x00, 0x02, 0x2e, 0x31]) });
    const health = drive.readHealth();
    expect(health.writeErrors).to.not.equal(null);
    expect(health.capacity).to.not.equal(null);
    expect([health.readErrors, health.deviceStatus, health.volumeStatistics]).to.deep.equal([null, null, null]);
    drive.readHealth();
    expect(pagesAsked()).to.deep.equal([0x00, 0x02, 0x31, 0x2e, 0x02, 0x31, 0x2e]);
  });

  it('comes from whatever page there is when the drive does not tell which it has', () => {
    answerPages({ [LOG_PAGES.supportedPages]: NOT_SUPPORTED, [LOG_PAGES.volumeStatistics]: NOT_SUPPORTED });
    const health = drive.readHealth();
    expect(health.volumeStatistics).to.equal(null);
    expect(health.readErrors).to.not.equal(null);
    expect(health.tapeAlerts).to.deep.equal([]);
  });

  it('misses only the page that is garbage', () => {
    answerPages({ [LOG_PAGES.writeErrors]: Uint8Array.of(0x3f, 0xff, 0, 2, 0, 0) });
    const health = drive.readHealth();
    expect(health.writeErrors).to.equal(null);
    expect(health.readErrors).to.not.equal(null);
    expect(health.volumeStatistics?.valid).to.equal(true);
  });

  it('has the flags of the response page where there is no TapeAlert page', () => {
    answerPages({
      [LOG_PAGES.supportedPages]: encodeSupportedLogPages([0x00, 0x12]),
      [LOG_PAGES.tapeAlertResponse]: encodeTapeAlertResponseLogPage([0x01, 0x14, 0x3d]),
    });
    expect(drive.readHealth().tapeAlerts).to.deep.equal([0x01, 0x14, 0x3d]);
  });

  it('is a failure when the drive itself fails', () => {
    answerPages({ [LOG_PAGES.readErrors]: { key: 4, asc: 0x44, ascq: 0 } });
    expect(codeOf(() => drive.readHealth())).to.equal('DRIVE_HARDWARE');
  });

  it('shows a failed write in the flags and the counters', () => {
    world.failNextWrite();
    expect(codeOf(() => drive.writeBlock(new Uint8Array(100)))).to.equal('MEDIUM_WRITE_ERROR');
    const { tapeAlerts, writeErrors } = drive.readHealth();
    expect(tapeAlerts).to.include(0x06);
    expect(writeErrors?.uncorrected).to.equal(1);
    expect(drive.readHealth().tapeAlerts).to.deep.equal([]);
  });

  describe('the cartridge memory', () => {
    const written = (): readonly (readonly number[])[] =>
      port.log.flatMap((call) =>
        call.call === 'sg-io' && call.opcode === OPCODES.writeAttribute
          ? [decodeMamAttributes(call.data).map(({ id }) => id)]
          : [],
      );

    it('gets what SPC-4 lets an application say, in one list', () => {
      expect(drive.writeMediumAttributes(TEST_ATTRIBUTES)).to.equal(true);
      expect(written()).to.deep.equal([[0x0800, 0x0801, 0x0802, 0x0803, 0x0804, 0x0806, 0x0808, 0x080b]]);
      const { memory } = drive.readMediumAttributes();
      expect(memory).to.deep.include({ id: 0x0804, name: 'date and time last written', value: '202611240307' });
      expect(memory).to.deep.include({ id: 0x0806, name: 'barcode', value: 'TPL001L8' });
    });

    it('gets texts cut to their places, and only ASCII', () => {
      const long = 'é'.repeat(200);
      expect(
        drive.writeMediumAttributes({
          ...TEST_ATTRIBUTES,
          vendor: 'TAPELOOM INC',
          version: '10.20.30-rc1',
          label: long,
        }),
      ).to.equal(true);
      const { memory } = drive.readMediumAttributes();
      expect(memory).to.deep.include({ id: 0x0800, name: 'application vendor', value: 'TAPELOOM' });
      expect(memory).to.deep.include({ id: 0x0802, name: 'application version', value: '10.20.30' });
      expect(memory).to.deep.include({ id: 0x0803, name: 'user medium text label', value: '?'.repeat(160) });
    });

    it('says nothing of a time when nothing was ever written', () => {
      drive.writeMediumAttributes({ ...TEST_ATTRIBUTES, lastWrittenMs: null });
      expect(written()[0]).to.not.include(0x0804);
    });

    it('gets one attribute after another from a drive that refuses the list for one it does not know', () => {
      port.hook = (call) => {
        if (call.call !== 'sg-io' || call.opcode !== OPCODES.writeAttribute) return null;
        return decodeMamAttributes(call.data).some(({ id }) => id === 0x080b) ? INVALID_PARAMETER : null;
      };
      expect(drive.writeMediumAttributes(TEST_ATTRIBUTES)).to.equal(true);
      expect(written()).to.have.length(9);
      expect(drive.readMediumAttributes().barcode).to.equal('TPL001L8');
      expect(drive.readMediumAttributes().memory?.map(({ id }) => id)).to.not.include(0x080b);
    });

    it('is not there in a drive that knows no such command', () => {
      port.hook = (call) =>
        call.call === 'sg-io' && call.opcode === OPCODES.writeAttribute ? { key: 5, asc: 0x20, ascq: 0 } : null;
      expect(drive.writeMediumAttributes(TEST_ATTRIBUTES)).to.equal(false);
    });
  });
});
