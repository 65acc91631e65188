import type { VolumeId } from '../terms/ids.js';
import type { JobKind } from '../terms/job-words.js';
import type { JobRun } from './job-run.js';

/** What a procedure would do, before anything is touched. */
export interface JobPlan {
  /** One line: 'label 24 cartridges for pool daily'. */
  readonly title: string;
  /** In the order of work; a procedure that finds out on the way has none. */
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  /** Barcode, element or drive. */
  readonly subject: string;
  /** 'write a new label for pool daily' */
  readonly what: string;
  /** The volume that is lost by it; null: none that the books know. */
  readonly destroys: DestroyedVolume | null;
}

export interface DestroyedVolume {
  readonly volumeId: VolumeId;
  readonly pool: string;
  readonly bytes: number;
  /** The order names it as one that may be destroyed; nothing is begun otherwise. */
  readonly isNamed: boolean;
}

/**
 * One operator's order, ready to be carried out. `plan` refuses, with a StorageError and before anything is touched, what
 * the books show to be wrong; `run` looks again at everything it depends on, since time has passed.
 */
export interface Procedure {
  readonly kind: JobKind;
  plan(): Promise<JobPlan>;
  run(run: JobRun): Promise<void>;
}
