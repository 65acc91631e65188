import { SeededRandom } from '../../src/base/random.js';
import { SerialQueue } from '../../src/base/serial-queue.js';
import type { LogFields, LogLevel } from '../../src/base/logger.js';
import { StoredInventory } from '../../src/inventory/stored-inventory.js';
import { CartridgeReservations } from '../../src/media/cartridge-reservations.js';
import type { HealthWatch } from '../../src/media/health-watch.js';
import type { MediaEnvironment } from '../../src/media/media-environment.js';
import { ManualClock } from './manual-clock.js';
import { MemoryStore } from './memory-store.js';

export interface LoggedEvent {
  readonly level: LogLevel;
  readonly event: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export interface MediaFixture {
  readonly environment: MediaEnvironment;
  readonly inventory: StoredInventory;
  readonly clock: ManualClock;
  readonly events: readonly LoggedEvent[];
}

/** Where health is not what is tested. */
export const NO_HEALTH: HealthWatch = {
  mounted: async () => undefined,
  unmounting: async () => undefined,
  unmounted: async () => undefined,
  failed: async () => undefined,
};

/** What media policy needs, over an inventory in memory; ring blocks only when `slots` are given. */
export async function makeMediaEnvironment(changes: Partial<MediaEnvironment> = {}): Promise<MediaFixture> {
  const inventory = new StoredInventory(new MemoryStore());
  await inventory.open();
  const clock = new ManualClock();
  const events: LoggedEvent[] = [];
  const environment: MediaEnvironment = {
    inventory,
    bookkeeping: new SerialQueue(),
    reservations: new CartridgeReservations(),
    health: NO_HEALTH,
    clock,
    random: new SeededRandom(1),
    logger: {
      log: (level, event, message, fields) => {
        events.push({ level, event, message, fields });
      },
    },
    slots: {
      take: () => {
        throw new Error('this test has no ring');
      },
      give: () => undefined,
    },
    node: 'node-a',
    software: 'tapeloom test',
    blockSizeBytes: 1 << 20,
    timeZone: 'UTC',
    ...changes,
  };
  return { environment, inventory, clock, events };
}
