import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ControlService } from '../jobs/control-service.js';
import type { RetentionControl } from '../jobs/retention-control.js';
import { streamSchema } from '../protocol/control-api.js';
import { clockSchema, holdRequestSchema } from '../protocol/retention-api.js';
import { callerOf, failure, streamIdOf, streamParams } from './route-words.js';

/** POST streams/ID/hold, streams/ID/release; GET clock; POST clock/confirm. */
export function addRetentionRoutes(scope: FastifyInstance, retention: RetentionControl, service: ControlService): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/streams/:streamId/hold',
    { schema: { params: streamParams, body: holdRequestSchema, response: { 200: streamSchema, ...failure } } },
    async (request) => {
      const streamId = streamIdOf(request.params.streamId);
      await retention.hold(callerOf(request.headers), streamId, request.body.reason);
      return service.stream(streamId);
    },
  );
  app.post(
    '/streams/:streamId/release',
    { schema: { params: streamParams, response: { 200: streamSchema, ...failure } } },
    async (request) => {
      const streamId = streamIdOf(request.params.streamId);
      await retention.release(callerOf(request.headers), streamId);
      return service.stream(streamId);
    },
  );
  app.get('/clock', { schema: { response: { 200: clockSchema, ...failure } } }, () => retention.clock());
  app.post('/clock/confirm', { schema: { response: { 200: clockSchema, ...failure } } }, (request) =>
    retention.confirmClock(callerOf(request.headers)),
  );
}
