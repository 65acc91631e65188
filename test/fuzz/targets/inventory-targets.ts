import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from '../../../src/base/crc32c.js';
import { describeError, isStorageError } from '../../../src/base/storage-error.js';
import { sealEnvelope } from '../../../src/inventory/envelope.js';
import { LevelStore } from '../../../src/inventory/level-store.js';
import { LeveldbDamage, readManifest } from '../../../src/inventory/leveldb-manifest.js';
import { checkTable } from '../../../src/inventory/leveldb-table.js';
import { maskCrc } from '../../../src/inventory/leveldb-varint.js';
import type { RecordCodec } from '../../../src/inventory/record-codec.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import { CODEC_OF_TABLE } from '../../../src/inventory/stored-records.js';
import { tableOfKey, type Table } from '../../../src/inventory/tables.js';
import { readContent, rejectionOf, SAMPLE_CHANGES, streamOn } from '../../support/inventory-samples.js';
import { MemoryStore } from '../../support/memory-store.js';
import { acceptedBy, must, mustEqual, oneOf, seedsOf, type FuzzTarget } from '../fuzz-target.js';

const TABLES = Object.keys(CODEC_OF_TABLE) as readonly Table[];
const REFUSALS = ['INVENTORY_CORRUPT', 'INVENTORY_VERSION'] as const;
const ENVELOPE_BYTES = 5;

interface StoredValue {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Every record of an inventory that has some of each kind. */
async function readValues(): Promise<readonly StoredValue[]> {
  const store = new MemoryStore();
  const inventory = new StoredInventory(store);
  await inventory.open();
  for (const change of SAMPLE_CHANGES) await inventory.commit(change);
  const values: StoredValue[] = [];
  for await (const [key, value] of store.iterate('', '\x7f')) values.push({ key, value: Uint8Array.from(value) });
  await inventory.close();
  return values;
}

/** Records by their values: the first byte says the table, whose codec must know the rest. */
function recordTargets(values: readonly StoredValue[]): readonly FuzzTarget[] {
  const ofTable = (table: Table): readonly StoredValue[] => values.filter(({ key }) => tableOfKey(key) === table);
  const keyOf = (table: Table): string => ofTable(table)[0]?.key ?? `${table}/x`;
  const codecOf = (table: Table): RecordCodec<unknown> => CODEC_OF_TABLE[table];
  return [
    {
      name: 'records',
      seeds: seedsOf(TABLES.map((table) => ofTable(table).map(({ value }) => value.subarray(ENVELOPE_BYTES)))),
      share: 1,
      check(input) {
        const { choice: table, rest } = oneOf(TABLES, input);
        const key = keyOf(table);
        const codec = codecOf(table);
        const record = acceptedBy(REFUSALS, () => codec.decode(key, sealEnvelope(key, rest)));
        if (record === null) return;
        mustEqual(codec.decode(key, codec.encode(key, record)), record, 'a record that was taken can be kept');
      },
    },
    {
      name: 'sealed-records',
      seeds: seedsOf(TABLES.map((table) => ofTable(table).map(({ value }) => value))),
      share: 0.5,
      check(input) {
        const { choice: table, rest } = oneOf(TABLES, input);
        for (const { key, value } of ofTable(table)) {
          const record = acceptedBy(REFUSALS, () => codecOf(table).decode(key, rest));
          must(record === null || rest.equals(value), 'nothing but what was written under its key passes its checksum');
        }
      },
    },
  ];
}

/** LevelDB's own files of an inventory with a few tables and a log. */
interface SampleDatabase {
  readonly directory: string;
  readonly content: unknown;
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
}

async function makeDatabase(directory: string): Promise<SampleDatabase> {
  let content: unknown;
  for (let start = 0; start < 2; start++) {
    const inventory = new StoredInventory(new LevelStore(directory));
    await inventory.open();
    if (start === 0) for (const change of SAMPLE_CHANGES) await inventory.commit(change);
    for (let i = 0; i < 4; i++) await inventory.commit(streamOn(100 * (start + 1) + i, [1], 6));
    content = await readContent(inventory);
    await inventory.close();
  }
  const names = readdirSync(join(directory, 'leveldb')).filter((name) => !/^LO(G|G\.old|CK)$/.test(name));
  const files = ['acknowledged', ...names.map((name) => join('leveldb', name))].map((name) => ({
    name,
    bytes: readFileSync(join(directory, name)),
  }));
  return { directory, content, files };
}

/** The CRC of each fragment of a log, as far as they can be followed. */
function mendManifest(input: Buffer): Buffer {
  for (let at = 0; at + 7 <= input.length;) {
    const end = at + 7 + input.readUInt16LE(at + 4);
    if (end > input.length) break;
    input.writeUInt32LE(maskCrc(crc32c(input.subarray(at + 6, end))), at);
    at = end;
  }
  return input;
}

/** A table of one block for the data, its meta index and its index, around any bytes. */
function mendTable(input: Buffer): Buffer {
  const third = Math.floor(input.length / 3);
  const pieces = [input.subarray(0, third), input.subarray(third, 2 * third), input.subarray(2 * third)];
  const footer = Buffer.alloc(48);
  const handles = pieces.map((piece, i) => [
    pieces.slice(0, i).reduce((sum, { length }) => sum + length + 5, 0),
    piece.length,
  ]);
  Buffer.concat([...varints(handles[1] ?? []), ...varints(handles[2] ?? [])]).copy(footer);
  footer.writeUInt32LE(0x8b80_fb57, 40);
  footer.writeUInt32LE(0xdb47_7524, 44);
  const blocks = pieces.flatMap((piece) => {
    const typed = Buffer.concat([piece, Buffer.of(0)]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(maskCrc(crc32c(typed)));
    return [typed, crc];
  });
  return Buffer.concat([...blocks, footer]);
}

function varints(values: readonly number[]): readonly Buffer[] {
  return values.map((value) => {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    return Buffer.from([...bytes, rest]);
  });
}

function refusesOrTakes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof LeveldbDamage)) throw error;
    return false;
  }
}

