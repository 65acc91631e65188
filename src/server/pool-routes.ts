import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { PoolControl } from '../jobs/pool-control.js';
import { poolCreateSchema, poolUpdateSchema, poolViewSchema } from '../protocol/pool-api.js';
import { callerOf, failure } from './route-words.js';

const poolParams = z.strictObject({ pool: z.string().max(64) });
const poolList = z.object({ pools: z.array(poolViewSchema) });
const answers = { 200: poolViewSchema, ...failure };

/** GET pools, pools/POOL; POST pools, pools/POOL/update, pools/POOL/remove. */
export function addPoolRoutes(scope: FastifyInstance, pools: PoolControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.get('/pools', { schema: { response: { 200: poolList, ...failure } } }, async () => ({
    pools: [...(await pools.pools())],
  }));
  app.get('/pools/:pool', { schema: { params: poolParams, response: answers } }, (request) =>
    pools.pool(request.params.pool),
  );
  app.post('/pools', { schema: { body: poolCreateSchema, response: answers } }, (request) =>
    pools.create(callerOf(request.headers), request.body),
  );
  app.post(
    '/pools/:pool/update',
    { schema: { params: poolParams, body: poolUpdateSchema, response: answers } },
    (request) => pools.update(callerOf(request.headers), request.params.pool, request.body),
  );
  app.post(
    '/pools/:pool/remove',
    { schema: { params: poolParams, response: { 200: z.object({ removed: z.string() }), ...failure } } },
    async (request) => {
      await pools.remove(callerOf(request.headers), request.params.pool);
      return { removed: request.params.pool };
    },
  );
}
