import type { BlockingClock } from '../base/blocking-clock.js';
import { StorageError } from '../base/storage-error.js';
import { encodeLoadUnloadCdb } from '../scsi/load-unload.js';
import { DRIVE_LIMITS, SCSI_TIMEOUTS_MS } from './drive-limits.js';
import { TEST_UNIT_READY, askReady } from './scsi-questions.js';
import type { ScsiTarget, TargetCommand, TargetReply } from './scsi-target.js';

/**
 * Makes the cartridge in the mouth of the drive ready. A drive that is threading one by itself is waited for, within a
 * limit; one that says it has none is told once to load, since a cartridge that was ejected and not taken away looks like
 * none. DRIVE_NO_MEDIUM, DRIVE_NOT_READY, MEDIUM_INCOMPATIBLE, DRIVE_HARDWARE and what else the sense says.
 */
export function loadCartridge(target: ScsiTarget, clock: BlockingClock): void {
  const deadlineMs = clock.monotonicMs() + DRIVE_LIMITS.becomingReadyMs;
  let told = false;
  let command = TEST_UNIT_READY;
  for (;;) {
    const reply: TargetReply = command === TEST_UNIT_READY ? askReady(target) : target.send(command);
    if (reply.kind === 'good') {
      if (command === TEST_UNIT_READY) return;
      // Loaded, says the drive; whether it is ready TEST UNIT READY tells.
      command = TEST_UNIT_READY;
      continue;
    }
    if (reply.outcome.kind === 'becoming-ready') {
      if (clock.monotonicMs() >= deadlineMs) throw tooLong(target.errorOf(command, reply.sense));
      clock.sleepMs(DRIVE_LIMITS.becomingReadyPollMs);
      command = TEST_UNIT_READY;
      continue;
    }
    const error = target.errorOf(command, reply.sense);
    if (error.code !== 'DRIVE_NO_MEDIUM' || told) throw error;
    told = true;
    command = LOAD;
  }
}

function tooLong(error: StorageError): StorageError {
  return new StorageError(
    'DRIVE_NOT_READY',
    `The drive was becoming ready for ${String(DRIVE_LIMITS.becomingReadyMs / 60_000)} minutes and is not. ${error.message}`,
    { context: error.context, disposition: 'take-drive-down', cause: error },
  );
}

/** Rewinds and ejects. Without a cartridge: nothing to do. */
export function unloadCartridge(target: ScsiTarget): void {
  const reply = target.send(UNLOAD);
  if (reply.kind === 'good') return;
  const error = target.errorOf(UNLOAD, reply.sense);
  if (error.code !== 'DRIVE_NO_MEDIUM') throw error;
}

const LOAD = loadUnload('LOAD', true, SCSI_TIMEOUTS_MS.load);
const UNLOAD = loadUnload('UNLOAD', false, SCSI_TIMEOUTS_MS.unload);

/** Unit attentions are expected: a cartridge has come or gone. */
function loadUnload(name: string, load: boolean, timeoutMs: number): TargetCommand {
  const cdb = encodeLoadUnloadCdb({ load, hold: false, retension: false, immediate: false });
  return { name, cdb, timeoutMs, operation: 'move', attention: 'retry' };
}
