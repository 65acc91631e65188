import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilePort } from '../../src/device/linux-files.js';
import { DiskTarget } from '../../src/drive/disk-target.js';
import { FileDrive } from '../../src/drive/file-drive.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { TapeDriveFixture } from '../contract/tape-drive.contract.js';
import { FaultyFiles } from './faulty-files.js';

export const diskBarcode = (n: number): Barcode => `DSK${String(n).padStart(3, '0')}DK` as Barcode;

/** A FileDrive on real files in a directory of its own, below which single operations can fail. */
export class FileDriveFixture implements TapeDriveFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'tapeloom-disk-'));
  readonly files = new FaultyFiles(createFilePort());
  readonly drive = this.restarted();
  #volumes = 0;

  restarted(): FileDrive {
    return new FileDrive({ files: this.files, directory: this.directory });
  }

  target(capacityBytes: number): DiskTarget {
    return new DiskTarget({ drive: 'disk0', directory: this.directory, capacityBytes, files: this.files });
  }

  get barcode(): Barcode {
    return diskBarcode(this.#volumes);
  }

  get path(): string {
    return join(this.directory, `${this.barcode}.vol`);
  }

  insertBlank(capacityBytes: number): void {
    this.#volumes++;
    const target = this.target(capacityBytes);
    target.create(this.barcode);
    target.insert(this.barcode);
  }

  writeProtect(): void {
    writeFileSync(join(this.directory, `${this.barcode}.readonly`), '');
  }

  failNextWrite(): void {
    this.files.failNth('write', 1, { errno: 'EIO', partialBytes: 10 });
  }

  failNextFlush(): void {
    this.files.failNth('sync', 1, { errno: 'EIO' });
  }

  /** The disk cannot read the payload of that block. */
  damageBlock(blockAddress: number): void {
    const offset = recordOffset(readFileSync(this.path), blockAddress);
    this.files.plan = (operation) =>
      operation.kind === 'read' && operation.path === this.path && operation.offset === offset + 24
        ? { errno: 'EIO' }
        : null;
  }

  reset(): never {
    throw new Error('no other initiator can reset a file');
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Where the record of an object begins, by the published format. */
export function recordOffset(volume: Buffer, object: number): number {
  let offset = 4096;
  for (let n = 0; n < object; n++) offset += 24 + Math.ceil(volume.readUInt32LE(offset + 4) / 8) * 8;
  return offset;
}
