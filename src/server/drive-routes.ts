import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { DriveControl } from '../jobs/drive-control.js';
import { driveSchema } from '../protocol/control-api.js';
import {
  cartridgeMemorySchema,
  downRequestSchema,
  motionRequestSchema,
  positionSchema,
  upRequestSchema,
} from '../protocol/drive-api.js';
import { callerOf, driveParams, failure } from './route-words.js';

/** POST drives/DRIVE/up, drives/DRIVE/down, drives/DRIVE/move; GET drives/DRIVE/memory. */
export function addDriveRoutes(scope: FastifyInstance, drives: DriveControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.post(
    '/drives/:drive/down',
    { schema: { params: driveParams, body: downRequestSchema, response: { 200: driveSchema, ...failure } } },
    (request) => drives.down(callerOf(request.headers), request.params.drive, request.body.reason),
  );
  app.post(
    '/drives/:drive/up',
    { schema: { params: driveParams, body: upRequestSchema, response: { 200: driveSchema, ...failure } } },
    (request) => drives.up(callerOf(request.headers), request.params.drive, request.body.reason),
  );
  app.post(
    '/drives/:drive/move',
    { schema: { params: driveParams, body: motionRequestSchema, response: { 200: positionSchema, ...failure } } },
    (request) => drives.move(callerOf(request.headers), request.params.drive, request.body),
  );
  app.get(
    '/drives/:drive/memory',
    { schema: { params: driveParams, response: { 200: cartridgeMemorySchema, ...failure } } },
    (request) => drives.memory(request.params.drive),
  );
}
