import type { Fault } from '../../sim/fault-plan.js';
import { SimSyscalls } from '../../sim/sim-syscalls.js';
import type { FilePort } from '../../src/device/file-port.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';

export interface MachineOptions {
  readonly files: FilePort;
  readonly rackDirectory: string;
  /** Device paths. */
  readonly drives: readonly string[];
  readonly faultsOf: (drive: string) => readonly Fault[];
  /** For the faults that are random. */
  readonly seed: number;
}

/** The kernel and the drives from one power-on to the next: they outlive the daemon's process, not a power cut. */
export class Machine {
  readonly port: SyscallPort;
  readonly #outside: SimSyscalls;
  readonly #open = new Set<number>();

  constructor({ files, rackDirectory, drives, faultsOf, seed }: MachineOptions) {
    const outside = new SimSyscalls(
      {
        directory: rackDirectory,
        clock: 'virtual',
        drives: drives.map((path) => ({ path, generation: 'LTO-8', faults: { seed, faults: faultsOf(path) } })),
      },
      { files },
    );
    this.#outside = outside;
    const open = this.#open;
    this.port = {
      open: (path, flags) => {
        const fd = outside.open(path, flags);
        if (fd >= 0) open.add(fd);
        return fd;
      },
      close: (fd) => {
        open.delete(fd);
        return outside.close(fd);
      },
      read: (fd, into) => outside.read(fd, into),
      write: (fd, bytes) => outside.write(fd, bytes),
      ioctl: (fd, request, argument) => outside.ioctl(fd, request, argument),
      sgIo: (fd, header, cdb, data, sense) => outside.sgIo(fd, header, cdb, data, sense),
    };
  }

  /** The kernel closes what the process had open: `st` ends a file that was being written. */
  processEnded(): void {
    for (const fd of this.#open) this.#outside.close(fd);
    this.#open.clear();
  }
}
