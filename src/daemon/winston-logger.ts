import winston from 'winston';
import type { LogFields, LogLevel, Logger } from '../base/logger.js';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line. `text`: for people; under systemd each line begins with its priority (sd-daemon(3)). */
  readonly format: 'json' | 'text';
}

/** syslog's priorities, which journald reads at the start of a line. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** The log on standard error, where systemd takes it from. */
export class WinstonLogger implements Logger {
  readonly #winston: winston.Logger;

  constructor(options: LogOptions, stream: NodeJS.WritableStream, isTerminal: boolean) {
    this.#winston = winston.createLogger({
      level: options.level,
      format: options.format === 'json' ? jsonFormat() : textFormat(isTerminal),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's own types disagree
      transports: [new winston.transports.Stream({ stream })],
    });
  }

  log(level: LogLevel, event: string, message: string, fields: LogFields = {}): void {
    this.#winston.log({ ...fields, level, message, event });
  }
}

function jsonFormat(): winston.Logform.Format {
  return winston.format.combine(winston.format.timestamp(), winston.format.json({ bigint: true }));
}

function textFormat(isTerminal: boolean): winston.Logform.Format {
  return winston.format.combine(
    winston.format.timestamp(),
    winston.format.printf(({ level, message, event, timestamp, ...fields }) => {
      const details = Object.entries(fields)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' ');
      // Names come from clients: none may break the line or speak to the terminal.
      const text = `${String(event)}: ${String(message)}${details === '' ? '' : ` (${details})`}`.replace(
        /\p{Cc}/gu,
        ' ',
      );
      return isTerminal ? `${String(timestamp)} ${level} ${text}` : `<${String(PRIORITIES[level as LogLevel])}>${text}`;
    }),
  );
}
