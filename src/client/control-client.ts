import type {
  DoctorView,
  DriveStatusView,
  DriveView,
  ExtentView,
  MediumView,
  StatusView,
  StreamQuery,
  StreamView,
} from '../protocol/control-api.js';
import { CatalogueClient } from './catalogue-client.js';
import { ChangerClient } from './changer-client.js';
import { ControlExchange, type ControlExchangeOptions } from './control-exchange.js';
import { DriveClient } from './drive-client.js';
import { HealthClient } from './health-client.js';
import { JobClient } from './job-client.js';
import { OffsiteClient } from './offsite-client.js';
import { PoolClient } from './pool-client.js';
import { RetentionClient } from './retention-client.js';

/** The control door, typed. Every failure is a StorageError with the daemon's code, or PROTOCOL_UNREACHABLE. */
export class ControlClient {
  readonly catalogue: CatalogueClient;
  readonly changer: ChangerClient;
  readonly drive: DriveClient;
  readonly health: HealthClient;
  readonly job: JobClient;
  readonly offsite: OffsiteClient;
  readonly pool: PoolClient;
  readonly retention: RetentionClient;
  readonly #exchange: ControlExchange;

  constructor(options: ControlExchangeOptions) {
    this.#exchange = new ControlExchange(options);
    this.catalogue = new CatalogueClient(this.#exchange);
    this.changer = new ChangerClient(this.#exchange);
    this.drive = new DriveClient(this.#exchange);
    this.health = new HealthClient(this.#exchange);
    this.job = new JobClient(this.#exchange);
    this.offsite = new OffsiteClient(this.#exchange);
    this.pool = new PoolClient(this.#exchange);
    this.retention = new RetentionClient(this.#exchange);
  }

  async status(): Promise<StatusView> {
    return this.#exchange.call('GET', '/status');
  }
  async doctor(): Promise<DoctorView> {
    return this.#exchange.call('GET', '/doctor');
  }
  async streams(query: StreamQuery): Promise<readonly StreamView[]> {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query) as [string, string | number | undefined][])
      if (value !== undefined) parameters.set(key, String(value));
    const answer = await this.#exchange.call<{ streams: StreamView[] }>('GET', `/streams?${parameters.toString()}`);
    return answer.streams;
  }
  async stream(streamId: string): Promise<StreamView> {
    return this.#exchange.call('GET', `/streams/${encodeURIComponent(streamId)}`);
  }
  async extents(streamId: string): Promise<{ readonly extents: readonly ExtentView[]; readonly truncated: boolean }> {
    return this.#exchange.call('GET', `/streams/${encodeURIComponent(streamId)}/extents`);
  }
  async media(): Promise<readonly MediumView[]> {
    return (await this.#exchange.call<{ media: MediumView[] }>('GET', '/media')).media;
  }
  async medium(barcode: string): Promise<MediumView> {
    return this.#exchange.call('GET', `/media/${encodeURIComponent(barcode)}`);
  }
  async drives(): Promise<readonly DriveView[]> {
    return (await this.#exchange.call<{ drives: DriveView[] }>('GET', '/drives')).drives;
  }
  async driveStatus(drive: string): Promise<DriveStatusView> {
    return this.#exchange.call('GET', `/drives/${encodeURIComponent(drive)}`);
  }
}
