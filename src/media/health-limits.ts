/** Every limit by which errors are held against drives and cartridges, with its unit and its reason. */
export interface HealthLimits {
  readonly windowMs: number;
  readonly cartridgesPerDrive: number;
  readonly drivesPerCartridge: number;
  readonly faultsPerDrive: number;
  readonly faultWindowMs: number;
  readonly recordsConsidered: number;
}

const HOUR_MS = 60 * 60 * 1000;

export const HEALTH_LIMITS: HealthLimits = {
  /** Errors older than this count no more, milliseconds: a full cycle of weekly backups goes over all drives in it. */
  windowMs: 14 * 24 * HOUR_MS,
  /** Different cartridges that failed in a drive, and not for reasons of their own, before it is taken down: two may be chance. */
  cartridgesPerDrive: 3,
  /** Different drives in which a cartridge failed before it is suspect: what fails twice in different hands is the cartridge. */
  drivesPerCartridge: 2,
  /** Faults a drive reports of itself within `faultWindowMs` before it is taken down: the first may be a loose plug, or a reset. */
  faultsPerDrive: 2,
  faultWindowMs: 24 * HOUR_MS,
  /** Newest records looked at for a judgement: some weeks of a busy library. */
  recordsConsidered: 10_000,
};
