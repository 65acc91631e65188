import type { Command } from 'commander';
import { ControlClient } from '../client/control-client.js';
import type { CliContext, CommandEnvironment, GlobalOptions } from './context.js';

/** Turns a command's body into a commander action: finds the global options and opens the control door. */
export type CommandRunner = <Arguments extends readonly unknown[]>(
  body: (environment: CommandEnvironment, ...given: Arguments) => Promise<void>,
) => (...given: [...Arguments, ...unknown[]]) => Promise<void>;

export function makeCommandRunner(context: CliContext): CommandRunner {
  return (body) =>
    async (...given) => {
      // commander passes the arguments, the options and, last, the command itself.
      const command = given[given.length - 1] as Command;
      const options = command.optsWithGlobals<GlobalOptions>();
      const control = new ControlClient({ socketPath: options.socket, user: context.user, signal: context.signal });
      const environment: CommandEnvironment = { ...context, options, control };
      await (body as unknown as (environment: CommandEnvironment, ...rest: unknown[]) => Promise<void>)(
        environment,
        ...given.slice(0, -1),
      );
    };
}
