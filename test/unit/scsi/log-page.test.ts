import { expect } from 'chai';
import { decodeDeviceStatusLogPage, encodeDeviceStatusLogPage } from '../../../src/scsi/device-status-log-page.js';
import { counterOf, encodeCounter, pageCounter } from '../../../src/scsi/log-counter.js';
import { decodeLogPage, decodeSupportedLogPages, encodeLogPage, LOG_PAGES } from '../../../src/scsi/log-page.js';
import { decodeSequentialAccessLogPage } from '../../../src/scsi/sequential-access-log-page.js';
import { tapeAlertFlag, TAPE_ALERT_COUNT } from '../../../src/scsi/tape-alert-flags.js';
import { decodeTapeAlertLogPage, decodeTapeAlertResponseLogPage } from '../../../src/scsi/tape-alert-log-page.js';
import { decodeTapeCapacityLogPage } from '../../../src/scsi/tape-capacity-log-page.js';
import { decodeVolumeStatisticsLogPage } from '../../../src/scsi/volume-statistics-log-page.js';
import { bytesOf, expectMalformed } from './bytes.js';

const STATUS = decodeDeviceStatusLogPage(bytesOf('11 00 0008  0000 03 04 b5 17 06 01'));

describe('a log page', () => {
  it('keeps the parameters before one that is cut', () => {
    const page = bytesOf('31 00 0010  0001 c0 04 00000007  0003 c0 04 0000');
    expect(decodeTapeCapacityLogPage(page)).to.include({ remaining: 7, maximum: null });
  });

  it('may say the allocation length for its own, with zeros behind the data, as Quantum HH7 drives do', () => {
    const page = encodeDeviceStatusLogPage(STATUS);
    const padded = new Uint8Array(8192);
    padded.set(page);
    padded[2] = 0x20;
    padded[3] = 0x00;
    expect(decodeDeviceStatusLogPage(padded)).to.deep.equal(STATUS);
    expect(decodeLogPage(padded, LOG_PAGES.deviceStatus).parameters).to.have.length(1);
    expect(decodeDeviceStatusLogPage(padded.subarray(0, page.length))).to.deep.equal(STATUS);
  });

  it('keeps a last parameter that is zero, with zeros behind it', () => {
    const page = bytesOf('2e 00 ffff  0003 c0 01 01  0040 c0 01 00  00 00 00 00 00 00 00');
    expect(decodeLogPage(page, LOG_PAGES.tapeAlert).parameters.map(({ code }) => code)).to.deep.equal([3, 0x40]);
  });

  it('ends where its length says, whatever is behind', () => {
    const page = bytesOf('31 00 0008  0001 c0 04 00000007  0003 c0 04 00000009');
    expect(decodeTapeCapacityLogPage(page)).to.include({ remaining: 7, maximum: null });
  });

  it('may come with parameters this program does not know, in any order', () => {
    const page = bytesOf('31 00 001b  8000 c0 03 010203  0003 c0 04 00000009  0001 c0 08 0000000000000007');
    expect(decodeTapeCapacityLogPage(page)).to.deep.equal({
      remaining: 7,
      secondRemaining: null,
      maximum: 9,
      secondMaximum: null,
    });
  });

  it('with any other page or subpage code is refused', () => {
    expectMalformed(() => decodeLogPage(bytesOf('02 00 0000'), LOG_PAGES.readErrors), /page 02h\/00h came instead/);
    expectMalformed(() => decodeLogPage(bytesOf('43 05 0000'), LOG_PAGES.readErrors), /page 03h\/05h came instead/);
    expectMalformed(() => decodeSupportedLogPages(bytesOf('02 00 0000')), /page 02h came instead/);
    expectMalformed(() => decodeLogPage(bytesOf('02 00 00'), LOG_PAGES.writeErrors), /log page header/);
  });

  it('is recognised with the DS bit, and with rubbish in the byte that is reserved without SPF', () => {
    expect(decodeLogPage(bytesOf('82 07 0000'), LOG_PAGES.writeErrors).parameters).to.deep.equal([]);
  });

  it('that lists pages has no page twice for the zeros that pad it', () => {
    expect(decodeSupportedLogPages(bytesOf('00 00 0006 00 02 2e 00 00 00'))).to.deep.equal([0x00, 0x02, 0x2e]);
  });
});

