import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { StorageError } from '../base/storage-error.js';
import { ERRNO, describeErrno } from '../device/errno.js';
import type { ScsiChannel } from '../device/scsi-channel.js';
import type { SgCommand } from '../device/sg-command.js';
import { describeHostStatus } from '../device/sg-io.js';
import { changerSenseError } from '../scsi/changer-sense-error.js';
import {
  changerSenseOutcome,
  type ChangerAttention,
  type ChangerOperation,
  type ChangerSenseOutcome,
} from '../scsi/changer-sense-outcome.js';
import { answerOf, type CommandAnswer } from '../scsi/command-answer.js';
import { encodeInitializeElementStatusCdb } from '../scsi/initialize-element-status.js';
import { formatSense, type Sense } from '../scsi/sense.js';
import { CHANGER_LIMITS, CHANGER_TIMEOUTS_MS } from './changer-limits.js';

export interface ChangerCommand extends SgCommand {
  /** For messages. */
  readonly name: string;
  readonly operation: ChangerOperation;
}

export type ChangerReply =
  | { readonly kind: 'good'; readonly data: Uint8Array }
  /** It was not carried out: something may be elsewhere than was known. Look again, then send it again. */
  | { readonly kind: 'attention'; readonly attention: ChangerAttention }
  /** The changer does not know the command, a page or a field; `error` for where that is no answer. */
  | { readonly kind: 'not-supported'; readonly error: StorageError };

/** The changer as a SCSI target: sends commands, waits while it becomes ready, and sorts the answers. */
export class ChangerTarget {
  readonly #channel: ScsiChannel;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #changer: string;
  #isOpen = false;

  constructor(changer: string, channel: ScsiChannel, clock: Clock, logger: Logger) {
    this.#changer = changer;
    this.#channel = channel;
    this.#clock = clock;
    this.#logger = logger;
  }

  get device(): string {
    return this.#channel.device;
  }

  /** Not any more when the device behind the node is gone. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** DEVICE_OPEN_FAILED, DEVICE_BUSY, DEVICE_PERMISSION. */
  async open(): Promise<void> {
    const errno = await this.#channel.open();
    if (errno !== 0) throw openFailure(this.device, errno);
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#channel.close();
  }

