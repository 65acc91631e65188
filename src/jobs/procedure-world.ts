import type { CartridgeLoading } from '../media/cartridge-loading.js';
import type { CartridgeRegister } from '../media/cartridge-register.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { Labelling } from '../media/labelling.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import type { PoolBook } from '../media/pool-book.js';
import type { RestoreService } from './restore-service.js';

/** What procedures work with. */
export interface ProcedureWorld {
  readonly environment: MediaEnvironment;
  readonly register: CartridgeRegister;
  readonly leases: DriveLeases;
  readonly loading: CartridgeLoading;
  readonly labelling: Labelling;
  readonly pools: PoolBook;
  readonly restores: RestoreService;
}
