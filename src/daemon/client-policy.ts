import type { Logger } from '../base/logger.js';
import { StorageError } from '../base/storage-error.js';
import type { StreamService } from '../jobs/stream-service.js';
import type { RestoreService } from '../jobs/restore-service.js';
import type { SaveService } from '../jobs/save-service.js';
import type { PoolBook } from '../media/pool-book.js';
import { checkToken } from '../protocol/credentials.js';
import type { ClientConfiguration } from './configuration.js';

/** Whether a token is a client's, from the hashes in the configuration. */
export function makeAuthenticator(
  clients: readonly ClientConfiguration[],
): (client: string, token: string) => Promise<boolean> {
  const hashes = new Map(clients.map((client) => [client.name, `sha256:${client.tokenSha256}`]));
  return async (client, token) => checkToken(hashes, client, token);
}

/** A client restores its own streams; others' only when the configuration says so (a recovery host). */
export function makeRestorePolicy(clients: readonly ClientConfiguration[]): (client: string, owner: string) => boolean {
  const mayRestoreOthers = new Set(clients.filter((client) => client.mayRestoreOthers).map((client) => client.name));
  return (client, owner) => client === owner || mayRestoreOthers.has(client);
}

/** A name in a client's list of pools may be a slip, or of a pool that an operator has yet to make: it is said, not refused. */
export async function warnOfUnknownPools(
  clients: readonly ClientConfiguration[],
  pools: PoolBook,
  logger: Logger,
): Promise<void> {
  const known = new Set((await pools.list()).map((pool) => pool.name));
  for (const { name: client, pools: named } of clients)
    for (const pool of named ?? [])
      if (!known.has(pool))
        logger.log(
          'warn',
          'configuration.pool-unknown',
          `Client ${client} may save to pool ${pool}, which is not there.`,
          {
            client,
            pool,
          },
        );
}

/** What the data door asks of the node, within what each client may. */
export function makeStreamService(
  clients: readonly ClientConfiguration[],
  saves: SaveService,
  restores: RestoreService,
): StreamService {
  const pools = new Map(clients.map((client) => [client.name, client.pools]));
  return {
    openSave: async (client, request, events) => {
      const allowed = pools.get(client) ?? null;
      if (allowed !== null && !allowed.includes(request.pool))
        throw new StorageError(
          'AUTH_FORBIDDEN',
          `Client ${client} may save to ${allowed.join(', ')}, not to ${request.pool}. Nothing was saved.`,
          { context: { client, pool: request.pool } },
        );
      return saves.openStream(client, request, events);
    },
    openRestore: async (client, request, receiver) => restores.openStream(client, request, receiver),
  };
}
