/** Runs tasks one after another, in the order given. A task that fails fails alone. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /**
   * With a signal: who waits for his turn waits no longer when it aborts, and his task is not begun. From there on the task
   * itself heeds the signal.
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal === undefined) return this.#enqueue(task);
    signal.throwIfAborted();
    const begun = new AbortController();
    const aborted = new Promise<never>((_resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true, signal: begun.signal });
    });
    const turn = this.#enqueue(async () => {
      begun.abort();
      signal.throwIfAborted();
      return task();
    });
    return Promise.race([turn, aborted]);
  }

  async #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
