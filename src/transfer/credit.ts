/** What a stream has of slots and what it should have. */
export interface CreditDemand {
  /** Granted and not yet free again: on the way, received, or at the drive. */
  readonly outstanding: number;
  /** How many it may have outstanding. */
  readonly window: number;
  /** One slot is its own and not used: it needs none of the shared ones for its next. */
  readonly hasOwn: boolean;
}

/** A stream's credit as the rule sees it. */
export interface CreditStanding extends CreditDemand {
  /** Of those: not yet used by the client. */
  readonly unused: number;
  /** Slots used since the window changed last. */
  readonly usedSinceGrowth: number;
  /** The client has not sent for long. */
  readonly idle: boolean;
}

export interface CreditLimits {
  readonly creditStartBlocks: number;
  readonly creditMaxBlocks: number;
}

/**
 * How many slots a stream should have outstanding from now on. It doubles when the client used up all it had and a window's
 * worth of blocks since it grew last: then credit is what holds it. A client that was silent for long begins again
 * with one. Credit once given is never taken back; a smaller window only means that less is renewed.
 */
export function nextWindow(standing: CreditStanding, limits: CreditLimits): number {
  const { window, unused, usedSinceGrowth, idle } = standing;
  if (idle) return 1;
  if (window < limits.creditStartBlocks) return limits.creditStartBlocks;
  const held = unused === 0 && usedSinceGrowth >= window;
  return held ? Math.min(2 * window, limits.creditMaxBlocks) : window;
}

/**
 * Whether a stream is given what its window allows it now. One that still has credit waits until a quarter of its window is free, since
 * each time a client is told costs a message; one that has none is given what there is.
 */
export function isDueForCredit({
  outstanding,
  window,
  unused,
}: Pick<CreditStanding, 'outstanding' | 'window' | 'unused'>): boolean {
  const missing = window - outstanding;
  return missing > 0 && (unused === 0 || 4 * missing >= window);
}

/**
 * Whom the next slots go to: one after the other to the stream that has the fewest outstanding, among those below their
 * window. A slot that is a stream's own is none of the `sharedFree` ones. Returns grants, in the order of `streams`.
 */
export function distributeCredit(streams: readonly CreditDemand[], sharedFree: number): readonly number[] {
  const grants = streams.map(() => 0);
  let shared = sharedFree;
  for (;;) {
    let poorest = -1;
    let least = Infinity;
    let needsShared = false;
    for (const [i, { outstanding, window, hasOwn }] of streams.entries()) {
      const granted = grants[i] ?? 0;
      const isShared = !hasOwn || granted > 0;
      const has = outstanding + granted;
      if (has >= window || has >= least || (isShared && shared === 0)) continue;
      poorest = i;
      least = has;
      needsShared = isShared;
    }
    if (poorest < 0) return grants;
    grants[poorest] = (grants[poorest] ?? 0) + 1;
    if (needsShared) shared--;
  }
}
