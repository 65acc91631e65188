import { MT_OP } from '../../src/device/mtio.js';
import { OPEN_FLAGS } from '../../src/device/syscall-port.js';
import { MEDIUM_ERROR_ON_WRITE, StDriveFixture } from '../support/st-drive-fixture.js';
import { StNode } from './st-node/st-node.js';
import { describeStNodeContract, type StNodeFixture } from './st-node.contract.js';

/** The simulator's own `st`, without an StDrive. */
class SimulatedNodeFixture implements StNodeFixture {
  readonly #world = new StDriveFixture();
  readonly port = this.#world.port;
  readonly path = '/dev/nst0';

  insertBlank(capacityBytes: number): void {
    this.#world.insertBlank(capacityBytes);
    this.#awaitReady();
  }

  /** By hand, for which the drive must have ejected it. */
  writeProtect(): void {
    const node = new StNode(this.port, this.path);
    node.open();
    node.operate(MT_OP.offline);
    node.close();
    this.#world.writeProtect();
    this.#awaitReady();
  }

  /** An open that waits, for the drive that threads the tape. */
  #awaitReady(): void {
    this.port.close(this.port.open(this.path, OPEN_FLAGS.readOnly));
  }

  failNext(command: 'write' | 'filemark'): void {
    this.#world.failNext(command, MEDIUM_ERROR_ON_WRITE);
  }

  reset(): void {
    this.#world.reset();
  }

  dispose(): void {
    this.#world.dispose();
  }
}

describeStNodeContract('simulator', () => new SimulatedNodeFixture());
