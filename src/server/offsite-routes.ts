import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { OffsiteControl } from '../jobs/offsite-control.js';
import { moveQuerySchema, moveSchema, offsiteQuerySchema, offsiteSchema } from '../protocol/offsite-api.js';
import { barcodeOf, barcodeParams, failure } from './route-words.js';

/** GET offsite, media/BARCODE/moves. */
export function addOffsiteRoutes(scope: FastifyInstance, offsite: OffsiteControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  const offsiteList = z.object({ media: z.array(offsiteSchema) });
  app.get(
    '/offsite',
    { schema: { querystring: offsiteQuerySchema, response: { 200: offsiteList, ...failure } } },
    async (request) => {
      const { kind, vault, overdue } = request.query;
      const query = {
        overdue: overdue === 'true',
        ...(kind === undefined ? {} : { kind }),
        ...(vault === undefined ? {} : { vault }),
      };
      return { media: [...(await offsite.offsite(query))] };
    },
  );
  const moveList = z.object({ moves: z.array(moveSchema) });
  app.get(
    '/media/:barcode/moves',
    {
      schema: { params: barcodeParams, querystring: moveQuerySchema, response: { 200: moveList, ...failure } },
    },
    async (request) => ({
      moves: [...(await offsite.moves(barcodeOf(request.params.barcode), request.query.limit))],
    }),
  );
}