function fileTargets({ files }: SampleDatabase): readonly FuzzTarget[] {
  const of = (pattern: RegExp): readonly Buffer[] =>
    files.filter(({ name }) => pattern.test(name)).map(({ bytes }) => bytes);
  const tables = of(/\.ldb$/);
  return [
    {
      name: 'leveldb-manifest',
      seeds: of(/MANIFEST/),
      mend: mendManifest,
      share: 0.5,
      check(input) {
        refusesOrTakes(() => readManifest(input));
      },
    },
    {
      name: 'leveldb-table',
      seeds: tables,
      mend: mendTable,
      share: 0.3,
      check(input, mended) {
        const isTaken = refusesOrTakes(() => {
          checkTable(input);
        });
        if (!mended && isTaken)
          must(
            tables.some((table) => table.equals(input)),
            'a table with a changed byte is refused',
          );
      },
    },
  ];
}

/** A whole inventory with one file changed: it tells what it was told, or that it is damaged. Milliseconds each. */
function databaseTarget(database: SampleDatabase, directory: string): FuzzTarget {
  return {
    name: 'leveldb-directory',
    seeds: seedsOf(database.files.map(({ bytes }) => [bytes])),
    share: 0.0005,
    async check(input) {
      const { choice: file, rest } = oneOf(database.files, input);
      const copy = mkdtempSync(join(directory, 'copy-'));
      try {
        cpSync(database.directory, copy, { recursive: true });
        writeFileSync(join(copy, file.name), rest);
        const inventory = new StoredInventory(new LevelStore(copy));
        const error = await rejectionOf(inventory.open());
        if (error === null) {
          mustEqual(await readContent(inventory), database.content, 'an inventory that opens tells what it was told');
          await inventory.close();
        } else
          must(
            isStorageError(error, 'INVENTORY_CORRUPT', 'INVENTORY_IO', 'INVENTORY_VERSION'),
            `an inventory that does not open says why: ${describeError(error)}`,
          );
      } finally {
        rmSync(copy, { recursive: true });
      }
    },
  };
}

/** `directory` is for the databases; the caller removes it. */
export async function makeInventoryTargets(directory: string): Promise<readonly FuzzTarget[]> {
  const database = await makeDatabase(join(directory, 'original'));
  return [...recordTargets(await readValues()), ...fileTargets(database), databaseTarget(database, directory)];
}

export function makeFuzzDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'tapeloom-fuzz-'));
}
