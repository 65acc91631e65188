import type { Clock } from '../base/clock.js';
import type { Barcode } from '../terms/barcode.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import { OWN_CLIENT } from '../terms/own-streams.js';
import type { Inventory, StreamFilter } from '../inventory/inventory.js';
import type { ExtentRecord } from '../inventory/records.js';
import { unknownCartridge } from '../media/cartridge-loading.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { DriveCommands } from '../media/drive-commands.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { RegisterLook } from '../media/register-look.js';
import type { PoolBook } from '../media/pool-book.js';
import type { RetentionClock } from '../media/retention-clock.js';
import { unknownStream, type RetentionGuard } from '../media/retention-guard.js';
import type {
  DoctorView,
  DriveStatusView,
  DriveView,
  MediumView,
  ProblemView,
  SessionView,
  StatusView,
  StreamView,
} from '../protocol/control-api.js';
import type { ControlService } from './control-service.js';
import { viewDrive, viewDriveStatus, viewMedium, viewStream } from './views.js';

export interface NodeControlOptions {
  readonly inventory: Inventory;
  readonly registerLook: RegisterLook;
  readonly leases: DriveLeases;
  readonly driveCommands: DriveCommands;
  readonly operatorRequests: OperatorRequests;
  readonly pools: PoolBook;
  readonly guard: RetentionGuard;
  readonly retentionClock: RetentionClock;
  readonly clock: Clock;
  readonly node: string;
  readonly version: string;
  readonly sessions: () => readonly SessionView[];
  readonly dataDoor: () => StatusView['dataDoor'];
  readonly memory: () => StatusView['memory'];
  readonly simulation: () => Readonly<Record<string, number>> | null;
  readonly doctor: () => Promise<DoctorView>;
}

/** The control door's questions and orders, answered from the inventory, the drives and the running sessions. */
export class NodeControl implements ControlService {
  readonly #options: NodeControlOptions;
  readonly #startedMs: number;

  constructor(options: NodeControlOptions) {
    this.#options = options;
    this.#startedMs = options.clock.wallMs();
  }

  async status(): Promise<StatusView> {
    const { node, version, clock, pools, operatorRequests } = this.#options;
    const simulation = this.#options.simulation();
    return {
      node,
      version,
      startedMs: this.#startedMs,
      nowMs: clock.wallMs(),
      dataDoor: this.#options.dataDoor(),
      memory: this.#options.memory(),
      pools: (await pools.list()).map(({ name, kind, retentionDays }) => ({ name, kind, retentionDays })),
      drives: [...(await this.drives())],
      sessions: [...this.#options.sessions()],
      operatorRequests: [...operatorRequests.pending],
      problems: [...this.#problems()],
      simulation: simulation === null ? null : { ...simulation },
    };
  }

  #problems(): readonly ProblemView[] {
    const doubt = this.#options.retentionClock.describeDoubt();
    return [...(doubt === null ? [] : [{ kind: 'clock', message: doubt }]), ...this.#options.registerLook.problems];
  }

  async doctor(): Promise<DoctorView> {
    return this.#options.doctor();
  }

  async streams(filter: StreamFilter): Promise<readonly StreamView[]> {
    const { inventory, guard } = this.#options;
    const barcodeOf = await this.#barcodes();
    // What the node saves for itself is shown to who asks for it.
    const streams = await inventory.streams({
      exceptClient: filter.client === OWN_CLIENT ? '' : OWN_CLIENT,
      ...filter,
    });
    const protection = await guard.protection();
    return streams.map((stream) => viewStream(stream, barcodeOf, protection.keepingOf(stream.descriptor.streamId)));
  }

  async stream(streamId: StreamId): Promise<StreamView> {
    const stream = await this.#options.inventory.stream(streamId);
    if (stream === null) throw unknownStream(streamId);
    const protection = await this.#options.guard.protection();
    return viewStream(stream, await this.#barcodes(), protection.keepingOf(streamId));
  }

  async *extents(streamId: StreamId): AsyncIterable<ExtentRecord & { readonly barcode: Barcode }> {
    await this.stream(streamId);
    const barcodeOf = await this.#barcodes();
    for await (const extent of this.#options.inventory.extents(streamId))
      yield { ...extent, barcode: barcodeOf(extent.volumeId) as Barcode };
  }

  async media(): Promise<readonly MediumView[]> {
    const { inventory, registerLook } = this.#options;
    await registerLook.look();
    const volumes = new Map((await inventory.volumes()).map((volume) => [volume.volumeId, volume]));
    const cartridges = await inventory.cartridges();
    return cartridges.map((cartridge) =>
      viewMedium(cartridge, cartridge.volumeId === null ? null : (volumes.get(cartridge.volumeId) ?? null)),
    );
  }

  async medium(barcode: Barcode): Promise<MediumView> {
    const { inventory, registerLook } = this.#options;
    await registerLook.look();
    const cartridge = await inventory.cartridge(barcode);
    if (cartridge === null) throw unknownCartridge(barcode);
    const volume = cartridge.volumeId === null ? null : await inventory.volume(cartridge.volumeId);
    return viewMedium(cartridge, volume);
  }

  async drives(): Promise<readonly DriveView[]> {
    return this.#options.leases.bays.map((bay) => this.#viewDrive(bay));
  }

  async driveStatus(drive: string): Promise<DriveStatusView> {
    const bay = this.#options.leases.find(drive);
    const { status, position, tapeAlerts } = await this.#options.driveCommands.read(bay);
    return viewDriveStatus(this.#viewDrive(bay), status, position, tapeAlerts);
  }

  #viewDrive(bay: DriveBay): DriveView {
    return viewDrive(bay, this.#options.leases.isLeased(bay));
  }

  async #barcodes(): Promise<(volumeId: VolumeId) => string> {
    const volumes = await this.#options.inventory.volumes();
    const barcodes = new Map(volumes.map((volume) => [volume.volumeId, volume.barcode]));
    return (volumeId) => barcodes.get(volumeId) ?? '?';
  }
}
