import { ManualChanger } from '../changer/manual-changer.js';
import type { DriveThread } from '../drive/drive-thread.js';
import { WorkerDriveThread } from '../drive/worker-drive-thread.js';
import { AskedOperator } from '../media/asked-operator.js';
import { DriveBay } from '../media/drive-bay.js';
import { BLOCK_SEAL } from '../volume/block-header.js';
import { makeDiskBay } from './disk-bays.js';
import type { Hardware, HardwareEnvironment } from './hardware.js';

/** The tape drives of this machine, stand-alone with an operator, and its disk targets. */
export class LinuxHardware implements Hardware {
  needsRawIo = false;

  async makeBays(environment: HardwareEnvironment): Promise<readonly DriveBay[]> {
    const { configuration, ring, inventory, requests, clock } = environment;
    const threads = new Map<string, DriveThread>();
    const hand = new AskedOperator({ inventory, requests, clock, threads });
    const tapes = configuration.drives.filter((drive) => drive.kind === 'tape');
    const changer = new ManualChanger(
      hand,
      tapes.map((drive) => drive.name),
    );
    this.needsRawIo = tapes.length > 0;
    return configuration.drives.map((drive, number) => {
      if (drive.kind === 'disk') return makeDiskBay(drive, number, environment);
      const thread = new WorkerDriveThread(
        {
          driver: 'st',
          device: drive.device,
          portModuleUrl: new URL('../device/linux-syscalls.js', import.meta.url).href,
          portOptions: {},
          ring,
          seal: BLOCK_SEAL,
        },
        clock,
      );
      threads.set(drive.name, thread);
      return new DriveBay({ number, name: drive.name, kind: 'tape', device: drive.device, thread, changer });
    });
  }

  simulation(): null {
    return null;
  }
}
