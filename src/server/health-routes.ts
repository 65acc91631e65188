import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HealthControl } from '../jobs/health-control.js';
import {
  driveHealthSchema,
  errorMatrixSchema,
  healthRecordSchema,
  historyQuerySchema,
} from '../protocol/health-api.js';
import { barcodeOf, barcodeParams, driveParams, failure } from './route-words.js';

/** GET drives/DRIVE/health, drives/DRIVE/history, media/BARCODE/history, health/matrix. */
export function addHealthRoutes(scope: FastifyInstance, health: HealthControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/drives/:drive/health',
    { schema: { params: driveParams, response: { 200: driveHealthSchema, ...failure } } },
    (request) => health.drive(request.params.drive),
  );
  const history = z.object({ records: z.array(healthRecordSchema) });
  app.get(
    '/drives/:drive/history',
    { schema: { params: driveParams, querystring: historyQuerySchema, response: { 200: history, ...failure } } },
    async (request) => ({ records: [...(await health.driveHistory(request.params.drive, request.query.limit))] }),
  );
  app.get(
    '/media/:barcode/history',
    { schema: { params: barcodeParams, querystring: historyQuerySchema, response: { 200: history, ...failure } } },
    async (request) => ({
      records: [...(await health.mediumHistory(barcodeOf(request.params.barcode), request.query.limit))],
    }),
  );
  app.get('/health/matrix', { schema: { response: { 200: errorMatrixSchema, ...failure } } }, () => health.matrix());
}
