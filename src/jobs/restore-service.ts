import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import { makeSessionId, type SessionId, type VolumeId } from '../terms/ids.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ExtentRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import type { CartridgeRegister } from '../media/cartridge-register.js';
import type { CartridgeReservation, CartridgeReservations } from '../media/cartridge-reservations.js';
import type { DriveBay } from '../media/drive-bay.js';
import { fitsCartridge, preferHolding } from '../media/drive-choice.js';
import type { DriveLease, DriveLeases } from '../media/drive-leases.js';
import type { HealthWatch } from '../media/health-watch.js';
import type { VolumeMounting } from '../media/volume-mounting.js';
import type { BlockRing } from '../transfer/block-ring.js';
import { RestorePass } from '../transfer/restore-pass.js';
import { RestoreStreamState } from '../transfer/restore-stream-state.js';
import type { RestoreReceiver } from '../transfer/restore-stream.js';
import type { TransferLimits } from '../transfer/transfer-limits.js';
import type { RestoreRequest, RestoreTicket } from './stream-service.js';

export interface RestoreServiceOptions {
  readonly inventory: Inventory;
  readonly register: CartridgeRegister;
  readonly reservations: CartridgeReservations;
  readonly leases: DriveLeases;
  readonly mounting: VolumeMounting;
  readonly health: HealthWatch;
  readonly ring: BlockRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: TransferLimits;
  /** Whether a client may restore a stream of another. */
  readonly mayRestore: (client: string, owner: string) => boolean;
}

/** The part of a stream that lies on one volume; a stream that spans volumes has several, in its order. */
interface Leg {
  readonly volumeId: VolumeId;
  readonly extents: ExtentRecord[];
}

interface Wanted {
  readonly state: RestoreStreamState;
  readonly legs: Leg[];
}

/** Restores of one volume: the requests that wait for it, served together in passes. */
export interface RunningRestore {
  readonly sessionId: SessionId;
  readonly volumeId: VolumeId;
  readonly startedMs: number;
  lease: DriveLease | null;
  pass: RestorePass | null;
}

/** How long a pass waits for more requests for its volume, milliseconds: clients started together are read in one pass. */
const GATHER_MS = 250;

/** Plans restores and brings those that want the same volume into one pass. */
export class RestoreService {
  readonly #options: RestoreServiceOptions;
  readonly #waiting = new Set<Wanted>();
  readonly #running = new Map<VolumeId, RunningRestore>();
  readonly #stopping = new AbortController();
  #idle: Promise<unknown> = Promise.resolve();

  constructor(options: RestoreServiceOptions) {
    this.#options = options;
  }

