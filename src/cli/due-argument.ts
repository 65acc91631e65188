import type { Clock } from '../base/clock.js';
import { UsageError } from './usage-error.js';

const DAY_MS = 86_400_000;

/** `2027-01-31`, or `30d` from now: the end of that day where the command is typed, in milliseconds since the epoch. */
export function parseDueArgument(text: string, clock: Clock): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const day = days === undefined ? dayOf(text) : new Date(clock.wallMs() + Number(days) * DAY_MS);
  if (day === null)
    throw new UsageError(`"${text}" is no day: a date such as 2027-01-31, or a number of days such as 30d`);
  day.setHours(23, 59, 59, 999);
  return day.getTime();
}

function dayOf(text: string): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  // February 30th would be some day in March.
  return date.getMonth() + 1 === Number(month) && date.getDate() === Number(day) ? date : null;
}
