import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { describeError } from '../base/storage-error.js';
import { BACKUP_LEVELS, type BackupLevel } from '../terms/stream-descriptor.js';
import type { StreamId } from '../terms/ids.js';
import { restoreStream, saveStream } from '../client/stream-client.js';
import type { StreamView } from '../protocol/control-api.js';
import { writeJson, writeLine, type CommandEnvironment } from './context.js';
import { addDataDoorOptions, findDataDoor, readCredentials, type DataDoorOptions } from './data-door-options.js';
import { addHoldCommands } from './hold-commands.js';
import { ProgressLine } from './progress-line.js';
import type { CommandRunner } from './run-command.js';
import { checkStreamId } from './stream-argument.js';
import { addJobOptions, runJob, type JobOptions } from './run-job.js';
import { formatPairs, formatTable } from './text-table.js';
import { UsageError } from './usage-error.js';
import { formatBytes, formatCrc, formatTime } from './words.js';

export function addStreamCommands(program: Command, run: CommandRunner): void {
  addSave(program, run);
  addRestore(program, run);
  const stream = program.command('stream').description('saved streams');
  stream
    .command('list')
    .option('--client <name>', 'only those of a client')
    .option('--name <name>', 'only those of a name')
    .addOption(new Option('--state <state>', 'only those in a state').choices(['open', 'complete', 'incomplete']))
    .option('--limit <number>', 'at most so many, newest first', parseLimit, 1000)
    .description('what was saved, newest first')
    .action(run(async (environment, options: ListOptions) => list(environment, options)));
  stream
    .command('show')
    .argument('<stream-id>')
    .option('--extents', 'also where each run of blocks lies')
    .description('all that is known of one')
    .action(
      run(async (environment, id: string, options: { extents?: true }) =>
        show(environment, checkStreamId(id), options.extents === true),
      ),
    );
  addJobOptions(stream.command('verify'))
    .argument('<stream-id...>')
    .description('read streams over all their volumes and check every block, their order, length and CRC')
    .action(
      run(async (environment, ids: string[], options: JobOptions) =>
        runJob(environment, { kind: 'verify-stream', streams: ids.map(checkStreamId) }, options),
      ),
    );
  addHoldCommands(stream, run);
}

interface SaveOptions extends DataDoorOptions {
  readonly name: string;
  readonly pool?: string;
  readonly level: BackupLevel;
  readonly basedOn?: string;
  readonly retentionDays?: number;
  readonly attribute: Readonly<Record<string, string>>;
}

function addSave(program: Command, run: CommandRunner): void {
  const save = program
    .command('save')
    .argument('<file>', 'what to save; - for the standard input')
    .requiredOption('--name <name>', 'what the stream is of')
    .option('--pool <name>', 'the pool to save to (TAPELOOM_POOL)')
    .addOption(new Option('--level <level>', 'level of the backup').choices(BACKUP_LEVELS).default('full'))
    .option('--based-on <stream-id>', 'the stream this one needs to be restored')
    .option('--retention-days <days>', "how long it must be kept; the pool's when not given", parseDays)
    .option('--attribute <key=value>', 'a word of your own; may be repeated', collectAttribute, {})
    .description('save a file or the standard input; prints the stream id; status 0 only when it is durable');
  addDataDoorOptions(save).action(
    run(async (environment, file: string, options: SaveOptions) => saveFile(environment, file, options)),
  );
}

