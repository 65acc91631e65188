import type { Command } from 'commander';
import type { JobPlanView, JobRequest } from '../protocol/job-api.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { confirm } from './confirm.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
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

  addJobOptions(media.command('eject'))
    .argument('<barcode...>')
    .description('unload cartridges and hand them to the operator')
    .action(
      run(async (environment, barcodes: string[], options: JobOptions) =>
        runJob(environment, { kind: 'eject', barcodes: barcodes.map(parseBarcodeArgument) }, options),
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

type DestructiveRequest = Extract<JobRequest, { kind: 'label' }>;

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
