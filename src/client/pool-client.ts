import type { PoolCreate, PoolUpdate, PoolView } from '../protocol/pool-api.js';
import type { WhyView } from '../protocol/allocation-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about pools, typed. */
export class PoolClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async list(): Promise<readonly PoolView[]> {
    return (await this.#exchange.call<{ pools: PoolView[] }>('GET', '/pools')).pools;
  }
  /** Why a cartridge would be written next, or would not: for that pool, or those that concern it. */
  async why(barcode: string, pool?: string): Promise<readonly WhyView[]> {
    const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
    return (await this.#exchange.call<{ why: WhyView[] }>('GET', `/media/${encodeURIComponent(barcode)}/why${query}`))
      .why;
  }
  async show(name: string): Promise<PoolView> {
    return this.#exchange.call('GET', `/pools/${encodeURIComponent(name)}`);
  }
  async create(request: PoolCreate): Promise<PoolView> {
    return this.#exchange.call('POST', '/pools', request);
  }
  async update(name: string, request: PoolUpdate): Promise<PoolView> {
    return this.#exchange.call('POST', `/pools/${encodeURIComponent(name)}/update`, request);
  }
  async remove(name: string): Promise<void> {
    await this.#exchange.call('POST', `/pools/${encodeURIComponent(name)}/remove`);
  }
}
