import { InvalidArgumentError, type Command } from 'commander';
import type { CartridgeMemoryView, MotionRequest, PositionView } from '../protocol/drive-api.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { chooseDrive } from './drive-choice.js';
import type { CommandRunner } from './run-command.js';
import { formatTable } from './text-table.js';

/** The verbs of mt, for an idle drive. */
export function addMotionCommands(drive: Command, run: CommandRunner): void {
  for (const [operation, description] of [
    ['rewind', 'to the beginning of the tape'],
    ['eod', 'behind the last object on the tape'],
    ['tell', 'where the tape stands'],
  ] as const)
    drive
      .command(operation)
      .argument('[drive]', 'name or number')
      .description(`${description}; only of an idle drive`)
      .action(run(async (environment, name: string | undefined) => move(environment, name, { operation })));

  for (const [operation, description] of [
    ['fsf', 'forward over filemarks'],
    ['bsf', 'back over filemarks'],
  ] as const)
    drive
      .command(operation)
      .argument('[drive]', 'name or number')
      .option('--count <number>', 'so many', parseCount, 1)
      .description(`${description}; only of an idle drive`)
      .action(
        run(async (environment, name: string | undefined, { count }: { readonly count: number }) =>
          move(environment, name, { operation, count }),
        ),
      );

  drive
    .command('locate')
    .argument('<block>', 'block address: blocks and filemarks, counted from 0', parseAddress)
    .argument('[drive]', 'name or number')
    .description('before a block of the tape; only of an idle drive')
    .action(
      run(async (environment, blockAddress: number, name: string | undefined) =>
        move(environment, name, { operation: 'locate', blockAddress }),
      ),
    );

  drive
    .command('cartridge-memory')
    .argument('[drive]', 'name or number')
    .description('everything in the memory of the cartridge; only of an idle drive')
    .action(
      run(async (environment, name: string | undefined) => {
        const memory = await environment.control.drive.memory(await chooseDrive(environment, name));
        if (environment.options.json) writeJson(environment, memory);
        else writeLine(environment.stdout, describeMemory(memory));
      }),
    );
}

async function move(environment: CommandEnvironment, name: string | undefined, order: MotionRequest): Promise<void> {
  const position = await environment.control.drive.move(await chooseDrive(environment, name), order);
  if (environment.options.json) writeJson(environment, position);
  else writeLine(environment.stdout, describePosition(position));
}

function describePosition(position: PositionView): string {
  const { drive, blockAddress, fileNumber, beginningOfMedium, earlyWarning, remaining } = position;
  return [
    `${drive} stands at block ${String(blockAddress)}`,
    fileNumber === null ? '' : `tape file ${String(fileNumber)}`,
    beginningOfMedium ? 'the beginning of the tape' : '',
    earlyWarning ? 'behind early warning' : '',
    remaining === 0 ? '' : `${String(remaining)} filemarks were not there`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function describeMemory({ drive, barcode, attributes }: CartridgeMemoryView): string {
  if (attributes === null)
    return `The cartridge ${barcode ?? ''} in ${drive} has no memory, or the drive cannot read it.`;
  return formatTable(
    ['ID', 'NAME', 'VALUE'],
    attributes.map(({ id, name, value }) => [`${id.toString(16).padStart(4, '0').toUpperCase()}h`, name, value]),
  );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 0x7f_ffff) return count;
  throw new InvalidArgumentError('a number from 1 to 8388607.');
}

function parseAddress(text: string): number {
  const address = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(address)) return address;
  throw new InvalidArgumentError('a block address from 0.');
}
