import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import fastifySwagger from '@fastify/swagger';
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ERROR_CODES } from '../base/error-codes.js';
import type { Logger } from '../base/logger.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import type { ChangerControl } from '../jobs/changer-control.js';
import type { AllocationControl } from '../jobs/allocation-control.js';
import type { ControlService } from '../jobs/control-service.js';
import type { CatalogueControl } from '../jobs/catalogue-control.js';
import type { DriveControl } from '../jobs/drive-control.js';
import type { HealthControl } from '../jobs/health-control.js';
import type { JobControl } from '../jobs/job-control.js';
import type { OffsiteControl } from '../jobs/offsite-control.js';
import type { PoolControl } from '../jobs/pool-control.js';
import type { RetentionControl } from '../jobs/retention-control.js';
import {
  CONTROL_PREFIX,
  doctorSchema,
  driveSchema,
  driveStatusSchema,
  extentSchema,
  mediumSchema,
  statusSchema,
  streamQuerySchema,
  streamSchema,
  type ErrorView,
} from '../protocol/control-api.js';
import { addCatalogueRoutes } from './catalogue-routes.js';
import { addChangerRoutes } from './changer-routes.js';
import { addAllocationRoutes } from './allocation-routes.js';
import { addDriveRoutes } from './drive-routes.js';
import { addHealthRoutes } from './health-routes.js';
import { addJobRoutes } from './job-routes.js';
import { addOffsiteRoutes } from './offsite-routes.js';
import { addPoolRoutes } from './pool-routes.js';
import { addRetentionRoutes } from './retention-routes.js';
import { barcodeOf, barcodeParams, driveParams, failure, streamIdOf, streamParams } from './route-words.js';

export interface ControlDoorOptions {
  readonly service: ControlService;
  readonly catalogue: CatalogueControl;
  readonly changers: ChangerControl;
  readonly drives: DriveControl;
  readonly health: HealthControl;
  readonly jobs: JobControl;
  readonly offsite: OffsiteControl;
  readonly pools: PoolControl;
  readonly allocation: AllocationControl;
  readonly retention: RetentionControl;
  readonly logger: Logger;
  readonly version: string;
  readonly socketPath: string;
  /** File mode of the socket: who may open it may do everything an operator may. */
  readonly socketMode: number;
}

/** A request body is a handful of names; anything longer is a mistake. */
const BODY_LIMIT_BYTES = 65_536;
/** Bytes of a socket's path, without the final zero: `sun_path` of unix(7). Node would cut a longer one off and listen elsewhere. */
const SOCKET_PATH_BYTES = 107;
/** Extents in one answer, about 10 MB of JSON; what is behind them is cut off, which `truncated` tells. */
const EXTENT_LIMIT = 100_000;

/** HTTP/JSON on a Unix socket: what operators and monitoring ask. File permissions are the authentication. */
export class ControlDoor {
  readonly #options: ControlDoorOptions;
  readonly #app: FastifyInstance;

  private constructor(options: ControlDoorOptions, app: FastifyInstance) {
    this.#options = options;
    this.#app = app;
  }

  /**
   * Listens. A socket that nobody answers, left by a crash, is replaced; one that answers, or a file that is no socket, is
   * CONFIG_UNSAFE. DEVICE_OPEN_FAILED.
   */
  static async open(options: ControlDoorOptions): Promise<ControlDoor> {
    refuseLongPath(options.socketPath);
    await removeStaleSocket(options.socketPath);
    const app = await makeApp(options);
    try {
      await app.listen({ path: options.socketPath });
      chmodSync(options.socketPath, options.socketMode);
    } catch (cause) {
      await app.close();
      throw new StorageError('DEVICE_OPEN_FAILED', `Cannot listen on ${options.socketPath}: ${describeError(cause)}`, {
        cause,
        context: { socket: options.socketPath },
      });
    }
    return new ControlDoor(options, app);
  }

  /** Finishes the requests in hand. */
  async close(): Promise<void> {
    await this.#app.close();
    rmSync(this.#options.socketPath, { force: true });
  }
}

function refuseLongPath(socketPath: string): void {
  if (Buffer.byteLength(socketPath) <= SOCKET_PATH_BYTES) return;
  throw new StorageError(
    'CONFIG_UNSAFE',
    `${socketPath} is longer than the ${String(SOCKET_PATH_BYTES)} bytes a socket's path may have. Choose a shorter control_door.socket.`,
    { context: { socket: socketPath } },
  );
}

async function removeStaleSocket(socketPath: string): Promise<void> {
  const context = { socket: socketPath };
  const found = lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new StorageError(
      'CONFIG_UNSAFE',
      `${socketPath} is not a socket. It was not touched; choose another control_door.socket or move it away.`,
      { context },
    );
  if (await isAnswered(socketPath))
    throw new StorageError(
      'CONFIG_UNSAFE',
      `Another daemon answers on ${socketPath}. Nothing was changed; stop it first or choose another control_door.socket.`,
      { context },
    );
  rmSync(socketPath);
}

/** Only a refusal says that nobody listens; any other failure (no permission, a full backlog) leaves it possible. */
async function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED');
    });
  });
}

