import type { Command } from 'commander';
import type { JobPlanView, JobRequest } from '../protocol/job-api.js';
import { VOLUME_STATES } from '../terms/media-state.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { confirm } from './confirm.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { parseDueArgument } from './due-argument.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
import { parseSlotArgument } from './slot-argument.js';
import { UsageError } from './usage-error.js';
import { formatBytes } from './words.js';

/** What operators do with cartridges: each is a job of the daemon. */
export function addMediaProcedures(media: Command, run: CommandRunner): void {
  addJobOptions(addDestructiveOptions(media.command('label')))
    .argument('[barcode...]')
    .requiredOption('--pool <name>', 'the pool the volumes will belong to; scratch: any pool may take them')
    .option('--all', 'every blank cartridge in the slots of a changer that the pool takes')
    .option('--overwrite', "also overwrite another program's label, or a volume this node does not know")
    .description('write a new label; refused while a stream on the volume must be kept')
    .action(
      run(async (environment, barcodes: string[], options: LabelOptions) => label(environment, barcodes, options)),
    );

  addJobOptions(addDestructiveOptions(media.command('relabel')))
    .argument('<barcode...>')
    .option('--pool <name>', 'the pool they will belong to (default: the one they belong to)')
    .description('make volumes empty again; refused while a stream on them must be kept')
    .action(
      run(async (environment, barcodes: string[], options: RelabelOptions) => {
        const named = barcodes.map(parseBarcodeArgument);
        await runDestructive(environment, { kind: 'label', barcodes: named, pool: options.pool ?? null }, options);
      }),
    );

  addJobOptions(addDestructiveOptions(media.command('erase')))
    .argument('<barcode...>')
    .option('--long', 'overwrite the whole medium, which takes hours')
    .option('--scratch', 'make empty volumes of the pool scratch of them (default: blank)')
    .option('--overwrite', "also erase another program's data, or a volume this node does not know")
    .description('make cartridges blank; refused while a stream on them must be kept')
    .action(
      run(async (environment, barcodes: string[], options: EraseOptions) => {
        const named = barcodes.map(parseBarcodeArgument);
        const request = {
          kind: 'erase',
          barcodes: named,
          extent: options.long === true ? 'long' : 'short',
          becomes: options.scratch === true ? 'scratch' : 'blank',
          overwrite: options.overwrite === true ? named : [],
        } as const;
        await runDestructive(environment, { ...request, overwrite: [...request.overwrite] }, options);
      }),
    );

  addJobOptions(media.command('set-state'))
    .argument('<barcode>')
    .argument('<state>', VOLUME_STATES.join(', '))
    .requiredOption('--reason <text>', 'why, in words')
    .description('say what a cartridge is good for')
    .action(
      run(
        async (
          environment,
          barcode: string,
          state: string,
          { reason, ...options }: JobOptions & { readonly reason: string },
        ) => {
          const known = VOLUME_STATES.find((one) => one === state);
          if (known === undefined) throw new UsageError(`"${state}" is no state: ${VOLUME_STATES.join(', ')}`);
          const barcodes = [parseBarcodeArgument(barcode)];
          await runJob(environment, { kind: 'set-state', barcodes, state: known, reason }, options);
        },
      ),
    );

  addJobOptions(media.command('verify'))
    .argument('<barcode...>')
    .description('read volumes whole and check every block, and what there is against the inventory')
    .action(
      run(async (environment, barcodes: string[], options: JobOptions) =>
        runJob(environment, { kind: 'verify', barcodes: barcodes.map(parseBarcodeArgument) }, options),
      ),
    );
  addJobOptions(media.command('eject'))
    .argument('[barcode...]')
    .option('--pool <name>', 'every volume of this pool that is in a changer')
    .option('--state <state>', 'of those of the pool only the ones in this state, such as full')
    .option('--vault <name>', 'where they are brought (default: to the shelf)')
    .option('--due <day>', 'when they should be back: 2027-01-31, or 30d')
    .description('hand cartridges to the operator by the import/export slots, with a pick list')
    .action(
      run(async (environment, barcodes: string[], options: EjectOptions) => eject(environment, barcodes, options)),
    );

  addJobOptions(media.command('import'))
    .argument('[slot...]', 'import/export slots (default: all that are full)')
    .option('--changer <name>', 'which, where there are several')
    .option('--vault <name>', 'the vault they come from: tells what of it is overdue and did not come')
    .option('--read-labels', 'also mount each and compare its label with the books')
    .description('bring what lies in the import/export slots into storage slots')
    .action(
      run(async (environment, slots: string[], options: ImportOptions) => {
        const { changer = null, vault = null } = options;
        const numbers = slots.length === 0 ? null : slots.map(parseSlotArgument);
        const readLabels = options.readLabels === true;
        await runJob(environment, { kind: 'import', changer, slots: numbers, vault, readLabels }, options);
      }),
    );

  addJobOptions(media.command('read-label'))
    .argument('[barcode...]')
    .option('--drive <drive>', 'of whatever is in this drive')
    .description('what is on a cartridge, compared with the books')
    .action(
      run(async (environment, barcodes: string[], options: JobOptions & { readonly drive?: string }) => {
        const named = barcodes.map(parseBarcodeArgument);
        if ((named.length === 0) !== (options.drive !== undefined))
          throw new UsageError('Of which? Give barcodes, or --drive for what is in a drive.');
        const cartridges = options.drive === undefined ? named : { drive: options.drive };
        await runJob(environment, { kind: 'read-label', cartridges }, options);
      }),
    );
}

