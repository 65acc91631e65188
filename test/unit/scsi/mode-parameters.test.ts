import { expect } from 'chai';
import { decodeCompressionModePage, encodeCompressionModePage } from '../../../src/scsi/compression-mode-page.js';
import { decodeDeviceConfigurationModePage } from '../../../src/scsi/device-configuration-mode-page.js';
import { decodeMediumConfigurationModePage } from '../../../src/scsi/medium-configuration-mode-page.js';
import { decodeModeSelectData, decodeModeSenseData, encodeModeSenseData } from '../../../src/scsi/mode-parameters.js';
import { bytesOf, expectMalformed } from './bytes.js';

const PAGE = encodeCompressionModePage({
  compressionEnabled: false,
  compressionCapable: true,
  decompressionEnabled: true,
  reportExceptions: 1,
  compressionAlgorithm: 1,
  decompressionAlgorithm: 1,
});

const PARAMETERS = {
  mediumType: 0,
  writeProtected: false,
  bufferedMode: 1,
  speed: 0,
  blockDescriptor: { densityCode: 0x5c, blockCount: 0, blockLength: 0x200 },
  pages: [PAGE, PAGE],
};

describe('mode parameters that are cut', () => {
  it('keep the pages that came whole, and refuse a cut header or block descriptor', () => {
    for (const [form, header] of [
      [6, 12],
      [10, 16],
    ] as const) {
      const whole = encodeModeSenseData(form, PARAMETERS);
      for (let length = 0; length <= whole.length; length++) {
        const cut = whole.subarray(0, length);
        if (length < header) expectMalformed(() => decodeModeSenseData(form, cut), /MODE SENSE/);
        else expect(decodeModeSenseData(form, cut).pages).to.have.length(Math.floor((length - header) / 16));
      }
    }
  });
});

describe('mode parameters', () => {
  it('end where their length says, whatever is in the buffer behind', () => {
    const buffer = new Uint8Array(255).fill(0x0f);
    buffer.set(encodeModeSenseData(6, PARAMETERS));
    expect(decodeModeSenseData(6, buffer)).to.deep.equal(PARAMETERS);
  });

  it('may have no block descriptor, or one for each density of which the first counts', () => {
    expect(decodeModeSenseData(6, bytesOf('03 00 10 00'))).to.include({ blockDescriptor: null, bufferedMode: 1 });
    const two = bytesOf('13 00 10 10  5c 000000 00 000200  5a 000000 00 000000');
    expect(decodeModeSenseData(6, two).blockDescriptor).to.deep.equal(PARAMETERS.blockDescriptor);
  });

  it('with a block descriptor of another size than a tape has are refused', () => {
    expectMalformed(() => decodeModeSenseData(6, bytesOf('07 00 10 04  5c 000000')), /block descriptor/);
    const long = bytesOf(`0016 00 10 01 00 0010 ${'00'.repeat(16)}`);
    expectMalformed(() => decodeModeSenseData(10, long), /16 bytes/);
  });

  it('with a block descriptor longer than the list are refused', () => {
    expectMalformed(() => decodeModeSelectData(6, bytesOf('00 00 10 08 5c')), /MODE SELECT/);
  });

  it('with a cut header of a subpage keep what was before', () => {
    expect(decodeModeSenseData(6, bytesOf('05 00 00 00  50 01')).pages).to.deep.equal([]);
  });
});

describe('mode pages that are too short', () => {
  it('are refused', () => {
    const short = { ...PAGE, parameters: bytesOf('') };
    expectMalformed(() => decodeCompressionModePage(short), /data compression mode page/);
    expectMalformed(() => decodeDeviceConfigurationModePage(short), /device configuration mode page/);
    expectMalformed(() => decodeMediumConfigurationModePage(short), /medium configuration mode page/);
  });
});
