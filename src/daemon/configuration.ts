import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TomlError, parse } from 'smol-toml';
import type { z } from 'zod';
import { isLoopbackAddress } from '../base/loopback-address.js';
import { StorageError, describeError } from '../base/storage-error.js';
import { STAND_ALONE_CHANGER } from '../changer/manual-changer.js';
import { OWN_CLIENT } from '../terms/own-streams.js';
import { configurationSchema, keysInTable } from './configuration-schema.js';
import { findKeyLine, nearestKey } from './configuration-text.js';

export type Configuration = Readonly<z.output<typeof configurationSchema>>;
export type ClientConfiguration = Configuration['clients'][number];

/** A file and what it said, to point at a line of it. */
interface Source {
  readonly file: string;
  readonly text: string;
  readonly tables: Readonly<Record<string, unknown>>;
}

/**
 * Reads the configuration: the file, then `conf.d/*.toml` beside it in the order of their names. A later file overrides the keys
 * it has, and adds to the lists ([[drive]], [[pool]], [[client]]).
 * CONFIG_SYNTAX, CONFIG_KEY, CONFIG_UNSAFE: each names file, line and key and says what is allowed.
 */
export function loadConfiguration(file: string): Configuration {
  const folder = join(dirname(file), 'conf.d');
  const more = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.toml'))
        .sort()
        .map((name) => join(folder, name))
    : [];
  const sources = [file, ...more].map((one) => readSource(one));
  return parseConfiguration(sources);
}

function readSource(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StorageError('CONFIG_SYNTAX', `The configuration ${file} cannot be read: ${describeError(cause)}.`, {
      cause,
      context: { file },
    });
  }
  try {
    return { file, text, tables: parse(text) };
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [problem] = cause.message.split('\n');
    throw new StorageError(
      'CONFIG_SYNTAX',
      `${file}:${String(cause.line)}:${String(cause.column)}: not TOML: ${problem ?? cause.message}.`,
      { cause, context: { file, line: cause.line, column: cause.column } },
    );
  }
}

function parseConfiguration(sources: readonly Source[]): Configuration {
  const merged: Record<string, unknown> = {};
  for (const { tables } of sources) mergeTables(merged, tables);
  const result = configurationSchema.safeParse(merged, { reportInput: true });
  if (!result.success) {
    const [issue] = result.error.issues;
    throw keyError(sources, issue === undefined ? [] : issue.path.map(keyOf), describeIssue(issue));
  }
  checkTogether(sources, result.data);
  return deepFreeze(result.data);
}

function mergeTables(into: Record<string, unknown>, from: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(from)) {
    const before = into[key];
    if (Array.isArray(before) && Array.isArray(value)) into[key] = [...(before as unknown[]), ...(value as unknown[])];
    else if (isTable(before) && isTable(value)) into[key] = { ...before, ...value };
    else into[key] = value;
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function keyOf(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue | undefined): string {
  if (issue === undefined) return 'is wrong';
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const [table] = issue.path;
    const near = nearestKey(key, keysInTable(typeof table === 'string' ? table : null));
    return `has a key "${key}" that means nothing here${near === null ? '' : `; did you mean "${near}"?`}`;
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return `is missing (${issue.message})`;
  // A token in place of its hash must not get into the log.
  const isSecret = issue.path.at(-1) === 'token_sha256';
  const isShort = issue.input !== undefined && typeof issue.input !== 'object';
  const given = isShort && !isSecret ? ` (given: ${JSON.stringify(issue.input)})` : '';
  return `is wrong: ${issue.message}${given}`;
}

/** Points at the line. `unrecognized_keys` names the table; the key itself is looked for in it. */
function keyError(
  sources: readonly Source[],
  path: readonly (string | number)[],
  problem: string,
  code: 'CONFIG_KEY' | 'CONFIG_UNSAFE' = 'CONFIG_KEY',
): StorageError {
  const unknown = /has a key "([^"]*)"/.exec(problem)?.[1];
  const wanted = unknown === undefined ? path : [...path, unknown];
  const { file, line } = locate(sources, wanted);
  const key = formatPath(path);
  return new StorageError(
    code,
    `${file}${line === null ? '' : `:${String(line)}`}: ${key === '' ? 'the configuration' : key} ${problem}. The daemon did not start.`,
    { context: { file, line, key: formatPath(wanted) } },
  );
}

