import type { HardwareView } from '../protocol/hardware-api.js';
import { formatTable } from './text-table.js';

/** A table for people; what is to be pasted goes to the standard output by itself. */
export function formatFoundDrives({ drives }: HardwareView): string {
  const rows = drives.map((drive) => [
    drive.name,
    drive.isConfigured ? 'configured' : 'new',
    drive.node ?? '-',
    drive.genericPath ?? '-',
    `${drive.vendor} ${drive.product}`,
    drive.serial === '' ? '-' : drive.serial,
    drive.changer === null ? '-' : `${drive.changer} drive ${String(drive.changerDrive)}`,
  ]);
  return formatTable(['NAME', 'STATE', 'NODE', 'SG', 'IDENTITY', 'SERIAL', 'CHANGER'], rows);
}

export function formatFoundChangers({ changers }: HardwareView): string {
  const rows = changers.map((changer) => [
    changer.name,
    changer.isConfigured ? 'configured' : 'new',
    changer.node ?? '-',
    `${changer.vendor} ${changer.product}`,
    changer.serial === '' ? '-' : changer.serial,
    changer.problem === '' ? `${String(changer.slots)}+${String(changer.importExportSlots)}` : '-',
    changer.driveElements.map(({ number, drive }) => `${String(number)}:${drive ?? '?'}`).join(' ') || '-',
    changer.problem === '' ? '-' : changer.problem,
  ]);
  return formatTable(['NAME', 'STATE', 'NODE', 'IDENTITY', 'SERIAL', 'SLOTS', 'DRIVES', 'PROBLEM'], rows);
}
