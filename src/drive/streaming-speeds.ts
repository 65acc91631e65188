/** How fast a drive can move its tape while data goes to it. Native bytes a second. */
export interface StreamingSpeeds {
  /** Below this it cannot stream: it stops, reverses and starts again, a backhitch. */
  readonly lowest: number;
  readonly highest: number;
  /** Seconds a backhitch takes. */
  readonly backhitchSeconds: number;
}

const MB = 1e6;

/** No vendor gives the number: seconds, as prototypes and operators saw it. */
const BACKHITCH_SECONDS = 3;

/**
 * By the medium's density code (SSC; REPORT DENSITY SUPPORT): vendors' tables of speed matching for LTO, of which no drive tells by SCSI.
 * Where full and half height differ, the lowest is the same. LTO-10's lowest is not published: that of LTO-9 is taken.
 */
const SPEEDS: ReadonlyMap<number, { readonly lowest: number; readonly highest: number }> = new Map([
  [0x44, { lowest: 40 * MB, highest: 80 * MB }],
  [0x46, { lowest: 40 * MB, highest: 120 * MB }],
  [0x58, { lowest: 40 * MB, highest: 140 * MB }],
  [0x5a, { lowest: 40 * MB, highest: 160 * MB }],
  [0x5c, { lowest: 101.46 * MB, highest: 306 * MB }],
  [0x5d, { lowest: 112 * MB, highest: 306 * MB }],
  [0x5e, { lowest: 112 * MB, highest: 365 * MB }],
  [0x60, { lowest: 177 * MB, highest: 408 * MB }],
  [0x62, { lowest: 177 * MB, highest: 408 * MB }],
  [0x63, { lowest: 177 * MB, highest: 408 * MB }],
]);

/** Null where there is no tape that must stream, or nothing is known of it. */
export function streamingSpeedsOf(densityCode: number | null): StreamingSpeeds | null {
  const speeds = densityCode === null ? undefined : SPEEDS.get(densityCode);
  return speeds === undefined ? null : { ...speeds, backhitchSeconds: BACKHITCH_SECONDS };
}
