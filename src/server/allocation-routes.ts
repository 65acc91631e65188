import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AllocationControl } from '../jobs/allocation-control.js';
import { whyQuerySchema, whySchema } from '../protocol/allocation-api.js';
import { barcodeOf, barcodeParams, failure } from './route-words.js';

/** GET media/BARCODE/why?pool=POOL */
export function addAllocationRoutes(scope: FastifyInstance, allocation: AllocationControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const whyList = z.object({ why: z.array(whySchema) });

  app.get(
    '/media/:barcode/why',
    { schema: { params: barcodeParams, querystring: whyQuerySchema, response: { 200: whyList, ...failure } } },
    async (request) => ({
      why: [...(await allocation.why(barcodeOf(request.params.barcode), request.query.pool ?? null))],
    }),
  );
}
