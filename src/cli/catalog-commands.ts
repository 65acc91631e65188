import type { Command } from 'commander';
import type { Barcode } from '../terms/barcode.js';
import { parseBarcodeArgument } from './barcode-argument.js';
import { addCatalogueFileCommands } from './catalogue-file-commands.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';

interface RebuildOptions extends JobOptions {
  readonly blocks?: true;
  readonly from?: Barcode;
}

export function addCatalogCommands(program: Command, run: CommandRunner): void {
  const catalog = program
    .command('catalog')
    .description('the inventory as a whole: check it, rebuild it from the media');

  addJobOptions(catalog.command('rebuild'))
    .argument('[barcode...]', 'default: every cartridge in reach that carries no volume the inventory knows')
    .option(
      '--from <barcode>',
      'enter the newest catalogue on this volume first, then what came since',
      parseBarcodeArgument,
    )
    .option('--blocks', 'believe the blocks alone, not the indexes: reads the volumes whole')
    .description(
      'enter volumes and streams that the inventory does not know, from the media alone; writes to no medium',
    )
    .action(
      run(async (environment, barcodes: string[], options: RebuildOptions) =>
        runJob(
          environment,
          {
            kind: 'rebuild',
            barcodes: barcodes.length === 0 ? 'unknown' : barcodes.map(parseBarcodeArgument),
            source: options.blocks === true ? 'blocks' : 'index',
            from: options.from ?? null,
          },
          options,
        ),
      ),
    );

  addJobOptions(catalog.command('scrub'))
    .description('check every record, every stream against its extents and its chain, every volume against its streams')
    .action(run(async (environment, options: JobOptions) => runJob(environment, { kind: 'scrub' }, options)));

  addCatalogueFileCommands(catalog, run);
}
