import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { StorageError, describeError } from '../base/storage-error.js';
import { CatalogueReader, type CatalogueLine, type CatalogueSummary } from '../protocol/catalogue-file.js';
import type { ImportOutcomeView } from '../protocol/catalogue-api.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { ProgressLine } from './progress-line.js';
import type { CommandRunner } from './run-command.js';
import { UsageError } from './usage-error.js';
import { formatTime, printable } from './words.js';

interface ExportOptions {
  readonly pool?: string;
}

interface ImportOptions {
  readonly dryRun?: true;
  readonly keepNewer?: true;
  readonly overwrite: readonly string[];
}

/** Lines and bytes of one part of an import. */
const PART = { lines: 1000, bytes: 1 << 20 } as const;
/** Names and reasons shown to people. */
const SHOWN = 20;

export function addCatalogueFileCommands(catalog: Command, run: CommandRunner): void {
  catalog
    .command('export')
    .argument('<file>', 'a new file; - for the standard output')
    .option('--pool <name>', 'only a pool, its volumes and their streams')
    .description('write the inventory into a file: lines of JSON with a digest at the end')
    .action(run(async (environment, file: string, options: ExportOptions) => exportFile(environment, file, options)));
  catalog
    .command('import')
    .argument('<file>', 'made by `catalog export`, or a catalogue that the stand-alone reader took from a volume')
    .option('--dry-run', 'tell what it would do')
    .option('--keep-newer', 'where the inventory knows something newer, leave that and enter the rest')
    .option(
      '--overwrite <name>',
      'let this record give way: a barcode, a stream id or pool:NAME; may be repeated',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .description('enter what a file tells into the inventory; removes nothing')
    .action(run(async (environment, file: string, options: ImportOptions) => importFile(environment, file, options)));
}

async function exportFile(environment: CommandEnvironment, file: string, { pool }: ExportOptions): Promise<void> {
  const bytes = await environment.control.catalogue.export(pool ?? null);
  if (file === '-') {
    const { stdout } = environment;
    await copyChecked(bytes, async (chunk) => {
      if (!stdout.write(chunk)) await once(stdout, 'drain');
    });
    return;
  }
  if (existsSync(file)) throw new UsageError(`${file} exists already. Nothing was written; choose another name.`);
  const summary = await writeNew(file, bytes);
  const { records, sha256, header } = summary;
  if (environment.options.json) writeJson(environment, { message_type: 'exported', file, records, sha256, header });
  else writeLine(environment.stdout, `${file}: ${String(records)} records, SHA-256 ${sha256}`);
}

/** The file has its name only when it is whole and on the disk. */
async function writeNew(file: string, bytes: AsyncIterable<Uint8Array>): Promise<CatalogueSummary> {
  const unfinished = `${file}.unfinished`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    let summary: CatalogueSummary;
    try {
      summary = await copyChecked(bytes, async (chunk) => handle.writeFile(chunk));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    return summary;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function copyChecked(
  bytes: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<CatalogueSummary> {
  const reader = new CatalogueReader();
  for await (const chunk of bytes) {
    reader.push(chunk);
    await write(chunk);
  }
  return reader.finish();
}

async function importFile(environment: CommandEnvironment, file: string, options: ImportOptions): Promise<void> {
  const summary = await check(file);
  const foreseen = await send(environment, file, summary, { ...options, dryRun: true });
  const { newer } = foreseen;
  if (options.dryRun !== true && options.keepNewer !== true && newer.length > 0) throw refuseNewer(file, newer);
  const outcome = options.dryRun === true ? foreseen : await send(environment, file, summary, options);
  if (environment.options.json)
    writeJson(environment, { message_type: options.dryRun === true ? 'would-import' : 'imported', file, ...outcome });
  else writeOutcome(environment, summary, outcome, options.dryRun === true);
}

/** Reads it once to its end: nothing of it is believed before. */
async function check(file: string): Promise<CatalogueSummary> {
  const reader = new CatalogueReader();
  for await (const chunk of chunksOf(file)) reader.push(chunk);
  return reader.finish();
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: PART.bytes })) yield chunk as Buffer;
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${describeError(error)}`);
  }
}

async function send(
  environment: CommandEnvironment,
  file: string,
  { header, records, sha256 }: CatalogueSummary,
  { dryRun = false, overwrite }: { readonly dryRun?: boolean; readonly overwrite: readonly string[] },
): Promise<ImportOutcomeView> {
  const total: ImportOutcomeView = { entered: 0, same: 0, newer: [], left: [], history: 0 };
  const progress = new ProgressLine(environment);
  let sent = 0;
  try {
    for await (const lines of partsOf(file)) {
      const isFirst = sent === 0;
      sent += lines.length;
      const { createdMs, node } = header;
      const order = { createdMs, node, sha256, isFirst, isLast: sent === records, dryRun, overwrite: [...overwrite] };
      const part = await environment.control.catalogue.import({ ...order, lines: [...lines] });
      total.entered += part.entered;
      total.same += part.same;
      total.history += part.history;
      total.newer.push(...part.newer);
      total.left.push(...part.left);
      progress.show(
        { message_type: 'progress', records: sent, of: records },
        `${String(sent)} of ${String(records)} records ${dryRun ? 'compared' : 'entered'}`,
      );
    }
  } finally {
    progress.end();
  }
  return { ...total, left: [...new Set(total.left)] };
}

/** The lines in parts; a volume is in one part with its cartridge, the line before. */
async function* partsOf(file: string): AsyncGenerator<readonly CatalogueLine[]> {
  const reader = new CatalogueReader();
  let part: CatalogueLine[] = [];
  for await (const chunk of chunksOf(file)) {
    for (const line of reader.push(chunk)) {
      if (part.length >= PART.lines && line.kind !== 'volume') {
        yield part;
        part = [];
      }
      part.push(line);
    }
    if (part.at(-1)?.kind === 'cartridge') continue;
    if (part.length > 0) yield part;
    part = [];
  }
  reader.finish();
  if (part.length > 0) yield part;
}

function refuseNewer(file: string, newer: ImportOutcomeView['newer']): StorageError {
  const named = newer.slice(0, SHOWN).map(({ name, why }) => `${name} (${why})`);
  const more = newer.length > SHOWN ? `, and ${String(newer.length - SHOWN)} more` : '';
  return new StorageError(
    'INVENTORY_NEWER',
    `The inventory knows something that is not older than what ${file} tells, of: ${named.join(', ')}${more}. Nothing was changed. ` +
      'Leave these with --keep-newer, or name with --overwrite what is to give way.',
    { context: { file, records: newer.length } },
  );
}

function writeOutcome(
  { stdout }: CommandEnvironment,
  { header }: CatalogueSummary,
  { entered, same, newer, left, history }: ImportOutcomeView,
  isDry: boolean,
): void {
  const lines = [
    `the catalogue of ${header.node} as of ${formatTime(header.createdMs)}`,
    `${isDry ? 'would be entered' : 'entered'}: ${String(entered)} records; known already: ${String(same)}; of what happened, for people only: ${String(history)}`,
    ...newer.slice(0, SHOWN).map(({ name, why }) => `kept as it is here: ${name}, ${why}`),
    ...left.slice(0, SHOWN).map((why) => `left out: ${why}`),
  ];
  for (const line of lines) writeLine(stdout, printable(line));
}