  /**
   * Sends the command, again while the changer becomes ready or is busy. The wait ends when the signal aborts; a command
   * that was sent is waited for.
   * CHANGER_*, DEVICE_PERMISSION, DEVICE_BUSY (reservation), DEVICE_IO, DEVICE_THREAD_DIED, SCSI_*.
   */
  async send(command: ChangerCommand, signal?: AbortSignal): Promise<ChangerReply> {
    const waiting = new ReadinessWait(this.#clock);
    let initialized = false;
    for (;;) {
      signal?.throwIfAborted();
      const answer = await this.#sendOnce(command);
      if (answer.kind === 'good') return answer;
      if (answer.kind !== 'busy' && answer.kind !== 'sense') throw this.#refusal(command, answer);
      const outcome = answer.kind === 'busy' ? BUSY : changerSenseOutcome(answer.sense, command.operation);
      const error = answer.kind === 'busy' ? this.#busy(command) : this.#errorOf(command, answer.sense);
      switch (outcome.kind) {
        case 'nothing':
        case 'recovered':
          if (!outcome.deferred && answer.kind === 'sense') return { kind: 'good', data: answer.data };
          // Deferred: something else succeeded, and this command was not carried out (SPC-4).
          if (!(await waiting.next(signal))) throw error;
          break;
        case 'becoming-ready':
          if (waiting.isFirst) this.#tell('info', 'changer.becoming-ready', command, error.message);
          if (!(await waiting.next(signal))) throw error;
          break;
        case 'initialize-required':
          if (initialized) throw error;
          initialized = true;
          await this.#initialize(signal);
          break;
        case 'unit-attention':
          this.#tell('info', 'changer.attention', command, answer.kind === 'sense' ? formatSense(answer.sense) : '');
          return { kind: 'attention', attention: outcome.attention };
        case 'not-supported':
          return { kind: 'not-supported', error };
        case 'failure':
          throw error;
      }
    }
  }

  /** As `send`, again after unit attentions, for what does not depend on where anything is. */
  async sendRegardless(
    command: ChangerCommand,
    signal?: AbortSignal,
  ): Promise<Exclude<ChangerReply, { readonly kind: 'attention' }>> {
    for (let n = 0; n < CHANGER_LIMITS.unitAttentions; n++) {
      const reply = await this.send(command, signal);
      if (reply.kind !== 'attention') return reply;
    }
    throw this.endlessAttentions();
  }

  endlessAttentions(): StorageError {
    return new StorageError(
      'CHANGER_NOT_READY',
      `Changer ${this.#changer} answers every command with a unit attention. Nothing was moved; switch it off and on, and look whether another host works with it.`,
      { context: this.#context(), disposition: 'ask-operator' },
    );
  }

  async #sendOnce(command: ChangerCommand): Promise<CommandAnswer> {
    const completion = await this.#channel.execute(command).catch(async (error: unknown) => {
      // The thread is dead: the next command gets a new one.
      await this.close();
      throw error;
    });
    if (completion.kind === 'completed') return answerOf(completion);
    // What was unplugged may come back, under the same name as another device: it is opened and asked anew.
    if (GONE.has(completion.errno)) await this.close();
    throw this.#callFailure(command, completion.errno);
  }

  async #initialize(signal: AbortSignal | undefined): Promise<void> {
    await this.sendRegardless(
      {
        name: 'INITIALIZE ELEMENT STATUS',
        cdb: encodeInitializeElementStatusCdb(),
        timeoutMs: CHANGER_TIMEOUTS_MS.initialize,
        operation: 'other',
      },
      signal,
    );
  }

  #errorOf(command: ChangerCommand, sense: Sense): StorageError {
    return changerSenseError(sense, `${command.name} of changer ${this.#changer}`, command.operation, this.#context());
  }

  #busy(command: ChangerCommand): StorageError {
    return new StorageError(
      'CHANGER_NOT_READY',
      `${command.name} of changer ${this.#changer} was refused: it is busy. Nothing was moved; try again.`,
      { context: this.#context() },
    );
  }

  #refusal(
    command: ChangerCommand,
    answer: Exclude<CommandAnswer, { readonly kind: 'good' | 'sense' | 'busy' }>,
  ): StorageError {
    const what = `${command.name} of changer ${this.#changer} (${this.device})`;
    const context = { ...this.#context(), command: command.name };
    switch (answer.kind) {
      case 'reserved':
        return new StorageError(
          'DEVICE_BUSY',
          `${what} was refused: another host holds a reservation of the changer. Nothing was moved; release it there.`,
          { context },
        );
      case 'odd-status':
        return new StorageError(
          'SCSI_CHECK_CONDITION',
          `${what} ended with SCSI status ${String(answer.status)}, which a changer does not use. Check its cabling.`,
          { context: { ...context, status: answer.status }, disposition: 'ask-operator' },
        );
      case 'transport': {
        const { hostStatus, driverStatus } = answer;
        return new StorageError(
          'SCSI_TRANSPORT',
          `${what} did not come back: ${describeHostStatus(hostStatus)}, driver status ${String(driverStatus)}. Check cable and host adapter.`,
          { context: { ...context, hostStatus, driverStatus }, disposition: 'ask-operator' },
        );
      }
    }
  }

  #callFailure(command: ChangerCommand, errno: number): StorageError {
    const what = `${command.name} cannot be sent to changer ${this.#changer} (${this.device}): ${describeErrno(errno)}.`;
    const context = { ...this.#context(), command: command.name, errno };
    if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
      return new StorageError(
        'DEVICE_PERMISSION',
        `${what} sg lets only a process with the capability CAP_SYS_RAWIO move media. Nothing was moved; give it to the daemon (AmbientCapabilities=CAP_SYS_RAWIO in its unit).`,
        { context },
      );
    return new StorageError(
      'DEVICE_IO',
      `${what} Check that the changer is switched on and connected; \`tapeloom changer scan\` shows where it is.`,
      { context, disposition: 'ask-operator' },
    );
  }

  #tell(level: 'info' | 'warn', event: string, command: ChangerCommand, why: string): void {
    this.#logger.log(level, event, `Changer ${this.#changer}: ${why}`, {
      changer: this.#changer,
      command: command.name,
    });
  }

  #context(): { readonly changer: string; readonly device: string } {
    return { changer: this.#changer, device: this.device };
  }
}

const BUSY: ChangerSenseOutcome = { kind: 'becoming-ready', progress: null, deferred: false };

/** The device behind the node is no more. */
const GONE: ReadonlySet<number> = new Set([ERRNO.ENODEV, ERRNO.ENXIO, ERRNO.EBADF]);

/** Sleeps between attempts until the time a changer may need to become ready is up. */
class ReadinessWait {
  readonly #clock: Clock;
  #untilMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isFirst(): boolean {
    return this.#untilMs === null;
  }

  /** False: the time is up. */
  async next(signal: AbortSignal | undefined): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    this.#untilMs ??= nowMs + CHANGER_LIMITS.becomingReadyMs;
    if (nowMs >= this.#untilMs) return false;
    await this.#clock.sleep(CHANGER_LIMITS.becomingReadyPollMs, signal);
    return true;
  }
}

function openFailure(device: string, errno: number): StorageError {
  const context = { device, errno };
  const what = `${device} cannot be opened: ${describeErrno(errno)}.`;
  switch (errno) {
    case ERRNO.EBUSY:
      return new StorageError(
        'DEVICE_BUSY',
        `${what} Another program has it for itself. Nothing was moved; stop that program.`,
        { context },
      );
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return new StorageError(
        'DEVICE_PERMISSION',
        `${what} Nothing was moved; the daemon's user must be in the group that owns the node (tape), and the unit must allow the device (DeviceAllow=char-sg rw).`,
        { context },
      );
    default:
      return new StorageError(
        'DEVICE_OPEN_FAILED',
        `${what} Nothing was moved; check that the changer is switched on and the sg module loaded. \`tapeloom changer scan\` shows where it is.`,
        { context },
      );
  }
}