async function saveFile(environment: CommandEnvironment, file: string, options: SaveOptions): Promise<void> {
  const credentials = readCredentials(environment, options);
  const pool = options.pool ?? environment.environment['TAPELOOM_POOL'];
  if (pool === undefined) throw new UsageError('Save to which pool? Give --pool or set TAPELOOM_POOL.');
  const basedOn = options.basedOn === undefined ? null : checkStreamId(options.basedOn);
  const door = await findDataDoor(environment, options);
  const source = await openInput(environment, file);
  const progress = new ProgressLine(environment);
  try {
    const saved = await saveStream({
      address: door,
      tls: door.tls,
      credentials,
      source,
      signal: environment.signal,
      software: `tapeloom ${environment.version}`,
      request: {
        name: options.name,
        pool,
        level: options.level,
        basedOn,
        retentionDays: options.retentionDays ?? null,
        attributes: options.attribute,
      },
      onProgress: ({ streamId, sentBytes, durableBytes, waiting }) => {
        progress.show(
          { message_type: 'progress', streamId, sentBytes, durableBytes, waiting },
          `${formatBytes(sentBytes)} sent, ${formatBytes(durableBytes)} durable${waiting === null ? '' : `; ${waiting}`}`,
        );
      },
    });
    progress.end();
    if (environment.options.json) writeJson(environment, { message_type: 'saved', ...saved });
    else writeLine(environment.stdout, saved.streamId);
  } finally {
    progress.end();
    source.destroy();
  }
}

