import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listTapeDrives, type TapeDriveNode } from '../../../src/device/tape-discovery.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { decodeShortPosition, encodeReadPositionCdb, POSITION_LENGTH } from '../../../src/scsi/read-position.js';

const DEBUGFS = '/sys/kernel/debug';

/** Sense key, additional sense code and qualifier. */
export type SenseTriple = readonly [key: number, asc: number, ascq: number];

/** A small tape: the fewest blocks of whatever length that a partition may have. */
const SMALL_UNITS = 100;

/**
 * The tape drive that the kernel's own scsi_debug is with ptype=1, and what it can be told to do: it fails commands with any sense,
 * becomes write-protected, and its tape has as many blocks as one likes. Of each block it keeps the length and the first 4 bytes.
 */
export class ScsiDebugDrive {
  readonly node: TapeDriveNode;
  readonly #injections: string;

  constructor() {
    const [node] = listTapeDrives('/sys');
    if (node === undefined) throw new Error('scsi_debug shows no tape drive');
    this.node = node;
    if (!existsSync(join(DEBUGFS, 'scsi_debug'))) execFileSync('mount', ['-t', 'debugfs', 'debugfs', DEBUGFS]);
    this.#injections = join(DEBUGFS, 'scsi_debug', node.scsiAddress, 'error');
  }

  get genericPath(): string {
    if (this.node.genericPath === null) throw new Error('the drive has no sg node');
    return this.node.genericPath;
  }

  /** The next `times` commands with this operation code end with this sense and are not carried out. */
  fail(opcode: number, [key, asc, ascq]: SenseTriple, times: number | 'for-good'): void {
    const count = times === 'for-good' ? 1 : -times;
    // 2: fails a command; then count, operation code, host and driver byte, status (CHECK CONDITION), sense.
    this.#inject(['2', String(count), ...[opcode, 0, 0, 0x02, key, asc, ascq].map((byte) => `0x${byte.toString(16)}`)]);
  }

  /** Ends what `fail` began. */
  succeed(opcode: number): void {
    this.#inject(['2', '0', `0x${opcode.toString(16)}`, '0', '0', '0', '0', '0', '0']);
  }

  /** The next command with this operation code is never answered: the kernel aborts it after its timeout. */
  swallow(opcode: number): void {
    this.#inject(['0', '-1', `0x${opcode.toString(16)}`]);
  }

  #inject(words: readonly string[]): void {
    writeFileSync(this.#injections, `${words.join(' ')}\n`);
  }

  /** A blank tape: of 10,000 blocks, or a small one. Early warning is 20 blocks before its end. */
  format(size: 'large' | 'small'): void {
    if (size === 'small') {
      // Page 11h: one additional partition, sizes given (IDP), the first of SMALL_UNITS blocks, the second of the rest.
      const page = [0x11, 0x0a, 1, 1, 0x24, 3, 9, 0, 0, SMALL_UNITS, 0xff, 0xff];
      const parameters = Uint8Array.from([0, 0, 0x10, 8, ...new Uint8Array(8), ...page]);
      this.#raw([OPCODES.modeSelect6, 0x10, 0, 0, parameters.length, 0], parameters);
    }
    const FORMAT_MEDIUM = 0x04;
    this.#raw([FORMAT_MEDIUM, 0, size === 'small' ? 1 : 0, 0, 0, 0]);
  }

  set writeProtected(on: boolean) {
    writeFileSync('/sys/module/scsi_debug/parameters/wp', on ? 'Y' : 'N');
  }

  /** By somebody who does not know of `st`. */
  reset(): void {
    execFileSync('sg_reset', ['--device', this.genericPath], { stdio: 'ignore' });
  }

  /** Where the tape stands, asked past `st`. */
  readPosition(): number | null {
    const reply = this.#raw([...encodeReadPositionCdb('short')], undefined, POSITION_LENGTH.short);
    return decodeShortPosition(reply).firstLocation;
  }

  #raw(cdb: readonly number[], parameters?: Uint8Array, replyBytes = 0): Buffer {
    const send = parameters === undefined ? [] : ['-s', String(parameters.length)];
    const receive = replyBytes === 0 ? [] : ['-b', '-r', String(replyBytes)];
    const words = cdb.map((byte) => byte.toString(16).padStart(2, '0'));
    return execFileSync('sg_raw', [...send, ...receive, this.genericPath, ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(parameters === undefined ? {} : { input: parameters }),
    });
  }
}
