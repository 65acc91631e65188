import { MT_OP } from '../../src/device/mtio.js';
import type { SyscallPort } from '../../src/device/syscall-port.js';
import { Clauses } from '../support/clauses.js';
import { testBlock } from '../support/test-block.js';
import { defineClosingClauses } from './st-node/closing.js';
import { defineFailingClauses } from './st-node/failing.js';
import { defineMovingClauses } from './st-node/moving.js';
import { defineOpeningClauses } from './st-node/opening.js';
import { ROOM_BYTES, StNode, type CallResult } from './st-node/st-node.js';
import { defineTransferringClauses } from './st-node/transferring.js';

/** What the suite needs of a world with a tape node in it. */
export interface StNodeFixture {
  readonly port: SyscallPort;
  /** The node that does not rewind when it is closed. */
  readonly path: string;
  /** Shortest block that the drive takes, bytes; 1 when absent. */
  readonly shortestBlockBytes?: number;
  /** The drive sets the end-of-medium flag with BLANK CHECK, and `st` gives the whole room for the end of the data. */
  readonly misreadsEndOfData?: boolean;
  /** Loads a new cartridge, at least this large. The node is not open. */
  insertBlank(capacityBytes: number): void;
  /** Sets the tab of the cartridge. The node is not open. */
  writeProtect(): void;
  /** The next write, or filemark, ends with MEDIUM ERROR. */
  failNext(command: 'write' | 'filemark'): void;
  /** A reset of the drive by somebody else. */
  reset(): void;
  dispose(): void;
}

/** The node, and blocks for it. */
export class NodeBench {
  #fixture: StNodeFixture | null = null;
  #node: StNode | null = null;

  begin(fixture: StNodeFixture): void {
    this.#fixture = fixture;
    this.#node = this.another();
  }

  end(): void {
    this.node.close();
    this.fixture.dispose();
  }

  get fixture(): StNodeFixture {
    if (this.#fixture === null) throw new Error('no test is running');
    return this.#fixture;
  }

  get node(): StNode {
    if (this.#node === null) throw new Error('no test is running');
    return this.#node;
  }

  /** The same node for somebody else. */
  another(): StNode {
    return new StNode(this.fixture.port, this.fixture.path);
  }

  /** Of block n. */
  lengthOf(n: number): number {
    return (this.fixture.shortestBlockBytes ?? 1) + n * 100;
  }

  block(n: number): Uint8Array {
    return testBlock(n, this.lengthOf(n));
  }

  /** What a read of all the room gives at the end of the data. */
  endOfData(behind: 'a block' | 'a filemark'): CallResult {
    if (this.fixture.misreadsEndOfData === true) return ROOM_BYTES;
    return behind === 'a block' ? '-EIO' : 0;
  }

  /** Opens a new cartridge and writes; a string is a filemark. */
  openWith(...objects: readonly (number | 'filemark')[]): void {
    this.fixture.insertBlank(1024 * 1024);
    this.node.open();
    this.node.operate(MT_OP.rewind);
    for (const object of objects)
      if (object === 'filemark') this.node.operate(MT_OP.writeFilemarks);
      else this.node.write(this.block(object));
  }
}

/**
 * What Linux's `st` makes of open, read, write, close and ioctl, as far as StDrive relies on it: the executable form of FACTS about
 * drivers/scsi/st.c, for the simulator to follow.
 */
export function describeStNodeContract(
  target: string,
  makeFixture: () => StNodeFixture,
  untestable: Readonly<Record<string, string>> = {},
): void {
  const contract = new Clauses('tape node of st', target, untestable);
  const bench = new NodeBench();
  contract.suite(() => {
    beforeEach(() => {
      bench.begin(makeFixture());
    });
    afterEach(() => {
      bench.end();
    });

    defineOpeningClauses(contract, bench);
    defineTransferringClauses(contract, bench);
    defineClosingClauses(contract, bench);
    defineMovingClauses(contract, bench);
    defineFailingClauses(contract, bench);
  });
}
