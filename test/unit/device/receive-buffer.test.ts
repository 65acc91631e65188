import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { createServer, createConnection, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { makeReceiveBufferSetter } from '../../../src/device/receive-buffer.js';
import { descriptorOf } from '../../../src/server/peer-socket.js';

/** What the kernel says of a listening or connected socket, from `ss`; null without that program. */
function receiveBufferOf(port: number): number | null {
  try {
    const text = execFileSync('ss', ['-tmnH', `sport = :${String(port)}`], { encoding: 'utf8', stdio: 'pipe' });
    return Number(/rb(\d+)/.exec(text)?.[1]);
  } catch {
    return null;
  }
}

describe('receive buffer', () => {
  it('is not set at all where the kernel would set less than was asked for', () => {
    const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
    expect(makeReceiveBufferSetter(limit + 1)).to.equal(null);
    expect(makeReceiveBufferSetter(limit)).to.be.a('function');
  });

  it('is the size that was asked for on an accepted socket', async () => {
    const bytes = 100_000;
    const set = makeReceiveBufferSetter(bytes);
    const server = createServer();
    let accepted: Socket | undefined;
    let peer: Socket | undefined;
    try {
      accepted = await new Promise<Socket>((resolve) => {
        server.once('connection', resolve);
        server.listen(0, '127.0.0.1', () => {
          peer = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
        });
      });
      set?.(descriptorOf(accepted) ?? -1);
      // The kernel doubles what is asked, for its own books.
      const told = receiveBufferOf((server.address() as AddressInfo).port);
      if (told !== null) expect(told).to.equal(2 * bytes);
    } finally {
      accepted?.destroy();
      peer?.destroy();
      server.close();
    }
  });

  it('does not fail for a socket that is gone', () => {
    makeReceiveBufferSetter(100_000)?.(999_999);
  });
});
