import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { listTapeDrives, type TapeDriveNode } from '../../../src/device/tape-discovery.js';
import { TgtLibrary } from '../../support/tgt-library.js';

const ADDRESS = '127.0.0.1';
const DRIVES = 2;
const SLOTS = 12;
const IMPORT_EXPORT_SLOTS = 2;

/** What `mtx status` shows in one element. */
export interface MtxElement {
  readonly kind: 'drive' | 'slot' | 'import-export';
  readonly number: number;
  /** '' when it is empty or has no tag. */
  readonly tag: string;
  readonly isFull: boolean;
}

/**
 * tgt's library as the kernel's st, sg and ch drivers serve it, over the kernel's own iSCSI initiator. Of one guest there is one, as
 * long as that runs.
 */
export class AttachedLibrary {
  static #only: Promise<AttachedLibrary> | null = null;
  readonly library: TgtLibrary;

  private constructor(library: TgtLibrary) {
    this.library = library;
  }

  static async get(): Promise<AttachedLibrary> {
    return (this.#only ??= this.#attach());
  }

  static async #attach(): Promise<AttachedLibrary> {
    const home = '/var/tmp/library';
    const library = await TgtLibrary.start({
      home,
      address: ADDRESS,
      drives: DRIVES,
      slots: SLOTS,
      importExportSlots: IMPORT_EXPORT_SLOTS,
    });
    mkdirSync('/etc/iscsi', { recursive: true });
    writeFileSync('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.2026-01.example.tapeloom:initiator\n');
    execFileSync('iscsid');
    // iscsid answers a moment after it has put itself into the background.
    while (spawnSync('iscsiadm', ['-m', 'discovery', '-t', 'sendtargets', '-p', ADDRESS]).status !== 0) await delay(50);
    execFileSync('iscsiadm', ['-m', 'node', '-p', ADDRESS, '--login'], { stdio: 'ignore' });
    const attached = new AttachedLibrary(library);
    while (!attached.#isThere()) await delay(50);
    return attached;
  }

  #isThere(): boolean {
    const drives = listTapeDrives('/sys');
    return (
      drives.length === DRIVES && drives.every((drive) => existsSync(drive.devicePath)) && this.#findChanger() !== null
    );
  }

  /** Drive 0 or 1 as the library counts them: by its serial number, not by the order in which the kernel found it. */
  drive(number: number): TapeDriveNode {
    const serial = `DRIVE${String(number + 1)}`;
    const found = listTapeDrives('/sys').find((drive) => drive.serial === serial);
    if (found === undefined) throw new Error(`the kernel shows no tape drive with serial number ${serial}`);
    return found;
  }

  /** The SCSI generic node of the changer. */
  get changerPath(): string {
    const node = this.#findChanger();
    if (node === null) throw new Error('the kernel shows no changer');
    return node;
  }

  #findChanger(): string | null {
    const line = execFileSync('lsscsi', ['-g'], { encoding: 'utf8' })
      .split('\n')
      .find((one) => one.includes('mediumx'));
    return line?.trim().split(/\s+/).at(-1) ?? null;
  }

  /** Moves by somebody else than the program under test. */
  mtx(...args: readonly (string | number)[]): string {
    return execFileSync('mtx', ['-f', this.changerPath, ...args.map(String)], { encoding: 'utf8' });
  }

  /** The elements as mtx sees them. */
  mtxElements(): readonly MtxElement[] {
    const form = /^\s*(Data Transfer|Storage) Element (\d+)( IMPORT\/EXPORT)?:(Full|Empty)(?:.*VolumeTag ?= ?(\S*))?/gm;
    return [...this.mtx('status').matchAll(form)].map(([, type, number, exit, state, tag = '']) => ({
      kind: type === 'Data Transfer' ? 'drive' : exit === undefined ? 'slot' : 'import-export',
      number: Number(number),
      tag,
      isFull: state === 'Full',
    }));
  }

  /** No cartridge is anywhere any more. */
  clear(): void {
    const everySlot = Array.from({ length: SLOTS + IMPORT_EXPORT_SLOTS }, (_, index) => index + 1);
    for (const slot of everySlot) this.library.clearSlot(slot);
    // A drive lets its cartridge go to a slot only.
    for (const { kind, number, isFull } of this.mtxElements())
      if (kind === 'drive' && isFull) this.mtx('unload', number + 1, number);
    for (const slot of everySlot) this.library.clearSlot(slot);
  }
}
