/** What may be configured of how sessions get their volumes. `SAVE_LIMITS` has the values and their reasons. */
export interface SaveLimits {
  readonly operatorWaitMs: number;
  readonly operatorPollMs: number;
}

export const SAVE_LIMITS: SaveLimits = {
  /**
   * Milliseconds a session waits for a person when it has no volume to write on, before its streams fail: whoever comes on
   * the next working day still finds the backup of the night waiting. 0: not at all.
   */
  operatorWaitMs: 24 * 60 * 60 * 1000,
  /**
   * Milliseconds between two looks for what nobody enters anywhere, such as a cartridge put into the library by hand: a look
   * costs the changer one inventory.
   */
  operatorPollMs: 30_000,
};
