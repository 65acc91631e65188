import { StorageError } from '../base/storage-error.js';
import { decodeStandardInquiry, DEVICE_TYPES, encodeInquiryCdb } from '../scsi/inquiry.js';
import { decodeUnitSerialNumber, VPD_PAGES } from '../scsi/vpd-page.js';
import type { ChangerIdentity } from './changer.js';
import { CHANGER_TIMEOUTS_MS } from './changer-limits.js';
import type { ChangerCommand, ChangerTarget } from './changer-target.js';

const STANDARD_BYTES = 96;
const PAGE_BYTES = 252;

/** DEVICE_OPEN_FAILED when it is no changer. Without a serial number it is ''. */
export async function askChangerIdentity(target: ChangerTarget): Promise<ChangerIdentity> {
  const standard = await target.sendRegardless(inquiry('INQUIRY', null, STANDARD_BYTES));
  if (standard.kind === 'not-supported') throw standard.error;
  const { qualifier, deviceType, vendor, product, revision } = decodeStandardInquiry(standard.data);
  if (qualifier !== 0 || deviceType !== DEVICE_TYPES.mediumChanger)
    throw new StorageError(
      'DEVICE_OPEN_FAILED',
      `${target.device} is not a medium changer (SCSI device type ${String(deviceType)}). Nothing was moved; correct the changer's device path: \`tapeloom changer scan\` shows where it is.`,
      { context: { device: target.device, deviceType } },
    );
  const page = await target.sendRegardless(
    inquiry('INQUIRY (unit serial number)', VPD_PAGES.unitSerialNumber, PAGE_BYTES),
  );
  return { vendor, product, revision, serial: page.kind === 'good' ? decodeUnitSerialNumber(page.data) : '' };
}

function inquiry(name: string, vpdPage: number | null, replyBytes: number): ChangerCommand {
  return {
    name,
    cdb: encodeInquiryCdb({ vpdPage, allocationLength: replyBytes }),
    replyBytes,
    timeoutMs: CHANGER_TIMEOUTS_MS.inquiry,
    operation: 'other',
  };
}
