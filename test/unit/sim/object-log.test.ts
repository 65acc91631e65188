import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createFilePort } from '../../../src/device/linux-files.js';
import { OBJECT_ENTRY_BYTES } from '../../../sim/object-entry.js';
import { ObjectLog } from '../../../sim/object-log.js';
import { block } from './sim-bench.js';

describe('The object log of a simulated tape', () => {
  let directory: string;
  const files = createFilePort();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-log-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** Lengths of the objects; 0 is a filemark. Every block must read back. */
  function content(log: ObjectLog): number[] {
    return Array.from({ length: log.count }, (_, object) => {
      const { lengthBytes } = log.entry(object);
      const into = new Uint8Array(lengthBytes);
      if (lengthBytes > 0) expect(log.read(object, into)).to.equal(lengthBytes);
      expect(into).to.deep.equal(lengthBytes > 0 ? block(lengthBytes) : into);
      return lengthBytes;
    });
  }

  function fill(log: ObjectLog, lengths: readonly number[]): void {
    for (const length of lengths) {
      if (length === 0) log.appendFilemark();
      else log.appendBlock(block(length), length, Infinity);
    }
  }

  it('gives everything back after it was closed and opened again', () => {
    const log = new ObjectLog(files, directory);
    fill(log, [10, 20, 0, 30, 0, 0, 5]);
    log.close();
    const again = new ObjectLog(files, directory);
    expect(content(again)).to.deep.equal([10, 20, 0, 30, 0, 0, 5]);
    expect(again.filemarks).to.deep.equal([2, 4, 5]);
    expect(again.nativeBefore(7)).to.equal(65);
    again.close();
  });

  it('drops everything behind a place that is written over, before and after it was flushed', () => {
    for (const flushed of [false, true]) {
      const log = new ObjectLog(files, directory);
      log.truncate(0);
      fill(log, [10, 20, 0, 30, 0, 40]);
      if (flushed) log.flush();
      log.truncate(3);
      expect([log.filemarks, log.nativeBefore(3)]).to.deep.equal([[2], 30]);
      fill(log, [7, 0]);
      log.close();
      const again = new ObjectLog(files, directory);
      expect(content(again), flushed ? 'flushed' : 'pending').to.deep.equal([10, 20, 0, 7, 0]);
      again.close();
    }
  });

  it('has, after a kill at any moment, a prefix of what was written that holds all that was flushed', () => {
    const log = new ObjectLog(files, directory);
    fill(log, [10, 0, 20]);
    log.flush();
    fill(log, [30, 40]);
    // Not closed: what a killed process leaves behind.
    const again = new ObjectLog(files, directory);
    expect(content(again)).to.deep.equal([10, 0, 20]);
    again.close();
    log.close();
  });

  it('survives its index and its data being cut at every byte', () => {
    const lengths = [10, 0, 20, 7, 0];
    const log = new ObjectLog(files, directory);
    fill(log, lengths);
    log.close();
    const index = readFileSync(`${directory}/objects.idx`);
    const data = readFileSync(`${directory}/objects.dat`);
    const put = (indexBytes: number, dataBytes: number): void => {
      writeFileSync(`${directory}/objects.idx`, index.subarray(0, indexBytes));
      writeFileSync(`${directory}/objects.dat`, data.subarray(0, dataBytes));
    };
    for (let cut = 0; cut <= index.length; cut++) {
      put(cut, data.length);
      const torn = new ObjectLog(files, directory);
      expect(content(torn)).to.deep.equal(lengths.slice(0, Math.floor(cut / OBJECT_ENTRY_BYTES)));
      torn.close();
    }
    for (let cut = 0; cut <= data.length; cut++) {
      put(index.length, cut);
      const torn = new ObjectLog(files, directory);
      expect(content(torn)).to.deep.equal(lengths.slice(0, torn.count));
      expect(torn.count).to.equal(cut < 10 ? 0 : cut < 30 ? 2 : cut < 37 ? 3 : 5);
      torn.close();
    }
  });

  it('takes neither garbage nor zeros behind the last entry for objects, and goes on writing over them', () => {
    const log = new ObjectLog(files, directory);
    fill(log, [10, 20]);
    log.close();
    appendFileSync(`${directory}/objects.idx`, new Uint8Array(3 * OBJECT_ENTRY_BYTES));
    appendFileSync(`${directory}/objects.dat`, block(100));
    const again = new ObjectLog(files, directory);
    expect(again.count).to.equal(2);
    fill(again, [30]);
    again.close();
    const third = new ObjectLog(files, directory);
    expect(content(third)).to.deep.equal([10, 20, 30]);
    third.close();
  });

  it('ends before a damaged entry', () => {
    const log = new ObjectLog(files, directory);
    fill(log, [10, 20, 30]);
    log.close();
    const index = readFileSync(`${directory}/objects.idx`);
    index[OBJECT_ENTRY_BYTES + 17] = 0xff;
    writeFileSync(`${directory}/objects.idx`, index);
    const again = new ObjectLog(files, directory);
    expect(content(again)).to.deep.equal([10]);
    again.close();
  });

  it('keeps only the start of blocks when told to, and reads zeros behind it', () => {
    const log = new ObjectLog(files, directory);
    log.appendBlock(block(1000), 1000, 256);
    log.appendBlock(block(100), 100, 256);
    log.flush();
    expect(statSync(`${directory}/objects.dat`).size).to.equal(356);
    const into = new Uint8Array(1000).fill(9);
    expect(log.read(0, into)).to.equal(1000);
    expect(into.subarray(0, 256)).to.deep.equal(block(1000).subarray(0, 256));
    expect(into.subarray(256).every((byte) => byte === 0)).to.equal(true);
    log.close();
  });

  it('finds any of many objects, forwards and backwards', () => {
    const log = new ObjectLog(files, directory);
    const count = 10_000;
    for (let i = 0; i < count; i++) log.appendBlock(block(1 + (i % 3)), i % 100, Infinity);
    for (const object of [0, 9999, 5000, 4095, 4096, 1, 8191, 8192, 3, 9998])
      expect(log.entry(object).lengthBytes, String(object)).to.equal(1 + (object % 3));
    log.truncate(4000);
    expect(log.entry(3999).lengthBytes).to.equal(1 + (3999 % 3));
    expect(log.count).to.equal(4000);
    log.close();
    truncateSync(`${directory}/objects.dat`, 0);
    const empty = new ObjectLog(files, directory);
    expect(empty.count).to.equal(0);
    empty.close();
  });
});