/** Opened before the daemon is asked: a file that is not there is no stream. */
async function openInput(environment: CommandEnvironment, file: string): Promise<Readable> {
  if (file === '-') return environment.stdin;
  try {
    const handle = await open(file, 'r');
    return handle.createReadStream({ highWaterMark: READ_BYTES });
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${describeError(error)}`);
  }
}

/** As much as a block holds. */
const READ_BYTES = 1 << 20;

interface RestoreOptions extends DataDoorOptions {
  readonly offset?: number;
  readonly length?: number;
  readonly partial?: true;
}

function addRestore(program: Command, run: CommandRunner): void {
  const restore = program
    .command('restore')
    .argument('<stream-id>')
    .argument('<file>', 'where to; - for the standard output; an existing file is not overwritten')
    .option('--offset <bytes>', 'from this byte of the stream', parseByteCount)
    .option('--length <bytes>', 'so many bytes; to the end when not given', parseByteCount)
    .option('--partial', 'also of a stream that was never completed, as far as it is durable')
    .description('get a stream back; status 0 only when every byte was right');
  addDataDoorOptions(restore).action(
    run(async (environment, id: string, file: string, options: RestoreOptions) =>
      restoreFile(environment, checkStreamId(id), file, options),
    ),
  );
}

async function restoreFile(
  environment: CommandEnvironment,
  streamId: StreamId,
  file: string,
  options: RestoreOptions,
): Promise<void> {
  const credentials = readCredentials(environment, options);
  const door = await findDataDoor(environment, options);
  const destination = file === '-' ? environment.stdout : await openOutput(file);
  const progress = new ProgressLine(environment, file === '-');
  try {
    const restored = await restoreStream({
      address: door,
      tls: door.tls,
      credentials,
      destination,
      signal: environment.signal,
      software: `tapeloom ${environment.version}`,
      request: {
        streamId,
        offset: options.offset ?? 0,
        length: options.length ?? null,
        partial: options.partial === true,
      },
      onProgress: ({ restoredBytes, lengthBytes, waiting }) => {
        progress.show(
          { message_type: 'progress', streamId, restoredBytes, lengthBytes, waiting },
          `${formatBytes(restoredBytes)} of ${formatBytes(lengthBytes)}${waiting === null ? '' : `; ${waiting}`}`,
        );
      },
    });
    if (file !== '-') await endOutput(destination);
    progress.end();
    if (!restored.complete)
      writeLine(environment.stderr, `Stream ${streamId} was never completed: this is what of it is durable.`);
    if (environment.options.json && file !== '-') writeJson(environment, { message_type: 'restored', ...restored });
  } finally {
    progress.end();
  }
}

async function openOutput(file: string): Promise<Writable> {
  const output = createWriteStream(file, { flags: 'wx', flush: true });
  return new Promise((resolve, reject) => {
    output.once('open', () => {
      resolve(output);
    });
    output.once('error', (error) => {
      reject(new UsageError(`Cannot make ${file}: ${describeError(error)}`));
    });
  });
}

/** Restored means on the disk, as far as this machine can tell. */
async function endOutput(output: Writable): Promise<void> {
  output.end();
  await finished(output);
}

interface ListOptions {
  readonly client?: string;
  readonly name?: string;
  readonly state?: StreamView['state'];
  readonly limit: number;
}

async function list(environment: CommandEnvironment, options: ListOptions): Promise<void> {
  const { client, name, state, limit } = options;
  const streams = await environment.control.streams({ client, name, state, limit });
  if (environment.options.json) {
    writeJson(environment, { streams });
    return;
  }
  const rows = streams.map((stream) => [
    stream.streamId,
    stream.client,
    stream.name,
    stream.level,
    stream.state,
    formatBytes(stream.lengthBytes),
    formatTime(stream.startedMs),
    formatKeeping(stream),
    stream.volumes.map((volume) => volume.barcode).join(' '),
  ]);
  const head = ['STREAM', 'CLIENT', 'NAME', 'LEVEL', 'STATE', 'BYTES', 'STARTED', 'KEPT', 'VOLUMES'];
  writeLine(environment.stdout, formatTable(head, rows));
}

async function show(environment: CommandEnvironment, streamId: StreamId, withExtents: boolean): Promise<void> {
  const stream = await environment.control.stream(streamId);
  const extents = withExtents ? await environment.control.extents(streamId) : null;
  if (environment.options.json) {
    const listed = extents && { extentList: extents.extents, extentListTruncated: extents.truncated };
    writeJson(environment, { ...stream, ...listed });
    return;
  }
  writeLine(environment.stdout, formatPairs(describeStream(stream)));
  if (extents === null) return;
  const rows = extents.extents.map((extent) => [
    extent.barcode,
    String(extent.blockAddress),
    String(extent.blocks),
    String(extent.offset),
    String(extent.bytes),
  ]);
  writeLine(environment.stdout, `\n${formatTable(['VOLUME', 'BLOCK', 'BLOCKS', 'OFFSET', 'BYTES'], rows)}`);
  if (extents.truncated) writeLine(environment.stdout, `... and more: these are the first ${String(rows.length)}.`);
}

function describeStream(stream: StreamView): readonly (readonly [string, string])[] {
  return [
    ['stream', stream.streamId],
    ['client', stream.client],
    ['name', stream.name],
    ['pool', stream.pool],
    ['level', stream.basedOn === null ? stream.level : `${stream.level}, based on ${stream.basedOn}`],
    ['state', stream.reason === '' ? stream.state : `${stream.state} (${stream.reason})`],
    ['bytes', `${String(stream.lengthBytes)} (${formatBytes(stream.lengthBytes)})`],
    ['CRC32C', formatCrc(stream.crc32c)],
    ['blocks', `${String(stream.blocks)} in ${String(stream.extents)} extents`],
    ['volumes', stream.volumes.map((volume) => volume.barcode).join(' ')],
    ['data of', formatTime(stream.timeMs)],
    ['saved', `${formatTime(stream.startedMs)} to ${formatTime(stream.endedMs)}`],
    ['kept', formatKeeping(stream)],
    ['retained until', formatTime(stream.retentionEndMs)],
    ...(stream.hold === null
      ? []
      : [['held', `since ${formatTime(stream.hold.sinceMs)} by ${stream.hold.who}: ${stream.hold.reason}`] as const]),
    ...Object.entries(stream.attributes).map(([key, value]) => [`@${key}`, value] as const),
  ];
}

/** Why it is kept, in a word or two. */
function formatKeeping({ keeping, neededBy, retentionEndMs }: StreamView): string {
  switch (keeping) {
    case 'open':
      return 'being written';
    case 'held':
      return 'held';
    case 'retained':
      return `until ${formatTime(retentionEndMs)}`;
    case 'needed':
      return `needed by ${neededBy ?? ''}`;
    case 'expired':
      return 'expired';
  }
}

function parseByteCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new UsageError(`"${text}" is not a number of bytes`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 10_000) return limit;
  throw new UsageError(`"${text}" is not a number from 1 to 10000`);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && days <= 36_500) return days;
  throw new UsageError(`"${text}" is not a number of days from 0 to 36500`);
}

function collectAttribute(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`"${text}" is not key=value`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
