import type { ImportOutcomeView, ImportRequest } from '../protocol/catalogue-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about catalogues, typed. */
export class CatalogueClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  /** The bytes of a catalogue (catalogue-file.ts), which is whole only with its trailer. */
  async export(pool: string | null): Promise<AsyncIterable<Uint8Array>> {
    return this.#exchange.download(`/catalogue${pool === null ? '' : `?pool=${encodeURIComponent(pool)}`}`);
  }
  async import(request: ImportRequest): Promise<ImportOutcomeView> {
    return this.#exchange.call('POST', '/catalogue', request);
  }
}
