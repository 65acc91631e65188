import { StorageError, describeError } from '../base/storage-error.js';
import type { DriveCommandArguments, DriveCommandName, DriveCommandResult, DriveExecutor } from './drive-executor.js';
import { DriveThreadFacade } from './drive-thread-facade.js';
import type { DriveSeconds } from './drive-thread.js';
import { threadDied } from './thread-death.js';

/**
 * A DriveThread without a thread: commands run in the caller's, one microtask after the other, so that a world with a
 * virtual clock stays deterministic. Blocking calls block the caller.
 */
export class InlineDriveThread extends DriveThreadFacade {
  readonly #executor: DriveExecutor;
  #tail: Promise<void> = Promise.resolve();
  #death: StorageError | null = null;

  constructor(executor: DriveExecutor) {
    super();
    this.#executor = executor;
  }

  get seconds(): DriveSeconds {
    return this.#executor.seconds;
  }

  protected submit<N extends DriveCommandName>(
    name: N,
    args: DriveCommandArguments<N>,
  ): Promise<DriveCommandResult<N>> {
    const result = this.#tail.then(() => this.#execute(name, args));
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #execute<N extends DriveCommandName>(name: N, args: DriveCommandArguments<N>): DriveCommandResult<N> {
    if (this.#death !== null) throw this.#death;
    try {
      return this.#executor.execute(name, args);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      this.#death = threadDied(describeError(error), error);
      throw this.#death;
    }
  }

  async terminate(): Promise<void> {
    if (this.#death !== null) return;
    this.#death = threadDied('it was told to stop', undefined);
    this.#executor.closeAtEnd();
  }
}
