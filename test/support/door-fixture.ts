import { connect, type Socket } from 'node:net';
import { crc32c } from '../../src/base/crc32c.js';
import { silentLogger, type Logger } from '../../src/base/logger.js';
import { FrameAssembler } from '../../src/protocol/frame-assembler.js';
import { encodeFrameHeader, FRAME_HEADER_BYTES, type FrameHeader, type FrameType } from '../../src/protocol/frame.js';
import { decodeMessage, encodeMessage, type ErrorBody, type MessageType } from '../../src/protocol/messages.js';
import { DataDoor, type DataDoorOptions } from '../../src/server/data-door.js';
import { FakeStreamService } from './fake-stream-service.js';
import { ManualClock } from './manual-clock.js';

export const BLOCK_BYTES = 131_072;
export const PAYLOAD_LIMIT = BLOCK_BYTES - FRAME_HEADER_BYTES;
export const CREDENTIALS = { client: 'web01', token: 'a-long-random-token' };

export interface DoorFixture {
  readonly door: DataDoor;
  readonly service: FakeStreamService;
  readonly clock: ManualClock;
  readonly address: { readonly host: string; readonly port: number };
  /** A peer that says what the test makes it say. */
  connect(): Promise<RawPeer>;
  /** Resolves when no connection is left. */
  quiet(): Promise<void>;
  /** Ends everything; throws when a slot leaked or was written to by somebody else. */
  close(): Promise<void>;
}

export interface DoorFixtureOptions extends Partial<DataDoorOptions> {
  readonly windowFrames?: number;
}

export async function openDoor(options: DoorFixtureOptions = {}): Promise<DoorFixture> {
  const { windowFrames = 4, ...doorOptions } = options;
  const clock = new ManualClock();
  const service = new FakeStreamService({ blockSizeBytes: BLOCK_BYTES, windowFrames });
  const waiting: (() => void)[] = [];
  const logger: Logger = {
    log: (...entry) => {
      silentLogger.log(...entry);
      if (entry[1] === 'door.disconnected' || entry[1] === 'door.connection-failed')
        setImmediate(() => {
          for (const look of [...waiting]) look();
        });
    },
  };
  const door = await DataDoor.open({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    service,
    clock,
    logger,
    crc32c,
    authenticate: async (client, token) =>
      Promise.resolve(client === CREDENTIALS.client && token === CREDENTIALS.token),
    node: 'test',
    software: 'tapeloom test',
    blockSizeBytes: BLOCK_BYTES,
    heartbeatMs: 10_000,
    maxStreams: 16,
    ...doorOptions,
  });
  const { port } = door.address;
  const peers: RawPeer[] = [];
  const quiet = async (): Promise<void> =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (door.connections.length > 0) return;
        waiting.splice(waiting.indexOf(look), 1);
        resolve();
      };
      waiting.push(look);
      look();
    });
  return {
    door,
    service,
    clock,
    address: { host: '127.0.0.1', port },
    connect: async () => {
      const peer = await RawPeer.connect(port);
      peers.push(peer);
      return peer;
    },
    quiet,
    close: async () => {
      for (const peer of peers) peer.socket.destroy();
      await quiet();
      await door.close();
      if (service.slots.lent !== 0) throw new Error(`${String(service.slots.lent)} slots were never given back`);
      service.slots.check();
    },
  };
}

/** Looks again after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

/** A client of the data door without a client's manners. */
export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the connection is closed, with the ERROR the server sent, or null. */
  readonly closed: Promise<ErrorBody | null>;
  readonly received: ReceivedFrame[] = [];
  receivedBytes = 0;
  readonly #unread: ReceivedFrame[] = [];
  #error: ErrorBody | null = null;
  #gone = false;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    const assembler = new FrameAssembler((header, payload) => {
      this.received.push({ header, payload });
      this.#unread.push({ header, payload });
      if (header.type === 'ERROR') this.#error = decodeMessage('ERROR', header, payload);
      this.#wake?.();
    });
    assembler.blockSizeBytes = BLOCK_BYTES;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      assembler.feed(chunk);
    });
    // A reset is an end like any other to these tests.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#gone = true;
        this.#wake?.();
        resolve(this.#error);
      });
    });
  }

  /** The server's end, where the test plays the server. */
  static accept(socket: Socket): RawPeer {
    return new RawPeer(socket);
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port });
    const peer = new RawPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return peer;
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** The next frame of this type; those before it are passed over. Rejects when the connection ends first. */
  async next(type: FrameType): Promise<ReceivedFrame> {
    for (;;) {
      const frame = this.#unread.shift();
      if (frame?.header.type === type) return frame;
      if (frame !== undefined) continue;
      if (this.#gone) throw new Error(`the connection ended before ${type}: ${this.#error?.code ?? 'no ERROR'}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async nextBody<Type extends MessageType>(type: Type): Promise<ReturnType<typeof decodeMessage<Type>>> {
    const { header, payload } = await this.next(type);
    return decodeMessage(type, header, payload);
  }

  async greet(): Promise<void> {
    this.send(hello());
    await this.next('WELCOME');
  }

  async openSave(): Promise<void> {
    await this.greet();
    this.send(saveMessage());
    await this.next('SAVING');
  }
}

export function hello(changes: Partial<typeof CREDENTIALS> = {}): Uint8Array {
  return encodeMessage('HELLO', { protocol: 1, ...CREDENTIALS, software: 'test', ...changes });
}

export function saveMessage(): Uint8Array {
  return encodeMessage('SAVE', {
    name: 'home',
    pool: 'default',
    level: 'full',
    basedOn: null,
    timeMs: 1,
    retentionDays: null,
    attributes: {},
  });
}

export function dataFrame(
  frameNumber: number,
  offset: number,
  payload: Uint8Array,
  changes: Partial<FrameHeader> = {},
): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame.set(payload, FRAME_HEADER_BYTES);
  encodeFrameHeader(frame, {
    type: 'DATA',
    last: false,
    offset,
    payloadBytes: payload.length,
    frameNumber,
    payloadCrc: crc32c(payload),
    ...changes,
  });
  return frame;
}

export function endMessage(payload: Uint8Array): Uint8Array {
  return encodeMessage('END', { length: payload.length, crc32c: crc32c(payload) });
}
