import { StorageError } from '../base/storage-error.js';
import type { StreamService } from '../jobs/stream-service.js';
import type { RestoreService } from '../jobs/restore-service.js';
import type { SaveService } from '../jobs/save-service.js';
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
