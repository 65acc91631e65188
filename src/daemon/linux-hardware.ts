import { ManualChanger } from '../changer/manual-changer.js';
import { findTapeDrive } from '../device/tape-discovery.js';
import { WorkerScsiChannel } from '../device/worker-scsi-channel.js';
import type { DriveThread } from '../drive/drive-thread.js';
import { WorkerDriveThread } from '../drive/worker-drive-thread.js';
import { AskedOperator } from '../media/asked-operator.js';
import { DriveBay } from '../media/drive-bay.js';
import { BLOCK_SEAL } from '../volume/block-header.js';
import { makeDiskBay } from './disk-bays.js';
import type { Hardware, HardwareEnvironment } from './hardware.js';
import { makeLibraryChangers } from './library-changers.js';

const SYSFS = '/sys';
const PORT_MODULE_URL = new URL('../device/linux-syscalls.js', import.meta.url).href;

/** The tape drives and libraries of this machine, and its disk targets. Drives in no library have an operator. */
export class LinuxHardware implements Hardware {
  needsRawIo = false;

  async makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]> {
    const { configuration, ring, inventory, requests, clock, logger } = environment;
    const tapes = configuration.drives.filter((drive) => drive.kind === 'tape');
    const standAlone = tapes.filter((drive) => drive.changer === null).map((drive) => drive.name);
    const threads = new Map<string, DriveThread>();
    const operator = new ManualChanger(new AskedOperator({ inventory, requests, clock, threads }), standAlone);
    const libraries = makeLibraryChangers(configuration, {
      clock,
      logger,
      openChannel: (device) =>
        new WorkerScsiChannel({ device, portModuleUrl: PORT_MODULE_URL, portOptions: {} }, clock),
      serialOf: (device) => findTapeDrive(SYSFS, device)?.serial ?? null,
    });
    this.needsRawIo = tapes.length > 0;
    return configuration.drives.map((drive, number) => {
      if (drive.kind === 'disk') return makeDiskBay(drive, number, environment);
      const { name, device } = drive;
      const thread = new WorkerDriveThread(
        { driver: 'st', device, portModuleUrl: PORT_MODULE_URL, portOptions: {}, ring, seal: BLOCK_SEAL },
        clock,
      );
      const library = drive.changer === null ? undefined : libraries.get(drive.changer);
      if (library === undefined) threads.set(name, thread);
      return new DriveBay({ number, name, kind: 'tape', device, thread, changer: library ?? operator });
    });
  }

  simulation(): null {
    return null;
  }
}
