import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import { combineCrc32c, type Crc32c } from '../base/crc32c.js';
import { StorageError } from '../base/storage-error.js';
import type { RestoreRequest, RestoreTicket, StreamService } from '../jobs/stream-service.js';
import { FRAME_HEADER_BYTES, readPayloadFields, type FrameHeader } from '../protocol/frame.js';
import { ignoreAbort } from '../protocol/liveness.js';
import type { StreamId } from '../terms/ids.js';
import { RESTORE_WINDOW_BLOCKS, type RestoreReceiver } from '../transfer/restore-stream.js';
import type { Conversation, ConversationEnd } from './conversation.js';
import { DOOR_LIMITS } from './door-limits.js';
import type { FrameSender } from './frame-sender.js';

export interface RestoreConversationOptions {
  readonly service: StreamService;
  readonly client: string;
  readonly request: RestoreRequest;
  readonly sender: FrameSender;
  readonly end: ConversationEnd;
  readonly clock: Clock;
  readonly crc32c: Crc32c;
}

type DeliveredPart = Parameters<RestoreReceiver['deliver']>[0];

interface HeldPart {
  readonly part: DeliveredPart;
  readonly release: () => void;
}

/** How the pass ended, told once everything before it was sent. */
type Outcome = { readonly kind: 'finished' } | { readonly kind: 'failed'; readonly error: StorageError };

/**
 * RESTORE to RESTORED: blocks of a restore pass to the client, at the client's pace. The payload is written from the slot it was read
 * into; header and payload go out in one call, and the slot itself is not touched. It is released when the kernel has it all.
 */
export class RestoreConversation implements Conversation, RestoreReceiver {
  readonly kind = 'restore';
  readonly durableBytes = 0;
  readonly lane = null;
  readonly #options: RestoreConversationOptions;
  #ticket: RestoreTicket | null = null;
  /** RESTORING was sent. */
  #opened = false;
  readonly #unsent: HeldPart[] = [];
  readonly #writing = new Set<() => void>();
  #sentFrames = 0;
  #drainedFrames = 0;
  #bytes = 0;
  #crc = 0;
  #outcome: Outcome | null = null;
  #over = false;
  #abandonedWhy = '';
  readonly #ending = new AbortController();

  constructor(options: RestoreConversationOptions) {
    this.#options = options;
  }

  get streamId(): StreamId | null {
    return this.#ticket?.stream.descriptor.streamId ?? null;
  }
  get movedBytes(): number {
    return this.#bytes;
  }

