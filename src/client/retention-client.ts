import type { StreamView } from '../protocol/control-api.js';
import type { ClockView, HoldRequest } from '../protocol/retention-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about what is kept, typed. */
export class RetentionClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async hold(streamId: string, request: HoldRequest): Promise<StreamView> {
    return this.#exchange.call('POST', `/streams/${encodeURIComponent(streamId)}/hold`, request);
  }
  async release(streamId: string): Promise<StreamView> {
    return this.#exchange.call('POST', `/streams/${encodeURIComponent(streamId)}/release`);
  }
  async clock(): Promise<ClockView> {
    return this.#exchange.call('GET', '/clock');
  }
  async confirmClock(): Promise<ClockView> {
    return this.#exchange.call('POST', '/clock/confirm');
  }
}
