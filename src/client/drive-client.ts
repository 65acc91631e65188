import type { DriveView } from '../protocol/control-api.js';
import type {
  CartridgeMemoryView,
  DownRequest,
  MotionRequest,
  PositionView,
  UpRequest,
} from '../protocol/drive-api.js';
import type { ControlExchange } from './control-exchange.js';

/** The control door's routes about drives, typed. */
export class DriveClient {
  readonly #exchange: ControlExchange;

  constructor(exchange: ControlExchange) {
    this.#exchange = exchange;
  }

  async down(drive: string, request: DownRequest): Promise<DriveView> {
    return this.#exchange.call('POST', `/drives/${encodeURIComponent(drive)}/down`, request);
  }
  async up(drive: string, request: UpRequest): Promise<DriveView> {
    return this.#exchange.call('POST', `/drives/${encodeURIComponent(drive)}/up`, request);
  }
  async move(drive: string, request: MotionRequest): Promise<PositionView> {
    return this.#exchange.call('POST', `/drives/${encodeURIComponent(drive)}/move`, request);
  }
  async memory(drive: string): Promise<CartridgeMemoryView> {
    return this.#exchange.call('GET', `/drives/${encodeURIComponent(drive)}/memory`);
  }
}
