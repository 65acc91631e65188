import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { describeError, isStorageError } from '../base/storage-error.js';
import type { CartridgeRegister } from './cartridge-register.js';

/** How long who only wants to look waits for the changers, milliseconds: one that is moving answers when it has moved. */
const PATIENCE_MS = 3_000;

/** Books for who looks at them: brought in line first, as far as the changers answer soon. Those who come together ask once. */
export class RegisterLook {
  readonly #register: CartridgeRegister;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #asking: Promise<void> | null = null;

  constructor(register: CartridgeRegister, clock: Clock, logger: Logger) {
    this.#register = register;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What the last look found that a person must see to. */
  get problems(): CartridgeRegister['problems'] {
    return this.#register.problems;
  }

  async look(): Promise<void> {
    this.#asking ??= this.#ask();
    const patience = new AbortController();
    const tired = this.#clock.sleep(PATIENCE_MS, patience.signal).catch(() => undefined);
    await Promise.race([this.#asking, tired]);
    patience.abort();
  }

  async #ask(): Promise<void> {
    try {
      await this.#register.refresh();
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#logger.log(
        'error',
        'register.not-refreshed',
        `The books were not brought in line: ${describeError(error)}`,
        {
          code: error.code,
        },
      );
    } finally {
      this.#asking = null;
    }
  }
}