interface EjectOptions extends JobOptions {
  readonly pool?: string;
  readonly state?: string;
  readonly vault?: string;
  readonly due?: string;
}

interface ImportOptions extends JobOptions {
  readonly changer?: string;
  readonly vault?: string;
  readonly readLabels?: true;
}

async function eject(
  environment: CommandEnvironment,
  barcodes: readonly string[],
  options: EjectOptions,
): Promise<void> {
  const named = barcodes.map(parseBarcodeArgument);
  const { pool, state, vault = null, due } = options;
  if ((named.length === 0) !== (pool !== undefined))
    throw new UsageError('Which cartridges? Give their barcodes, or --pool for those of a pool that are in a changer.');
  if (pool === undefined && state !== undefined) throw new UsageError('--state goes with --pool');
  if (due !== undefined && vault === null) throw new UsageError('--due goes with --vault');
  const chosen = pool === undefined ? named : await inChanger(environment, pool, state ?? null);
  if (chosen.length === 0) throw new UsageError(`No ${state ?? 'volume'} of pool ${pool ?? ''} is in a changer.`);
  const dueMs = due === undefined ? null : parseDueArgument(due, environment.clock);
  await runJob(environment, { kind: 'eject', barcodes: chosen, vault, dueMs }, options);
}

async function inChanger({ control }: CommandEnvironment, pool: string, state: string | null): Promise<string[]> {
  return (await control.media())
    .filter((medium) => medium.volume?.pool === pool && (state === null || medium.state === state))
    .filter(({ location }) => ['slot', 'import-export', 'drive', 'transport'].includes(location.kind))
    .map(({ barcode }) => barcode);
}

interface DestructiveOptions extends JobOptions {
  readonly yes?: true;
  readonly dryRun?: true;
}

function addDestructiveOptions(command: Command): Command {
  return command.option('--yes', 'do not ask').option('--dry-run', 'say what would be done, do nothing');
}

interface LabelOptions extends DestructiveOptions {
  readonly pool: string;
  readonly all?: true;
  readonly overwrite?: true;
}

interface EraseOptions extends DestructiveOptions {
  readonly long?: true;
  readonly scratch?: true;
  readonly overwrite?: true;
}

interface RelabelOptions extends DestructiveOptions {
  readonly pool?: string;
}

async function label(
  environment: CommandEnvironment,
  barcodes: readonly string[],
  options: LabelOptions,
): Promise<void> {
  const named = barcodes.map(parseBarcodeArgument);
  if ((named.length === 0) !== (options.all === true))
    throw new UsageError('Which cartridges? Give their barcodes, or --all for every blank one in the slots.');
  if (options.all === true && options.overwrite === true)
    throw new UsageError('--all labels blank cartridges only; name those that may be overwritten.');
  await runDestructive(
    environment,
    {
      kind: 'label',
      barcodes: options.all === true ? 'blank' : named,
      pool: options.pool,
      overwrite: options.overwrite === true ? named : [],
    },
    options,
  );
}

type DestructiveRequest = Extract<JobRequest, { kind: 'label' | 'erase' }>;

/** Names what would be destroyed and asks; what is ordered then is what was shown. */
async function runDestructive(
  environment: CommandEnvironment,
  request: DestructiveRequest,
  options: DestructiveOptions,
): Promise<void> {
  const plan = await environment.control.job.plan(request);
  if (options.dryRun === true) {
    if (environment.options.json) writeJson(environment, { message_type: 'job-plan', ...plan });
    else for (const step of plan.steps) writeLine(environment.stdout, `would ${describePlanned(step)}`);
    return;
  }
  const overwrite = new Set(request.overwrite);
  const dangerous = plan.steps.filter(({ subject, destroys }) => destroys !== null || overwrite.has(subject));
  if (dangerous.length > 0 && options.yes !== true)
    await confirm(environment, `${dangerous.map((step) => sentence(describePlanned(step))).join('\n')}\nDo that?`);
  for (const { subject, destroys } of plan.steps) if (destroys !== null) overwrite.add(subject);
  const barcodes = plan.steps.map(({ subject }) => subject);
  await runJob(environment, { ...request, barcodes, overwrite: [...overwrite] }, options);
}

function describePlanned({ subject, what, destroys }: JobPlanView['steps'][number]): string {
  const lost =
    destroys === null
      ? ''
      : `; destroys volume ${destroys.volumeId} of pool ${destroys.pool} with ${formatBytes(destroys.bytes)}`;
  return `${what} on ${subject}${lost}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
