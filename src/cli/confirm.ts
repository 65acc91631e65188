import { createInterface } from 'node:readline/promises';
import { remark, type CommandEnvironment } from './context.js';
import { UsageError } from './usage-error.js';

/** Asks the person; anything but `yes` or `y` stops the command. Without a terminal there is nobody to ask: `--yes` is needed. */
export async function confirm(environment: CommandEnvironment, question: string): Promise<void> {
  const { stdin, stderr } = environment;
  if (!('isTTY' in stdin) || stdin.isTTY !== true)
    throw new UsageError(`${question} Nobody can be asked here; nothing was done. Give --yes to mean it.`);
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: environment.signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  remark(environment, 'Nothing was done.');
  throw new UsageError('not confirmed');
}
