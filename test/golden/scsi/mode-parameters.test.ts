import { expect } from 'chai';
import { decodeCompressionModePage, encodeCompressionModePage } from '../../../src/scsi/compression-mode-page.js';
import {
  decodeDeviceConfigurationModePage,
  encodeDeviceConfigurationModePage,
} from '../../../src/scsi/device-configuration-mode-page.js';
import {
  decodeMediumConfigurationModePage,
  encodeMediumConfigurationModePage,
} from '../../../src/scsi/medium-configuration-mode-page.js';
import {
  decodeModeSelectData,
  decodeModeSenseData,
  encodeModeSelectData,
  encodeModeSenseData,
  findModePage,
} from '../../../src/scsi/mode-parameters.js';
import { fromHex, toHex } from './hex.js';

const COMPRESSION = {
  compressionEnabled: true,
  compressionCapable: true,
  decompressionEnabled: true,
  reportExceptions: 0,
  compressionAlgorithm: 1,
  decompressionAlgorithm: 1,
};
// SSC-4, from byte 2: DCE 80h, DCC 40h; DDE 80h, RED; algorithms; reserved.
const COMPRESSION_HEX = 'c0 80 00000001 00000001 00000000';

const PARAMETERS = {
  mediumType: 0x88,
  writeProtected: true,
  bufferedMode: 1,
  speed: 0,
  blockDescriptor: { densityCode: 0x5e, blockCount: 0, blockLength: 0 },
  pages: [{ ...encodeCompressionModePage(COMPRESSION), saveable: true }],
};

describe('mode parameters', () => {
  // SPC-4 (6): 0 length, 1 medium type, 2 WP 80h with buffered mode 10h, 3 descriptor length; then descriptor
  // (0 density, 1-3 count, 5-7 block length), page (PS 80h with 0Fh, length 0Eh).
  it('of MODE SENSE(6) carry density, write protection, buffered mode and pages', () => {
    const hex = `1b 88 90 08  5e 000000 00 000000  8f 0e ${COMPRESSION_HEX}`;
    expect(toHex(encodeModeSenseData(6, PARAMETERS))).to.equal(toHex(fromHex(hex)));
    expect(decodeModeSenseData(6, fromHex(hex))).to.deep.equal(PARAMETERS);
  });

  // The header of the 10-byte form: 0-1 length, 2 medium type, 3 device-specific, 6-7 descriptor length.
  it('of MODE SENSE(10) have a longer header', () => {
    const hex = `001e 88 90 00 00 0008  5e 000000 00 000000  8f 0e ${COMPRESSION_HEX}`;
    expect(toHex(encodeModeSenseData(10, PARAMETERS))).to.equal(toHex(fromHex(hex)));
    expect(decodeModeSenseData(10, fromHex(hex))).to.deep.equal(PARAMETERS);
  });

  it('of MODE SELECT leave length, WP and PS zero, as they are reserved there', () => {
    const sent = { ...PARAMETERS, writeProtected: false, pages: [encodeCompressionModePage(COMPRESSION)] };
    const hex6 = `00 88 10 08  5e 000000 00 000000  0f 0e ${COMPRESSION_HEX}`;
    expect(toHex(encodeModeSelectData(6, PARAMETERS))).to.equal(toHex(fromHex(hex6)));
    expect(decodeModeSelectData(6, fromHex(hex6))).to.deep.equal(sent);
    const hex10 = `0000 88 10 00 00 0008  5e 000000 00 000000  0f 0e ${COMPRESSION_HEX}`;
    expect(toHex(encodeModeSelectData(10, PARAMETERS))).to.equal(toHex(fromHex(hex10)));
    expect(decodeModeSelectData(10, fromHex(hex10))).to.deep.equal(sent);
  });

  // SPC-4: SPF 40h, subpage, length in two bytes.
  it('carry pages with a subpage', () => {
    const page = { pageCode: 0x10, subpageCode: 0x01, saveable: false, parameters: fromHex('01000000') };
    const parameters = { ...PARAMETERS, writeProtected: false, blockDescriptor: null, pages: [page] };
    const hex = '0b 88 10 00  50 01 0004 01000000';
    expect(toHex(encodeModeSenseData(6, parameters))).to.equal(toHex(fromHex(hex)));
    const decoded = decodeModeSenseData(6, fromHex(hex));
    expect(decoded).to.deep.equal(parameters);
    expect(findModePage(decoded, 0x10, 0x01)).to.deep.equal(page);
    expect(findModePage(decoded, 0x10)).to.equal(null);
  });
});

describe('mode pages', () => {
  it('0Fh tells whether data are compressed', () => {
    const page = encodeCompressionModePage(COMPRESSION);
    expect(page.pageCode).to.equal(0x0f);
    expect(toHex(page.parameters)).to.equal(toHex(fromHex(COMPRESSION_HEX)));
    expect(decodeCompressionModePage(page)).to.deep.equal(COMPRESSION);
  });

  // SSC-4, from byte 2: CAF and format; partition; ratios; delay; byte 8 flags; gap; EOD EEG SEW SWP BAML BAM;
  // buffer size; algorithm; byte 15 flags.
  it('10h tells how the drive is configured', () => {
    const configuration = {
      changeActiveFormat: true,
      activeFormat: 0x02,
      activePartition: 1,
      writeBufferFullRatio: 0x10,
      readBufferEmptyRatio: 0x20,
      writeDelayDeciseconds: 0x0096,
      capabilityFlags: 0x40,
      gapSize: 0,
      endOfDataFormat: 0,
      enableEndOfDataGeneration: true,
      synchronizeAtEarlyWarning: true,
      softwareWriteProtected: false,
      blockAddressModeLock: false,
      blockAddressMode: true,
      bufferSizeAtEarlyWarning: 0x010203,
      compressionAlgorithm: 1,
      protectionFlags: 0x04,
    };
    const page = encodeDeviceConfigurationModePage(configuration);
    expect(page.pageCode).to.equal(0x10);
    expect(toHex(page.parameters)).to.equal('220110200096400019' + '010203' + '0104');
    expect(decodeDeviceConfigurationModePage(page)).to.deep.equal(configuration);
  });

  // SSC-4, from byte 2: WORMM 01h; reserved; label and filemark restrictions.
  it('1Dh tells whether the cartridge is WORM, in 30 bytes or just the first', () => {
    const medium = { worm: true, wormLabelRestrictions: 1, wormFilemarkRestrictions: 2 };
    const page = encodeMediumConfigurationModePage(medium);
    expect(page.pageCode).to.equal(0x1d);
    expect(toHex(page.parameters)).to.equal('01000102' + '00'.repeat(26));
    expect(decodeMediumConfigurationModePage(page)).to.deep.equal(medium);
    const short = decodeMediumConfigurationModePage({ ...page, parameters: fromHex('01') });
    expect(short).to.deep.equal({ worm: true, wormLabelRestrictions: 0, wormFilemarkRestrictions: 0 });
  });
});
