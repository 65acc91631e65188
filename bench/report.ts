import { formatFigure, summarise, type Figure, type Limit } from './figure.js';

/** Collects figures and tells each as it comes. */
export class Report {
  readonly figures: Figure[] = [];
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  section(title: string): void {
    this.#tell(`\n${title}`);
  }

  note(text: string): void {
    this.#tell(`  ${text}`);
  }

  add(name: string, unit: string, values: readonly number[], limit: Limit | null = null): Figure {
    const figure = summarise(name, unit, values, limit);
    this.figures.push(figure);
    this.#tell(`  ${formatFigure(figure)}`);
    return figure;
  }
}

/** How much of everything a run does. */
export interface BenchPlan {
  readonly repetitions: number;
  /** Of one measured save. */
  readonly seconds: number;
  /** Of one measured restore. */
  readonly bytes: number;
  readonly streams: readonly number[];
}

export const QUICK: BenchPlan = { repetitions: 3, seconds: 3, bytes: 2e9, streams: [1, 4, 16, 64, 256] };
export const FULL: BenchPlan = { repetitions: 5, seconds: 12, bytes: 8e9, streams: [1, 4, 16, 64, 256] };
