import { rmSync } from 'node:fs';
import type { FuzzTarget } from './fuzz-target.js';
import { makeSampleVolume } from './sample-volume.js';
import { CONFIGURATION_TARGETS } from './targets/configuration-targets.js';
import { DEVICE_TARGETS } from './targets/device-targets.js';
import { makeFuzzDirectory, makeInventoryTargets } from './targets/inventory-targets.js';
import { ReaderInMemory } from './reader-in-memory.js';
import { makeMediumTargets } from './targets/medium-targets.js';
import { makeMutatedVolumeTarget } from './targets/mutated-volume-target.js';
import { PROTOCOL_TARGETS } from './targets/protocol-targets.js';
import { VOLUME_TARGETS } from './targets/volume-targets.js';

/** Runs `use` with every target there is; what they need on disk is removed afterwards. */
export async function withAllTargets<T>(use: (targets: readonly FuzzTarget[]) => Promise<T>): Promise<T> {
  const directory = makeFuzzDirectory();
  try {
    const volume = await makeSampleVolume();
    const reader = await ReaderInMemory.load();
    return await use([
      ...PROTOCOL_TARGETS,
      ...VOLUME_TARGETS,
      ...DEVICE_TARGETS,
      ...CONFIGURATION_TARGETS,
      ...makeMediumTargets(volume, reader),
      makeMutatedVolumeTarget(volume, reader),
      ...(await makeInventoryTargets(directory)),
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
