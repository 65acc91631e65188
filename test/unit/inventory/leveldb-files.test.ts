import { expect } from 'chai';
import { Level } from 'level';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../../src/base/random.js';
import { LeveldbDamage, readManifest } from '../../../src/inventory/leveldb-manifest.js';
import { checkTable } from '../../../src/inventory/leveldb-table.js';

const tableName = (number: number): string => `${String(number).padStart(6, '0')}.ldb`;

describe("the reader of LevelDB's files", () => {
  let directory: string;
  const keys = new Set<string>();

  /** Long keys make long edits, so that the manifest has several blocks of 32 KiB and records across their ends. */
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-leveldb-'));
    const database = new Level<string, Uint8Array>(directory, {
      valueEncoding: 'view',
      compression: false,
      writeBufferSize: 64 * 1024,
      maxFileSize: 1024 * 1024,
    });
    const random = new SeededRandom(1);
    for (let i = 0; i < 4000; i++) {
      const value = new Uint8Array(200 + random.below(2000));
      random.fill(value);
      const key = String(random.below(10_000)).padStart(1500, 'k');
      keys.add(key);
      await database.put(key, value);
    }
    await database.close();
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  const manifest = (): Uint8Array => {
    const name = readFileSync(join(directory, 'CURRENT'), 'utf8').trim();
    return readFileSync(join(directory, name));
  };

  it('lists tables that are there, with their sizes, and all that the database needs', async () => {
    const bytes = manifest();
    expect(bytes.length).to.be.greaterThan(3 * 32 * 1024);
    const listed = new Map(readManifest(bytes).map(({ number, sizeBytes }) => [tableName(number), sizeBytes]));
    expect(listed.size).to.be.greaterThan(3);
    for (const [name, sizeBytes] of listed) expect(statSync(join(directory, name)).size, name).to.equal(sizeBytes);
    // Without the others, which compactions left behind, nothing is missing.
    const copy = join(directory, 'copy');
    mkdirSync(copy);
    for (const name of readdirSync(directory).filter(
      (one) => /^(CURRENT|MANIFEST|.*\.log$)/.test(one) || listed.has(one),
    ))
      copyFileSync(join(directory, name), join(copy, name));
    const database = new Level(copy, { compression: false });
    expect(await database.keys().all()).to.have.length(keys.size);
    await database.close();
  });

  it('reads a manifest whose last record is unfinished up to there, as LevelDB does', () => {
    const bytes = manifest();
    expect(readManifest(bytes.subarray(0, bytes.length - 1)).length).to.be.greaterThan(0);
  });

  it('finds every table good, and bad with any bit flipped or any byte cut off', () => {
    const tables = readManifest(manifest()).map(({ number }) => readFileSync(join(directory, tableName(number))));
    for (const table of tables) checkTable(table);
    const [smallest] = tables.sort((a, b) => a.length - b.length);
    if (smallest === undefined) throw new Error('there are tables');
    // Footer and indexes byte by byte, the data in steps.
    for (let at = 0; at < smallest.length; at += at < smallest.length - 2000 ? 997 : 1) {
      const damaged = Buffer.from(smallest);
      damaged[at] = (smallest[at] as number) ^ (1 << (at % 8));
      expect(
        () => {
          checkTable(damaged);
        },
        `byte ${String(at)} flipped`,
      ).to.throw(LeveldbDamage);
    }
    for (const length of [0, 1, 47, 48, smallest.length - 48, smallest.length - 1])
      expect(
        () => {
          checkTable(smallest.subarray(0, length));
        },
        `cut to ${String(length)}`,
      ).to.throw(LeveldbDamage);
  });
});
