import type { Logger } from '../base/logger.js';
import { StorageError } from '../base/storage-error.js';
import { describeErrno } from './errno.js';
import type { NativeLibrary } from './native-library.js';

/** What systemd put into the environment; absent when the daemon was not started by it. */
export interface SystemdEnvironment {
  /** NOTIFY_SOCKET */
  readonly notifySocket?: string | undefined;
  /** WATCHDOG_USEC */
  readonly watchdogUsec?: string | undefined;
  /** WATCHDOG_PID: the watchdog is meant for this process only. */
  readonly watchdogPid?: string | undefined;
  /** Our own process id. */
  readonly pid: number;
}

/**
 * Tells systemd how the service is doing (sd_notify(3)). Without NOTIFY_SOCKET every method does nothing. A message that
 * cannot be sent is logged and not repeated: the service must not stop over it, and systemd acts on what it misses.
 */
export class SystemdNotifier {
  /** How often to call `watchdog`: half of what systemd allows, as its manual advises; null when it does not watch. */
  readonly watchdogIntervalMs: number | null;
  readonly #socket: string | null;
  readonly #send: NativeLibrary['notifySystemd'];
  readonly #logger: Logger;

  /** @throws StorageError CONFIG_KEY when WATCHDOG_USEC is not a positive number. */
  constructor(environment: SystemdEnvironment, send: NativeLibrary['notifySystemd'], logger: Logger) {
    const { notifySocket = '' } = environment;
    this.#socket = notifySocket === '' ? null : notifySocket;
    this.watchdogIntervalMs = this.#socket === null ? null : readWatchdogInterval(environment);
    this.#send = send;
    this.#logger = logger;
  }

  /** The doors are open. */
  ready(status: string): void {
    this.#notify('READY=1', statusLine(status));
  }

  /** The service has begun to stop. */
  stopping(status: string): void {
    this.#notify('STOPPING=1', statusLine(status));
  }

  /** One line for `systemctl status`. */
  status(text: string): void {
    this.#notify(statusLine(text));
  }

  /** Still alive. */
  watchdog(): void {
    this.#notify('WATCHDOG=1');
  }

  #notify(...lines: readonly string[]): void {
    if (this.#socket === null) return;
    const result = this.#send(this.#socket, lines.join('\n'));
    if (result < 0)
      this.#logger.log(
        'warn',
        'systemd.notify-failed',
        `systemd was not told ${lines.join(', ')}: ${describeErrno(result)}`,
        {
          socket: this.#socket,
          errno: -result,
        },
      );
  }
}

/** A line break would begin another assignment. */
function statusLine(text: string): string {
  return `STATUS=${text.replace(/[\0\r\n]+/g, ' ')}`;
}

function readWatchdogInterval({ watchdogUsec = '', watchdogPid = '', pid }: SystemdEnvironment): number | null {
  if (watchdogUsec === '') return null;
  if (watchdogPid !== '' && watchdogPid !== String(pid)) return null;
  const usec = /^\d+$/.test(watchdogUsec) ? Number(watchdogUsec) : 0;
  if (usec <= 0 || !Number.isSafeInteger(usec))
    throw new StorageError(
      'CONFIG_KEY',
      `WATCHDOG_USEC in the environment is "${watchdogUsec}", which is no number of microseconds. Nothing was started. ` +
        `Unset it, or start the daemon by its systemd unit.`,
    );
  // Timers count in whole milliseconds.
  return Math.max(1, Math.floor(usec / 2000));
}
