import { isStorageError, StorageError } from '../base/storage-error.js';
import type { StreamRecord } from '../inventory/records.js';
import type { JobOrder } from '../protocol/job-api.js';
import type { StreamId } from '../terms/ids.js';
import type { RestoreReceiver } from '../transfer/restore-stream.js';
import type { JobRun } from './job-run.js';
import type { JobPlan, Procedure } from './procedure.js';
import { plural } from './procedure-words.js';
import type { ProcedureWorld } from './procedure-world.js';

/** Missing ranges named in the result of the job. */
const NAMED_RANGES = 1000;

/**
 * Reads streams as a restore does, over all their volumes, and throws away what comes: each block checked, order and length, and
 * the whole against the stream's CRC. What cannot be read is told to the byte.
 */
export class VerifyStreamProcedure implements Procedure {
  readonly kind = 'verify-stream';
  readonly #world: ProcedureWorld;
  readonly #streams: readonly StreamId[];
  readonly #missing: string[] = [];

  constructor(world: ProcedureWorld, order: Extract<JobOrder, { kind: 'verify-stream' }>) {
    this.#world = world;
    this.#streams = [...new Set(order.streams)];
  }

  async plan(): Promise<JobPlan> {
    for (const streamId of this.#streams) await this.#find(streamId);
    return {
      title: `verify ${plural(this.#streams.length, 'stream')}`,
      steps: this.#streams.map((subject) => ({ subject, what: 'read and check all of it', destroys: null })),
    };
  }

  async run(run: JobRun): Promise<void> {
    for (const streamId of this.#streams)
      await run.step(streamId, async (say) => this.#verifyOne(run, await this.#find(streamId), say));
    await run.report({ missing: this.#missing.slice(0, NAMED_RANGES) });
  }

  async #find(streamId: StreamId): Promise<StreamRecord> {
    const stream = await this.#world.environment.inventory.stream(streamId);
    if (stream !== null) return stream;
    throw new StorageError('JOB_STREAM_UNKNOWN', `There is no stream ${streamId}; see \`tapeloom stream list\`.`, {
      context: { streamId },
    });
  }

  /** Behind a gap it goes on: the gaps are what one wants to know. */
  async #verifyOne(run: JobRun, stream: StreamRecord, say: (doing: string) => void): Promise<string> {
    const { streamId } = stream.descriptor;
    let missing = 0;
    for (let at = 0; ;) {
      const gap = await this.#readFrom(run, stream, at, say);
      if (gap === null) break;
      missing += gap.to - gap.from;
      this.#missing.push(`${streamId} ${String(gap.from)}-${String(gap.to - 1)}`);
      at = gap.to;
      if (at >= stream.lengthBytes) break;
    }
    if (missing === 0) return `${String(stream.lengthBytes)} bytes, all good`;
    throw new StorageError(
      'JOB_STREAM_DAMAGED',
      `${String(missing)} of ${String(stream.lengthBytes)} bytes of stream ${streamId} cannot be read; the job's result says which. Restore the rest as ranges, or another copy.`,
      { context: { streamId, missing } },
    );
  }

  /** The first bytes from `offset` on that cannot be read; null when all can. */
  async #readFrom(
    run: JobRun,
    { descriptor: { streamId, client }, lengthBytes }: StreamRecord,
    offset: number,
    say: (doing: string) => void,
  ): Promise<{ readonly from: number; readonly to: number } | null> {
    const receiver = new DiscardingReceiver(say);
    const request = { streamId, offset, length: null, partial: true };
    const ticket = await this.#world.restores.openStream(client, request, receiver);
    const cancel = (): void => {
      ticket.cancel('its verification was ended');
      receiver.failed(run.signal.reason as StorageError);
    };
    run.signal.addEventListener('abort', cancel, { once: true });
    try {
      await receiver.ended;
      return null;
    } catch (error) {
      if (!isStorageError(error, 'JOB_STREAM_DAMAGED')) throw error;
      const { missingFrom, missingTo } = error.context;
      // Bytes are there, each block is good, and they are not what was saved: all of it is in doubt.
      if (typeof missingFrom !== 'number' || typeof missingTo !== 'number' || missingTo <= offset)
        return { from: offset, to: lengthBytes };
      return { from: missingFrom, to: missingTo };
    } finally {
      run.signal.removeEventListener('abort', cancel);
    }
  }
}

/** Takes everything and keeps nothing. */
class DiscardingReceiver implements RestoreReceiver {
  readonly ended: Promise<void>;
  readonly #say: (doing: string) => void;
  #finish: () => void = () => undefined;
  #fail: (error: StorageError) => void = () => undefined;

  constructor(say: (doing: string) => void) {
    this.#say = say;
    this.ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  deliver({ offset }: { readonly offset: number }, release: () => void): void {
    this.#say(`at byte ${String(offset)}`);
    release();
  }
  finished(): void {
    this.#finish();
  }
  failed(error: StorageError): void {
    this.#fail(error);
  }
  waiting(_reason: string, message: string): void {
    this.#say(message);
  }
}
