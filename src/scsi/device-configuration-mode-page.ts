import { ByteWriter } from '../base/byte-cursor.js';
import { decodeBytes } from './malformed-reply.js';
import type { ModePage } from './mode-parameters.js';

/** Device configuration mode page 10h (SSC-4). */
export interface DeviceConfigurationModePage {
  /** CAF: `activeFormat` is to be changed. */
  readonly changeActiveFormat: boolean;
  readonly activeFormat: number;
  readonly activePartition: number;
  /** How full (of 255) before writing to the medium starts, and how empty before reading starts again. */
  readonly writeBufferFullRatio: number;
  readonly readBufferEmptyRatio: number;
  /** How long the drive waits with a part of a buffer before it writes it, in tenths of a second. */
  readonly writeDelayDeciseconds: number;
  /** Byte 8 of the page: OBR, LOIS, RSMK, AVC, SOCF, ROBO, REW. LOIS (40h) says that logical objects have numbers. */
  readonly capabilityFlags: number;
  readonly gapSize: number;
  /** EOD defined: how the end of data is marked; 0 the default. */
  readonly endOfDataFormat: number;
  /** EEG: an end-of-data mark is written where writing ends. */
  readonly enableEndOfDataGeneration: boolean;
  /** SEW: the buffer is written to the medium at early warning. */
  readonly synchronizeAtEarlyWarning: boolean;
  /** SWP: software write protection. */
  readonly softwareWriteProtected: boolean;
  /** BAML and BAM: how LOCATE reads block addresses. */
  readonly blockAddressModeLock: boolean;
  readonly blockAddressMode: boolean;
  readonly bufferSizeAtEarlyWarning: number;
  /** 0: none; 1: the default. */
  readonly compressionAlgorithm: number;
  /** Byte 15: WTRE, OIR, REWIND ON RESET, ASOCWP, PERSWP, PRMWP. */
  readonly protectionFlags: number;
}

export const DEVICE_CONFIGURATION_PAGE_CODE = 0x10;
const PARAMETERS_LENGTH = 14;

export function decodeDeviceConfigurationModePage(page: ModePage): DeviceConfigurationModePage {
  return decodeBytes('device configuration mode page', page.parameters, (reader) => {
    const format = reader.u8();
    const start = {
      changeActiveFormat: (format & 0x20) !== 0,
      activeFormat: format & 0x1f,
      activePartition: reader.u8(),
      writeBufferFullRatio: reader.u8(),
      readBufferEmptyRatio: reader.u8(),
      writeDelayDeciseconds: reader.u16(),
      capabilityFlags: reader.u8(),
      gapSize: reader.u8(),
    };
    const flags = reader.u8();
    return {
      ...start,
      endOfDataFormat: flags >> 5,
      enableEndOfDataGeneration: (flags & 0x10) !== 0,
      synchronizeAtEarlyWarning: (flags & 0x08) !== 0,
      softwareWriteProtected: (flags & 0x04) !== 0,
      blockAddressModeLock: (flags & 0x02) !== 0,
      blockAddressMode: (flags & 0x01) !== 0,
      bufferSizeAtEarlyWarning: reader.u24(),
      compressionAlgorithm: reader.u8(),
      protectionFlags: reader.u8(),
    };
  });
}

export function encodeDeviceConfigurationModePage(page: DeviceConfigurationModePage): ModePage {
  const writer = new ByteWriter(new Uint8Array(PARAMETERS_LENGTH), 'big-endian');
  writer.u8((page.changeActiveFormat ? 0x20 : 0) | page.activeFormat).u8(page.activePartition);
  writer.u8(page.writeBufferFullRatio).u8(page.readBufferEmptyRatio).u16(page.writeDelayDeciseconds);
  writer.u8(page.capabilityFlags).u8(page.gapSize);
  writer.u8(
    (page.endOfDataFormat << 5) |
      (page.enableEndOfDataGeneration ? 0x10 : 0) |
      (page.synchronizeAtEarlyWarning ? 0x08 : 0) |
      (page.softwareWriteProtected ? 0x04 : 0) |
      (page.blockAddressModeLock ? 0x02 : 0) |
      (page.blockAddressMode ? 0x01 : 0),
  );
  writer.u24(page.bufferSizeAtEarlyWarning).u8(page.compressionAlgorithm).u8(page.protectionFlags);
  return { pageCode: DEVICE_CONFIGURATION_PAGE_CODE, subpageCode: 0, saveable: false, parameters: writer.bytes };
}
