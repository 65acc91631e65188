import { silentLogger } from '../../src/base/logger.js';
import { crc32c } from '../../src/base/crc32c.js';
import type { StorageError } from '../../src/base/storage-error.js';
import { RestorePass, type RestorePassReport } from '../../src/transfer/restore-pass.js';
import { RestoreStreamState } from '../../src/transfer/restore-stream-state.js';
import type { RestoreReceiver } from '../../src/transfer/restore-stream.js';
import type { Extent } from '../../src/volume/extent.js';
import { barcodeOf, streamIdOf } from './records.js';
import { RIG_BLOCK_BYTES, randomBytes, SaveRig, type RigOptions } from './save-rig.js';

/** Who restores a stream: keeps what comes, and lets go of blocks at once unless told to hold them. */
export class RigReceiver implements RestoreReceiver {
  readonly parts: Uint8Array[] = [];
  readonly waits: string[] = [];
  outcome: StorageError | 'finished' | null = null;
  holds = false;
  onEnd: (() => void) | null = null;
  readonly #held: (() => void)[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
  get heldBlocks(): number {
    return this.#held.length;
  }

  deliver({ slot, payloadStart, payloadBytes }: Parameters<RestoreReceiver['deliver']>[0], release: () => void): void {
    if (this.outcome !== null) throw new Error('delivered behind the end');
    this.parts.push(slot.bytes.slice(payloadStart, payloadStart + payloadBytes));
    if (this.holds) this.#held.push(release);
    else release();
  }
  letGo(): void {
    this.holds = false;
    for (const release of this.#held.splice(0)) release();
  }
  finished(): void {
    this.#end('finished');
  }
  failed(error: StorageError): void {
    this.#end(error);
  }
  waiting(reason: string): void {
    this.waits.push(reason);
  }

  #end(outcome: StorageError | 'finished'): void {
    if (this.outcome !== null) throw new Error('a stream ends once');
    this.outcome = outcome;
    this.onEnd?.();
  }
}

export interface WantedRange {
  readonly stream: number;
  readonly from?: number;
  readonly to?: number;
  /** The CRC the books have of the whole; that of what was saved when not told. */
  readonly crc32c?: number;
}

/** Streams saved by a session on one volume in memory, to be restored from there. */
export class RestoreRig {
  readonly save: SaveRig;

  private constructor(save: SaveRig) {
    this.save = save;
  }

  /** Streams 0, 1, ... of these sizes, interleaved. */
  static async make(sizes: readonly number[], options: RigOptions = {}): Promise<RestoreRig> {
    const save = new SaveRig(options);
    sizes.forEach((size, n) => save.open(n, randomBytes(n + 1, size)));
    await save.runToEnd();
    return new RestoreRig(save);
  }

  bytesOf(stream: number): Uint8Array {
    const client = this.save.clients[stream];
    if (client === undefined) throw new Error(`no stream ${String(stream)}`);
    return client.bytes;
  }

  extentsOf(stream: number): readonly Extent[] {
    return this.save.checkpoints.flatMap(({ streams }) =>
      streams.flatMap(({ descriptor, extents }) => (descriptor.streamId === streamIdOf(stream) ? extents : [])),
    );
  }

  get medium(): SaveRig['volumes'][number]['medium'] {
    return this.#volume.medium;
  }

  open({ stream, from = 0, to, crc32c: crc }: WantedRange): {
    readonly state: RestoreStreamState;
    readonly receiver: RigReceiver;
    readonly stream: number;
  } {
    const bytes = this.bytesOf(stream);
    const receiver = new RigReceiver();
    const whole = { lengthBytes: bytes.length, crc32c: crc ?? crc32c(bytes) };
    const state = new RestoreStreamState({
      streamId: streamIdOf(stream),
      receiver,
      from,
      to: to ?? bytes.length,
      whole,
    });
    return { state, receiver, stream };
  }

  pass(): RestorePass {
    const { ring, clock, limits } = this.save;
    const { thread, volumeId } = this.#volume;
    return new RestorePass({
      volume: { thread, volumeId, barcode: barcodeOf(0), blockSizeBytes: RIG_BLOCK_BYTES },
      ring,
      clock,
      logger: silentLogger,
      limits,
    });
  }

  /** One pass for all of them, while time passes. */
  async run(
    wanted: readonly { readonly state: RestoreStreamState; readonly stream: number }[],
  ): Promise<RestorePassReport> {
    const parts = wanted.map(({ state, stream }) => ({ stream: state, extents: this.extentsOf(stream) }));
    let settled = false;
    const done = this.pass()
      .run(parts)
      .finally(() => (settled = true));
    done.catch(() => undefined);
    await this.save.run(() => settled);
    return done;
  }

  get #volume(): SaveRig['volumes'][number] {
    const [volume] = this.save.volumes;
    if (volume === undefined) throw new Error('nothing was saved');
    return volume;
  }
}
