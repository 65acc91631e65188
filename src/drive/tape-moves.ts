import { encodeEraseCdb } from '../scsi/erase.js';
import { encodeRead6Cdb } from '../scsi/read.js';
import { SCSI_TIMEOUTS_MS } from './drive-limits.js';
import type { ScsiTarget, TargetCommand, TargetReply } from './scsi-target.js';

/** Commands that move the tape. */

export function moveCommand(name: string, cdb: Uint8Array, timeoutMs: number): TargetCommand {
  return { name, cdb, timeoutMs, operation: 'move', attention: 'fail' };
}

/** Beyond early warning a drive may say so with any move: that is not its failure. */
export function demandArrival(target: ScsiTarget, command: TargetCommand, reply: TargetReply): void {
  if (reply.kind === 'good' || reply.outcome.kind === 'early-warning') return;
  throw target.errorOf(command, reply.sense);
}

/** Destroys everything behind the position. */
export function eraseRest(target: ScsiTarget, mode: 'short' | 'long'): void {
  target.demand({
    name: `ERASE (${mode})`,
    cdb: encodeEraseCdb({ long: mode === 'long', immediate: false }),
    timeoutMs: mode === 'long' ? SCSI_TIMEOUTS_MS.eraseLong : SCSI_TIMEOUTS_MS.eraseShort,
    operation: 'write',
    attention: 'fail',
  });
}

/** The start of a block: enough to be told what it is. */
const PROBE_BYTES = 512;

/** Reads the object at the position, with sense. A block is passed and most of it dropped. Failures are thrown. */
export function probeObject(target: ScsiTarget): 'block' | 'filemark' | 'end-of-data' {
  const command: TargetCommand = {
    name: 'READ(6)',
    cdb: encodeRead6Cdb({ fixed: false, suppressIncorrectLength: false, length: PROBE_BYTES }),
    replyBytes: PROBE_BYTES,
    timeoutMs: SCSI_TIMEOUTS_MS.read,
    operation: 'read',
    attention: 'fail',
  };
  const reply = target.send(command);
  if (reply.kind === 'good') return 'block';
  switch (reply.outcome.kind) {
    case 'incorrect-length':
    case 'early-warning':
      return 'block';
    case 'filemark':
    case 'end-of-data':
      return reply.outcome.kind;
    default:
      throw target.errorOf(command, reply.sense);
  }
}
