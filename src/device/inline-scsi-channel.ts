import type { ScsiChannel } from './scsi-channel.js';
import type { SgCommand, SgCompletion } from './sg-command.js';
import { SgNode } from './sg-node.js';
import type { SyscallPort } from './syscall-port.js';

/** A ScsiChannel without a thread: calls block the caller, so that a world with a virtual clock stays deterministic. */
export class InlineScsiChannel implements ScsiChannel {
  readonly device: string;
  readonly #node: SgNode;

  constructor(port: SyscallPort, device: string) {
    this.device = device;
    this.#node = new SgNode(port, device);
  }

  async open(): Promise<number> {
    return this.#node.open();
  }

  async execute(command: SgCommand): Promise<SgCompletion> {
    return this.#node.execute(command);
  }

  async close(): Promise<void> {
    this.#node.close();
  }
}
