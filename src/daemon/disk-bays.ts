import { mkdirSync } from 'node:fs';
import { DiskChanger } from '../changer/disk-changer.js';
import { createFilePort } from '../device/linux-files.js';
import { DiskTarget } from '../drive/disk-target.js';
import { WorkerDriveThread } from '../drive/worker-drive-thread.js';
import { DriveBay } from '../media/drive-bay.js';
import { BLOCK_SEAL } from '../volume/block-header.js';
import type { HardwareEnvironment } from './hardware.js';

/** Disk targets are real in every composition. */
export function makeDiskBay(
  drive: { readonly name: string; readonly directory: string; readonly volumeCapacityBytes: number },
  number: number,
  { ring, clock }: HardwareEnvironment,
): DriveBay {
  mkdirSync(drive.directory, { recursive: true });
  const target = new DiskTarget({
    drive: drive.name,
    directory: drive.directory,
    capacityBytes: drive.volumeCapacityBytes,
    files: createFilePort(),
  });
  const thread = new WorkerDriveThread(
    {
      driver: 'file',
      directory: drive.directory,
      portModuleUrl: new URL('../device/linux-files.js', import.meta.url).href,
      portOptions: {},
      ring,
      seal: BLOCK_SEAL,
    },
    clock,
  );
  const changer = new DiskChanger(target, drive.directory);
  return new DriveBay({ number, name: drive.name, kind: 'disk', device: drive.directory, thread, changer });
}
