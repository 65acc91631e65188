import { InvalidArgumentError, type Command } from 'commander';
import { assert } from '../base/assert.js';
import type { DriveHealthView, ErrorMatrixView, HealthRecordView, TapeAlertView } from '../protocol/health-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { chooseDrive } from './drive-choice.js';
import type { CommandRunner } from './run-command.js';
import { formatPairs, formatTable } from './text-table.js';
import { formatTime } from './words.js';

/** What drives and cartridges went through and how they are: verbs of the nouns `drive` and `media`, which are there already. */
export function addHealthCommands(program: Command, run: CommandRunner): void {
  const drive = nounOf(program, 'drive');
  const media = nounOf(program, 'media');

  drive
    .command('tape-alert-flags')
    .argument('[drive]', 'name or number')
    .description('what the drive complains of, and what is done about it')
    .action(
      run(async (environment, name: string | undefined) => {
        const health = await environment.control.health.drive(await chooseDrive(environment, name));
        if (environment.options.json) writeJson(environment, health);
        else writeLine(environment.stdout, describeAlerts(health));
      }),
    );

  drive
    .command('volume-statistics')
    .argument('[drive]', 'name or number')
    .description('the counters of the drive and of the life of the cartridge in it')
    .action(
      run(async (environment, name: string | undefined) => {
        const health = await environment.control.health.drive(await chooseDrive(environment, name));
        if (environment.options.json) writeJson(environment, health);
        else writeLine(environment.stdout, describeFigures(health));
      }),
    );

  drive
    .command('history')
    .argument('[drive]', 'name or number')
    .option('--limit <number>', 'the newest so many', parseLimit, 100)
    .description('what the drive went through, newest first')
    .action(
      run(async (environment, name: string | undefined, { limit }: { readonly limit: number }) => {
        const drive = await chooseDrive(environment, name);
        printHistory(environment, await environment.control.health.driveHistory(drive, limit));
      }),
    );

  drive
    .command('matrix')
    .description('which drives failed with which cartridges, and who is at fault')
    .action(
      run(async (environment) => {
        const matrix = await environment.control.health.matrix();
        if (environment.options.json) writeJson(environment, matrix);
        else writeLine(environment.stdout, describeMatrix(matrix));
      }),
    );

  media
    .command('history')
    .argument('<barcode>')
    .option('--limit <number>', 'the newest so many', parseLimit, 100)
    .description('what the cartridge went through, newest first')
    .action(
      run(async (environment, barcode: string, { limit }: { readonly limit: number }) => {
        const cartridge = parseBarcodeArgument(barcode);
        printHistory(environment, await environment.control.health.mediumHistory(cartridge, limit));
      }),
    );
}

function nounOf(program: Command, name: string): Command {
  const noun = program.commands.find((one) => one.name() === name);
  assert(noun !== undefined, `the noun ${name} is there`);
  return noun;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new InvalidArgumentError('a number from 1 to 10000.');
}

function describeAlerts({ tapeAlerts, earlierAlerts, drive }: DriveHealthView): string {
  const now =
    tapeAlerts === null
      ? `What drive ${drive} complains of now is not known: it cannot tell, or somebody works with it.`
      : tapeAlerts.length === 0
        ? `Drive ${drive} complains of nothing.`
        : formatTable(['FLAG', 'NAME', 'SEVERITY', 'DONE', 'MEANING'], tapeAlerts.map(alertRow));
  if (earlierAlerts.length === 0) return now;
  const earlier = formatTable(
    ['BEFORE', 'FLAG', 'CARTRIDGE', 'WHAT'],
    earlierAlerts.map(({ timeMs, figures, barcode, message }) => [
      formatTime(timeMs),
      formatFlag(Number(figures['flag'] ?? 0)),
      barcode ?? '-',
      message,
    ]),
  );
  return `${now}\n\n${earlier}`;
}

function alertRow({ flag, name, severity, meaning, tell, driveAction, volumeState }: TapeAlertView): readonly string[] {
  const done = [
    tell === 'operator' ? 'asks a person' : '',
    driveAction === null ? '' : `drive: ${driveAction}`,
    volumeState === null ? '' : `volume: ${volumeState}`,
  ].filter((word) => word !== '');
  return [formatFlag(flag), name, severity, done.join(', ') || '-', meaning];
}

/** As the standard writes them: 1Eh. */
function formatFlag(flag: number): string {
  return `${flag.toString(16).toUpperCase().padStart(2, '0')}h`;
}

function describeFigures({ drive, barcode, timeMs, isNow, figures }: DriveHealthView): string {
  const head: readonly (readonly [string, string])[] = [
    ['drive', drive],
    ['cartridge', barcode ?? '-'],
    ['read', isNow ? 'now' : timeMs === null ? 'never' : formatTime(timeMs)],
  ];
  return formatPairs([...head, ...Object.entries(figures).map(([name, value]) => [name, String(value)] as const)]);
}

function printHistory(environment: CommandEnvironment, records: readonly HealthRecordView[]): void {
  if (environment.options.json) {
    writeJson(environment, { records });
    return;
  }
  const rows = records.map(({ timeMs, kind, drive, barcode, code, message, figures }) => [
    formatTime(timeMs),
    kind,
    drive ?? '-',
    barcode ?? '-',
    message === '' ? describeUse(figures) : code === '' ? message : `${message} [${code}]`,
  ]);
  writeLine(environment.stdout, formatTable(['TIME', 'WHAT', 'DRIVE', 'CARTRIDGE', ''], rows));
}

/** What is worth a line of a mount or an unmount. */
function describeUse(figures: HealthRecordView['figures']): string {
  const parts = [
    ['volumeMountWrittenMegabytes', 'MB written'],
    ['volumeMountReadMegabytes', 'MB read'],
    ['writeErrorsUncorrected', 'hard write errors'],
    ['readErrorsUncorrected', 'hard read errors'],
  ] as const;
  return parts
    .filter(([name]) => Number(figures[name] ?? 0) > 0)
    .map(([name, words]) => `${String(figures[name])} ${words}`)
    .join(', ');
}

/** Cartridges down, drives across; what is at fault below. */
function describeMatrix({ sinceMs, cells, drives, cartridges }: ErrorMatrixView): string {
  if (cells.length === 0) return `No errors since ${formatTime(sinceMs)} that still count.`;
  const names = [...new Set(cells.map(({ drive }) => drive))];
  const barcodes = [...new Set(cells.map(({ barcode }) => barcode))].sort();
  const countOf = (drive: string, barcode: string): string => {
    const errors = cells.find((cell) => cell.drive === drive && cell.barcode === barcode)?.errors ?? 0;
    return errors === 0 ? '.' : String(errors);
  };
  const table = formatTable(
    ['CARTRIDGE', ...names.map((name) => name.toUpperCase())],
    barcodes.map((barcode) => [barcode, ...names.map((name) => countOf(name, barcode))]),
  );
  const verdicts = [
    ...drives.map((one) => `Drive ${one.drive} is at fault: it failed with ${one.barcodes.join(', ')}.`),
    ...cartridges.map((one) => `Cartridge ${one.barcode} is at fault: it failed in ${one.drives.join(', ')}.`),
  ];
  return [table, '', ...(verdicts.length === 0 ? ['Who is at fault cannot be told yet.'] : verdicts)].join('\n');
}
