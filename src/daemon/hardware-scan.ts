import type { Clock } from '../base/clock.js';
import { silentLogger } from '../base/logger.js';
import { isStorageError } from '../base/storage-error.js';
import type { ChangerElement, ChangerIdentity } from '../changer/changer.js';
import { matchDrives } from '../changer/drive-matching.js';
import { ScsiChanger } from '../changer/scsi-changer.js';
import type { HardwareChangerView, HardwareDriveView, HardwareView } from '../protocol/hardware-api.js';
import type { Configuration } from './configuration.js';
import { formatChangerTables, formatDriveTables } from './hardware-tables.js';
import type { FoundDevice, Machine } from './machine.js';

/** What of the configuration a scan looks at; all empty for a node that has none yet. */
export type ConfiguredDevices = Pick<Configuration, 'drives' | 'changers'>;

/**
 * Finds the tape drives and changers of the machine, asks the changers for their drives and puts both together by serial
 * numbers. Moves nothing, and changes nothing. What cannot be asked says why.
 */
export async function scanHardware(
  machine: Machine,
  configured: ConfiguredDevices,
  clock: Clock,
): Promise<HardwareView> {
  const tapes = configured.drives.filter((drive) => drive.kind === 'tape');
  const drives = named(machine, machine.drives(), tapes, 'tape', configured);
  const changers = named(machine, machine.changers(), configured.changers, 'library', configured);
  const asked = await Promise.all(changers.map(async (changer) => askChanger(machine, changer, clock)));
  const served = drives.map(({ name, serial }) => ({
    name,
    serial,
    changerDrive: tapes.find((drive) => drive.name === name)?.changerDrive ?? null,
  }));
  const changerViews = changers.map((changer, i): HardwareChangerView => {
    const { elements, identity, problem } = asked[i] ?? { elements: [], identity: null, problem: '' };
    const driveElements = elements.filter(({ kind }) => kind === 'drive');
    const places = driveElements.map(({ number, driveSerial }) => ({ number, serial: driveSerial }));
    const here = served.filter((one) => mayStandIn(changer.name, tapes, one.name));
    const matched = matchDrives(places, here);
    return {
      ...changer,
      // Its own word, where it gave it; the kernel asks only once, when a device appears.
      ...identity,
      slots: elements.filter(({ kind }) => kind === 'slot').length,
      importExportSlots: elements.filter(({ kind }) => kind === 'import-export').length,
      driveElements: places.map((place) => ({ ...place, drive: matched.get(place.number) ?? null })),
      problem,
    };
  });
  const driveViews = drives.map((drive): HardwareDriveView => {
    const place = placeOf(changerViews, drive.name);
    return { ...drive, changer: place?.changer ?? null, changerDrive: place?.number ?? null };
  });
  return {
    drives: driveViews,
    changers: changerViews,
    configuration: {
      drives: formatDriveTables(driveViews, tapes),
      changers: formatChangerTables(changerViews),
    },
  };
}

type Named = Omit<HardwareDriveView, 'changer' | 'changerDrive'>;

/** Devices with the names they have in the configuration, and names that are free for the others. */
function named(
  machine: Machine,
  found: readonly FoundDevice[],
  configured: readonly { readonly name: string; readonly device: string }[],
  stem: string,
  { drives, changers }: ConfiguredDevices,
): readonly Named[] {
  const taken = new Set([...drives, ...changers].map(({ name }) => name));
  const nodes = new Map(configured.map(({ name, device }) => [machine.nodeOf(device), name]));
  return found.map((device): Named => {
    const { node, stablePath, genericPath, scsiAddress, vendor, product, revision, serial } = device;
    const known = node === null ? undefined : nodes.get(node);
    return {
      name: known ?? freeName(stem, taken),
      device: stablePath ?? node ?? '',
      node,
      genericPath,
      scsiAddress,
      vendor,
      product,
      revision,
      serial: serial ?? '',
      isConfigured: known !== undefined,
    };
  });
}

function freeName(stem: string, taken: Set<string>): string {
  let n = 0;
  while (taken.has(`${stem}${String(n)}`)) n++;
  taken.add(`${stem}${String(n)}`);
  return `${stem}${String(n)}`;
}

interface AskedChanger {
  readonly elements: readonly ChangerElement[];
  readonly identity: ChangerIdentity | null;
  readonly problem: string;
}

async function askChanger(machine: Machine, { name, node }: Named, clock: Clock): Promise<AskedChanger> {
  if (node === null)
    return { elements: [], identity: null, problem: 'it has no SCSI generic node: load the sg module (modprobe sg)' };
  const changer = new ScsiChanger({
    name,
    channel: machine.openChannel(node),
    drives: () => [],
    clock,
    logger: silentLogger,
  });
  try {
    const elements = await changer.elements();
    return { elements, identity: changer.identity, problem: '' };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { elements: [], identity: null, problem: error.message };
  } finally {
    await changer.close();
  }
}

/** A drive that the configuration puts into another changer, or into none, is not claimed by a lone element. */
function mayStandIn(
  changer: string,
  tapes: readonly { readonly name: string; readonly changer: string | null }[],
  drive: string,
): boolean {
  const configured = tapes.find(({ name }) => name === drive)?.changer ?? null;
  return configured === null || configured === changer;
}

function placeOf(
  changers: readonly HardwareChangerView[],
  drive: string,
): { readonly changer: string; readonly number: number } | null {
  for (const { name, driveElements } of changers)
    for (const element of driveElements) if (element.drive === drive) return { changer: name, number: element.number };
  return null;
}