async function makeApp(options: ControlDoorOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: false, bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: 'idle' });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    sendError(reply, error, options.logger);
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url} on the control door; GET ${CONTROL_PREFIX}/openapi.json lists what there is.`;
    void reply.code(404).send(errorBody(new StorageError('PROTOCOL_BODY', message)));
  });
  await app.register(fastifySwagger, {
    openapi: { info: { title: 'Tapeloom control door', version: options.version } },
    transform: jsonSchemaTransform,
  });
  await app.register(
    async (scope) => {
      addRoutes(scope, options.service);
      addCatalogueRoutes(scope, options.catalogue);
      addChangerRoutes(scope, options.changers);
      addDriveRoutes(scope, options.drives);
      addHealthRoutes(scope, options.health);
      addJobRoutes(scope, options.jobs);
      addOffsiteRoutes(scope, options.offsite);
      addPoolRoutes(scope, options.pools);
      addAllocationRoutes(scope, options.allocation);
      addRetentionRoutes(scope, options.retention, options.service);
      scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    },
    { prefix: CONTROL_PREFIX },
  );
  return app;
}

function addRoutes(scope: FastifyInstance, service: ControlService): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();

  app.get('/status', { schema: { response: { 200: statusSchema, ...failure } } }, () => service.status());
  app.get('/doctor', { schema: { response: { 200: doctorSchema, ...failure } } }, () => service.doctor());

  const streamList = z.object({ streams: z.array(streamSchema) });
  app.get(
    '/streams',
    { schema: { querystring: streamQuerySchema, response: { 200: streamList, ...failure } } },
    async (request) => {
      const { client, name, state, limit } = request.query;
      const filter = {
        limit,
        ...(client === undefined ? {} : { client }),
        ...(name === undefined ? {} : { name }),
        ...(state === undefined ? {} : { state }),
      };
      return { streams: [...(await service.streams(filter))] };
    },
  );
  app.get(
    '/streams/:streamId',
    { schema: { params: streamParams, response: { 200: streamSchema, ...failure } } },
    (request) => service.stream(streamIdOf(request.params.streamId)),
  );
  const extentList = z.object({ extents: z.array(extentSchema), truncated: z.boolean() });
  app.get(
    '/streams/:streamId/extents',
    { schema: { params: streamParams, response: { 200: extentList, ...failure } } },
    async (request) => {
      const extents: z.infer<typeof extentSchema>[] = [];
      for await (const extent of service.extents(streamIdOf(request.params.streamId))) {
        if (extents.length === EXTENT_LIMIT) return { extents, truncated: true };
        extents.push(extent);
      }
      return { extents, truncated: false };
    },
  );

  const mediaList = z.object({ media: z.array(mediumSchema) });
  app.get('/media', { schema: { response: { 200: mediaList, ...failure } } }, async () => ({
    media: [...(await service.media())],
  }));
  app.get(
    '/media/:barcode',
    { schema: { params: barcodeParams, response: { 200: mediumSchema, ...failure } } },
    (request) => service.medium(barcodeOf(request.params.barcode)),
  );

  const driveList = z.object({ drives: z.array(driveSchema) });
  app.get('/drives', { schema: { response: { 200: driveList, ...failure } } }, async () => ({
    drives: [...(await service.drives())],
  }));
  app.get(
    '/drives/:drive',
    { schema: { params: driveParams, response: { 200: driveStatusSchema, ...failure } } },
    (request) => service.driveStatus(request.params.drive),
  );
}

function errorBody(error: StorageError): ErrorView {
  const context = Object.fromEntries(Object.entries(error.context).filter(([, value]) => value !== undefined));
  return {
    error: {
      code: error.code,
      message: error.message,
      disposition: error.disposition,
      context: context as ErrorView['error']['context'],
    },
  };
}

function sendError(reply: FastifyReply, error: FastifyError | StorageError, logger: Logger): void {
  if (isStorageError(error)) {
    void reply.code(ERROR_CODES[error.code].httpStatus).send(errorBody(error));
    return;
  }
  const status = error.statusCode ?? 500;
  if (status < 500) {
    void reply
      .code(status)
      .send(errorBody(new StorageError('PROTOCOL_BODY', `The request was refused: ${error.message}`)));
    return;
  }
  // A mistake of ours inside a request: it is answered and logged; what it did not finish, the caller learns from the answer.
  logger.log('error', 'control.internal-error', error.message, { stack: error.stack });
  void reply.code(500).send({
    error: { code: 'INTERNAL', message: `Internal error: ${error.message}`, disposition: 'stop', context: {} },
  });
}