  async open(): Promise<void> {
    const { service, client, request, sender } = this.#options;
    const ticket = await service.openRestore(client, request, this);
    this.#ticket = ticket;
    if (this.#over) {
      ticket.cancel(this.#abandonedWhy);
      return;
    }
    const { descriptor } = ticket.stream;
    sender.message('RESTORING', {
      streamId: descriptor.streamId,
      length: ticket.lengthBytes,
      complete: ticket.stream.state === 'complete',
      descriptor: { ...descriptor, attributes: { ...descriptor.attributes } },
      volumes: [...new Set(ticket.extents.map(({ volumeId }) => volumeId))],
    });
    this.#opened = true;
    this.#send();
  }

  control(header: FrameHeader): void {
    if (header.type !== 'DRAINED')
      throw new StorageError('PROTOCOL_OUT_OF_ORDER', `${header.type} came while a stream is being restored.`);
    const frames = header.offset;
    if (frames < this.#drainedFrames || frames > this.#sentFrames)
      throw new StorageError(
        'PROTOCOL_OUT_OF_ORDER',
        `DRAINED says ${String(frames)} after ${String(this.#drainedFrames)}, with ${String(this.#sentFrames)} frames sent.`,
      );
    this.#drainedFrames = frames;
    this.#send();
  }

  inputEnded(): boolean {
    return false;
  }

  abandon(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#abandonedWhy = reason;
    this.#ending.abort();
    if (this.#outcome === null) this.#ticket?.cancel(reason);
    for (const { release } of this.#unsent.splice(0)) release();
  }

  socketClosed(): void {
    this.abandon('the connection was closed');
    for (const release of [...this.#writing]) release();
  }

  // RestoreReceiver

  deliver(part: DeliveredPart, release: () => void): void {
    assert(this.#outcome === null, 'nothing is delivered behind the end');
    if (this.#over) {
      release();
      return;
    }
    assert(this.#unsent.length + this.#writing.size < RESTORE_WINDOW_BLOCKS, 'a pass keeps to the window');
    this.#unsent.push({ part, release });
    this.#send();
  }

  finished(): void {
    this.#conclude({ kind: 'finished' });
  }

  failed(error: StorageError): void {
    if (error.code !== 'PROTOCOL_TIMEOUT' || this.#over) {
      this.#conclude({ kind: 'failed', error });
      return;
    }
    // Dropped for standing still: it would not take what is queued either, and that holds blocks others could use.
    this.#outcome = { kind: 'failed', error };
    this.#options.end.fail(error);
  }

  waiting(reason: string, message: string): void {
    if (!this.#over && this.#opened) this.#options.sender.waiting(reason, message);
  }

  /** Sends what the client's window allows, and the outcome when there is nothing before it. */
  #send(): void {
    if (!this.#opened || this.#over) return;
    while (this.#sentFrames - this.#drainedFrames < RESTORE_WINDOW_BLOCKS) {
      const next = this.#unsent.shift();
      if (next === undefined) break;
      this.#sendPart(next);
    }
    if (this.#unsent.length === 0 && this.#outcome !== null) this.#sendOutcome(this.#outcome);
  }

  #sendPart({ part, release }: HeldPart): void {
    const { slot, payloadStart, payloadBytes, offset } = part;
    const { offset: firstOffset } = this.#options.request;
    assert(offset === firstOffset + this.#bytes, 'a pass delivers in order, without gaps');
    const payload = slot.bytes.subarray(payloadStart, payloadStart + payloadBytes);
    const payloadCrc = this.#crcOf(part, payload);
    this.#crc = combineCrc32c(this.#crc, payloadCrc, payloadBytes);
    this.#bytes += payloadBytes;
    const written = (): void => {
      if (this.#writing.delete(written)) release();
    };
    this.#writing.add(written);
    this.#options.sender.data(
      { type: 'DATA', last: false, offset, payloadBytes, frameNumber: this.#sentFrames++, payloadCrc },
      payload,
      written,
    );
  }

  /** The block's own CRC where all of the block is sent: from the saving client to the restoring one nobody computes it anew. */
  #crcOf({ slot, payloadStart, payloadBytes }: DeliveredPart, payload: Uint8Array): number {
    const own = readPayloadFields(slot.bytes);
    const whole = payloadStart === FRAME_HEADER_BYTES && payloadBytes === own.payloadBytes;
    return whole ? own.payloadCrc : this.#options.crc32c(payload);
  }

  #conclude(outcome: Outcome): void {
    assert(this.#outcome === null, 'a pass ends once');
    this.#outcome = outcome;
    if (this.#over) return;
    this.#send();
    void this.#dropWhenStalled();
  }

  #sendOutcome(outcome: Outcome): void {
    this.#over = true;
    this.#ending.abort();
    const { sender, end } = this.#options;
    if (outcome.kind === 'failed') {
      end.fail(outcome.error, DOOR_LIMITS.drainMs);
      return;
    }
    assert(this.#bytes === this.#ticket?.lengthBytes, 'a finished pass delivered all it announced');
    sender.message('RESTORED', { length: this.#bytes, crc32c: this.#crc });
    end.finish(DOOR_LIMITS.drainMs);
  }

  /** The pass, which drops a receiver that stands still, has ended: from here on that is ours to do. */
  async #dropWhenStalled(): Promise<void> {
    const { clock, end } = this.#options;
    const { signal } = this.#ending;
    let before = -1;
    while (!signal.aborted && before !== this.#drainedFrames) {
      before = this.#drainedFrames;
      await clock.sleep(DOOR_LIMITS.drainMs, signal).catch(ignoreAbort(signal));
    }
    if (!signal.aborted)
      end.fail(
        new StorageError(
          'PROTOCOL_TIMEOUT',
          'The client took nothing for minutes; the restore was given up. Ask for the rest of the stream again.',
        ),
      );
  }
}
