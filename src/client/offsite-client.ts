import type { MoveView, OffsiteQuery, OffsiteView } from '../protocol/offsite-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about media outside the changers, typed. */
export class OffsiteClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async list({ kind, vault, overdue }: OffsiteQuery): Promise<readonly OffsiteView[]> {
    const parameters = new URLSearchParams();
    if (kind !== undefined) parameters.set('kind', kind);
    if (vault !== undefined) parameters.set('vault', vault);
    if (overdue === true) parameters.set('overdue', 'true');
    return (await this.#exchange.call<{ media: OffsiteView[] }>('GET', `/offsite?${parameters.toString()}`)).media;
  }
  /** Newest first. */
  async moves(barcode: string, limit: number): Promise<readonly MoveView[]> {
    const path = `/media/${encodeURIComponent(barcode)}/moves?limit=${String(limit)}`;
    return (await this.#exchange.call<{ moves: MoveView[] }>('GET', path)).moves;
  }
}
