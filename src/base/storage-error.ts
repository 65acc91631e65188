import { ERROR_CODES, type Disposition, type ErrorCode } from './error-codes.js';

/** What a failure is about; values must survive JSON. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface StorageErrorOptions {
  readonly context?: ErrorContext;
  readonly cause?: unknown;
  /** Overrides the code's default disposition. */
  readonly disposition?: Disposition;
}

/** The serialisable form: what crosses threads, sockets and logs. */
export interface StorageErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly disposition: Disposition;
  readonly context: ErrorContext;
}

/**
 * A failure (DESIGN 7): something outside the program went wrong and somebody must act.
 * The message says what happened, what was saved and what to do next.
 */
export class StorageError extends Error {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: StorageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StorageError';
    this.code = code;
    this.disposition = options.disposition ?? ERROR_CODES[code].disposition;
    this.context = options.context ?? {};
  }

  toRecord(): StorageErrorRecord {
    return { code: this.code, message: this.message, disposition: this.disposition, context: this.context };
  }

  static fromRecord(record: StorageErrorRecord): StorageError {
    return new StorageError(record.code, record.message, {
      context: record.context,
      disposition: record.disposition,
    });
  }
}

/** Whether `error` is a StorageError with one of the given codes (any code when none is given). */
export function isStorageError(error: unknown, ...codes: readonly ErrorCode[]): error is StorageError {
  return error instanceof StorageError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
