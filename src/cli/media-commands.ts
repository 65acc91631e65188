import type { Command } from 'commander';
import type { WhyView } from '../protocol/allocation-api.js';
import type { MediumView } from '../protocol/control-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { addMediaProcedures } from './media-procedure-commands.js';
import { addOffsiteCommands, listOffsite } from './offsite-commands.js';
import type { CommandRunner } from './run-command.js';
import { addScanCommand } from './scan-command.js';
import { formatPairs, formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';
import { formatBytes, formatLocation, formatTime } from './words.js';

export function addMediaCommands(program: Command, run: CommandRunner): void {
  const media = program.command('media').description('cartridges, disk volumes and what is on them');

  media
    .command('list')
    .option('--location <place...>', 'only: shelf, missing, vault or vault NAME, with who brought each there and when')
    .option('--why <barcode>', 'instead: why that one would be written next, or would not')
    .option('--pool <name>', 'with --why: by which pool; those that concern it when not given')
    .description('every cartridge and disk volume the node knows')
    .action(
      run(async (environment, { why, pool, location }: ListOptions) => {
        if (pool !== undefined && why === undefined) throw new UsageError('--pool goes with --why');
        if (location !== undefined && why !== undefined) throw new UsageError('--why or --location, not both');
        if (why !== undefined) await explain(environment, parseBarcodeArgument(why), pool);
        else if (location !== undefined) await listOffsite(environment, location);
        else await list(environment);
      }),
    );

  media
    .command('show')
    .argument('<barcode>')
    .description('all that is known of one')
    .action(run(async (environment, barcode: string) => show(environment, parseBarcodeArgument(barcode))));

  addMediaProcedures(media, run);
  addOffsiteCommands(media, run);
  addScanCommand(media, run);
}

interface ListOptions {
  readonly why?: string;
  readonly pool?: string;
  readonly location?: readonly string[];
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
  const why = await environment.control.pool.why(barcode);
  if (environment.options.json) {
    writeJson(environment, { ...medium, why });
    return;
  }
  const reasons = why.map(
    (one) => ['to write next', `pool ${one.pool}, drive ${one.drive}: ${describeWhy(one)}`] as const,
  );
  writeLine(environment.stdout, formatPairs([...describeMedium(medium), ...reasons]));
}

async function explain(environment: CommandEnvironment, barcode: string, pool: string | undefined): Promise<void> {
  const why = await environment.control.pool.why(barcode, pool);
  if (environment.options.json) {
    writeJson(environment, { barcode, why });
    return;
  }
  const rows = why.map((one) => [one.pool, one.drive, describeWhy(one)]);
  writeLine(environment.stdout, formatTable(['POOL', 'DRIVE', barcode], rows));
}

/** `would be written next: is begun and has room`, or why not. */
function describeWhy({ rank, reason }: WhyView): string {
  if (rank === null) return reason;
  return `would be ${rank === 0 ? 'written next' : `number ${String(rank + 1)} to be tried`}: ${reason}`;
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
          ...(volume.begunFor === '' ? [] : [['begun for', volume.begunFor] as const]),
          ['mounts', String(volume.mounts)],
          ['errors', String(volume.errors)],
          ['first written', formatTime(volume.firstWrittenMs)],
          ['last written', formatTime(volume.lastWrittenMs)],
          ['retained until', formatTime(volume.retentionEndMs)],
          ['uncommitted tails', String(volume.uncommittedTails)],
        ] as const)),
  ];
}
