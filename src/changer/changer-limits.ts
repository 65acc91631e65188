const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * How long a command to a changer may take before the kernel aborts it, milliseconds. An abort resets the changer, and a
 * robot that is reset holds what it has in its hand.
 */
export const CHANGER_TIMEOUTS_MS = {
  /** Answered from memory, but possibly behind a move of somebody else. */
  inquiry: MINUTE_MS,
  modeSense: 5 * MINUTE_MS,
  preventAllow: 5 * MINUTE_MS,
  /** Some changers look at their elements first. */
  elementStatus: 5 * MINUTE_MS,
  /** Every label of a large library (mtx, Proxmox). */
  initialize: 30 * MINUTE_MS,
  /** Across a large library with a pass-through, with retries (mtx). */
  move: 30 * MINUTE_MS,
} as const;

/** Every other limit of this layer, with its unit and its reason. */
export const CHANGER_LIMITS = {
  /** Longest wait for a changer that says it becomes ready, ms: it looks at all its elements after power on. */
  becomingReadyMs: 5 * MINUTE_MS,
  /** Between two looks at it, ms. */
  becomingReadyPollMs: 2 * SECOND_MS,
  /** Unit attentions taken off a changer before it is called broken: each cause queues at most one. */
  unitAttentions: 16,
  /** Elements asked for at once: their descriptors fit the allocation length. */
  elementsPerQuery: 1000,
  /** Allocation length of element status, bytes: changers exist that read only the lower 16 of its 24 bits. */
  elementStatusBytes: 0xffff,
} as const;
