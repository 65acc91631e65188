import type { StorageError } from '../base/storage-error.js';

/**
 * What a tape drive's caller may rely on: where the tape stands, whether it is still the same one, and whether anything may
 * be written there.
 *
 * - Barred: a read, a write or a move failed; nothing is written before the tape was positioned.
 * - Lost: the drive was reset or got another medium; nothing that depends on the position is done before that.
 */
export class PositionTrust {
  #generation = 0;
  #lost: string | null = null;
  #untold: StorageError | null = null;
  isBarred = false;
  /** Where the drive must stand by our count; null when not known. */
  expected: number | null = null;

  /** See DriveStatus.mediumGeneration. */
  get generation(): number {
    return this.#generation;
  }

  /** Why the position is lost; null when it is not. */
  get loss(): string | null {
    return this.#lost;
  }

  /** Counted once for each loss that is noticed: a reset raises several unit attentions. */
  lose(why: string): void {
    if (this.#lost === null) this.#generation++;
    this.#lost ??= why;
    this.isBarred = true;
  }

  /** The medium may be another one from now on, and everybody knows. */
  renew(blockAddress: number | null): void {
    this.#generation++;
    this.#untold = null;
    this.arrived(blockAddress);
  }

  arrived(blockAddress: number | null): void {
    this.#lost = null;
    this.isBarred = false;
    this.expected = blockAddress;
  }

  /** So many objects were read or written. */
  passed(count: number): void {
    if (this.expected !== null) this.expected += count;
  }

  /** The drive told of this failure with an unrelated command; the next call that depends on the medium throws it. */
  keepUntold(error: StorageError): void {
    this.isBarred = true;
    this.#untold = error;
  }

  throwUntold(): void {
    const error = this.#untold;
    this.#untold = null;
    if (error !== null) throw error;
  }
}