  get running(): readonly RunningRestore[] {
    return [...this.#running.values()];
  }

  async openStream(client: string, request: RestoreRequest, receiver: RestoreReceiver): Promise<RestoreTicket> {
    const stream = await this.#findStream(client, request);
    const { from, to } = rangeOf(stream, request);
    const extents = await this.#collectExtents(stream, from, to);
    this.#refuseWhenStopping();
    const state = new RestoreStreamState({
      streamId: request.streamId,
      receiver,
      from,
      to,
      whole: { lengthBytes: stream.lengthBytes, crc32c: stream.crc32c },
    });
    const wanted = { state, legs: legsOf(extents) };
    this.#waiting.add(wanted);
    // The door has the ticket in hand before the first byte comes.
    queueMicrotask(() => {
      this.#advance(wanted);
    });
    return {
      stream,
      lengthBytes: to - from,
      extents,
      cancel: (reason) => {
        state.cancel(reason);
        this.#waiting.delete(wanted);
      },
    };
  }

  /** Restores end where they are. */
  async stop(): Promise<void> {
    this.#stopping.abort(shuttingDown());
    for (const wanted of this.#waiting) wanted.state.fail(shuttingDown());
    this.#waiting.clear();
    await this.#idle;
  }

  #refuseWhenStopping(): void {
    if (this.#stopping.signal.aborted) throw shuttingDown();
  }

  async #findStream(client: string, { streamId, partial }: RestoreRequest): Promise<StreamRecord> {
    this.#refuseWhenStopping();
    const stream = await this.#options.inventory.stream(streamId);
    const context = { streamId, client };
    // Who may not read a stream is not told whether it exists.
    if (stream === null || !this.#options.mayRestore(client, stream.descriptor.client))
      throw new StorageError(
        'JOB_STREAM_UNKNOWN',
        `No stream ${streamId} is there for client ${client}; see \`tapeloom stream list\`.`,
        { context },
      );
    if (stream.state !== 'complete' && !(partial && stream.state === 'incomplete'))
      throw new StorageError(
        'JOB_STREAM_INCOMPLETE',
        `Stream ${streamId} is ${stream.state}${stream.reason === '' ? '' : ` (${stream.reason})`}: only ${String(stream.lengthBytes)} bytes of it are durable. Restore another one, or these bytes with --partial.`,
        { context },
      );
    return stream;
  }

  /** The extents that hold the range, in the order of the stream. */
  async #collectExtents(stream: StreamRecord, from: number, to: number): Promise<readonly ExtentRecord[]> {
    const extents: ExtentRecord[] = [];
    if (from === to) return extents;
    for await (const extent of this.#options.inventory.extents(stream.descriptor.streamId, from)) {
      if (extent.offset >= to) break;
      extents.push(extent);
    }
    return extents;
  }

  /** Brings a stream to the volume it needs next, or settles it when it needs none. */
  #advance(wanted: Wanted): void {
    const [leg] = wanted.legs;
    if (!wanted.state.isOpen || leg === undefined) {
      this.#waiting.delete(wanted);
      wanted.state.settle();
      return;
    }
    if (this.#running.has(leg.volumeId)) return;
    const { clock, random } = this.#options;
    const startedMs = clock.wallMs();
    const running: RunningRestore = {
      sessionId: makeSessionId(startedMs, random),
      volumeId: leg.volumeId,
      startedMs,
      lease: null,
      pass: null,
    };
    this.#running.set(leg.volumeId, running);
    this.#idle = Promise.all([this.#idle, this.#serve(running)]);
  }

  /** One volume: passes over it as long as somebody waits for it. */
  async #serve(running: RunningRestore): Promise<void> {
    const { inventory, reservations, leases, logger } = this.#options;
    let reservation: CartridgeReservation | null = null;
    try {
      const volume = await inventory.volume(running.volumeId);
      if (volume === null) throw unknownVolume(running.volumeId);
      const inUse = reservations.purposeOf(volume.barcode);
      if (inUse !== null) this.#tellWaiting(running, 'mount', `volume ${volume.barcode} is in use: ${inUse}`);
      reservation = await reservations.reserve(volume.barcode, 'restoring', this.#stopping.signal);
      this.#tellWaiting(running, 'drive', `waiting for a drive for volume ${volume.barcode}`);
      running.lease = await leases.acquire(await this.#leaseRequest(volume));
      await this.#runPasses(running, running.lease.bay, volume);
    } catch (error) {
      logger.log('error', 'restore.failed', describeError(error), {
        session: running.sessionId,
        volume: running.volumeId,
        drive: running.lease?.bay.name,
      });
      const failure = isStorageError(error)
        ? error
        : new StorageError('DEVICE_IO', `The restore ended: ${describeError(error)}`, { cause: error });
      await this.#noteFailure(running, failure);
      for (const wanted of this.#wantedOn(running.volumeId)) {
        this.#waiting.delete(wanted);
        wanted.state.fail(failure);
      }
    } finally {
      this.#running.delete(running.volumeId);
      running.lease?.release();
      reservation?.release();
      // Requests that came for this volume since the last look, and streams that go on elsewhere.
      for (const wanted of [...this.#waiting]) this.#advance(wanted);
    }
  }

  async #noteFailure({ lease }: RunningRestore, error: StorageError): Promise<void> {
    if (lease === null) return;
    lease.bay.mounted = null;
    await this.#options.health.failed(lease.bay, lease.bay.loaded, 'read-error', error);
  }

  async #runPasses(running: RunningRestore, bay: DriveBay, volume: VolumeRecord): Promise<void> {
    const { mounting, health, clock, ring, logger, limits } = this.#options;
    const { signal } = this.#stopping;
    this.#tellWaiting(running, 'mount', `mounting volume ${volume.barcode}`);
    await mounting.mountForRead(bay, volume.volumeId, signal);
    await clock.sleep(GATHER_MS, signal);
    for (;;) {
      const wanted = this.#wantedOn(running.volumeId);
      if (wanted.length === 0) return;
      bay.activity = `restoring ${String(wanted.length)} streams from ${volume.barcode}`;
      const { volumeId, barcode, blockSizeBytes } = volume;
      const pass = new RestorePass({
        volume: { thread: bay.thread, volumeId, barcode, blockSizeBytes },
        ring,
        clock,
        logger,
        limits,
      });
      running.pass = pass;
      const { unreadable } = await pass.run(
        wanted.map(({ state, legs }) => ({ stream: state, extents: legs[0]?.extents ?? [] })),
      );
      if (unreadable > 0) await health.failed(bay, barcode, 'read-error', blocksUnreadable(barcode, unreadable));
      for (const one of wanted) {
        one.legs.shift();
        if (one.legs[0]?.volumeId !== running.volumeId) this.#advance(one);
      }
    }
  }

  /** A drive of the volume's kind that can get it; the one that has it already, if any. */
  async #leaseRequest(volume: VolumeRecord): Promise<Parameters<DriveLeases['acquire']>[0]> {
    const place = (await this.#options.register.reachable()).find((one) => one.barcode === volume.barcode);
    if (place === undefined)
      throw new StorageError(
        'CHANGER_NO_CARTRIDGE',
        `Volume ${volume.barcode} cannot be reached. Bring the cartridge back and restore again.`,
        { context: { barcode: volume.barcode } },
      );
    const kind = mediumOfBarcode(volume.barcode) === 'disk' ? 'disk' : 'tape';
    const fits = fitsCartridge(this.#options.leases.bays, volume.barcode, place.reachableBy);
    return {
      fits: (bay) => bay.kind === kind && fits(bay),
      preference: preferHolding(volume.barcode),
      signal: this.#stopping.signal,
    };
  }

  #wantedOn(volumeId: VolumeId): readonly Wanted[] {
    return [...this.#waiting].filter((wanted) => wanted.state.isOpen && wanted.legs[0]?.volumeId === volumeId);
  }

  #tellWaiting(running: RunningRestore, reason: string, message: string): void {
    for (const wanted of this.#wantedOn(running.volumeId)) wanted.state.waiting(reason, message);
  }
}

function rangeOf(stream: StreamRecord, request: RestoreRequest): { readonly from: number; readonly to: number } {
  const { offset, length } = request;
  const to = length === null ? stream.lengthBytes : offset + length;
  if (offset <= to && to <= stream.lengthBytes) return { from: offset, to };
  throw new StorageError(
    'PROTOCOL_BODY',
    `Bytes ${String(offset)} to ${String(to)} are not all in stream ${request.streamId}, which has ${String(stream.lengthBytes)}.`,
    { context: { streamId: request.streamId } },
  );
}

function legsOf(extents: readonly ExtentRecord[]): Leg[] {
  const legs: Leg[] = [];
  for (const extent of extents) {
    const last = legs.at(-1);
    if (last?.volumeId === extent.volumeId) last.extents.push(extent);
    else legs.push({ volumeId: extent.volumeId, extents: [extent] });
  }
  return legs;
}

function unknownVolume(volumeId: VolumeId): StorageError {
  return new StorageError('VOLUME_UNKNOWN', `The inventory knows no volume ${volumeId}.`, { context: { volumeId } });
}

function blocksUnreadable(barcode: Barcode, blocks: number): StorageError {
  return new StorageError(
    'MEDIUM_READ_ERROR',
    `${String(blocks)} blocks of volume ${barcode} could not be read. What else it holds was delivered; try it in another drive.`,
    { context: { barcode, blocks } },
  );
}

function shuttingDown(): StorageError {
  return new StorageError('JOB_SHUTTING_DOWN', 'The daemon is stopping. Restore again when it is back.');
}
