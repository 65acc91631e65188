import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface TgtLibraryOptions {
  /** An empty folder of its own: cartridges, socket and log. */
  readonly home: string;
  /** Of the machine itself, to listen on at the iSCSI port. */
  readonly address: string;
  /** The iSCSI port when not told. */
  readonly port?: number;
  readonly drives: number;
  readonly slots: number;
  readonly importExportSlots: number;
}

const ISCSI_PORT = 3260;
const TARGET_NUMBER = 1;
const FIRST_SLOT = 1024;
const FIRST_IMPORT_EXPORT_SLOT = 900;
const TRANSPORT = 16;
const ELEMENT_TYPES = { transport: 1, storage: 2, importExport: 3, drive: 4 } as const;

/**
 * A tape library that nobody here wrote: Debian's tgt, an iSCSI target whose drives keep each cartridge in a file. Drives are the
 * logical units 1 and up, with serial numbers DRIVE1..., and the element addresses 1 and up; the changer is the unit behind them.
 */
export class TgtLibrary {
  readonly target = 'iqn.2026-01.example.tapeloom:library';
  readonly #options: TgtLibraryOptions;
  readonly #daemon: ChildProcess;

  private constructor(options: TgtLibraryOptions, daemon: ChildProcess) {
    this.#options = options;
    this.#daemon = daemon;
  }

  static async start(options: TgtLibraryOptions): Promise<TgtLibrary> {
    mkdirSync(options.home, { recursive: true });
    const log = openSync(join(options.home, 'tgtd.log'), 'a');
    const daemon = spawn('tgtd', ['-f', '--iscsi', `portal=${options.address}:${String(options.port ?? ISCSI_PORT)}`], {
      stdio: ['ignore', log, log],
      env: { ...process.env, TGT_IPC_SOCKET: join(options.home, 'ipc') },
    });
    closeSync(log);
    const library = new TgtLibrary(options, daemon);
    await library.#answering();
    library.#configure();
    return library;
  }

  async stop(): Promise<void> {
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) return;
    const ended = once(this.#daemon, 'exit');
    this.#daemon.kill('SIGKILL');
    await ended;
    rmSync(this.#options.home, { recursive: true, force: true });
  }

  get changerUnit(): number {
    return this.#options.drives + 1;
  }

  get log(): string {
    return readFileSync(join(this.#options.home, 'tgtd.log'), 'utf8');
  }

  /** A new cartridge in storage slot `slot`, counted from 1. What was there is gone. */
  addCartridge(barcode: string, slot: number, capacityBytes: number): void {
    this.#makeCartridge(this.cartridgeFile(barcode), barcode, capacityBytes);
    const address = FIRST_SLOT + slot - 1;
    this.#change({ element_type: ELEMENT_TYPES.storage, address, barcode, sides: 1 });
  }

  /** Takes the cartridge, if any, out of a slot, counted as mtx does: import/export slots behind the storage slots. */
  clearSlot(slot: number): void {
    const { slots } = this.#options;
    const isStorage = slot <= slots;
    this.#change({
      element_type: isStorage ? ELEMENT_TYPES.storage : ELEMENT_TYPES.importExport,
      address: isStorage ? FIRST_SLOT + slot - 1 : FIRST_IMPORT_EXPORT_SLOT + slot - slots - 1,
      clear_slot: 1,
    });
  }

  /** Once it lies nowhere any more. */
  destroyCartridge(barcode: string): void {
    rmSync(this.cartridgeFile(barcode), { force: true });
  }

  cartridgeFile(barcode: string): string {
    return join(this.#options.home, barcode);
  }

  /** Whether the drive, counted from 0, takes what it holds for write-protected. */
  setWriteProtected(drive: number, on: boolean): void {
    this.#updateUnit(drive + 1, `readonly=${on ? '1' : '0'}`);
  }

  async #answering(): Promise<void> {
    for (;;) {
      if (this.#daemon.exitCode !== null) throw new Error(`tgtd ended at its start: ${this.log}`);
      try {
        this.#admin('sys', '--op', 'show');
        return;
      } catch {
        await delay(20);
      }
    }
  }

  #configure(): void {
    const { drives, slots, importExportSlots, home } = this.#options;
    const numbers = Array.from({ length: drives }, (_, drive) => drive + 1);
    this.#admin('target', '--op', 'new', '--tid', String(TARGET_NUMBER), '--targetname', this.target);
    for (const unit of numbers) this.#addDrive(unit);
    const changerFile = join(home, 'changer');
    writeFileSync(changerFile, new Uint8Array(1024));
    this.#addUnit(this.changerUnit, changerFile, '--device-type=changer');
    this.#addElements(ELEMENT_TYPES.drive, 1, drives);
    for (const unit of numbers)
      this.#change({ element_type: ELEMENT_TYPES.drive, address: unit, tid: TARGET_NUMBER, lun: unit });
    this.#addElements(ELEMENT_TYPES.transport, TRANSPORT, 1);
    if (importExportSlots > 0)
      this.#addElements(ELEMENT_TYPES.importExport, FIRST_IMPORT_EXPORT_SLOT, importExportSlots);
    this.#addElements(ELEMENT_TYPES.storage, FIRST_SLOT, slots);
    this.#updateUnit(this.changerUnit, `media_home=${home}`);
    this.#admin('target', '--op', 'bind', '--tid', String(TARGET_NUMBER), '--initiator-address', 'ALL');
  }

  /** A drive must have a cartridge when it is made; it is taken out of it at once and is in no slot. */
  #addDrive(unit: number): void {
    const file = join(this.#options.home, `made-with-drive-${String(unit)}`);
    this.#makeCartridge(file, 'MADE', 1);
    this.#addUnit(unit, file, '--device-type=tape', '--bstype=ssc');
    this.#updateUnit(unit, `online=0,scsi_sn=DRIVE${String(unit)}`);
  }

  #addUnit(unit: number, file: string, ...kind: readonly string[]): void {
    this.#admin(
      'logicalunit',
      '--op',
      'new',
      '--tid',
      String(TARGET_NUMBER),
      '--lun',
      String(unit),
      '-b',
      file,
      ...kind,
    );
  }

  #addElements(elementType: number, first: number, count: number): void {
    this.#change({ element_type: elementType, start_address: first, quantity: count });
  }

  #change(parameters: Readonly<Record<string, string | number>>): void {
    const list = Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
    this.#updateUnit(this.changerUnit, list.join(','));
  }

  #updateUnit(unit: number, parameters: string): void {
    this.#admin(
      'logicalunit',
      '--op',
      'update',
      '--tid',
      String(TARGET_NUMBER),
      '--lun',
      String(unit),
      '--params',
      parameters,
    );
  }

  #admin(mode: string, ...rest: readonly string[]): void {
    this.#run('tgtadm', '--lld', 'iscsi', '--mode', mode, ...rest);
  }

  #makeCartridge(file: string, barcode: string, capacityBytes: number): void {
    const megabytes = String(Math.ceil(capacityBytes / (1024 * 1024)));
    rmSync(file, { force: true });
    this.#run(
      'tgtimg',
      '--op',
      'new',
      '--device-type',
      'tape',
      '--barcode',
      barcode,
      '--size',
      megabytes,
      '--type',
      'data',
      '--file',
      file,
    );
  }

  #run(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TGT_IPC_SOCKET: join(this.#options.home, 'ipc') },
    });
  }
}
