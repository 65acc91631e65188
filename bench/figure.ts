/** One result of the benchmark: what was measured, its unit, and how far the repetitions lay apart. */
export interface Figure {
  /** `save.null.streams-16.cpu`: what, on what, how many, of what. */
  readonly name: string;
  /** `CPU-s/GB` (10^9 bytes), `CPU-ms/stream`, `MB/s` (10^6), `ratio`, `%`, `ms`, `MB`, `count`. */
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly repetitions: number;
  /** What issue or document asks of it; null where it is for comparison only. */
  readonly limit: Limit | null;
}

export interface Limit {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** The figure of several repetitions; at least one. */
export function summarise(name: string, unit: string, values: readonly number[], limit: Limit | null = null): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    name,
    unit,
    median: medianOf(sorted),
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    repetitions: sorted.length,
    limit,
  };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Whether the median is within its limit; true without one. */
export function isReached({ median, limit }: Figure): boolean {
  return median <= (limit?.atMost ?? Infinity) && median >= (limit?.atLeast ?? -Infinity);
}

export function formatFigure(figure: Figure): string {
  const { name, unit, median, min, max, repetitions, limit } = figure;
  const spread = repetitions > 1 ? ` (${round(min)} to ${round(max)})` : '';
  const asked =
    limit === null
      ? ''
      : `  ${isReached(figure) ? 'reached' : 'MISSED'}: ${limit.atMost === undefined ? `at least ${round(limit.atLeast ?? 0)}` : `at most ${round(limit.atMost)}`}`;
  return `${name.padEnd(44)} ${round(median).padStart(8)} ${unit}${spread}${asked}`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
