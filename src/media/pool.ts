/** A set of volumes of one policy. */
export interface Pool {
  readonly name: string;
  readonly kind: 'tape' | 'disk';
  /** What a stream gets that names no retention of its own. */
  readonly retentionDays: number;
}

export const DAY_MS = 86_400_000;
