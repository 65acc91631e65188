import type { Socket } from 'node:net';
import { assert } from '../base/assert.js';
import { StorageError } from '../base/storage-error.js';
import { PROTOCOL_NUMBER, type FrameHeader } from '../protocol/frame.js';
import { ignoreAbort, Liveness } from '../protocol/liveness.js';
import { decodeMessage, type HelloBody } from '../protocol/messages.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { ConnectionState, ConnectionView } from './connection-view.js';
import type { Conversation, ConversationEnd } from './conversation.js';
import { DOOR_LIMITS } from './door-limits.js';
import { FrameReceiver } from './frame-receiver.js';
import { FrameSender } from './frame-sender.js';
import { readPeer, type SocketInput } from './peer-socket.js';
import { RestoreConversation } from './restore-conversation.js';
import { SaveConversation } from './save-conversation.js';

/**
 * One client's connection, from accept to close. Whatever the client does ends in an ERROR frame and this connection's end, never
 * in another's; a failure of this program itself (an assertion) is not caught.
 */
export class DataConnection implements SocketInput, ConversationEnd {
  readonly remote: string;
  /** Resolves when the socket is closed and every slot given back. */
  readonly closed: Promise<void>;
  readonly #settings: ConnectionSettings;
  /** Whether other streams want their turn on this thread. */
  readonly #crowded: () => boolean;
  readonly #socket: Socket;
  readonly #receiver: FrameReceiver;
  readonly #sender: FrameSender;
  readonly #liveness: Liveness;
  readonly #helloCame = new AbortController();
  readonly #closing = new AbortController();
  readonly #connectedMs: number;
  #state: ConnectionState = 'greeting';
  #client: string | null = null;
  #conversation: Conversation | null = null;
  #givesWay = false;
  #failure: StorageError | null = null;

