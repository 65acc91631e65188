import type { ChangerStatusView, ChangerView } from '../protocol/changer-api.js';
import type { HardwareView } from '../protocol/hardware-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about changers, typed. */
export class ChangerClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async list(): Promise<readonly ChangerView[]> {
    return (await this.#exchange.call<{ changers: ChangerView[] }>('GET', '/changers')).changers;
  }
  async status(changer: string): Promise<ChangerStatusView> {
    return this.#exchange.call('GET', `/changers/${encodeURIComponent(changer)}`);
  }
  /** What is connected to the daemon's machine, configured or not. */
  async hardware(): Promise<HardwareView> {
    return this.#exchange.call('GET', '/hardware');
  }
}
