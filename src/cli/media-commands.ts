import type { Command } from 'commander';
import type { MediumView } from '../protocol/control-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { confirm } from './confirm.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { formatPairs, formatTable } from './text-table.js';
import { formatBytes, formatLocation, formatTime } from './words.js';

export function addMediaCommands(program: Command, run: CommandRunner): void {
  const media = program.command('media').description('cartridges, disk volumes and what is on them');

  media
    .command('list')
    .description('every cartridge and disk volume the node knows')
    .action(run(async (environment) => list(environment)));

  media
    .command('show')
    .argument('<barcode>')
    .description('all that is known of one')
    .action(run(async (environment, barcode: string) => show(environment, parseBarcodeArgument(barcode))));

  media
    .command('label')
    .argument('<barcode...>')
    .requiredOption('--pool <name>', 'the pool the volumes will belong to')
    .option('--overwrite', "also overwrite another program's label, or a volume this node does not know")
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be done, do nothing')
    .description('write a new label; refused while a stream on the volume is within its retention')
    .action(
      run(async (environment, barcodes: string[], options: LabelOptions) => label(environment, barcodes, options)),
    );

  media
    .command('eject')
    .argument('<barcode...>')
    .description('unload cartridges and hand them to the operator')
    .action(
      run(async (environment, barcodes: string[]) => {
        for (const barcode of barcodes.map(parseBarcodeArgument)) {
          const medium = await environment.control.eject(barcode);
          if (environment.options.json) writeJson(environment, { message_type: 'ejected', medium });
          else writeLine(environment.stdout, `${barcode} ejected: ${formatLocation(medium.location)}`);
        }
      }),
    );
}

interface LabelOptions {
  readonly pool: string;
  readonly overwrite?: true;
  readonly yes?: true;
  readonly dryRun?: true;
}

async function label(
  environment: CommandEnvironment,
  barcodes: readonly string[],
  options: LabelOptions,
): Promise<void> {
  for (const barcode of barcodes.map(parseBarcodeArgument)) {
    const known = (await environment.control.media()).find((medium) => medium.barcode === barcode);
    const what =
      known === undefined || known.volume === null
        ? `a new label on ${barcode}, pool ${options.pool}`
        : `a new label on ${barcode}, pool ${options.pool}; destroys volume ${known.volume.volumeId} of pool ${known.volume.pool} with ${formatBytes(known.volume.bytes)}`;
    if (options.dryRun === true) {
      const destroys = known?.volume ?? null;
      if (environment.options.json)
        writeJson(environment, { message_type: 'would-label', barcode, pool: options.pool, destroys });
      else writeLine(environment.stdout, `would write ${what}`);
      continue;
    }
    const destroys = (known !== undefined && known.volume !== null) || options.overwrite === true;
    if (destroys && options.yes !== true) await confirm(environment, `Write ${what}?`);
    const medium = await environment.control.label({
      barcode,
      pool: options.pool,
      overwrite: options.overwrite === true ? barcode : null,
    });
    if (environment.options.json) writeJson(environment, { message_type: 'labelled', medium });
    else
      writeLine(
        environment.stdout,
        `${barcode} labelled: pool ${options.pool}, volume ${medium.volume?.volumeId ?? '?'}`,
      );
  }
}

async function list(environment: CommandEnvironment): Promise<void> {
  const media = await environment.control.media();
  if (environment.options.json) {
    writeJson(environment, { media });
    return;
  }
  const rows = media.map((medium) => [
    medium.barcode,
    medium.state,
    formatLocation(medium.location),
    medium.volume?.pool ?? '-',
    medium.volume === null ? '-' : formatBytes(medium.volume.bytes),
    medium.volume === null ? '-' : String(medium.volume.blocks),
    formatTime(medium.volume?.lastWrittenMs ?? null),
    formatTime(medium.volume?.retentionEndMs ?? null),
  ]);
  const head = ['BARCODE', 'STATE', 'LOCATION', 'POOL', 'BYTES', 'BLOCKS', 'LAST WRITTEN', 'RETAINED UNTIL'];
  writeLine(environment.stdout, formatTable(head, rows));
}

async function show(environment: CommandEnvironment, barcode: string): Promise<void> {
  const medium = await environment.control.medium(barcode);
  if (environment.options.json) {
    writeJson(environment, medium);
    return;
  }
  writeLine(environment.stdout, formatPairs(describeMedium(medium)));
}

function describeMedium(medium: MediumView): readonly (readonly [string, string])[] {
  const { volume } = medium;
  return [
    ['barcode', medium.barcode],
    ['state', medium.stateReason === '' ? medium.state : `${medium.state} (${medium.stateReason})`],
    ['location', `${formatLocation(medium.location)} since ${formatTime(medium.locationSinceMs)}`],
    ['labelled', `${String(medium.labelCount)} times`],
    ...(volume === null
      ? []
      : ([
          ['volume', volume.volumeId],
          ['pool', volume.pool],
          ['label written', formatTime(volume.labelledMs)],
          ['data', `${formatBytes(volume.bytes)} in ${String(volume.blocks)} blocks`],
          ['end of data', `block ${String(volume.endOfData.blockAddress)}`],
          ['mounts', String(volume.mounts)],
          ['errors', String(volume.errors)],
          ['first written', formatTime(volume.firstWrittenMs)],
          ['last written', formatTime(volume.lastWrittenMs)],
          ['retained until', formatTime(volume.retentionEndMs)],
          ['uncommitted tails', String(volume.uncommittedTails)],
        ] as const)),
  ];
}
