import type { Command } from 'commander';
import type { DriveStatusView, DriveView } from '../protocol/control-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { chooseDrive } from './drive-choice.js';
import { formatFoundDrives } from './hardware-words.js';
import { addMotionCommands } from './motion-commands.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
import { formatPairs, formatTable } from './text-table.js';
import { formatTime, printable } from './words.js';

export function addDriveCommands(program: Command, run: CommandRunner): void {
  const drive = program.command('drive').description('tape drives and disk targets');

  drive
    .command('list')
    .description('every drive, what is in it and what it does')
    .action(run(async (environment) => list(environment)));

  drive
    .command('scan')
    .description(
      'find the tape drives of the daemon’s machine and print their configuration; where no daemon runs yet: tapeloomd --scan',
    )
    .action(
      run(async (environment) => {
        const hardware = await environment.control.changer.hardware();
        if (environment.options.json) writeJson(environment, hardware);
        else {
          writeLine(environment.stderr, formatFoundDrives(hardware));
          writeLine(environment.stdout, hardware.configuration.drives.trimEnd());
        }
      }),
    );

  drive
    .command('status')
    .argument('[drive]', 'name or number', undefined)
    .description('what the drive itself says')
    .action(
      run(async (environment, name: string | undefined) => {
        print(environment, await environment.control.driveStatus(await chooseDrive(environment, name)));
      }),
    );

  addJobOptions(drive.command('load'))
    .argument('<barcode>')
    .argument('[drive]', 'name or number')
    .description('bring a cartridge to a drive and make it ready')
    .action(
      run(async (environment, barcode: string, name: string | undefined, options: JobOptions) => {
        const cartridge = parseBarcodeArgument(barcode);
        const drive = await chooseDrive(environment, name);
        await runJob(environment, { kind: 'load', cartridge: { barcode: cartridge }, drive }, options);
      }),
    );

  addJobOptions(drive.command('unload'))
    .argument('[drive]', 'name or number')
    .description('rewind, take the cartridge out and bring it back to where it came from')
    .action(
      run(async (environment, name: string | undefined, options: JobOptions) => {
        await runJob(environment, { kind: 'unload', drive: await chooseDrive(environment, name) }, options);
      }),
    );

  addJobOptions(drive.command('eject'))
    .argument('[drive]', 'name or number')
    .description('rewind and let go of the cartridge; it stays in the mouth of the drive')
    .action(
      run(async (environment, name: string | undefined, options: JobOptions) => {
        const chosen = await chooseDrive(environment, name);
        await runJob(environment, { kind: 'unload', drive: chosen, ejectOnly: true }, options);
      }),
    );

  addJobOptions(drive.command('clean'))
    .argument('[drive]', 'name or number')
    .option('--cartridge <barcode>', 'with this one (default: one that has uses left)')
    .description('have it cleaned by a cleaning cartridge')
    .action(
      run(async (environment, name: string | undefined, options: JobOptions & { readonly cartridge?: string }) => {
        const cartridge = options.cartridge === undefined ? null : parseBarcodeArgument(options.cartridge);
        await runJob(environment, { kind: 'clean', drive: await chooseDrive(environment, name), cartridge }, options);
      }),
    );

  drive
    .command('down')
    .argument('[drive]', 'name or number')
    .requiredOption('--reason <text>', 'why: it is shown until the drive is up again')
    .description('give the drive no more work; its device is closed when the last who uses it is done')
    .action(
      run(async (environment, name: string | undefined, options: { readonly reason: string }) => {
        const { reason } = options;
        printState(environment, await environment.control.drive.down(await chooseDrive(environment, name), { reason }));
      }),
    );

  drive
    .command('up')
    .argument('[drive]', 'name or number')
    .option('--reason <text>', 'what was done to it', '')
    .description('open the device and give the drive work again; errors from before count no more')
    .action(
      run(async (environment, name: string | undefined, options: { readonly reason: string }) => {
        const { reason } = options;
        printState(environment, await environment.control.drive.up(await chooseDrive(environment, name), { reason }));
      }),
    );

  addMotionCommands(drive, run);
}

async function list(environment: CommandEnvironment): Promise<void> {
  const drives = await environment.control.drives();
  if (environment.options.json) {
    writeJson(environment, { drives });
    return;
  }
  const rows = drives.map((drive) => [
    String(drive.number),
    drive.name,
    drive.kind,
    drive.device,
    describeState(drive),
    drive.barcode ?? '-',
    drive.activity === '' ? '-' : drive.activity,
  ]);
  writeLine(environment.stdout, formatTable(['NUMBER', 'NAME', 'KIND', 'DEVICE', 'STATE', 'CARTRIDGE', 'DOING'], rows));
}

function printState(environment: CommandEnvironment, drive: DriveView): void {
  if (environment.options.json) writeJson(environment, drive);
  else writeLine(environment.stdout, `${drive.name} is ${describeState(drive)}`);
}

/** `down since 2026-11-24 03:07:09 by olga (loose cable)`; `idle, wants cleaning`. */
export function describeState({ state, stateReason, downSinceMs, downBy, wantsCleaning }: DriveView): string {
  if (state !== 'down') return wantsCleaning ? `${state}, wants cleaning` : state;
  return `down since ${formatTime(downSinceMs)} by ${printable(downBy)} (${printable(stateReason)})`;
}

function print(environment: CommandEnvironment, drive: DriveStatusView): void {
  if (environment.options.json) writeJson(environment, drive);
  else writeLine(environment.stdout, formatPairs(describeDrive(drive)));
}

function describeDrive(drive: DriveStatusView): readonly (readonly [string, string])[] {
  const { identity, position } = drive;
  const density = drive.densityCode === null ? '-' : `0x${drive.densityCode.toString(16)}`;
  const flags = [
    drive.writeProtected ? 'write-protected' : '',
    drive.worm ? 'WORM' : '',
    drive.cleaningRequested ? 'asks to be cleaned' : '',
  ].filter((flag) => flag !== '');
  return [
    ['drive', `${String(drive.number)} ${drive.name}, ${drive.kind}, ${drive.device}`],
    ['identity', `${identity.vendor} ${identity.product} ${identity.revision}, serial ${identity.serial}`],
    ['state', describeState(drive)],
    ['cartridge', drive.barcode ?? '-'],
    ['medium', [drive.medium, ...flags].join(', ')],
    ['density', density],
    ['block sizes', `${String(drive.minBlockBytes)} to ${String(drive.maxBlockBytes)} bytes`],
    ['compression', drive.compression === null ? 'unknown' : drive.compression ? 'on' : 'off'],
    [
      'position',
      position === null
        ? '-'
        : `block ${String(position.blockAddress)}${position.fileNumber === null ? '' : `, tape file ${String(position.fileNumber)}`}${position.earlyWarning ? ', behind early warning' : ''}`,
    ],
    [
      'TapeAlert',
      drive.tapeAlerts === null ? 'unknown' : drive.tapeAlerts.map((n) => `${n.toString(16)}h`).join(' ') || 'none',
    ],
  ];
}
