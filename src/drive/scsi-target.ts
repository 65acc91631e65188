import { StorageError } from '../base/storage-error.js';
import { ERRNO, describeErrno } from '../device/errno.js';
import { performSgCommand, type SgCommand } from '../device/sg-command.js';
import { describeHostStatus } from '../device/sg-io.js';
import { answerOf, type CommandAnswer } from '../scsi/command-answer.js';
import { senseError } from '../scsi/sense-error.js';
import { senseOutcome, type SenseOperation, type SenseOutcome } from '../scsi/sense-outcome.js';
import type { Sense } from '../scsi/sense.js';
import { DRIVE_LIMITS } from './drive-limits.js';
import type { StDevice } from './st-device.js';

export interface TargetCommand extends SgCommand {
  /** For messages. */
  readonly name: string;
  /** What it is for: the same sense is another failure for a write than for a read. */
  readonly operation: SenseOperation;
  /**
   * A unit attention says that the command was not carried out. `retry`: it does not depend on the position and is sent
   * again. `fail`: it does, and if the position may be lost, DRIVE_POSITION_LOST is thrown.
   */
  readonly attention: 'retry' | 'fail';
}

export type TargetReply =
  | { readonly kind: 'good'; readonly data: Uint8Array }
  /** Anything but plain success: a condition or a failure, see SenseOutcome. */
  | { readonly kind: 'sense'; readonly data: Uint8Array; readonly sense: Sense; readonly outcome: SenseOutcome };

/** Told of what the answer to one command says about everything else. */
export interface TargetWatcher {
  /** Position and label are not to be trusted any more. */
  positionLost(why: string): void;
  /** Something the drive had accepted did not reach the medium. `told`: the caller of this command gets the error. */
  deferredFailure(error: StorageError, told: boolean): void;
  /** An asynchronous write of `st` ended with this errno; `st` told it instead of passing a command on. */
  writeBehind(errno: number): void;
}

/** The drive as a SCSI target: sends commands by SG_IO through the node that is open, and sorts the answers. */
export class ScsiTarget {
  readonly #device: StDevice;
  readonly #watcher: TargetWatcher;

  constructor(device: StDevice, watcher: TargetWatcher) {
    this.#device = device;
    this.#watcher = watcher;
  }

