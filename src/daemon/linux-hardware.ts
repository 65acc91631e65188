import { ManualChanger } from '../changer/manual-changer.js';
import type { Clock } from '../base/clock.js';
import type { DriveThread } from '../drive/drive-thread.js';
import { WorkerDriveThread } from '../drive/worker-drive-thread.js';
import { AskedOperator } from '../media/asked-operator.js';
import { DriveBay } from '../media/drive-bay.js';
import { BLOCK_SEAL } from '../volume/block-header.js';
import { makeDiskBay } from './disk-bays.js';
import { scanHardware, type ConfiguredDevices } from './hardware-scan.js';
import type { HardwareView } from '../protocol/hardware-api.js';
import type { Hardware, HardwareEnvironment } from './hardware.js';
import { makeLibraryChangers } from './library-changers.js';
import { LINUX_PORT_MODULE_URL, LinuxMachine } from './linux-machine.js';

/** The tape drives and libraries of this machine, and its disk targets. Drives in no library have an operator. */
export class LinuxHardware implements Hardware {
  needsRawIo = false;

  async makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]> {
    const { configuration, ring, inventory, requests, clock, logger } = environment;
    const tapes = configuration.drives.filter((drive) => drive.kind === 'tape');
    const standAlone = tapes.filter((drive) => drive.changer === null).map((drive) => drive.name);
    const threads = new Map<string, DriveThread>();
    const operator = new ManualChanger(new AskedOperator({ inventory, requests, clock, threads }), standAlone);
    const machine = new LinuxMachine(clock);
    const libraries = makeLibraryChangers(configuration, {
      clock,
      logger,
      openChannel: (device) => machine.openChannel(device),
      serialOf: (device) => machine.serialOf(device),
    });
    this.needsRawIo = tapes.length > 0;
    return configuration.drives.map((drive, number) => {
      if (drive.kind === 'disk') return makeDiskBay(drive, number, environment);
      const { name, device } = drive;
      const thread = new WorkerDriveThread(
        { driver: 'st', device, portModuleUrl: LINUX_PORT_MODULE_URL, portOptions: {}, ring, seal: BLOCK_SEAL },
        clock,
      );
      const library = drive.changer === null ? undefined : libraries.get(drive.changer);
      if (library === undefined) threads.set(name, thread);
      return new DriveBay({ number, name, kind: 'tape', device, thread, changer: library ?? operator });
    });
  }

  async scan(configured: ConfiguredDevices, clock: Clock): Promise<HardwareView> {
    return scanHardware(new LinuxMachine(clock), configured, clock);
  }

  simulation(): null {
    return null;
  }
}
