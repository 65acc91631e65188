import type { CartridgeLoading } from '../media/cartridge-loading.js';
import type { CartridgeMoves } from '../media/cartridge-moves.js';
import type { CartridgeRegister } from '../media/cartridge-register.js';
import type { Cleaning } from '../media/cleaning.js';
import type { DriveLeases } from '../media/drive-leases.js';
import type { Erasing } from '../media/erasing.js';
import type { LabelCheck } from '../media/label-check.js';
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
  readonly moves: CartridgeMoves;
  readonly labelling: Labelling;
  readonly labelCheck: LabelCheck;
  readonly erasing: Erasing;
  readonly cleaning: Cleaning;
  readonly pools: PoolBook;
  readonly restores: RestoreService;
}
