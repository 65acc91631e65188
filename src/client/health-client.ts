import type { DriveHealthView, ErrorMatrixView, HealthRecordView } from '../protocol/health-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about the health of drives and cartridges, typed. */
export class HealthClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async drive(drive: string): Promise<DriveHealthView> {
    return this.#exchange.call('GET', `/drives/${encodeURIComponent(drive)}/health`);
  }
  async driveHistory(drive: string, limit: number): Promise<readonly HealthRecordView[]> {
    return this.#history(`/drives/${encodeURIComponent(drive)}/history`, limit);
  }
  async mediumHistory(barcode: string, limit: number): Promise<readonly HealthRecordView[]> {
    return this.#history(`/media/${encodeURIComponent(barcode)}/history`, limit);
  }
  async matrix(): Promise<ErrorMatrixView> {
    return this.#exchange.call('GET', '/health/matrix');
  }

  async #history(path: string, limit: number): Promise<readonly HealthRecordView[]> {
    const answer = await this.#exchange.call<{ records: HealthRecordView[] }>('GET', `${path}?limit=${String(limit)}`);
    return answer.records;
  }
}
