/** What a stream has of slots and what it should have. */
export interface CreditDemand {
  /** Granted and not yet free again: on the way, received, or at the drive. */
  readonly outstanding: number;
  /** How many it may have outstanding. */
  readonly window: number;
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
export function isDueForCredit({ outstanding, window, unused }: CreditDemand & { readonly unused: number }): boolean {
  const missing = window - outstanding;
  return missing > 0 && (unused === 0 || 4 * missing >= window);
}

/**
 * Whom the next slots go to: one after the other to the stream that has the fewest outstanding, among those below their
 * window. The first slot of a stream is its own and needs none of the `sharedFree` ones. Returns grants, in the order of
 * `streams`.
 */
export function distributeCredit(streams: readonly CreditDemand[], sharedFree: number): readonly number[] {
  const grants = streams.map(() => 0);
  let shared = sharedFree;
  for (;;) {
    let poorest = -1;
    let least = Infinity;
    streams.forEach(({ outstanding, window }, i) => {
      const has = outstanding + (grants[i] ?? 0);
      if (has >= window || has >= least || (has > 0 && shared === 0)) return;
      poorest = i;
      least = has;
    });
    if (poorest < 0) return grants;
    grants[poorest] = (grants[poorest] ?? 0) + 1;
    if (least > 0) shared--;
  }
}