  constructor(accepted: Socket, direct: boolean, settings: ConnectionSettings, crowded: () => boolean) {
    const { clock, blockSizeBytes, heartbeatMs } = settings;
    this.#settings = settings;
    this.#crowded = crowded;
    this.#connectedMs = clock.wallMs();
    this.remote = `${accepted.remoteAddress ?? '?'}:${String(accepted.remotePort ?? 0)}`;
    this.#receiver = new FrameReceiver({
      blockSizeBytes,
      onControl: (header, payload) => {
        this.#control(header, payload);
      },
    });
    this.#liveness = new Liveness({
      clock,
      heartbeatMs,
      speak: () => {
        this.#sender.heartbeat();
      },
      silent: (silentMs) => {
        this.fail(timeout(`The client was silent for ${String(Math.round(silentMs / 1000))} s.`));
      },
    });
    this.#socket = readPeer(accepted, direct, this);
    this.#sender = new FrameSender(this.#socket, () => {
      this.#liveness.spoke();
    });
    this.closed = this.#watchSocket();
    void this.#expectHello();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isSaving(): boolean {
    return this.#state === 'streaming' && this.#conversation?.kind === 'save';
  }

  view(): ConnectionView {
    const { remote } = this;
    const conversation = this.#conversation;
    return {
      remote,
      client: this.#client,
      state: this.#state,
      kind: conversation?.kind ?? null,
      streamId: conversation?.streamId ?? null,
      movedBytes: conversation?.movedBytes ?? 0,
      connectedMs: this.#connectedMs,
    };
  }

  /** Closes at once, without a word. */
  cut(): void {
    this.#socket.destroy();
  }

  // SocketInput

  nextBuffer(): Uint8Array {
    return this.#receiver.nextBuffer();
  }

  received(count: number): boolean {
    return this.#take(() => {
      this.#receiver.received(count);
    });
  }

  feed(chunk: Uint8Array): boolean {
    return this.#take(() => {
      this.#receiver.feed(chunk);
    });
  }

  #take(work: () => void): boolean {
    this.#liveness.heard();
    this.#guard(work);
    if (this.#receiver.waiting) return false;
    if (!this.#givesWay) return true;
    this.#givesWay = false;
    setImmediate(() => {
      if (!this.#receiver.waiting) this.#socket.resume();
    });
    return false;
  }

  /** What a peer can cause ends its connection; a mistake of ours goes on up. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.fail(error);
    }
  }

  // ConversationEnd

  giveWay(): void {
    this.#givesWay = this.#crowded();
  }

  closeLane(): void {
    this.#receiver.closeLane();
  }

  fail(error: StorageError, patienceMs: number = DOOR_LIMITS.lingerMs): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#failure = error;
    this.#receiver.discard();
    this.#conversation?.abandon(error.message);
    const { code, disposition } = error;
    const message = error.message.slice(0, DOOR_LIMITS.messageCharacters);
    const durableOffset = this.#conversation?.durableBytes ?? 0;
    const streamId = this.#conversation?.streamId ?? null;
    this.#sender.message('ERROR', { code, message, disposition, durableOffset, streamId });
    this.finish(patienceMs);
  }

  finish(patienceMs: number): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#state = 'ending';
    this.#helloCame.abort();
    this.#liveness.stop();
    this.#receiver.discard();
    this.#socket.end();
    // What the client still sends is read and dropped: bytes left unread would make the kernel reset the connection, and the client
    // lose the frames behind which we close.
    this.#socket.resume();
    void this.#cutAfter(patienceMs);
  }

  async #cutAfter(ms: number): Promise<void> {
    const { signal } = this.#closing;
    await this.#settings.clock.sleep(ms, signal).catch(ignoreAbort(signal));
    this.cut();
  }

  // The conversation up to its choice

  #control(header: FrameHeader, payload: Uint8Array): void {
    const { type } = header;
    if (this.#state === 'greeting') {
      if (type !== 'HELLO') throw outOfOrder(`${type} came before HELLO.`);
      this.#settle(this.#checkHello(decodeMessage('HELLO', header, payload)));
    } else if (type === 'ABORT') {
      this.#abandon(`the client gave up: ${decodeMessage('ABORT', header, payload).reason}`);
    } else if (type !== 'HEARTBEAT') {
      if (this.#state === 'streaming') this.#conversation?.control(header, payload);
      else this.#choose(header, payload);
    }
  }

  async #expectHello(): Promise<void> {
    const { signal } = this.#helloCame;
    await this.#settings.clock.sleep(DOOR_LIMITS.helloMs, signal).catch(ignoreAbort(signal));
    if (this.#state === 'greeting') this.fail(timeout('The client did not say HELLO.'));
  }

  async #checkHello({ client, token, software }: HelloBody): Promise<void> {
    const { authenticate, clock, logger, node, heartbeatMs, maxStreams, blockSizeBytes } = this.#settings;
    this.#helloCame.abort();
    this.#state = 'checking';
    this.#receiver.wait();
    if (!(await authenticate(client, token))) {
      logger.log('warn', 'door.denied', `${this.remote} gave a wrong name or token, as ${client}.`, {
        remote: this.remote,
        client,
      });
      const { signal } = this.#closing;
      await clock.sleep(DOOR_LIMITS.deniedAnswerMs, signal).catch(ignoreAbort(signal));
      throw new StorageError(
        'AUTH_DENIED',
        'The name or token is wrong. Nothing was saved; check --client and the token.',
      );
    }
    if (this.state !== 'checking') return;
    this.#state = 'choosing';
    this.#client = client;
    logger.log('debug', 'door.greeted', `${client} connected from ${this.remote} with ${software}.`, {
      remote: this.remote,
      client,
      software,
    });
    this.#sender.message('WELCOME', {
      protocol: PROTOCOL_NUMBER,
      node,
      software: this.#settings.software,
      blockSize: blockSizeBytes,
      heartbeatMs,
      maxStreams,
    });
    this.#liveness.start();
    this.#readOn();
  }

  #choose(header: FrameHeader, payload: Uint8Array): void {
    const { service, clock, crc32c, blockSizeBytes } = this.#settings;
    const client = this.#client;
    assert(this.#state === 'choosing' && client !== null, 'frames are looked at when something is due');
    const shared = { service, client, sender: this.#sender, end: this };
    if (header.type === 'SAVE') {
      const request = decodeMessage('SAVE', header, payload);
      this.#conversation = new SaveConversation({ ...shared, request, blockSizeBytes });
    } else if (header.type === 'RESTORE') {
      const request = decodeMessage('RESTORE', header, payload);
      this.#conversation = new RestoreConversation({ ...shared, request, clock, crc32c });
    } else throw outOfOrder(`${header.type} came where SAVE or RESTORE was due.`);
    this.#settle(this.#open(this.#conversation));
  }

  async #open(conversation: Conversation): Promise<void> {
    this.#state = 'opening';
    this.#receiver.wait();
    this.#liveness.deaf = true;
    await conversation.open();
    if (this.state !== 'opening') return;
    this.#state = 'streaming';
    this.#liveness.deaf = false;
    if (conversation.lane !== null) this.#receiver.openLane(conversation.lane);
    this.#readOn();
  }

  #readOn(): void {
    this.#guard(() => {
      this.#receiver.goOn();
    });
    if (!this.#receiver.waiting) this.#socket.resume();
  }

  /** For work that goes on beside the socket's events. */
  #settle(work: Promise<void>): void {
    void work.catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
      this.fail(error);
    });
  }

  // The end

  /** The client does not want an answer. */
  #abandon(reason: string): void {
    this.#conversation?.abandon(reason);
    this.finish(DOOR_LIMITS.lingerMs);
  }

  async #watchSocket(): Promise<void> {
    const socket = this.#socket;
    socket.on('end', () => {
      this.#inputEnded();
    });
    socket.on('error', (error: Error) => {
      this.#conversation?.abandon(`the connection broke: ${error.message}`);
    });
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    this.#state = 'closed';
    this.#helloCame.abort();
    this.#closing.abort();
    this.#liveness.stop();
    this.#receiver.discard();
    this.#receiver.unlend();
    this.#conversation?.socketClosed();
    this.#logEnd();
  }

  #inputEnded(): void {
    if (this.#state === 'ending') {
      this.#socket.destroySoon();
      return;
    }
    if (this.#state === 'streaming' && this.#conversation?.inputEnded() === true) {
      // It cannot send heartbeats any more, and waits for SAVED.
      this.#liveness.deaf = true;
      return;
    }
    this.#receiver.discard();
    this.#abandon('the client closed the connection');
  }

  #logEnd(): void {
    const { movedBytes, streamId, kind } = this.view();
    const fields = { remote: this.remote, client: this.#client, kind, stream: streamId, bytes: movedBytes };
    const { logger } = this.#settings;
    const failure = this.#failure;
    if (failure === null) logger.log('debug', 'door.disconnected', `${this.remote} is gone.`, fields);
    else logger.log('warn', 'door.connection-failed', failure.message, { ...fields, code: failure.code });
  }
}

function outOfOrder(what: string): StorageError {
  return new StorageError('PROTOCOL_OUT_OF_ORDER', `${what} The connection is closed.`);
}

function timeout(what: string): StorageError {
  return new StorageError(
    'PROTOCOL_TIMEOUT',
    `${what} The connection is closed; a stream that was being saved is kept as incomplete.`,
  );
}
