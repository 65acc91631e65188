import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { JobControl } from '../jobs/job-control.js';
import {
  jobListSchema,
  jobOrderSchema,
  jobParamsSchema,
  jobPlanSchema,
  jobQuerySchema,
  jobSchema,
  jobWaitSchema,
} from '../protocol/job-api.js';
import { callerOf, failure } from './route-words.js';

/** POST jobs, jobs/plan, jobs/ID/cancel; GET jobs, jobs/ID. */
export function addJobRoutes(scope: FastifyInstance, jobs: JobControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: { body: jobOrderSchema, response: { 200: jobSchema, ...failure } } }, (request) =>
    jobs.start(callerOf(request.headers), request.body),
  );
  app.post(
    '/jobs/plan',
    { schema: { body: jobOrderSchema, response: { 200: jobPlanSchema, ...failure } } },
    (request) => jobs.plan(callerOf(request.headers), request.body),
  );
  app.get(
    '/jobs',
    { schema: { querystring: jobQuerySchema, response: { 200: jobListSchema, ...failure } } },
    async (request) => {
      const { state, limit } = request.query;
      return { jobs: [...(await jobs.list({ limit, ...(state === undefined ? {} : { state }) }))] };
    },
  );
  app.get(
    '/jobs/:jobId',
    {
      schema: { params: jobParamsSchema, querystring: jobWaitSchema, response: { 200: jobSchema, ...failure } },
    },
    (request) => jobs.show(request.params.jobId, request.query.waitMs),
  );
  app.post(
    '/jobs/:jobId/cancel',
    { schema: { params: jobParamsSchema, response: { 200: jobSchema, ...failure } } },
    (request) => jobs.cancel(callerOf(request.headers), request.params.jobId),
  );
}
