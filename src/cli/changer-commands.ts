import { Option, type Command } from 'commander';
import type { ChangerStatusView, ChangerView, ElementView } from '../protocol/changer-api.js';
import { addChangerProcedures } from './changer-procedure-commands.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { formatFoundChangers } from './hardware-words.js';
import { formatMtxStatus } from './mtx-status.js';
import type { CommandRunner } from './run-command.js';
import { formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';

export function addChangerCommands(program: Command, run: CommandRunner): void {
  const changer = program.command('changer').description('libraries and autoloaders');

  changer
    .command('list')
    .description('every changer, and whether it can be asked')
    .action(run(async (environment) => list(environment)));

  changer
    .command('status')
    .argument('[changer]', 'name; the only library when not given')
    .addOption(
      new Option('--format <format>', 'a table, or what mtx prints').choices(['table', 'mtx']).default('table'),
    )
    .description('every element and what is in it, asked of the changer itself')
    .action(
      run(async (environment, name: string | undefined, options: { readonly format: string }) => {
        const status = await environment.control.changer.status(await chooseChanger(environment, name));
        if (environment.options.json) writeJson(environment, status);
        else if (options.format === 'mtx') writeLine(environment.stdout, formatMtxStatus(status));
        else printStatus(environment, status);
      }),
    );

  changer
    .command('scan')
    .description(
      'find the libraries of the daemon’s machine and print their configuration; where no daemon runs yet: tapeloomd --scan',
    )
    .action(
      run(async (environment) => {
        const hardware = await environment.control.changer.hardware();
        if (environment.options.json) writeJson(environment, hardware);
        else {
          writeLine(environment.stderr, formatFoundChangers(hardware));
          writeLine(environment.stdout, hardware.configuration.changers.trimEnd());
        }
      }),
    );
  addChangerProcedures(changer, run);
}

/** The one named, else the only library. */
export async function chooseChanger(environment: CommandEnvironment, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const changers = await environment.control.changer.list();
  const libraries = changers.filter(({ kind }) => kind === 'scsi');
  const [only, another] = libraries;
  if (only !== undefined && another === undefined) return only.name;
  const names = (libraries.length > 0 ? libraries : changers).map((one) => one.name).join(', ');
  throw new UsageError(`Which changer? ${names}`);
}

async function list(environment: CommandEnvironment): Promise<void> {
  const changers = await environment.control.changer.list();
  if (environment.options.json) {
    writeJson(environment, { changers });
    return;
  }
  const head = ['NAME', 'KIND', 'DEVICE', 'IDENTITY', 'DRIVES', 'SLOTS', 'I/E', 'CARTRIDGES', 'STATE'];
  writeLine(environment.stdout, formatTable(head, changers.map(describeChanger)));
}

function describeChanger(changer: ChangerView): readonly string[] {
  const { identity, problem } = changer;
  const known = problem === '';
  return [
    changer.name,
    changer.kind,
    changer.device === '' ? '-' : changer.device,
    identity === null ? '-' : `${identity.vendor} ${identity.product} ${identity.serial}`.trimEnd(),
    changer.drives.join(' '),
    known ? String(changer.slots) : '-',
    known ? String(changer.importExportSlots) : '-',
    known ? String(changer.cartridges) : '-',
    known ? 'ready' : problem,
  ];
}

function printStatus(environment: CommandEnvironment, status: ChangerStatusView): void {
  const head = ['ELEMENT', 'ADDRESS', 'CARTRIDGE', 'FROM', 'DRIVE', 'NOTE'];
  writeLine(environment.stdout, formatTable(head, status.elements.map(describeElement)));
}

const KIND_WORDS: Readonly<Record<ElementView['kind'], string>> = {
  transport: 'hand',
  drive: 'drive',
  slot: 'slot',
  'import-export': 'i/e slot',
};

function describeElement(element: ElementView): readonly string[] {
  const { kind, address, sourceSlot, driveSerial } = element;
  const drive = element.drive ?? 'not configured';
  return [
    kind === 'transport' ? KIND_WORDS[kind] : `${KIND_WORDS[kind]} ${String(element.number)}`,
    address === null ? '-' : String(address),
    describeCartridge(element),
    element.isFull && sourceSlot !== null ? `slot ${String(sourceSlot)}` : '-',
    kind !== 'drive' ? '-' : driveSerial === null ? drive : `${drive} (${driveSerial})`,
    noteOf(element),
  ];
}

function describeCartridge({ isFull, barcode, tag }: ElementView): string {
  if (!isFull) return '-';
  return barcode ?? (tag === '' ? 'no barcode' : `"${tag}"`);
}

/** A drive that has its cartridge threaded is out of the robot's reach, and nothing is wrong with that. */
function noteOf({ kind, isFull, isAccessible, exception }: ElementView): string {
  const notes = [
    exception ?? '',
    isAccessible || (kind === 'drive' && isFull) || kind === 'transport' ? '' : 'out of reach',
  ];
  return notes.filter((note) => note !== '').join(', ') || '-';
}
