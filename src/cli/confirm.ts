import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { CommandEnvironment } from './context.js';
import { UsageError } from './usage-error.js';

/**
 * Asks the person; anything but `yes` or `y`, also the end of the input, stops the command. Without a terminal there is nobody
 * to ask: `--yes` is needed.
 */
export async function confirm(environment: CommandEnvironment, question: string): Promise<void> {
  const { stdin, stderr } = environment;
  if (!('isTTY' in stdin) || stdin.isTTY !== true)
    throw new UsageError(`${question} Nobody can be asked here; nothing was done. Give --yes to mean it.`);
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal: environment.signal }), ended]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new UsageError('Not confirmed: that was not done.');
}
