import type { HardwareChangerView, HardwareDriveView } from '../protocol/hardware-api.js';

/** A tape drive as it is configured now. */
interface ConfiguredTape {
  readonly name: string;
  readonly changer: string | null;
}

/** [[drive]] tables for what is not configured yet; the others as comments, with what is missing in them. */
export function formatDriveTables(drives: readonly HardwareDriveView[], configured: readonly ConfiguredTape[]): string {
  if (drives.length === 0)
    return '# No tape drive was found: is it switched on and cabled, and the st module loaded?\n';
  return drives.map((drive) => formatDrive(drive, configured)).join('\n');
}

function formatDrive(drive: HardwareDriveView, configured: readonly ConfiguredTape[]): string {
  const lines = [comment(`${describe(drive)}, node ${drive.node ?? '-'}`)];
  const place = drive.changer === null ? [] : [`changer = ${toml(drive.changer)}`];
  if (drive.isConfigured) {
    const inChanger = configured.find(({ name }) => name === drive.name)?.changer ?? null;
    lines.push(comment(`It is configured as ${drive.name}.`));
    if (inChanger === null && place.length > 0) lines.push(comment(`Add to that table: ${place.join('')}`));
    return `${lines.join('\n')}\n`;
  }
  lines.push('[[drive]]', `name = ${toml(drive.name)}`, 'kind = "tape"', `device = ${toml(drive.device)}`, ...place);
  return `${lines.join('\n')}\n`;
}

/** [[changer]] tables for what is not configured yet; the others as comments. What a drive needs is in its own table. */
export function formatChangerTables(changers: readonly HardwareChangerView[]): string {
  if (changers.length === 0)
    return '# No changer was found: is it switched on and cabled, and its SCSI interface enabled in its panel?\n';
  return changers.map(formatChanger).join('\n');
}

function formatChanger(changer: HardwareChangerView): string {
  const { problem, driveElements, slots, importExportSlots } = changer;
  const lines = [comment(`${describe(changer)}, node ${changer.node ?? '-'}`)];
  if (problem !== '') lines.push(comment(`It could not be asked: ${problem}`));
  else
    lines.push(
      comment(
        `${String(slots)} slots, ${String(importExportSlots)} import/export slots, ${String(driveElements.length)} drives`,
      ),
      ...driveElements.map(describePlace),
    );
  if (driveElements.some(({ serial }) => serial === null))
    lines.push(
      comment(
        'It does not tell serial numbers: find out which drive is which, and give each changer and changer_drive.',
      ),
    );
  if (changer.isConfigured) lines.push(comment(`It is configured as ${changer.name}.`));
  else if (changer.node !== null)
    lines.push('[[changer]]', `name = ${toml(changer.name)}`, `device = ${toml(changer.device)}`);
  return `${lines.join('\n')}\n`;
}

function describePlace({ number, serial, drive }: HardwareChangerView['driveElements'][number]): string {
  const what = drive === null ? 'no drive of this machine that is known by serial number' : `drive ${drive}`;
  return comment(`  drive ${String(number)}: serial ${serial ?? 'not told'}, ${what}`);
}

function describe(device: HardwareDriveView | HardwareChangerView): string {
  const serial = device.serial === '' ? 'serial not known' : `serial ${device.serial}`;
  return `${device.vendor} ${device.product} ${device.revision}, ${serial}, at ${device.scsiAddress}`;
}

/** One line, whatever a device calls itself. */
function comment(text: string): string {
  return `# ${text.replaceAll(/\p{Cc}/gu, '?')}`;
}

/** A basic string of TOML: JSON's escapes are among its own. */
function toml(text: string): string {
  return JSON.stringify(text);
}
