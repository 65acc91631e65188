import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TgtLibrary } from '../../support/tgt-library.js';

const ADDRESS = '127.0.0.1';

/** Ours, as the tests call themselves. */
export const INITIATOR = 'iqn.2026-01.example.tapeloom:test';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, ADDRESS);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP port was asked for');
  return address.port;
}

/** tgt's library on the loopback of this machine, without the kernel's initiator. */
export class LoopbackLibrary {
  readonly library: TgtLibrary;
  readonly #portal: string;

  private constructor(library: TgtLibrary, portal: string) {
    this.library = library;
    this.#portal = portal;
  }

  static async start(): Promise<LoopbackLibrary> {
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), 'tapeloom-tgt-'));
    const library = await TgtLibrary.start({ home, address: ADDRESS, port, drives: 2, slots: 4, importExportSlots: 1 });
    return new LoopbackLibrary(library, `${ADDRESS}:${String(port)}`);
  }

  addressOf(unit: number): string {
    return `iscsi://${this.#portal}/${this.library.target}/${String(unit)}`;
  }

  get changerAddress(): string {
    return this.addressOf(this.library.changerUnit);
  }
}
