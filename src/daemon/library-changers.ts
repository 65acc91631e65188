import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { ScsiChanger } from '../changer/scsi-changer.js';
import type { ScsiChannel } from '../device/scsi-channel.js';
import type { Configuration } from './configuration.js';

export interface LibraryEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A way to the changer behind that device node. */
  readonly openChannel: (device: string) => ScsiChannel;
  /** Unit serial number of the drive behind that device node; null when it is not known now. */
  readonly serialOf: (device: string) => string | null;
}

/** The [[changer]] tables of the configuration, by name. They are opened by whoever wants something of them first. */
export function makeLibraryChangers(
  { changers, drives }: Pick<Configuration, 'changers' | 'drives'>,
  environment: LibraryEnvironment,
): ReadonlyMap<string, ScsiChanger> {
  const tapes = drives.filter((drive) => drive.kind === 'tape');
  return new Map(
    changers.map(({ name, device }) => {
      const served = tapes.filter((drive) => drive.changer === name);
      const changer = new ScsiChanger({
        name,
        channel: environment.openChannel(device),
        drives: () =>
          served.map((drive) => ({
            name: drive.name,
            serial: environment.serialOf(drive.device),
            changerDrive: drive.changerDrive,
          })),
        clock: environment.clock,
        logger: environment.logger,
      });
      return [name, changer];
    }),
  );
}
