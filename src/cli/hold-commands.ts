import type { Command } from 'commander';
import type { StreamView } from '../protocol/control-api.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import type { CommandRunner } from './run-command.js';
import { checkStreamId } from './stream-argument.js';
import { formatTime, printable } from './words.js';

/** `stream hold` and `stream release`, to be added to `stream`. */
export function addHoldCommands(stream: Command, run: CommandRunner): void {
  stream
    .command('hold')
    .argument('<stream-id>')
    .requiredOption('--reason <text>', 'why; shown wherever it hinders something')
    .description('keep a stream, and all it is based on, beyond its retention')
    .action(
      run(async (environment, id: string, { reason }: { readonly reason: string }) => {
        print(environment, await environment.control.retention.hold(checkStreamId(id), { reason }));
      }),
    );
  stream
    .command('release')
    .argument('<stream-id>')
    .description('end a hold: the retention counts again')
    .action(
      run(async (environment, id: string) => {
        print(environment, await environment.control.retention.release(checkStreamId(id)));
      }),
    );
}

function print(environment: CommandEnvironment, stream: StreamView): void {
  if (environment.options.json) writeJson(environment, stream);
  else writeLine(environment.stdout, `${stream.streamId} ${describe(stream)}`);
}

function describe({ hold, keeping, retentionEndMs }: StreamView): string {
  if (hold !== null) return `is held by ${printable(hold.who)}: ${printable(hold.reason)}`;
  if (keeping === 'retained') return `is not held; it is kept until ${formatTime(retentionEndMs)}`;
  return keeping === 'expired'
    ? 'is not held and has expired: its volumes may be used again'
    : `is not held; it is ${keeping}`;
}
