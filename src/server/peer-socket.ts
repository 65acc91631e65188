import {
  createConnection,
  createServer,
  Socket,
  type AddressInfo,
  type OnReadOpts,
  type SocketConstructorOpts,
} from 'node:net';

/** Who takes the bytes of a socket: told where to put them, or given them. Both answers: whether to go on reading. */
export interface SocketInput {
  nextBuffer(): Uint8Array;
  received(count: number): boolean;
  feed(chunk: Uint8Array): boolean;
}

/** What node's TCP handle must offer to be read straight into our memory. */
interface TcpHandle {
  readonly fd: number;
  readonly useUserBuffer: unknown;
}

/**
 * Begins to read an accepted socket and returns the one to write to. `direct`: the socket's reads land in `input.nextBuffer()`, without a
 * copy. Node offers that (`onread`) only to sockets it makes, so the accepted one gives up its handle. Otherwise, and always for
 * TLS, the chunks node made are fed. A socket that `input` stopped goes on by `resume`.
 */
export function readPeer(accepted: Socket, direct: boolean, input: SocketInput): Socket {
  const handle = direct ? giveUpHandle(accepted) : null;
  if (handle === null) {
    accepted.on('data', (chunk: Buffer) => {
      if (!input.feed(chunk)) accepted.pause();
    });
    accepted.resume();
    return accepted;
  }
  const options: SocketConstructorOpts & { readonly handle: TcpHandle; readonly onread: OnReadOpts } = {
    handle,
    allowHalfOpen: true,
    onread: { buffer: () => input.nextBuffer(), callback: (count) => input.received(count) },
  };
  const socket = new Socket(options);
  // Without this the end of the peer's bytes is never told.
  socket.resume();
  return socket;
}

/** The descriptor of an accepted socket, or null. */
export function descriptorOf(socket: Socket): number | null {
  const fd = handleOf(socket)?.fd;
  return fd !== undefined && fd >= 0 ? fd : null;
}

function handleOf(socket: Socket): TcpHandle | null {
  return (socket as unknown as { readonly _handle?: TcpHandle | null })._handle ?? null;
}

function giveUpHandle(accepted: Socket): TcpHandle | null {
  const handle = handleOf(accepted);
  if (typeof handle?.useUserBuffer !== 'function') return null;
  (accepted as unknown as { _handle: TcpHandle | null })._handle = null;
  accepted.destroy();
  return handle;
}

/** Whether `readPeer` can read directly on this Node.js: tried, on a connection of the process to itself. */
export async function canReadDirectly(): Promise<boolean> {
  const target = new Uint8Array(new SharedArrayBuffer(64));
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  let accepted: Socket | null = null;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      server.once('error', reject);
      server.once('connection', (socket) => {
        accepted = readPeer(socket, true, {
          nextBuffer: () => target,
          received: (count) => {
            resolve(count === 1 && target[0] === 0x54);
            return true;
          },
          feed: () => {
            resolve(false);
            return true;
          },
        });
        accepted.once('error', reject);
      });
      server.listen(0, '127.0.0.1', () => {
        const peer = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
        peer.once('error', reject);
        peer.end('T');
      });
    });
  } catch {
    // No loopback, or no such constructor: the way that always works is taken.
    return false;
  } finally {
    (accepted as Socket | null)?.destroy();
    server.close();
  }
}
