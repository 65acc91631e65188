import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { StorageError, isStorageError } from '../base/storage-error.js';
import type { MediumView } from '../protocol/control-api.js';
import type { JobRequest } from '../protocol/job-api.js';
import type { Barcode } from '../terms/barcode.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { parseDueArgument } from './due-argument.js';
import type { CommandRunner } from './run-command.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
import { ScannedText, type Scan } from './scanned-text.js';
import { DEFAULT_BAUD_RATE, openScanner, type ScannedSource } from './scanner.js';
import { UsageError } from './usage-error.js';
import { formatLocation, printable } from './words.js';

/** Barcodes from a hand-held scanner, or from whatever types them, for what a person carries and counts. */
export function addScanCommand(media: Command, run: CommandRunner): void {
  addJobOptions(media.command('scan'))
    .option('--device <path>', 'serial scanner, such as /dev/ttyUSB0 (default: standard input, where a scanner types)')
    .option('--baud <rate>', 'its speed', String(DEFAULT_BAUD_RATE))
    .option('--check-out', 'what is scanned goes to the vault')
    .option('--check-in', 'what is scanned is back on the shelf')
    .option('--stock-take <place...>', 'what is scanned is what is there: shelf, or vault NAME')
    .option('--vault <name>', 'with --check-out: which vault')
    .option('--due <day>', 'with --check-out: when they should be back: 2027-01-31, or 30d')
    .option('--mark-missing', 'with --stock-take: book what was not found as missing')
    .description('check media out to a vault, check them in, or count a shelf, with a barcode scanner')
    .action(run(async (environment, options: ScanOptions) => scan(environment, options)));
}

interface ScanOptions extends JobOptions {
  readonly device?: string;
  readonly baud: string;
  readonly checkOut?: true;
  readonly checkIn?: true;
  readonly stockTake?: readonly string[];
  readonly vault?: string;
  readonly due?: string;
  readonly markMissing?: true;
}

async function scan(environment: CommandEnvironment, options: ScanOptions): Promise<void> {
  const purpose = purposeOf(environment, options);
  const known = new Map((await environment.control.media()).map((medium) => [medium.barcode, medium]));
  const ended = new AbortController();
  const source = await openSource(environment, options, ended);
  const scanned = new Set<Barcode>();
  let trouble: StorageError | null = null;
  try {
    await collect(environment, source, scanned, known);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    trouble = error;
  } finally {
    ended.abort();
  }
  environment.signal.throwIfAborted();
  await apply(environment, options, purpose, [...scanned], trouble);
  if (trouble !== null) throw trouble;
}

/** What is scanned until there is no more, each told as it comes. */
async function collect(
  environment: CommandEnvironment,
  source: ScannedSource,
  scanned: Set<Barcode>,
  known: ReadonlyMap<string, MediumView>,
): Promise<void> {
  const text = new ScannedText();
  const take = (scans: readonly Scan[]): void => {
    for (const one of scans) tell(environment, one, scanned, known);
  };
  for await (const chunk of source) take(text.take(chunk, environment.clock.monotonicMs()));
  take(text.end(environment.clock.monotonicMs()));
}

function tell(
  environment: CommandEnvironment,
  one: Scan,
  scanned: Set<Barcode>,
  known: ReadonlyMap<string, MediumView>,
): void {
  const { stderr } = environment;
  switch (one.kind) {
    case 'repeat':
      return;
    case 'unknown':
      writeLine(stderr, `"${printable(one.text)}" is no barcode of a cartridge; scan it again`);
      return;
    case 'barcode': {
      const again = scanned.has(one.barcode) ? ', scanned before' : '';
      scanned.add(one.barcode);
      const medium = known.get(one.barcode);
      const what = medium === undefined ? 'not known here' : `${medium.state}, ${formatLocation(medium.location)}`;
      if (!environment.options.quiet)
        writeLine(stderr, printable(`${String(scanned.size)}: ${one.barcode} (${what}${again})`));
    }
  }
}

type Purpose =
  | { readonly kind: 'check-out'; readonly vault: string; readonly dueMs: number | null }
  | { readonly kind: 'check-in' }
  | { readonly kind: 'stock-take'; readonly place: { kind: 'shelf' } | { kind: 'vault'; vault: string } };

