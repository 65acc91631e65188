import { ByteWriter } from '../base/byte-cursor.js';
import { decodeLogPage, encodeLogPage, LOG_FORMATS, LOG_PAGES } from './log-page.js';
import { decodeBytes, malformedReply } from './malformed-reply.js';

/** DT device activity (ADC-3), by its number; a number behind the list is `other`. */
export const DEVICE_ACTIVITIES = [
  'none',
  'cleaning',
  'loading',
  'unloading',
  'other medium activity',
  'reading',
  'writing',
  'locating',
  'rewinding',
  'erasing',
  'formatting',
  'calibrating',
  'other',
  'updating microcode',
  'reading encrypted',
  'writing encrypted',
  'diagnosing',
] as const;

export type DeviceActivity = (typeof DEVICE_ACTIVITIES)[number];

/** The very high frequency data of the DT device status page 11h (ADC-3): what the drive does right now. */
export interface DeviceStatusLogPage {
  readonly removalPrevented: boolean;
  readonly hostInitiatedUnload: boolean;
  readonly mamAccessible: boolean;
  readonly compressionEnabled: boolean;
  readonly writeProtected: boolean;
  readonly cleaningRequested: boolean;
  readonly cleaningRequired: boolean;
  /** The rest of the page is valid. */
  readonly initialized: boolean;
  /** The medium bits below are about to change. */
  readonly inTransition: boolean;
  readonly roboticAccessAllowed: boolean;
  readonly mediumPresent: boolean;
  readonly mediumSeated: boolean;
  readonly mediumThreaded: boolean;
  readonly mediumMounted: boolean;
  readonly activity: DeviceActivity;
  readonly recoveryRequested: boolean;
  readonly interfaceChanged: boolean;
  readonly tapeAlertChanged: boolean;
}

const VHF_CODE = 0x0000;

/** A page without the very high frequency data: SCSI_MALFORMED_REPLY. */
export function decodeDeviceStatusLogPage(bytes: Uint8Array): DeviceStatusLogPage {
  const page = decodeLogPage(bytes, LOG_PAGES.deviceStatus);
  const vhf = page.parameters.find(({ code }) => code === VHF_CODE);
  if (vhf === undefined) throw malformedReply('device status log page', 'very high frequency data missing', bytes);
  return decodeBytes('very high frequency data', vhf.value, (reader) => {
    const drive = reader.u8();
    const medium = reader.u8();
    const activity = DEVICE_ACTIVITIES[reader.u8()] ?? 'other';
    const changes = reader.u8();
    const on = (byte: number, mask: number): boolean => (byte & mask) !== 0;
    return {
      removalPrevented: on(drive, 0x80),
      hostInitiatedUnload: on(drive, 0x40),
      mamAccessible: on(drive, 0x20),
      compressionEnabled: on(drive, 0x10),
      writeProtected: on(drive, 0x08),
      cleaningRequested: on(drive, 0x04),
      cleaningRequired: on(drive, 0x02),
      initialized: on(drive, 0x01),
      inTransition: on(medium, 0x80),
      roboticAccessAllowed: on(medium, 0x20),
      mediumPresent: on(medium, 0x10),
      mediumSeated: on(medium, 0x04),
      mediumThreaded: on(medium, 0x02),
      mediumMounted: on(medium, 0x01),
      activity,
      recoveryRequested: on(changes, 0x04),
      interfaceChanged: on(changes, 0x02),
      tapeAlertChanged: on(changes, 0x01),
    };
  });
}

export function encodeDeviceStatusLogPage(status: DeviceStatusLogPage): Uint8Array {
  const bits = (flags: readonly (readonly [boolean, number])[]): number =>
    flags.reduce((byte, [on, mask]) => byte | (on ? mask : 0), 0);
  const value = new ByteWriter(new Uint8Array(4), 'big-endian');
  value.u8(
    bits([
      [status.removalPrevented, 0x80],
      [status.hostInitiatedUnload, 0x40],
      [status.mamAccessible, 0x20],
      [status.compressionEnabled, 0x10],
      [status.writeProtected, 0x08],
      [status.cleaningRequested, 0x04],
      [status.cleaningRequired, 0x02],
      [status.initialized, 0x01],
    ]),
  );
  value.u8(
    bits([
      [status.inTransition, 0x80],
      [status.roboticAccessAllowed, 0x20],
      [status.mediumPresent, 0x10],
      [status.mediumSeated, 0x04],
      [status.mediumThreaded, 0x02],
      [status.mediumMounted, 0x01],
    ]),
  );
  value.u8(DEVICE_ACTIVITIES.indexOf(status.activity));
  value.u8(
    bits([
      [status.recoveryRequested, 0x04],
      [status.interfaceChanged, 0x02],
      [status.tapeAlertChanged, 0x01],
    ]),
  );
  return encodeLogPage({
    pageCode: LOG_PAGES.deviceStatus,
    subpageCode: 0,
    parameters: [{ code: VHF_CODE, control: LOG_FORMATS.binaryList, value: value.bytes }],
  });
}
