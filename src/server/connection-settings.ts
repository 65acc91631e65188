import type { Clock } from '../base/clock.js';
import type { Crc32c } from '../base/crc32c.js';
import type { Logger } from '../base/logger.js';
import type { StreamService } from '../jobs/stream-service.js';

/** What all connections of a door share. */
export interface ConnectionSettings {
  readonly service: StreamService;
  /** Whether `token` is that of `client`. Rejects with StorageError when it cannot be told. */
  readonly authenticate: (client: string, token: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the payload of blocks of which a part is sent. */
  readonly crc32c: Crc32c;
  readonly node: string;
  readonly software: string;
  readonly blockSizeBytes: number;
  readonly heartbeatMs: number;
  readonly maxStreams: number;
}
