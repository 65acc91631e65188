import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CatalogueControl } from '../jobs/catalogue-control.js';
import { exportQuerySchema, IMPORT_BODY_BYTES, importOutcomeSchema, importSchema } from '../protocol/catalogue-api.js';
import { callerOf, failure } from './route-words.js';

/** GET catalogue?pool=POOL: lines of JSON; POST catalogue: some of them back. */
export function addCatalogueRoutes(scope: FastifyInstance, catalogue: CatalogueControl): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  // The type provider knows no answer that is a stream.
  scope.get(
    '/catalogue',
    { schema: { querystring: exportQuerySchema, response: { 200: z.string(), ...failure } } },
    async (request, reply) => {
      const lines = await catalogue.export(exportQuerySchema.parse(request.query).pool ?? null);
      // The status is sent before the last record is read: the reader goes by the trailer.
      return reply.type('application/jsonl').send(Readable.from(inChunks(lines), { objectMode: false }));
    },
  );
  app.post(
    '/catalogue',
    {
      bodyLimit: IMPORT_BODY_BYTES,
      schema: { body: importSchema, response: { 200: importOutcomeSchema, ...failure } },
    },
    (request) => catalogue.import(callerOf(request.headers), request.body),
  );
}

/** Characters sent at once: a line each would be a packet each. */
const CHUNK_CHARACTERS = 64 * 1024;

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
