import { createConnection, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../base/clock.js';
import { ERROR_CODES, isErrorCode, type Disposition } from '../base/error-codes.js';
import { StorageError, describeError } from '../base/storage-error.js';
import { FrameAssembler } from '../protocol/frame-assembler.js';
import {
  encodeFrameHeader,
  encodeHeartbeat,
  encodeNumberFrame,
  PROTOCOL_NUMBER,
  type FrameHeader,
  type NumberFrameType,
} from '../protocol/frame.js';
import { ignoreAbort, Liveness } from '../protocol/liveness.js';
import {
  decodeMessage,
  encodeMessage,
  type ErrorBody,
  type MessageBody,
  type MessageType,
  type WelcomeBody,
} from '../protocol/messages.js';

export interface DataDoorAddress {
  readonly host: string;
  readonly port: number;
}

export interface DoorCredentials {
  readonly client: string;
  readonly token: string;
}

export interface DoorTls {
  /** PEM of the authority that signed the door's certificate; the system's authorities when absent. */
  readonly ca?: string;
  /** The name the certificate must bear; the host of the address when absent. */
  readonly servername?: string;
}

export interface DoorConnectionOptions {
  readonly address: DataDoorAddress;
  readonly credentials: DoorCredentials;
  /** Null: no TLS, which doors offer on loopback only. */
  readonly tls: DoorTls | null;
  /** Name and version of the program, for the daemon's log. */
  readonly software: string;
  readonly clock: Clock;
}

/** What a conversation over the connection is told. After `failed` nothing more comes. */
export interface DoorListener {
  /** Any frame but HEARTBEAT and ERROR. Throws what the conversation cannot accept; the connection then fails with it. */
  frame(header: FrameHeader, payload: Uint8Array): void;
  /** ERROR came, the connection broke, or the server did not keep to the protocol. */
  failed(error: StorageError): void;
}

/** To connect and be welcomed, milliseconds: a host that drops packets does not answer at all. */
const CONNECT_LIMIT_MS = 30_000;
/** For the last frames to leave after `close`, milliseconds. */
const CLOSE_LIMIT_MS = 2_000;

/** A client's end of the data door: connected and welcomed. */
export class DoorConnection {
  readonly #options: DoorConnectionOptions;
  readonly #socket: Socket;
  readonly #assembler: FrameAssembler;
  readonly #closed = new AbortController();
  #liveness: Liveness | null = null;
  #welcome: WelcomeBody | null = null;
  #listener: DoorListener;
  /** The first failure, or null when we closed. */
  #ended = false;

  private constructor(options: DoorConnectionOptions, listener: DoorListener) {
    this.#options = options;
    this.#listener = listener;
    this.#assembler = new FrameAssembler((header, payload) => {
      this.#frame(header, payload);
    });
    this.#socket = this.#connect();
    this.#watchSocket();
  }

  /**
   * Connects and says HELLO. PROTOCOL_UNREACHABLE when nobody answers or the certificate is not to be trusted, AUTH_DENIED, JOB_LIMIT,
   * PROTOCOL_VERSION as the server says; the signal's abort is the caller's to turn into an error.
   */
  static async open(options: DoorConnectionOptions, signal?: AbortSignal): Promise<DoorConnection> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        connection.#ended = true;
        connection.#socket.destroy();
        reject(
          new StorageError('JOB_CANCELLED', 'Cancelled while connecting. Nothing was sent.', { cause: signal?.reason }),
        );
      };
      const connection = new DoorConnection(options, {
        frame: (header, payload) => {
          if (header.type !== 'WELCOME') throw unexpected(header);
          connection.#welcomed(decodeMessage('WELCOME', header, payload));
          signal?.removeEventListener('abort', giveUp);
          resolve(connection);
        },
        failed: (error) => {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      });
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
      void connection.#expectWelcome();
    });
  }

  get welcome(): WelcomeBody {
    if (this.#welcome === null) throw new Error('the connection was not welcomed yet');
    return this.#welcome;
  }

  /** Frames and the failure go to `listener` from now on. */
  listen(listener: DoorListener): void {
    this.#listener = listener;
  }

  message<Type extends MessageType>(type: Type, body: MessageBody<Type>): void {
    this.#write(encodeMessage(type, body));
  }

  number(type: NumberFrameType, value: number): void {
    this.#write(encodeNumberFrame(type, value));
  }

  /** Lays the header over the start of `frame` and sends it; `frame` is free again at `onWritten`. */
  data(frame: Uint8Array, header: FrameHeader, onWritten: () => void): void {
    encodeFrameHeader(frame, header);
    this.#liveness?.spoke();
    this.#socket.write(frame, () => {
      onWritten();
    });
  }

  /** Ends the connection; what was written is still sent. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#liveness?.stop();
    this.#socket.end();
    void this.#cutLater();
  }

  async #cutLater(): Promise<void> {
    const { signal } = this.#closed;
    await this.#options.clock.sleep(CLOSE_LIMIT_MS, signal).catch(ignoreAbort(signal));
    this.#socket.destroy();
  }

  #connect(): Socket {
    const { address, tls } = this.#options;
    const { host, port } = address;
    if (tls !== null) {
      const { ca, servername } = tls;
      const socket = connectTls({
        host,
        port,
        ...(ca === undefined ? {} : { ca }),
        ...(servername === undefined ? {} : { servername }),
      });
      socket.on('data', (chunk: Buffer) => {
        this.#guard(() => {
          this.#assembler.feed(chunk);
        });
      });
      return socket;
    }
    const assembler = this.#assembler;
    const options: TcpNetConnectOpts = {
      host,
      port,
      onread: {
        buffer: () => assembler.nextBuffer(),
        callback: (count) => {
          this.#guard(() => {
            assembler.received(count);
          });
          return true;
        },
      },
    };
    return createConnection(options);
  }

  #watchSocket(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.once(this.#options.tls === null ? 'connect' : 'secureConnect', () => {
      const { credentials, software } = this.#options;
      this.message('HELLO', { protocol: PROTOCOL_NUMBER, ...credentials, software });
    });
    socket.on('error', (cause: Error) => {
      this.#fail(this.#broken(cause));
    });
    socket.once('close', () => {
      this.#closed.abort();
      this.#fail(this.#broken(null));
    });
    socket.once('end', () => {
      this.#fail(this.#broken(null));
    });
    // A socket that reads into given memory tells its end only when it flows.
    socket.resume();
  }

  async #expectWelcome(): Promise<void> {
    const { signal } = this.#closed;
    await this.#options.clock.sleep(CONNECT_LIMIT_MS, signal).catch(ignoreAbort(signal));
    if (this.#welcome === null)
      this.#fail(this.#broken(new Error(`no answer within ${String(CONNECT_LIMIT_MS / 1000)} s`)));
  }

  #welcomed(welcome: WelcomeBody): void {
    const { clock } = this.#options;
    this.#welcome = welcome;
    this.#assembler.blockSizeBytes = welcome.blockSize;
    this.#liveness = new Liveness({
      clock,
      heartbeatMs: welcome.heartbeatMs,
      speak: () => {
        // While data waits to leave, the server hears from us.
        if (this.#socket.writableLength === 0) this.#write(encodeHeartbeat());
      },
      silent: (silentMs) => {
        this.#fail(
          new StorageError(
            'PROTOCOL_TIMEOUT',
            `${this.#name} was silent for ${String(Math.round(silentMs / 1000))} s.`,
          ),
        );
      },
    });
    this.#liveness.start();
  }

  get #name(): string {
    const { host, port } = this.#options.address;
    return `The data door ${host}:${String(port)}`;
  }

  #frame(header: FrameHeader, payload: Uint8Array): void {
    this.#liveness?.heard();
    if (this.#ended || header.type === 'HEARTBEAT') return;
    if (header.type === 'ERROR') this.#fail(reportedError(decodeMessage('ERROR', header, payload)));
    else this.#listener.frame(header, payload);
  }

  #guard(work: () => void): void {
    try {
      if (!this.#ended) work();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#fail(error);
    }
  }

  #write(bytes: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(bytes);
    this.#liveness?.spoke();
  }

  #broken(cause: Error | null): StorageError {
    const why = cause === null ? 'the server closed the connection' : describeError(cause);
    const options = { context: { ...this.#options.address }, ...(cause === null ? {} : { cause }) };
    return this.#welcome === null
      ? new StorageError('PROTOCOL_UNREACHABLE', `${this.#name} cannot be reached: ${why}. Nothing was sent.`, options)
      : new StorageError('PROTOCOL_DISCONNECTED', `The connection to the data door was lost: ${why}.`, options);
  }

  #fail(error: StorageError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#liveness?.stop();
    this.#socket.destroy();
    this.#listener.failed(error);
  }
}

/** What the server's ERROR says. A code that a newer server invented is told in the message. */
function reportedError({ code, message, disposition, durableOffset, streamId }: ErrorBody): StorageError {
  const context = { durableOffset, streamId };
  if (!isErrorCode(code))
    return new StorageError(
      'PROTOCOL_VERSION',
      `The server reports ${code}, which this program does not know: ${message}`,
      {
        context,
      },
    );
  return new StorageError(code, message, {
    context,
    disposition: isDisposition(disposition) ? disposition : ERROR_CODES[code].disposition,
  });
}

function isDisposition(text: string): text is Disposition {
  return Object.values(ERROR_CODES).some(({ disposition }) => disposition === text);
}

/** A frame the state of the conversation does not allow. */
export function unexpected(header: FrameHeader): StorageError {
  return new StorageError('PROTOCOL_OUT_OF_ORDER', `The server sent ${header.type} where it is not due.`);
}