  /**
   * Sends the command, again after unit attentions. DEVICE_PERMISSION, DEVICE_BUSY (reservation), DRIVE_NOT_READY (busy),
   * SCSI_TRANSPORT, SCSI_CHECK_CONDITION (another status), SCSI_MALFORMED_REPLY, DRIVE_POSITION_LOST, DEVICE_IO.
   */
  send(command: TargetCommand): TargetReply {
    for (let n = 0; n < DRIVE_LIMITS.unitAttentions; n++) {
      const reply = this.#sendOnce(command);
      if (reply.kind === 'good') return reply;
      const { outcome, sense } = reply;
      if (outcome.kind === 'nothing' || outcome.kind === 'recovered') return { kind: 'good', data: reply.data };
      if (outcome.kind === 'unit-attention') {
        const error = senseError(sense, command.name, command.operation, { device: this.#device.path });
        if (outcome.positionLost) this.#watcher.positionLost(error.message);
        if (outcome.positionLost && command.attention === 'fail') throw error;
        continue;
      }
      if (outcome.kind === 'failure' && sense.deferred) {
        const error = senseError(sense, 'An earlier write', 'write', { device: this.#device.path });
        this.#watcher.deferredFailure(error, command.attention === 'fail');
        if (command.attention === 'retry') continue;
      }
      return reply;
    }
    throw new StorageError(
      'SCSI_CHECK_CONDITION',
      `${this.#device.path} answers every ${command.name} with a unit attention. Nothing was changed; take the drive down and switch it off and on.`,
      { context: { device: this.#device.path, command: command.name } },
    );
  }

  /** As `send`, where only success will do: everything else is thrown. Returns the answer's bytes. */
  demand(command: TargetCommand): Uint8Array {
    const reply = this.send(command);
    if (reply.kind === 'good') return reply.data;
    throw this.errorOf(command, reply.sense);
  }

  errorOf(command: TargetCommand, sense: Sense): StorageError {
    return senseError(sense, command.name, command.operation, { device: this.#device.path });
  }

  #sendOnce(command: TargetCommand): TargetReply {
    const completion = performSgCommand(command, (header, cdb, data, sense) => {
      const call = (): number => this.#device.sgIo(header, cdb, data, sense);
      return command.attention === 'retry' ? this.#behindWrites(call) : call();
    });
    if (completion.kind === 'errno') throw this.#callFailure(command, completion.errno);
    const answer = answerOf(completion);
    switch (answer.kind) {
      case 'good':
        return answer;
      case 'sense':
        return { ...answer, outcome: senseOutcome(answer.sense, command.operation) };
      default:
        throw this.#refusal(command, answer);
    }
  }

  /**
   * Before `st` passes a command on it waits for its own asynchronous write; when that failed or met early warning, it tells
   * so once and sends nothing.
   */
  #behindWrites(call: () => number): number {
    const first = call();
    if (first !== -ERRNO.EIO && first !== -ERRNO.ENOSPC) return first;
    const second = call();
    if (second >= 0) this.#watcher.writeBehind(-first);
    return second;
  }

  #refusal(command: TargetCommand, answer: Exclude<CommandAnswer, { readonly kind: 'good' | 'sense' }>): StorageError {
    const context = { device: this.#device.path, command: command.name };
    switch (answer.kind) {
      case 'reserved':
        return new StorageError(
          'DEVICE_BUSY',
          `${command.name} on ${this.#device.path} was refused: another host holds a reservation of the drive. Nothing was changed; release it there.`,
          { context },
        );
      case 'busy':
        return new StorageError(
          'DRIVE_NOT_READY',
          `${command.name} on ${this.#device.path} was refused: the drive is busy. Nothing was changed; try again.`,
          { context },
        );
      case 'odd-status':
        return new StorageError(
          'SCSI_CHECK_CONDITION',
          `${command.name} on ${this.#device.path} ended with SCSI status ${String(answer.status)}, which a tape drive does not use. Take the drive down and check its cabling.`,
          { context: { ...context, status: answer.status } },
        );
      case 'transport':
        return this.#transportFailure(command, answer);
    }
  }

  /** Whether the command was carried out is unknown, and what the kernel does about it (abort, reset) moves the position. */
  #transportFailure(
    command: TargetCommand,
    { hostStatus, driverStatus }: { readonly hostStatus: number; readonly driverStatus: number },
  ): StorageError {
    const why = `${command.name} did not come back from ${this.#device.path}: ${describeHostStatus(hostStatus)}, driver status ${String(driverStatus)}`;
    this.#watcher.positionLost(`${why}.`);
    return new StorageError(
      'SCSI_TRANSPORT',
      `${why}. What was synchronized before is safe; check cable and host adapter before the drive works again.`,
      { context: { device: this.#device.path, command: command.name, hostStatus, driverStatus } },
    );
  }

  #callFailure(command: TargetCommand, errno: number): StorageError {
    const context = { device: this.#device.path, command: command.name, errno };
    const what = `${command.name} cannot be sent to ${this.#device.path}: ${describeErrno(errno)}.`;
    if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
      return new StorageError(
        'DEVICE_PERMISSION',
        `${what} SG_IO on a tape node needs the capability CAP_SYS_RAWIO. Nothing was changed; give it to the daemon (AmbientCapabilities=CAP_SYS_RAWIO in its unit).`,
        { context },
      );
    this.#watcher.positionLost(what);
    // `st` passes nothing on since a reset of the bus or the drive, until the tape was rewound.
    if (errno === ERRNO.EIO)
      return new StorageError(
        'DRIVE_POSITION_LOST',
        `${what} The drive was reset. What was synchronized before is safe; position, and read the label again, before anything is written.`,
        { context },
      );
    return new StorageError(
      'DEVICE_IO',
      `${what} Whether it was carried out is unknown. What was synchronized before is safe; check the drive.`,
      { context },
    );
  }
}
