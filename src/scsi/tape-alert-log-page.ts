import { decodeLogPage, encodeLogPage, LOG_FORMATS, LOG_PAGES } from './log-page.js';
import { malformedReply } from './malformed-reply.js';
import { TAPE_ALERT_COUNT } from './tape-alert-flags.js';

/**
 * TapeAlert page 2Eh (SSC-4): the flags that are up, ascending, 1..64. Reading it takes them down in the drive, so
 * whoever reads must keep them.
 */
export function decodeTapeAlertLogPage(bytes: Uint8Array): readonly number[] {
  const page = decodeLogPage(bytes, LOG_PAGES.tapeAlert);
  const raised = page.parameters.filter(
    ({ code, value }) => code >= 1 && code <= TAPE_ALERT_COUNT && ((value[0] ?? 0) & 0x01) !== 0,
  );
  return ascending(raised.map(({ code }) => code));
}

function ascending(flags: readonly number[]): readonly number[] {
  return [...new Set(flags)].sort((a, b) => a - b);
}

/** One parameter of one byte for each of the 64 flags. */
export function encodeTapeAlertLogPage(flags: readonly number[]): Uint8Array {
  const parameters = Array.from({ length: TAPE_ALERT_COUNT }, (_, index) => ({
    code: index + 1,
    control: 0xc0,
    value: Uint8Array.of(flags.includes(index + 1) ? 1 : 0),
  }));
  return encodeLogPage({ pageCode: LOG_PAGES.tapeAlert, subpageCode: 0, parameters });
}

const RESPONSE_BYTES = TAPE_ALERT_COUNT / 8;

/**
 * TapeAlert response page 12h (ADC-3): the same flags as 64 bits, flag 1 first. Reading it takes nothing down.
 * Without the flags parameter: SCSI_MALFORMED_REPLY.
 */
export function decodeTapeAlertResponseLogPage(bytes: Uint8Array): readonly number[] {
  const page = decodeLogPage(bytes, LOG_PAGES.tapeAlertResponse);
  const flags = page.parameters.find(({ code }) => code === 0)?.value;
  if (flags === undefined || flags.length < RESPONSE_BYTES)
    throw malformedReply('TapeAlert response log page', 'the 64 flags are missing', bytes);
  return Array.from({ length: TAPE_ALERT_COUNT }, (_, index) => index + 1).filter(
    (flag) => ((flags[(flag - 1) >> 3] ?? 0) & (0x80 >> ((flag - 1) & 7))) !== 0,
  );
}

export function encodeTapeAlertResponseLogPage(flags: readonly number[]): Uint8Array {
  const value = new Uint8Array(RESPONSE_BYTES);
  for (const flag of flags) value[(flag - 1) >> 3] = (value[(flag - 1) >> 3] ?? 0) | (0x80 >> ((flag - 1) & 7));
  return encodeLogPage({
    pageCode: LOG_PAGES.tapeAlertResponse,
    subpageCode: 0,
    parameters: [{ code: 0, control: LOG_FORMATS.binaryList, value }],
  });
}
