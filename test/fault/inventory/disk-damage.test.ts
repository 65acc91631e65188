import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, isStorageError } from '../../../src/base/storage-error.js';
import { LevelStore } from '../../../src/inventory/level-store.js';
import { StoredInventory } from '../../../src/inventory/stored-inventory.js';
import {
  SAMPLE_CHANGES,
  auditRecord,
  readContent,
  rejectionOf,
  streamOn,
  type InventoryContent,
} from '../../support/inventory-samples.js';
import { volumeIdOf, volumeRecord } from '../../support/records.js';

/** Positions tried in each file: every one of a small file, evenly spread ones of a large file. */
const POSITIONS = 300;

describe('an inventory on a disk that changes its bytes', () => {
  let root: string;
  let original: string;
  let content: InventoryContent;

  /** Tables from three starts, and commits that are only in the log. */
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'tapeloom-damage-'));
    original = join(root, 'original');
    for (let start = 0; start < 3; start++) {
      const inventory = new StoredInventory(new LevelStore(original));
      await inventory.open();
      for (const change of start === 0 ? SAMPLE_CHANGES : [{ volumes: [volumeRecord(3)] }])
        await inventory.commit(change);
      for (let i = 0; i < 12; i++) await inventory.commit(streamOn(100 * (start + 1) + i, [3], 12));
      await inventory.commit({ audit: [auditRecord(start)], volumes: [volumeRecord(1, { mounts: start })] });
      content = await readContent(inventory);
      await inventory.close();
    }
    expect(content.streamsOnVolume[volumeIdOf(3)]).to.have.length(36);
  });

  after(() => {
    rmSync(root, { recursive: true });
  });

  /** Opens a copy after `damage`: it tells the right content, or says that it is damaged. */
  async function expectRightOrRefused(what: string, damage: (directory: string) => void): Promise<'right' | 'refused'> {
    const copy = join(root, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(original, copy, { recursive: true });
    damage(copy);
    const inventory = new StoredInventory(new LevelStore(copy));
    const error = await rejectionOf(inventory.open());
    if (error !== null) {
      expect(isStorageError(error, 'INVENTORY_CORRUPT', 'INVENTORY_IO'), `${what}: ${describeError(error)}`).to.equal(
        true,
      );
      const again = await rejectionOf(new StoredInventory(new LevelStore(copy)).open());
      expect(again, `${what}, opened again`).to.not.equal(null);
      return 'refused';
    }
    expect(await readContent(inventory), what).to.deep.equal(content);
    await inventory.commit({ audit: [auditRecord(77)] });
    await inventory.close();
    const again = new StoredInventory(new LevelStore(copy));
    await again.open();
    expect(await again.audit(1), `${what}, written on`).to.deep.equal([auditRecord(77)]);
    await again.close();
    return 'right';
  }

  const files = (): readonly string[] =>
    ['acknowledged', ...readdirSync(join(original, 'leveldb')).map((name) => join('leveldb', name))].filter(
      (name) => !/\/LO(G|G\.old|CK)$/.test(name),
    );

  for (const kind of ['.ldb', '.log', 'MANIFEST', 'CURRENT'])
    it(`is refused with any byte of ${kind} flipped`, async () => {
      for (const name of files().filter((one) => one.includes(kind))) {
        const bytes = readFileSync(join(original, name));
        const step = Math.max(1, bytes.length / POSITIONS);
        for (let i = 0; i * step < bytes.length; i++) {
          const at = Math.floor(i * step);
          const result = await expectRightOrRefused(`byte ${String(at)} of ${name}`, (directory) => {
            const damaged = Buffer.from(bytes);
            damaged[at] = (bytes[at] as number) ^ (1 << (i % 8));
            writeFileSync(join(directory, name), damaged);
          });
          expect(result, `byte ${String(at)} of ${name}`).to.equal('refused');
        }
      }
    });

  it('opens with any byte of a slot of "acknowledged" flipped, and is refused with one of each', async () => {
    const bytes = readFileSync(join(original, 'acknowledged'));
    const flip = (directory: string, ...positions: readonly number[]): void => {
      const damaged = Buffer.from(bytes);
      for (const at of positions) damaged[at] = (bytes[at] as number) ^ (1 << (at % 8));
      writeFileSync(join(directory, 'acknowledged'), damaged);
    };
    // A slot of 13 bytes, and the other in the next page.
    expect(bytes).to.have.length(4096 + 13);
    for (let i = 0; i < 13; i++) {
      for (const at of [i, 4096 + i])
        expect(
          await expectRightOrRefused(`byte ${String(at)}`, (directory) => {
            flip(directory, at);
          }),
        ).to.equal('right');
      const both = await expectRightOrRefused(`byte ${String(i)} of both`, (directory) => {
        flip(directory, i, 4096 + i);
      });
      expect(both).to.equal('refused');
    }
  });

  it('is refused with any file missing', async () => {
    for (const name of files()) {
      const result = await expectRightOrRefused(`without ${name}`, (directory) => {
        rmSync(join(directory, name));
      });
      expect(result, name).to.equal('refused');
    }
  });

  it('is refused with its log, manifest or a table cut short, wherever', async () => {
    for (const name of files().filter((one) => /\.ldb|\.log|MANIFEST/.test(one))) {
      const { length } = readFileSync(join(original, name));
      for (let part = 0; part < 20; part++) {
        const left = Math.floor((length * part) / 20);
        const result = await expectRightOrRefused(`${name} cut to ${String(left)} bytes`, (directory) => {
          truncateSync(join(directory, name), left);
        });
        expect(result, `${name} cut to ${String(left)} bytes`).to.equal('refused');
      }
    }
  });

  it('is refused when all of its database is gone, instead of beginning anew', async () => {
    const result = await expectRightOrRefused('without the database', (directory) => {
      rmSync(join(directory, 'leveldb'), { recursive: true });
    });
    expect(result).to.equal('refused');
  });
});
