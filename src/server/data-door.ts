import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { assert } from '../base/assert.js';
import { isLoopbackAddress } from '../base/loopback-address.js';
import { StorageError, describeError } from '../base/storage-error.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { ConnectionView } from './connection-view.js';
import { DataConnection } from './data-connection.js';
import { DOOR_LIMITS } from './door-limits.js';
import { canReadDirectly, descriptorOf } from './peer-socket.js';

export interface DataDoorOptions extends ConnectionSettings {
  readonly host: string;
  /** 0: any free one; see `address`. */
  readonly port: number;
  /** PEM texts. Null only on loopback. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Sets what node cannot on an accepted socket (SO_RCVBUF). */
  readonly tuneSocket?: (fd: number) => void;
  /** False: every socket is read the slow way; for tests. Otherwise that is tried out when the door opens. */
  readonly directReads?: boolean;
}

/** The TCP door for streams (docs/PROTOCOL.md). */
export class DataDoor {
  readonly #options: DataDoorOptions;
  readonly #server: Server;
  readonly #connections = new Set<DataConnection>();
  /** TLS: every TCP socket, also those whose handshake never ends. */
  readonly #tcpSockets = new Set<Socket>();
  #direct = false;
  #closing = false;

  private constructor(options: DataDoorOptions) {
    const { tls } = options;
    this.#options = options;
    this.#server = tls === null ? this.#makeTcpServer() : this.#makeTlsServer(tls);
    this.#server.on('error', (error) => {
      options.logger.log('error', 'door.failed', `The data door failed to accept: ${describeError(error)}`);
    });
  }

  /** Listens. DEVICE_OPEN_FAILED when the address cannot be had, CONFIG_KEY when the certificate or key is none. */
  static async open(options: DataDoorOptions): Promise<DataDoor> {
    assert(options.tls !== null || isLoopbackAddress(options.host), 'off loopback the data door is TLS only');
    const door = makeDoor(() => new DataDoor(options));
    await door.#listen();
    return door;
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number; readonly tls: boolean } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port, tls: this.#options.tls !== null };
  }

  /** Whether the bytes of streams are read straight into the ring. */
  get readsDirectly(): boolean {
    return this.#direct;
  }

  get connections(): readonly ConnectionView[] {
    return [...this.#connections].map((connection) => connection.view());
  }

  /**
   * Accepts no connection any more and ends those without a stream. Those with one end when their stream does, which is the
   * service's to bring about; after ten seconds they are told JOB_SHUTTING_DOWN and cut. Resolves when all are closed.
   */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const { clock } = this.#options;
    const listenerClosed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const connection of this.#connections) if (connection.view().kind === null) connection.fail(shuttingDown());
    await this.#closedWithin(clock.sleep.bind(clock), DOOR_LIMITS.closeMs);
    for (const connection of this.#connections) connection.fail(shuttingDown());
    await this.#closedWithin(clock.sleep.bind(clock), DOOR_LIMITS.lingerMs);
    for (const connection of this.#connections) connection.cut();
    await this.#allClosed();
    for (const socket of this.#tcpSockets) socket.destroy();
    await listenerClosed;
  }

  async #allClosed(): Promise<void> {
    await Promise.all([...this.#connections].map(async ({ closed }) => closed));
  }

  async #closedWithin(sleep: (ms: number, signal: AbortSignal) => Promise<void>, ms: number): Promise<void> {
    const waiting = new AbortController();
    const closed = this.#allClosed().then(() => {
      waiting.abort();
    });
    const late = sleep(ms, waiting.signal).catch((error: unknown) => {
      if (!waiting.signal.aborted) throw error;
    });
    await Promise.race([closed, late]);
    waiting.abort();
  }

  async #listen(): Promise<void> {
    const { host, port, tls, directReads, logger } = this.#options;
    this.#direct = tls === null && directReads !== false && (await canReadDirectly());
    await new Promise<void>((resolve, reject) => {
      const refused = (cause: Error): void => {
        reject(
          new StorageError(
            'DEVICE_OPEN_FAILED',
            `The data door cannot listen on ${host}:${String(port)}: ${cause.message}`,
            {
              cause,
              context: { host, port },
            },
          ),
        );
      };
      this.#server.once('error', refused);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refused);
        resolve();
      });
    });
    if (!this.#direct && tls === null && directReads !== false)
      logger.log(
        'warn',
        'door.slow-reads',
        'This Node.js does not read sockets into given memory; saving costs three times the CPU.',
      );
  }

  #makeTcpServer(): Server {
    const server = createTcpServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    server.on('connection', (socket) => {
      this.#tune(socket);
      this.#accept(socket);
    });
    return server;
  }

  #makeTlsServer({ cert, key }: { readonly cert: string; readonly key: string }): Server {
    const server = createTlsServer({
      cert,
      key,
      minVersion: 'TLSv1.2',
      allowHalfOpen: true,
      noDelay: true,
      handshakeTimeout: DOOR_LIMITS.helloMs,
    });
    // Also bounds the handshakes in progress; of those beyond it nobody is told.
    server.maxConnections = this.#options.maxStreams + DOOR_LIMITS.refusals;
    server.on('connection', (socket: Socket) => {
      this.#tune(socket);
      this.#tcpSockets.add(socket);
      socket.once('close', () => this.#tcpSockets.delete(socket));
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#accept(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      const { logger } = this.#options;
      logger.log('warn', 'door.tls-failed', `A TLS handshake failed: ${error.message}`, {
        remote: socket.remoteAddress ?? null,
      });
    });
    return server;
  }

  #tune(socket: Socket): void {
    const { tuneSocket } = this.#options;
    const fd = descriptorOf(socket);
    if (tuneSocket !== undefined && fd !== null) tuneSocket(fd);
  }

  #accept(socket: Socket): void {
    const { maxStreams } = this.#options;
    if (this.#closing || this.#connections.size >= maxStreams + DOOR_LIMITS.refusals) {
      socket.destroy();
      return;
    }
    const places = [...this.#connections].filter(({ state }) => state !== 'ending').length;
    const connection = new DataConnection(socket, this.#direct, this.#options, () => this.#isCrowded());
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    if (places >= maxStreams)
      connection.fail(
        new StorageError(
          'JOB_LIMIT',
          `All ${String(maxStreams)} places of this node are taken. Nothing was saved; try again later.`,
          {
            context: { maxStreams },
          },
        ),
      );
  }

  #isCrowded(): boolean {
    let saving = 0;
    for (const connection of this.#connections) if (connection.isSaving) saving++;
    return saving >= DOOR_LIMITS.givesWayFrom;
  }
}

/** A certificate that is none shows when the server is made. */
function makeDoor(make: () => DataDoor): DataDoor {
  try {
    return make();
  } catch (cause) {
    throw new StorageError(
      'CONFIG_KEY',
      `The certificate or key of the data door cannot be used: ${describeError(cause)}. The daemon did not start; check data_door.tls.`,
      { cause },
    );
  }
}

function shuttingDown(): StorageError {
  return new StorageError(
    'JOB_SHUTTING_DOWN',
    'The daemon is stopping. What was acknowledged as durable is safe; send the stream again when the daemon is back.',
  );
}