function purposeOf(environment: CommandEnvironment, options: ScanOptions): Purpose {
  const { checkOut, checkIn, stockTake, vault, due, markMissing } = options;
  if ([checkOut, checkIn, stockTake].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('What for? Give one of --check-out, --check-in and --stock-take.');
  if (checkOut === undefined && (vault !== undefined || due !== undefined))
    throw new UsageError('--vault and --due go with --check-out');
  if (stockTake === undefined && markMissing !== undefined)
    throw new UsageError('--mark-missing goes with --stock-take');
  if (checkIn !== undefined) return { kind: 'check-in' };
  if (stockTake !== undefined) return { kind: 'stock-take', place: placeOf(stockTake) };
  if (vault === undefined) throw new UsageError('Check out to which vault? Give --vault.');
  return { kind: 'check-out', vault, dueMs: due === undefined ? null : parseDueArgument(due, environment.clock) };
}

function placeOf([kind, vault, ...more]: readonly string[]): Extract<Purpose, { kind: 'stock-take' }>['place'] {
  if (kind === 'shelf' && vault === undefined) return { kind };
  if (kind === 'vault' && vault !== undefined && more.length === 0) return { kind, vault };
  throw new UsageError('--stock-take is of the shelf, or of vault NAME');
}

/** One job for all of it. What was scanned before a scanner went away is booked; it is not taken for a whole stock-take. */
async function apply(
  environment: CommandEnvironment,
  options: ScanOptions,
  purpose: Purpose,
  barcodes: readonly Barcode[],
  trouble: StorageError | null,
): Promise<void> {
  if (trouble !== null) tellTrouble(environment, purpose, barcodes);
  if (trouble !== null && purpose.kind === 'stock-take') return;
  if (barcodes.length === 0 && purpose.kind !== 'stock-take') {
    if (trouble === null) throw new UsageError('Nothing was scanned; nothing was booked.');
    return;
  }
  await runJob(environment, requestOf(purpose, barcodes, options.markMissing === true), options);
}

function requestOf(purpose: Purpose, barcodes: readonly Barcode[], markMissing: boolean): JobRequest {
  switch (purpose.kind) {
    case 'check-out':
    case 'check-in':
      return { ...purpose, barcodes: [...barcodes] };
    case 'stock-take':
      return { ...purpose, barcodes: [...barcodes], markMissing };
  }
}

function tellTrouble(environment: CommandEnvironment, { kind }: Purpose, barcodes: readonly Barcode[]): void {
  const count = `${String(barcodes.length)} ${barcodes.length === 1 ? 'cartridge was' : 'cartridges were'} scanned before`;
  const kept =
    kind === 'stock-take'
      ? 'Nothing was compared, since not everything was counted. They are listed here; count again from the beginning.'
      : barcodes.length === 0
        ? 'Nothing was booked.'
        : 'They are booked now; go on with the others.';
  writeLine(environment.stderr, `The scanner went away; ${count}. ${kept}`);
  if (kind !== 'stock-take') return;
  if (environment.options.json) writeJson(environment, { message_type: 'scanned', barcodes });
  else for (const barcode of barcodes) writeLine(environment.stdout, barcode);
}

/** The scanner, or standard input. At a terminal beside a serial scanner, Enter says that it was the last one. */
async function openSource(
  environment: CommandEnvironment,
  { device, baud }: ScanOptions,
  ended: AbortController,
): Promise<ScannedSource> {
  const { stdin, stderr, signal } = environment;
  if (device === undefined) return readText(environment);
  const rate = Number(baud);
  if (!Number.isInteger(rate) || rate < 50 || rate > 4_000_000)
    throw new UsageError(`"${baud}" is no speed, such as 9600`);
  const over = AbortSignal.any([signal, ended.signal]);
  const source = await openScanner(environment.serialLines, environment.clock, { path: device, baudRate: rate }, over);
  writeLine(stderr, `Scan now; press Enter when it was the last one.`);
  const lines = createInterface({ input: stdin });
  over.addEventListener(
    'abort',
    () => {
      lines.close();
    },
    { once: true },
  );
  void Promise.race([once(lines, 'line'), once(lines, 'close')]).then(() => {
    ended.abort();
  });
  return source;
}

async function* readText({ stdin, stderr, signal }: CommandEnvironment): AsyncGenerator<string> {
  if ('isTTY' in stdin && stdin.isTTY === true) writeLine(stderr, 'Scan now; end with Ctrl-D.');
  signal.addEventListener(
    'abort',
    () => {
      stdin.destroy();
    },
    { once: true },
  );
  try {
    for await (const chunk of stdin) yield (chunk as Buffer).toString('latin1');
  } catch (error) {
    // The input was closed for an interruption, which the caller sees.
    if (!signal.aborted) throw error;
  }
}
