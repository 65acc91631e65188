/** Every limit of operators' jobs, with its unit and its reason. */
export const JOB_LIMITS = {
  /** Jobs at work or waiting: more than a person gives and fewer than hide one another. */
  running: 64,
  /** Ended jobs kept, newest first: weeks of a busy library. */
  kept: 1000,
  /** Steps of one job: the cartridges of a large library. The record, some 200 bytes a step, is written with each step. */
  steps: 1000,
  /** Characters of a step's message in the record. */
  messageCharacters: 1000,
  /** How long a question for a job may stay open, milliseconds: proxies and people give up later. */
  waitMs: 60_000,
  /** How long a stopping daemon waits for the steps in hand, milliseconds: less than systemd's patience, longer than a move. */
  stopMs: 60_000,
} as const;
