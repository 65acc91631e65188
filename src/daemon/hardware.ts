import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { RingMemory } from '../drive/drive-thread.js';
import type { Inventory } from '../inventory/inventory.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { Configuration } from './configuration.js';
import type { ConfiguredDevices } from './hardware-scan.js';
import type { HardwareView } from '../protocol/hardware-api.js';

/** What the hardware needs of the node it belongs to. */
export interface HardwareEnvironment {
  readonly configuration: Configuration;
  readonly ring: RingMemory;
  readonly inventory: Inventory;
  readonly requests: OperatorRequests;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The drives and changers of a node: real ones, or simulated ones (sim/). Composition roots choose. */
export interface Hardware {
  /** In the order of the configuration; their threads run, their devices are not open yet. */
  makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]>;
  /** Real tape drives need CAP_SYS_RAWIO. */
  readonly needsRawIo: boolean;
  /** Finds what is connected, configured or not. Moves nothing, and needs no bays. */
  scan(configured: ConfiguredDevices, clock: Clock): Promise<HardwareView>;
  /** The simulated hardware's own figures; null on real hardware. */
  simulation(): Readonly<Record<string, number>> | null;
}
