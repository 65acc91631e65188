import type { Command } from 'commander';
import type { ClockView } from '../protocol/retention-api.js';
import { confirm } from './confirm.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { formatPairs } from './text-table.js';
import { formatTime } from './words.js';

export function addClockCommands(program: Command, run: CommandRunner): void {
  const clock = program.command('clock').description('the clock by which streams expire');

  clock
    .command('show')
    .description('whether the wall clock of the node is believed')
    .action(
      run(async (environment) => {
        print(environment, await environment.control.retention.clock());
      }),
    );

  clock
    .command('confirm')
    .option('--yes', 'do not ask')
    .description(
      'say that the wall clock is right although it jumped; what has expired by it may be overwritten from then on',
    )
    .action(
      run(async (environment, { yes }: { readonly yes?: true }) => {
        const { wallMs, message } = await environment.control.retention.clock();
        if (yes !== true)
          await confirm(environment, `${message === '' ? '' : `${message} `}Is it ${formatTime(wallMs)} now?`);
        print(environment, await environment.control.retention.confirmClock());
      }),
    );
}

function print(environment: CommandEnvironment, clock: ClockView): void {
  if (environment.options.json) {
    writeJson(environment, clock);
    return;
  }
  const pairs = [
    ['wall clock', formatTime(clock.wallMs)],
    ['vouched for', formatTime(clock.vouchedMs)],
    ['state', clock.message === '' ? clock.state : `${clock.state}: ${clock.message}`],
  ] as const;
  writeLine(environment.stdout, formatPairs(pairs));
}
