import { Option, type Command } from 'commander';
import type { PoolUpdate, PoolView } from '../protocol/pool-api.js';
import { ALLOCATION_WORDS, WORM_RULES } from '../terms/pool-policy.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { formatPairs, formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';
import { formatBytes } from './words.js';

export function addPoolCommands(program: Command, run: CommandRunner): void {
  const pool = program.command('pool').description('sets of volumes of one policy');

  pool
    .command('list')
    .description('every pool and what belongs to it')
    .action(run(async (environment) => list(environment)));

  pool
    .command('show')
    .argument('<name>')
    .description('the policy of one')
    .action(
      run(async (environment, name: string) => {
        print(environment, await environment.control.pool.show(name));
      }),
    );

  const create = pool
    .command('create')
    .argument('<name>')
    .addOption(new Option('--kind <kind>', 'of its volumes').choices(['tape', 'disk'] as const).makeOptionMandatory())
    .description('make a pool; one that stands in the configuration is made there');
  addPolicyOptions(create).action(
    run(async (environment, name: string, options: PolicyOptions & { readonly kind: 'tape' | 'disk' }) => {
      const request = { name, kind: options.kind, ...updateOf(options) };
      print(environment, await environment.control.pool.create(request));
    }),
  );

  const update = pool
    .command('update')
    .argument('<name>')
    .description('change the policy of a pool: streams that begin afterwards see it');
  addPolicyOptions(update).action(
    run(async (environment, name: string, options: PolicyOptions) => {
      const request = updateOf(options);
      if (Object.keys(request).length === 0) throw new UsageError(`Change what of pool ${name}? See --help.`);
      print(environment, await environment.control.pool.update(name, request));
    }),
  );

  pool
    .command('remove')
    .argument('<name>')
    .description('remove a pool to which no volume belongs')
    .action(
      run(async (environment, name: string) => {
        await environment.control.pool.remove(name);
        if (environment.options.json) writeJson(environment, { removed: name });
        else writeLine(environment.stdout, `pool ${name} removed`);
      }),
    );
}

interface PolicyOptions {
  readonly retentionDays?: number;
  readonly mediaTypes?: string[];
  readonly allocation?: PoolUpdate['allocation'];
  readonly maxVolumes?: number | 'none';
  readonly maxDrives?: number;
  readonly streamsPerDrive?: number;
  readonly drawsFromScratch?: boolean;
  readonly labelsBlank?: boolean;
  readonly recycles?: boolean;
  readonly worm?: PoolUpdate['worm'];
}

function addPolicyOptions(command: Command): Command {
  return command
    .option('--retention-days <days>', 'of streams that name none of their own (30)', parseNumber)
    .option(
      '--media-types <types>',
      'media types of barcodes it takes, as L9,L8; any: all its drives can write',
      parseTypes,
    )
    .addOption(
      new Option('--allocation <when>', 'when a new volume is begun although the last has room (continue)').choices(
        ALLOCATION_WORDS,
      ),
    )
    .option('--max-volumes <number>', 'at most so many volumes belong to it; none: no limit', parseMaxVolumes)
    .option('--max-drives <number>', 'at most so many drives are written on for it at once (1)', parseNumber)
    .option('--streams-per-drive <number>', 'so many streams share a drive before another is taken (4)', parseNumber)
    .option('--draws-from-scratch <yes|no>', 'takes volumes of the pool scratch (yes)', parseYesNo)
    .option('--labels-blank <yes|no>', 'labels blank cartridges in reach by itself (no)', parseYesNo)
    .option('--recycles <yes|no>', 'writes again on volumes whose streams have all expired (yes)', parseYesNo)
    .addOption(new Option('--worm <rule>', 'WORM cartridges (refused)').choices(WORM_RULES));
}

/** Only what was said. */
function updateOf(options: PolicyOptions): PoolUpdate {
  const { retentionDays, mediaTypes, allocation, maxDrives, streamsPerDrive } = options;
  const { drawsFromScratch, labelsBlank, recycles, worm } = options;
  const maxVolumes = options.maxVolumes === 'none' ? null : options.maxVolumes;
  const limits = { maxVolumes, maxDrives, streamsPerDrive };
  const all = { retentionDays, mediaTypes, allocation, ...limits, drawsFromScratch, labelsBlank, recycles, worm };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text)) return number;
  throw new UsageError(`"${text}" is not a number`);
}

function parseMaxVolumes(text: string): number | 'none' {
  return text === 'none' ? text : parseNumber(text);
}

function parseTypes(text: string): readonly string[] {
  return text === 'any' ? [] : text.toUpperCase().split(',');
}

function parseYesNo(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new UsageError(`"${text}" is neither yes nor no`);
}

async function list(environment: CommandEnvironment): Promise<void> {
  const pools = await environment.control.pool.list();
  if (environment.options.json) {
    writeJson(environment, { pools });
    return;
  }
  const rows = pools.map((pool) => [
    pool.name,
    pool.kind,
    pool.origin,
    pool.origin === 'reserved' ? '-' : String(pool.retentionDays),
    pool.origin === 'reserved' ? '-' : pool.allocation,
    formatVolumes(pool),
    String(pool.expiredVolumes),
    formatBytes(pool.bytes),
  ]);
  const head = ['POOL', 'KIND', 'ORIGIN', 'RETENTION DAYS', 'ALLOCATION', 'VOLUMES', 'EXPIRED', 'BYTES'];
  writeLine(environment.stdout, formatTable(head, rows));
}

function print(environment: CommandEnvironment, pool: PoolView): void {
  if (environment.options.json) writeJson(environment, pool);
  else writeLine(environment.stdout, formatPairs(describePool(pool)));
}

function describePool(pool: PoolView): readonly (readonly [string, string])[] {
  const contents = [
    ['volumes', formatVolumes(pool)],
    ['expired volumes', String(pool.expiredVolumes)],
    ['bytes', formatBytes(pool.bytes)],
  ] as const;
  if (pool.origin === 'reserved')
    return [['pool', `${pool.name}, reserved: empty volumes that other pools may draw`], ...contents];
  return [
    [
      'pool',
      `${pool.name}, ${pool.kind}, ${pool.origin === 'operator' ? 'made by an operator' : 'of the configuration'}`,
    ],
    ['retention days', String(pool.retentionDays)],
    ['media types', pool.mediaTypes.length === 0 ? 'any' : pool.mediaTypes.join(' ')],
    ['allocation', pool.allocation],
    ['volumes at most', pool.maxVolumes === null ? 'no limit' : String(pool.maxVolumes)],
    ['drives at most', String(pool.maxDrives)],
    ['streams per drive', String(pool.streamsPerDrive)],
    ['draws from scratch', formatYesNo(pool.drawsFromScratch)],
    ['labels blank', formatYesNo(pool.labelsBlank)],
    ['recycles', formatYesNo(pool.recycles)],
    ['WORM', pool.worm],
    ...contents,
  ];
}

function formatYesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** `3 append, 12 full`. */
function formatVolumes({ volumes }: PoolView): string {
  const counts = Object.entries(volumes).map(([state, count]) => `${String(count)} ${state}`);
  return counts.length === 0 ? 'none' : counts.join(', ');
}
