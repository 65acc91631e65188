import { CleaningWatch } from '../jobs/cleaning-watch.js';
import { JobOrders } from '../jobs/job-control.js';
import { OperatorJobs } from '../jobs/operator-jobs.js';
import type { RestoreService } from '../jobs/restore-service.js';
import type { CartridgeLoading } from '../media/cartridge-loading.js';
import { CartridgeMoves } from '../media/cartridge-moves.js';
import type { CartridgeRegister } from '../media/cartridge-register.js';
import { Cleaning } from '../media/cleaning.js';
import type { DriveBook } from '../media/drive-book.js';
import type { DriveLeases } from '../media/drive-leases.js';
import { Erasing } from '../media/erasing.js';
import { LabelCheck } from '../media/label-check.js';
import type { Labelling } from '../media/labelling.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import type { OperatorRequests } from '../media/operator-requests.js';
import type { PoolBook } from '../media/pool-book.js';
import type { RetentionGuard } from '../media/retention-guard.js';
import type { Configuration } from './configuration.js';

/** What operators' orders are carried out with. */
export interface OrderParts {
  readonly environment: MediaEnvironment;
  readonly register: CartridgeRegister;
  readonly leases: DriveLeases;
  readonly driveBook: DriveBook;
  readonly loading: CartridgeLoading;
  readonly labelling: Labelling;
  readonly guard: RetentionGuard;
  readonly pools: PoolBook;
  readonly requests: OperatorRequests;
  readonly restores: RestoreService;
}

export interface OperatorOrders {
  readonly jobs: OperatorJobs;
  readonly orders: JobOrders;
  /** Null: drives are cleaned when somebody orders it. */
  readonly cleaningWatch: CleaningWatch | null;
}

export function makeOperatorOrders(parts: OrderParts, cleaning: Configuration['cleaning']): OperatorOrders {
  const { environment, register, leases, driveBook, loading, labelling, guard, pools, requests, restores } = parts;
  const { inventory, reservations, clock, random, logger } = environment;
  const jobs = new OperatorJobs({ inventory, leases, reservations, requests, clock, random, logger });
  const orders = new JobOrders(jobs, {
    environment,
    register,
    leases,
    loading,
    moves: new CartridgeMoves(register),
    labelling,
    labelCheck: new LabelCheck(environment, loading),
    erasing: new Erasing(environment, loading, guard),
    cleaning: new Cleaning(environment, { register, loading, driveBook }, cleaning.maxUses),
    pools,
    restores,
  });
  return { jobs, orders, cleaningWatch: cleaning.automatic ? new CleaningWatch(leases, orders, clock, logger) : null };
}
