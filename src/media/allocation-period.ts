import type { SessionId } from '../terms/ids.js';
import type { AllocationPeriod, AllocationPolicy } from '../terms/pool-policy.js';

/** The session that will write, as far as the choice of its volumes depends on it. */
export interface WritingSession {
  readonly sessionId: SessionId;
  /** It keeps the period it began in to its end, however long it lasts. */
  readonly startedMs: number;
}

/**
 * What a volume that a session begins is begun for (`VolumeRecord.begunFor`), and so which begun volumes it goes on on: the session
 * itself, the period in which it began, in the node's time zone (`2026-11-24`, `2026-W48` as ISO 8601 counts weeks, `2026-11`),
 * or nothing in particular.
 */
export function begunForOf(policy: AllocationPolicy, session: WritingSession, timeZone: string): string {
  switch (policy.kind) {
    case 'continue':
      return '';
    case 'always':
      return session.sessionId;
    case 'calendar':
      return formatPeriod(policy.period, session.startedMs, timeZone);
  }
}

function formatPeriod(period: AllocationPeriod, timeMs: number, timeZone: string): string {
  const { year, month, day } = localDate(timeMs, timeZone);
  switch (period) {
    case 'day':
      return `${String(year)}-${two(month)}-${two(day)}`;
    case 'month':
      return `${String(year)}-${two(month)}`;
    case 'week':
      return formatIsoWeek(year, month, day);
  }
}

/** A week belongs to the year in which its Thursday lies. */
function formatIsoWeek(year: number, month: number, day: number): string {
  const thursday = new Date(Date.UTC(year, month - 1, day));
  const weekday = (thursday.getUTCDay() + 6) % 7;
  thursday.setUTCDate(thursday.getUTCDate() - weekday + 3);
  const weekYear = thursday.getUTCFullYear();
  const dayOfYear = (thursday.getTime() - Date.UTC(weekYear, 0, 1)) / 86_400_000;
  return `${String(weekYear)}-W${two(Math.floor(dayOfYear / 7) + 1)}`;
}

function localDate(timeMs: number, timeZone: string): { year: number; month: number; day: number } {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
  return { year: parts.get('year') ?? 0, month: parts.get('month') ?? 0, day: parts.get('day') ?? 0 };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