describe('a counter', () => {
  it('has any width, and is unknown without bytes, with all bits one and above 2^53 - 1', () => {
    expect(counterOf(bytesOf('07'))).to.equal(7);
    expect(counterOf(bytesOf('010000000000'))).to.equal(0x0100_0000_0000);
    expect(counterOf(bytesOf('0000000000000000000000ff'))).to.equal(255);
    expect(counterOf(bytesOf('001fffffffffffff'))).to.equal(Number.MAX_SAFE_INTEGER);
    for (const unknown of ['', 'ff', 'ffffffff', '0020000000000000', 'fffffffffffffffe'])
      expect(counterOf(bytesOf(unknown)), unknown).to.equal(null);
  });

  it('that the page does not have is unknown', () => {
    const page = { pageCode: 2, subpageCode: 0, parameters: [encodeCounter(1, 0, 4, 5), encodeCounter(2, 0, 2, null)] };
    expect(pageCounter(page, 1)).to.equal(5);
    expect(pageCounter(page, 2)).to.equal(null);
    expect(pageCounter(page, 3)).to.equal(null);
  });
});

describe('what the pages tell', () => {
  it('volume statistics without the page valid parameter are not valid', () => {
    expect(decodeVolumeStatisticsLogPage(bytesOf('17 00 0000'))).to.include({ valid: false, mounts: null, serial: '' });
    expect(decodeVolumeStatisticsLogPage(bytesOf('17 00 0005 0000 03 01 00')).valid).to.equal(false);
  });

  it('a device status page without its data is refused, an activity of tomorrow is "other"', () => {
    expectMalformed(() => decodeDeviceStatusLogPage(bytesOf('11 00 0000')), /very high frequency data missing/);
    expectMalformed(() => decodeDeviceStatusLogPage(bytesOf('11 00 0006 0000 03 02 b5 17')), /very high frequency/);
    expect(decodeDeviceStatusLogPage(bytesOf('11 00 0008 0000 03 04 01 00 99 00')).activity).to.equal('other');
  });

  it('a TapeAlert response page without its flags is refused: no flags would read as all is well', () => {
    expectMalformed(() => decodeTapeAlertResponseLogPage(bytesOf('12 00 0000')), /flags are missing/);
    expectMalformed(() => decodeTapeAlertResponseLogPage(bytesOf('12 00 0008 0000 03 04 80000000')), /missing/);
  });

  it('TapeAlert flags outside 1 to 64 and repeated ones are not told', () => {
    const parameters = [0, 4, 4, 0x41].map((code) => ({ code, control: 0, value: bytesOf('01') }));
    const page = encodeLogPage({ pageCode: LOG_PAGES.tapeAlert, subpageCode: 0, parameters });
    expect(decodeTapeAlertLogPage(page)).to.deep.equal([4]);
  });

  it('cleaning is unknown to a drive that does not tell', () => {
    expect(decodeSequentialAccessLogPage(bytesOf('0c 00 0000')).cleaningRequired).to.equal(null);
    expect(decodeSequentialAccessLogPage(bytesOf('0c 00 0005 0100 40 01 00')).cleaningRequired).to.equal(false);
  });
});

describe('TapeAlert flags', () => {
  it('all have a name of their own and a meaning', () => {
    const flags = Array.from({ length: TAPE_ALERT_COUNT }, (_, index) => tapeAlertFlag(index + 1));
    expect(new Set(flags.map(({ name }) => name)).size).to.equal(TAPE_ALERT_COUNT);
    for (const { meaning } of flags) expect(meaning).to.match(/^[A-Z].*\.$/);
  });

  it('say how bad it is', () => {
    for (const flag of [0x04, 0x05, 0x06, 0x0e, 0x14, 0x16, 0x1e, 0x34, 0x36])
      expect(tapeAlertFlag(flag).severity, `flag ${String(flag)}`).to.equal('critical');
    for (const flag of [0x01, 0x02, 0x07, 0x15, 0x31]) expect(tapeAlertFlag(flag).severity).to.equal('warning');
    for (const flag of [0x0a, 0x0b, 0x13]) expect(tapeAlertFlag(flag).severity).to.equal('information');
    expect(tapeAlertFlag(0x3f)).to.include({ name: 'reserved flag 63', severity: 'warning' });
  });
});
