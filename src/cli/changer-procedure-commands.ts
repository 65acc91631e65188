import type { Command } from 'commander';
import { chooseDrive } from './drive-choice.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
import { parseSlotArgument } from './slot-argument.js';

interface ChangerOptions extends JobOptions {
  readonly changer?: string;
}

/** What operators have a library do: each is a job of the daemon. */
export function addChangerProcedures(group: Command, run: CommandRunner): void {
  const command = (name: string): Command =>
    addJobOptions(group.command(name)).option('--changer <name>', 'which, where there are several');

  addJobOptions(group.command('inventory'))
    .argument('[changer]', 'its name (default: all)')
    .option('--read-labels', 'also mount each cartridge and compare its label with the books')
    .description('have it look at its elements again and bring the books in line')
    .action(
      run(async (environment, changer: string | undefined, options: JobOptions & { readonly readLabels?: true }) =>
        runJob(
          environment,
          { kind: 'inventory', changer: changer ?? null, readLabels: options.readLabels === true },
          options,
        ),
      ),
    );

  command('transfer')
    .argument('<from>', 'slot')
    .argument('<to>', 'slot; import/export slots are counted on from the last storage slot')
    .description('move a cartridge from one slot to another')
    .action(
      run(async (environment, from: string, to: string, options: ChangerOptions) => {
        const slots = { from: parseSlotArgument(from), to: parseSlotArgument(to) };
        await runJob(environment, { kind: 'transfer', changer: options.changer ?? null, ...slots }, options);
      }),
    );

  command('load')
    .argument('<slot>')
    .argument('[drive]', 'name or number (default: one that is free)')
    .description('bring what is in a slot to a drive, also when its barcode cannot be read')
    .action(
      run(async (environment, slot: string, drive: string | undefined, options: ChangerOptions) => {
        const cartridge = { changer: options.changer ?? null, slot: parseSlotArgument(slot) };
        const named = drive ?? environment.environment['TAPELOOM_DRIVE'] ?? null;
        await runJob(environment, { kind: 'load', cartridge, drive: named }, options);
      }),
    );

  addJobOptions(group.command('unload'))
    .argument('[slot]', 'to this slot (default: where it came from)')
    .argument('[drive]', 'name or number')
    .description('bring the cartridge in a drive back to a slot')
    .action(
      run(async (environment, slot: string | undefined, drive: string | undefined, options: JobOptions) => {
        const to = slot === undefined ? null : parseSlotArgument(slot);
        await runJob(environment, { kind: 'unload', drive: await chooseDrive(environment, drive), slot: to }, options);
      }),
    );
}