function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${String(part)}]` : i === 0 ? part : `.${part}`)).join('');
}

/** The file and line a key stands on; the number of a list's entry counts over all files. */
function locate(sources: readonly Source[], path: readonly (string | number)[]): { file: string; line: number | null } {
  const [head, index] = path;
  let skipped = 0;
  for (const { file, text, tables } of [...sources].reverse()) {
    if (typeof index === 'number') continue;
    const line = head === undefined || !(head in tables) ? null : findKeyLine(text, path);
    if (line !== null) return { file, line };
  }
  if (typeof index === 'number' && typeof head === 'string') {
    for (const { file, text, tables } of sources) {
      const entries = Array.isArray(tables[head]) ? (tables[head] as unknown[]).length : 0;
      if (index < skipped + entries)
        return { file, line: findKeyLine(text, [head, index - skipped, ...path.slice(2)]) };
      skipped += entries;
    }
  }
  return { file: sources[0]?.file ?? '', line: null };
}

/** What no single key can say. */
function checkTogether(sources: readonly Source[], configuration: Configuration): void {
  const { dataDoor, drives, pools, clients } = configuration;
  const hasTls = dataDoor.tlsCertificate !== null && dataDoor.tlsKey !== null;
  if ((dataDoor.tlsCertificate === null) !== (dataDoor.tlsKey === null))
    throw keyError(sources, ['data_door'], 'needs both tls_certificate and tls_key, or neither');
  if (!isLoopbackAddress(dataDoor.host) && !hasTls)
    throw keyError(
      sources,
      ['data_door', 'host'],
      `is ${dataDoor.host}, which others can reach, and without TLS tokens and data would cross the network in the clear: give tls_certificate and tls_key, or listen on 127.0.0.1`,
      'CONFIG_UNSAFE',
    );
  refuseTwice(sources, 'drive', drives);
  checkChangers(sources, configuration);
  refuseTwice(sources, 'pool', pools);
  refuseTwice(sources, 'client', clients);
  for (const [i, client] of clients.entries())
    if (client.name === OWN_CLIENT)
      throw keyError(sources, ['client', i, 'name'], `is "${OWN_CLIENT}", which names what the node itself saves`);
  for (const [i, pool] of pools.entries())
    if (!drives.some((drive) => drive.kind === pool.kind))
      throw keyError(sources, ['pool', i, 'kind'], `is "${pool.kind}", but no drive is of that kind`);
}

/** The changers, and the drives that stand in them. */
function checkChangers(sources: readonly Source[], { changers, drives }: Configuration): void {
  refuseTwice(sources, 'changer', changers);
  for (const [i, { name }] of changers.entries()) {
    if (name === STAND_ALONE_CHANGER)
      throw keyError(
        sources,
        ['changer', i, 'name'],
        `is "${name}", which is what serves the drives without a changer`,
      );
    // Disk targets are changers of their own, under the names of their drives.
    if (drives.some((drive) => drive.name === name))
      throw keyError(sources, ['changer', i, 'name'], `is "${name}", as a drive is`);
    if (!drives.some((drive) => drive.kind === 'tape' && drive.changer === name))
      throw keyError(sources, ['changer', i, 'name'], `is "${name}", but no [[drive]] says changer = "${name}"`);
  }
  const places = new Set<string>();
  for (const [i, drive] of drives.entries()) {
    if (drive.kind === 'disk') continue;
    const { changer, changerDrive } = drive;
    if (changer === null && changerDrive !== null)
      throw keyError(sources, ['drive', i, 'changer_drive'], 'is given, but no changer that the drive stands in');
    if (changer === null) continue;
    if (!changers.some(({ name }) => name === changer))
      throw keyError(sources, ['drive', i, 'changer'], `is "${changer}", but no [[changer]] has this name`);
    const place = `${changer}/${String(changerDrive)}`;
    if (changerDrive !== null && places.has(place))
      throw keyError(
        sources,
        ['drive', i, 'changer_drive'],
        `is ${String(changerDrive)}, as that of another drive of changer "${changer}" is`,
      );
    places.add(place);
  }
}

function refuseTwice(sources: readonly Source[], list: string, entries: readonly { readonly name: string }[]): void {
  for (const [i, { name }] of entries.entries())
    if (entries.findIndex((one) => one.name === name) < i)
      throw keyError(sources, [list, i, 'name'], `is "${name}", as another ${list} is`);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
