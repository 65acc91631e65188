import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { LogFields, Logger } from '../../src/base/logger.js';
import { AllocationOrders } from '../../src/jobs/allocation-control.js';
import { CatalogueOrders } from '../../src/jobs/catalogue-control.js';
import { PoolOrders } from '../../src/jobs/pool-control.js';
import { RetentionOrders } from '../../src/jobs/retention-control.js';
import { CartridgeRegister } from '../../src/media/cartridge-register.js';
import type { DriveBay } from '../../src/media/drive-bay.js';
import { DriveLeases } from '../../src/media/drive-leases.js';
import { PoolBook } from '../../src/media/pool-book.js';
import { RetentionClock } from '../../src/media/retention-clock.js';
import { RetentionGuard } from '../../src/media/retention-guard.js';
import { StreamHolds } from '../../src/media/stream-holds.js';
import { VolumeSelection } from '../../src/media/volume-selection.js';
import { ControlDoor } from '../../src/server/control-door.js';
import { FakeChangerControl } from './fake-changer-control.js';
import { FakeControlService } from './fake-control-service.js';
import { FakeDriveControl } from './fake-drive-control.js';
import { FakeHealthControl } from './fake-health-control.js';
import { FakeJobControl } from './fake-job-control.js';
import { FakeOffsiteControl } from './fake-offsite-control.js';
import { makeMediaEnvironment, type MediaFixture } from './media-environment.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A control door on a socket in a directory of its own, with a fake daemon behind it. */
export class ControlDoorFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'tapeloom-control-'));
  readonly socketPath = join(this.directory, 'control.sock');
  readonly service = new FakeControlService();
  readonly changers = new FakeChangerControl();
  readonly drives = new FakeDriveControl();
  readonly health = new FakeHealthControl();
  readonly jobs = new FakeJobControl();
  readonly offsite = new FakeOffsiteControl();
  readonly events: { readonly event: string; readonly message: string; readonly fields: LogFields | undefined }[] = [];
  readonly logger: Logger = {
    log: (_level, event, message, fields) => {
      this.events.push({ event, message, fields });
    },
  };
  #door: ControlDoor | null = null;

  /** Of the daemon behind the routes about allocation. */
  readonly bays: DriveBay[] = [];
  /** Behind pools, holds and the clock is the real thing, over an inventory in memory. */
  media: MediaFixture | null = null;

  async open(): Promise<ControlDoor> {
    this.media ??= await makeMediaEnvironment();
    const { environment, inventory, clock } = this.media;
    const retentionClock = new RetentionClock(environment);
    await retentionClock.open();
    const guard = new RetentionGuard(environment, retentionClock);
    const pools = new PoolBook(environment);
    this.#door = await ControlDoor.open({
      service: this.service,
      catalogue: new CatalogueOrders(environment, new CartridgeRegister(environment, new DriveLeases(this.bays))),
      changers: this.changers,
      drives: this.drives,
      health: this.health,
      jobs: this.jobs,
      offsite: this.offsite,
      pools: new PoolOrders({ pools, inventory, guard }),
      allocation: new AllocationOrders({
        inventory,
        pools,
        selection: new VolumeSelection(environment, guard),
        bays: this.bays,
        clock,
      }),
      retention: new RetentionOrders({ holds: new StreamHolds(environment, guard), retentionClock, clock }),
      logger: this.logger,
      version: '0.1.0',
      socketPath: this.socketPath,
      socketMode: 0o660,
    });
    return this.#door;
  }

  async close(): Promise<void> {
    await this.#door?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** One request, with nothing between the test and the bytes. */
  async send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    const request = httpRequest({ socketPath: this.socketPath, method, path, headers, agent: false });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  async post(path: string, document: unknown): Promise<Answer> {
    return this.send('POST', path, { 'content-type': 'application/json' }, JSON.stringify(document));
  }
}
