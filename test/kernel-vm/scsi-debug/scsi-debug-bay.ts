import { OPCODES } from '../../../src/scsi/cdb.js';
import type { ScsiDebugDrive, SenseTriple } from './scsi-debug-drive.js';

const NO_MEDIUM: SenseTriple = [0x2, 0x3a, 0x00];
const WRITE_ERROR: SenseTriple = [0x3, 0x0c, 0x00];

/** What a drive without a cartridge answers with NO_MEDIUM. */
const NEED_MEDIUM = [
  OPCODES.testUnitReady,
  OPCODES.rewind,
  OPCODES.read6,
  OPCODES.write6,
  OPCODES.writeFilemarks6,
  OPCODES.space6,
  OPCODES.erase6,
  OPCODES.loadUnload,
  OPCODES.locate10,
  OPCODES.readPosition,
];

/** scsi_debug as a drive with a mouth, which it has not: that there is no cartridge is said by failing commands. */
export class ScsiDebugBay {
  readonly drive: ScsiDebugDrive;
  readonly path: string;
  readonly shortestBlockBytes = 512;
  readonly keptBytes = 4;

  constructor(drive: ScsiDebugDrive) {
    this.drive = drive;
    this.path = drive.node.devicePath;
    drive.writeProtected = false;
    for (const opcode of NEED_MEDIUM) drive.fail(opcode, NO_MEDIUM, 'for-good');
  }

  /** The small tape has the capacity of nothing that is larger than 2 MiB in blocks of 32 KiB. */
  insertBlank(capacityBytes: number): void {
    for (const opcode of NEED_MEDIUM) this.drive.succeed(opcode);
    this.drive.format(capacityBytes <= 2 * 1024 * 1024 ? 'small' : 'large');
  }

  writeProtect(): void {
    this.drive.writeProtected = true;
  }

  failNext(command: 'write' | 'filemark'): void {
    this.drive.fail(command === 'write' ? OPCODES.write6 : OPCODES.writeFilemarks6, WRITE_ERROR, 1);
  }

  reset(): void {
    this.drive.reset();
  }

  empty(): void {
    this.drive.writeProtected = false;
  }
}
