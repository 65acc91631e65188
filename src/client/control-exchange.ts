import { request as httpRequest, type IncomingMessage } from 'node:http';
import { ERROR_CODES, isErrorCode, type Disposition } from '../base/error-codes.js';
import { StorageError, describeError, type ErrorContext } from '../base/storage-error.js';
import { CONTROL_PREFIX, type ErrorView } from '../protocol/control-api.js';

export interface ControlExchangeOptions {
  readonly socketPath: string;
  /** Whom the audit names. */
  readonly user: string;
  /** Gives up waiting for the answer; what was ordered may still be done. */
  readonly signal?: AbortSignal;
}

/** What the door's routes are called with. */
export type ControlMethod = 'GET' | 'POST';

/** An answer larger than this is not one of ours. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Requests and answers of the control door, on a connection each. */
export class ControlExchange {
  readonly #options: ControlExchangeOptions;

  constructor(options: ControlExchangeOptions) {
    this.#options = options;
  }

  /** Sends one request; its answer has the shape the route promises. Failures are StorageErrors. */
  async call<T>(method: ControlMethod, path: string, body?: unknown): Promise<T> {
    const response = await this.#request(method, CONTROL_PREFIX + path, body);
    const status = response.statusCode ?? 0;
    const answer = this.#parse(status, await this.#readText(response));
    if (status < 300) return answer as T;
    throw failureOf(answer, status);
  }

  /** The answer of a route that sends bytes, as they come; what broke off throws PROTOCOL_DISCONNECTED. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#request('GET', CONTROL_PREFIX + path, undefined);
    const status = response.statusCode ?? 0;
    if (status < 300) return this.#readChunks(response);
    throw failureOf(this.#parse(status, await this.#readText(response)), status);
  }

  #parse(status: number, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new StorageError('PROTOCOL_GARBAGE', `What answers on ${this.#options.socketPath} is not Tapeloom.`, {
        cause,
        context: { socket: this.#options.socketPath, status },
      });
    }
  }

  async #readText(response: IncomingMessage): Promise<string> {
    const { socketPath } = this.#options;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.#readChunks(response)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES)
        throw new StorageError('PROTOCOL_GARBAGE', `The answer on ${socketPath} has no end.`, {
          context: { socket: socketPath },
        });
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async *#readChunks(response: IncomingMessage): AsyncGenerator<Uint8Array> {
    const { socketPath } = this.#options;
    try {
      for await (const chunk of response) yield chunk as Buffer;
    } catch (cause) {
      const message = `The daemon's answer on ${socketPath} broke off: ${describeError(cause)}. What was asked for may have been done; look with \`tapeloom status\`.`;
      throw new StorageError('PROTOCOL_DISCONNECTED', message, { cause, context: { socket: socketPath } });
    }
  }

  async #request(method: string, path: string, body: unknown): Promise<IncomingMessage> {
    const { socketPath, user, signal } = this.#options;
    const context = { socket: socketPath };
    const payload = body === undefined ? null : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        socketPath,
        method,
        path,
        // A connection kept for the next request may be dead by then, and an order must not be lost to that.
        agent: false,
        signal,
        headers: {
          'x-tapeloom-user': headerText(user),
          ...(payload === null ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
        },
      });
      request.on('response', resolve);
      request.on('error', (cause) => {
        const message = `The daemon does not answer on ${socketPath}: ${describeError(cause)}. Is tapeloomd running, and may you open its socket (group tapeloom)?`;
        reject(new StorageError('PROTOCOL_UNREACHABLE', message, { cause, context }));
      });
      request.end(payload);
    });
  }
}

/** A user's name as the door takes it: other characters, which some directories allow, would be refused in a header. */
function headerText(user: string): string {
  return user.replaceAll(/[^\w.@-]/g, '_').slice(0, 64);
}

/** The daemon's error body as the error it was. */
function failureOf(answer: unknown, status: number): StorageError {
  const error = (answer as { error?: Partial<Record<keyof ErrorView['error'], unknown>> } | null)?.error;
  const message =
    typeof error?.message === 'string' ? error.message : `The daemon answered with status ${String(status)}.`;
  if (typeof error?.code !== 'string' || !isErrorCode(error.code))
    return new StorageError('PROTOCOL_GARBAGE', message, { context: { status } });
  return new StorageError(error.code, message, {
    context: typeof error.context === 'object' ? (error.context as ErrorContext) : {},
    ...(isDisposition(error.disposition) ? { disposition: error.disposition } : {}),
  });
}

function isDisposition(word: unknown): word is Disposition {
  return Object.values(ERROR_CODES).some((entry) => entry.disposition === word);
}
