import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ChangerControl } from '../jobs/changer-control.js';
import { hardwareSchema } from '../protocol/hardware-api.js';
import { changerSchema, changerStatusSchema } from '../protocol/changer-api.js';
import { failure } from './route-words.js';

const changerParams = z.strictObject({ changer: z.string().max(64) });

/** GET changers, changers/CHANGER, hardware. */
export function addChangerRoutes(scope: FastifyInstance, changers: ChangerControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  const changerList = z.object({ changers: z.array(changerSchema) });
  app.get('/changers', { schema: { response: { 200: changerList, ...failure } } }, async () => ({
    changers: [...(await changers.changers())],
  }));
  app.get(
    '/changers/:changer',
    { schema: { params: changerParams, response: { 200: changerStatusSchema, ...failure } } },
    (request) => changers.changerStatus(request.params.changer),
  );
  app.get('/hardware', { schema: { response: { 200: hardwareSchema, ...failure } } }, () => changers.hardware());
}
