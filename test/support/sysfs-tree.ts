import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface MadeUpDevice {
  readonly scsiAddress: string;
  /** SCSI device type: 1 tape drive, 8 changer. */
  readonly type: number;
  readonly sg?: number;
  /** Its number as a tape drive. */
  readonly nst?: number;
  readonly serial?: string;
}

/** A directory laid out as sysfs and /dev/tape/by-id are, with made-up devices. */
export class SysfsTree {
  readonly root = mkdtempSync(join(tmpdir(), 'tapeloom-sysfs-'));
  readonly sysfs = join(this.root, 'sys');
  readonly links = join(this.root, 'by-id');

  constructor() {
    for (const directory of ['sys/bus/scsi/devices', 'sys/class/scsi_tape', 'by-id', 'dev'])
      mkdirSync(join(this.root, directory), { recursive: true });
  }

  /** Returns the device's directory. */
  add({ scsiAddress, type, sg, nst, serial }: MadeUpDevice): string {
    const device = join(this.sysfs, 'devices/pci0000:00/host3', scsiAddress);
    mkdirSync(device, { recursive: true });
    writeFileSync(join(device, 'type'), `${String(type)}\n`);
    writeFileSync(join(device, 'vendor'), 'TEST    \n');
    writeFileSync(join(device, 'model'), `${type === 8 ? 'LIBRARY' : 'DRIVE'}         \n`);
    writeFileSync(join(device, 'rev'), '1.0 \n');
    if (serial !== undefined)
      writeFileSync(
        join(device, 'vpd_pg80'),
        Buffer.concat([Uint8Array.of(type, 0x80, 0, serial.length), Buffer.from(serial, 'latin1')]),
      );
    if (sg !== undefined) mkdirSync(join(device, `scsi_generic/sg${String(sg)}`), { recursive: true });
    if (nst !== undefined) this.#addTape(device, `nst${String(nst)}`);
    symlinkSync(device, join(this.sysfs, 'bus/scsi/devices', scsiAddress));
    return device;
  }

  #addTape(device: string, name: string): void {
    mkdirSync(join(device, 'scsi_tape', name), { recursive: true });
    symlinkSync('../..', join(device, 'scsi_tape', name, 'device'));
    symlinkSync(join(device, 'scsi_tape', name), join(this.sysfs, 'class/scsi_tape', name));
  }

  /** A stand-in for a device node, and links to it. Returns the node's path. */
  link(node: string, ...names: readonly string[]): string {
    const path = join(this.root, 'dev', node);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    for (const name of names) symlinkSync(path, join(this.links, name));
    return path;
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
