import type { Command } from 'commander';
import type { OffsiteView } from '../protocol/offsite-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';
import { formatLocation, formatTime } from './words.js';

/** Media that no changer has, and how each cartridge came where it is. */
export function addOffsiteCommands(media: Command, run: CommandRunner): void {
  media
    .command('overdue')
    .option('--vault <name>', 'only of this vault')
    .description('cartridges that should be back from a vault by now')
    .action(
      run(async (environment, { vault }: { readonly vault?: string }) => {
        const query = { overdue: true, ...(vault === undefined ? {} : { vault }) };
        printOffsite(environment, await environment.control.offsite.list(query));
      }),
    );

  media
    .command('moves')
    .argument('<barcode>')
    .option('--limit <n>', 'at most so many, newest first', '100')
    .description('every move of a cartridge: from where to where, when, by whom and why')
    .action(
      run(async (environment, barcode: string, { limit }: { readonly limit: string }) => {
        const count = Number(limit);
        if (!Number.isInteger(count) || count < 1 || count > 10_000)
          throw new UsageError('--limit is a number from 1 to 10000');
        const moves = await environment.control.offsite.moves(parseBarcodeArgument(barcode), count);
        if (environment.options.json) {
          writeJson(environment, { moves });
          return;
        }
        const rows = moves.map((move) => [
          formatTime(move.timeMs),
          move.from === null ? 'new' : formatLocation(move.from),
          formatLocation(move.to),
          move.who,
          move.reason,
        ]);
        writeLine(environment.stdout, formatTable(['WHEN', 'FROM', 'TO', 'BY', 'WHY'], rows));
      }),
    );
}

const OFFSITE_KINDS = ['shelf', 'vault', 'missing'] as const;

/** `--location shelf`, `missing`, `vault` or `vault NAME`: with who brought each there and when. */
export async function listOffsite(environment: CommandEnvironment, place: readonly string[]): Promise<void> {
  const [word, vault, ...more] = place;
  const kind = OFFSITE_KINDS.find((one) => one === word);
  if (kind === undefined || more.length > 0 || (vault !== undefined && kind !== 'vault'))
    throw new UsageError('--location is shelf, missing, vault or vault NAME');
  const query = { kind, ...(vault === undefined ? {} : { vault }) };
  printOffsite(environment, await environment.control.offsite.list(query));
}

function printOffsite(environment: CommandEnvironment, media: readonly OffsiteView[]): void {
  if (environment.options.json) {
    writeJson(environment, { media });
    return;
  }
  const rows = media.map(({ barcode, state, pool, location, sinceMs, who, reason }) => [
    barcode,
    state,
    pool === '' ? '-' : pool,
    location.kind === 'vault' ? `vault ${location.vault}` : formatLocation(location),
    formatTime(location.kind === 'vault' ? location.dueMs : null),
    formatTime(sinceMs),
    who === '' ? '-' : who,
    reason === '' ? '-' : reason,
  ]);
  const head = ['BARCODE', 'STATE', 'POOL', 'LOCATION', 'DUE', 'SINCE', 'BY', 'WHY'];
  writeLine(environment.stdout, formatTable(head, rows));
}
