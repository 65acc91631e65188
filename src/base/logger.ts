export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Fields of a log event; bigint is for byte counts. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | object>>;

/**
 * The log behind a port. `event` is a fixed, dotted name (`volume.mounted`), never built from values;
 * `message` is the sentence for a person.
 */
export interface Logger {
  log(level: LogLevel, event: string, message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { log: () => undefined };
