import type { SecondsView } from '../protocol/control-api.js';

const SAVE: Readonly<Record<keyof SecondsView, string>> = {
  mount: 'It waits for a drive, a cartridge or an operator',
  position: 'The drive moves the tape to where it is to be written',
  waitForData: 'The drive waits for its clients',
  waitForCredit: 'The drive waits while clients wait for the buffer',
  write: 'The clients wait for the drive, which writes',
  read: 'The drive reads',
  flush: 'The drive makes durable what was written',
};

const RESTORE: Readonly<Record<keyof SecondsView, string>> = {
  ...SAVE,
  position: 'The receivers wait for the drive to reach their blocks',
  waitForData: 'The drive has nothing to read',
  waitForCredit: 'The drive waits for the receivers',
  read: 'The receivers wait for the drive, which reads',
};

/** Below that nothing is concluded, seconds. */
const TOO_SHORT_SECONDS = 1;

/** Who is slow, in one sentence: the cause that most of the seconds went to. Null while there are hardly any. `kind`: of a session. */
export function describeSlowest(kind: string, seconds: SecondsView): string | null {
  const causes = Object.keys(SAVE) as (keyof SecondsView)[];
  const total = causes.reduce((sum, cause) => sum + seconds[cause], 0);
  if (total < TOO_SHORT_SECONDS) return null;
  const slowest = causes.reduce((first, cause) => (seconds[cause] > seconds[first] ? cause : first));
  const share = Math.round((100 * seconds[slowest]) / total);
  return `${(kind === 'restore' ? RESTORE : SAVE)[slowest]}: ${String(share)} % of the time.`;
}
