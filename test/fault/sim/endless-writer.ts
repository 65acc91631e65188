import { writeSync } from 'node:fs';
import { encodeMtOperation, MT_OP, MTIO } from '../../../src/device/mtio.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { SimSyscalls } from '../../../sim/sim-syscalls.js';

/** Block `number` of the endless writer: its length and bytes follow from the number. */
export function numberedBlock(number: number): Uint8Array {
  return new Uint8Array(1 + ((number * 37) % 5000)).fill(number & 0xff);
}

const BLOCKS_PER_FILEMARK = 50;

/** The program that is killed: writes numbered blocks and, after each filemark, how many there are by then to standard output. */
function writeEndlessly(directory: string, device: string): never {
  const port = new SimSyscalls({ directory, clock: 'off', drives: [{ path: device, generation: 'LTO-9' }] });
  const fd = port.open(device, OPEN_FLAGS.readWrite);
  for (let written = 0; ;) {
    if (port.write(fd, numberedBlock(written)) < 0) throw new Error(`block ${String(written)} was not written`);
    if (++written % BLOCKS_PER_FILEMARK !== 0) continue;
    const marked = port.ioctl(fd, MTIO.operate, encodeMtOperation({ op: MT_OP.writeFilemarks, count: 1 }));
    if (marked !== 0) throw new Error(`filemark: ${String(marked)}`);
    writeSync(1, `${String(written)}\n`);
  }
}

const [, program, directory, device] = process.argv;
if (program?.endsWith('endless-writer.js') === true && directory !== undefined && device !== undefined)
  writeEndlessly(directory, device);
