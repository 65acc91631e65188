import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../../sim/fault-plan.js';
import { ObjectLog } from '../../sim/object-log.js';
import { Rack } from '../../sim/rack.js';
import { SimSyscalls, type SimSyscallOptions } from '../../sim/sim-syscalls.js';
import { createFilePort } from '../../src/device/linux-files.js';
import { DiskTarget } from '../../src/drive/disk-target.js';
import { FileDrive } from '../../src/drive/file-drive.js';
import { StDrive } from '../../src/drive/st-drive.js';
import type { TapeDrive } from '../../src/drive/tape-drive.js';
import type { Barcode } from '../../src/terms/barcode.js';
import type { MemoryObject } from './memory-drive-thread.js';
import { VirtualBlockingClock } from './st-drive-fixture.js';

const CAPACITY_BYTES = 64 * 1024 * 1024;

/** Writes the objects with the drive code of the product, from the beginning of the medium. */
function writeObjects(drive: TapeDrive, objects: readonly MemoryObject[]): void {
  drive.load();
  for (const object of objects) {
    const outcome = object.kind === 'block' ? drive.writeBlock(object.bytes) : drive.writeFilemarks(1);
    if (outcome.kind !== 'written') throw new Error('the medium is too small');
  }
  drive.synchronize();
}

/** A disk volume in `directory`; returns the path of its file. */
export function writeDiskVolume(directory: string, barcode: Barcode, objects: readonly MemoryObject[]): string {
  mkdirSync(directory, { recursive: true });
  const files = createFilePort();
  const target = new DiskTarget({ drive: 'disk0', directory, capacityBytes: CAPACITY_BYTES, files });
  target.create(barcode);
  target.insert(barcode);
  const drive = new FileDrive({ files, directory });
  drive.open();
  writeObjects(drive, objects);
  drive.unload();
  drive.close();
  target.remove();
  return join(directory, `${barcode}.vol`);
}

/** A rack in `directory` with one drive; each tape's cartridge has the barcode of its number. */
export class TapeRack {
  readonly device = '/dev/nst0';
  readonly options: SimSyscallOptions;
  readonly #rack: Rack;

  /** `faults`: of the drive, whatever is in it. */
  constructor(directory: string, faults: readonly Fault[] = []) {
    mkdirSync(directory, { recursive: true });
    this.#rack = new Rack(createFilePort(), join(directory, 'rack'), [this.device]);
    this.options = {
      directory: join(directory, 'rack'),
      clock: 'virtual',
      // Whoever opens the drive next does not find it just switched on.
      drives: [{ path: this.device, generation: 'LTO-9', powerOnAttention: false, faults: { faults } }],
    };
  }

  /** Writes a new cartridge in the drive and leaves it there. */
  write(barcode: Barcode, objects: readonly MemoryObject[]): void {
    this.#rack.create(barcode, { capacityBytes: CAPACITY_BYTES });
    this.insert(barcode);
    const drive = new StDrive({
      port: new SimSyscalls(this.options),
      device: this.device,
      clock: new VirtualBlockingClock(),
    });
    drive.open();
    writeObjects(drive, objects);
    drive.unload();
    drive.close();
    this.#rack.remove(this.device);
  }

  insert(barcode: Barcode): void {
    this.#rack.insert(barcode, this.device);
  }

  /** Takes the cartridge out, whatever the drive does with it, and puts in another. */
  replace(barcode: Barcode): void {
    this.#rack.remove(this.device, { force: true });
    this.insert(barcode);
  }
}

/** What `dd` makes of a tape, one file a tape file; returns the directory. */
export function writeTapeFiles(directory: string, objects: readonly MemoryObject[]): string {
  mkdirSync(directory, { recursive: true });
  let blocks: Uint8Array[] = [];
  let file = 0;
  const finish = (): void => {
    writeFileSync(join(directory, String(file++)), Buffer.concat(blocks));
    blocks = [];
  };
  for (const object of objects)
    if (object.kind === 'block') blocks.push(object.bytes);
    else finish();
  finish();
  return directory;
}

/** The objects on a cartridge of a simulated rack, which no drive has open. */
export function readCartridgeObjects(rackDirectory: string, barcode: Barcode): readonly MemoryObject[] {
  const log = new ObjectLog(createFilePort(), join(rackDirectory, 'cartridges', barcode));
  try {
    return Array.from({ length: log.count }, (_, n): MemoryObject => {
      const { lengthBytes } = log.entry(n);
      if (lengthBytes === 0) return { kind: 'filemark' };
      const bytes = new Uint8Array(lengthBytes);
      log.read(n, bytes);
      return { kind: 'block', bytes };
    });
  } finally {
    log.close();
  }
}
