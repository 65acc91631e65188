import { expect } from 'chai';
import type { TapeDrive } from '../../src/drive/tape-drive.js';
import { Clauses } from '../support/clauses.js';
import { DriveBench, MEBIBYTE } from './tape-drive/drive-bench.js';
import { defineEndOfMediumClauses } from './tape-drive/end-of-medium.js';
import { defineFailuresClauses } from './tape-drive/failures.js';
import { defineHealthClauses } from './tape-drive/health.js';
import { defineLoadingClauses } from './tape-drive/loading.js';
import { defineMemoryClauses } from './tape-drive/memory.js';
import { defineNoMediumClauses } from './tape-drive/no-medium.js';
import { definePositionClauses } from './tape-drive/position.js';
import { defineProtectionClauses } from './tape-drive/protection.js';
import { defineTransferClauses } from './tape-drive/transfer.js';

/** What the suite needs of a world in which a drive can be used and misused. */
export interface TapeDriveFixture {
  /** Not opened. The mouth is empty. */
  readonly drive: TapeDrive;
  /** Shortest block that the drive takes, bytes; 1 when absent. */
  readonly shortestBlockBytes?: number;
  /** Of each block the medium keeps only so many bytes from its start, and its length; all of them when absent. */
  readonly keptBytes?: number;
  /** Another TapeDrive for the same device, as after a restart of the program; the old one is not used any more. */
  restarted(): TapeDrive;
  /** Puts a new cartridge, at least this large, into the mouth. */
  insertBlank(capacityBytes: number): void;
  /** Sets the tab of the cartridge, which is in the mouth, not loaded. */
  writeProtect(): void;
  /** The next attempt to write a block fails for the medium. */
  failNextWrite(): void;
  /** The next flush of the buffer to the medium fails. */
  failNextFlush(): void;
  /** From now on the block at this address cannot be read; the cartridge is loaded. */
  damageBlock(blockAddress: number): void;
  /** A reset of the drive by somebody else, which loses the position. */
  reset(): void;
  dispose(): void;
}

/**
 * The executable form of the contract in src/drive/tape-drive.ts, on one target. `untestable`: the clauses that it cannot show,
 * with the reason.
 */
export function describeTapeDriveContract(
  target: string,
  makeFixture: () => TapeDriveFixture,
  untestable: Readonly<Record<string, string>> = {},
): void {
  const contract = new Clauses('TapeDrive', target, untestable);
  const bench = new DriveBench();
  contract.suite(() => {
    beforeEach(() => {
      bench.begin(makeFixture());
    });
    afterEach(() => {
      bench.end();
    });

    defineNoMediumClauses(contract, bench);
    defineLoadingClauses(contract, bench);
    defineTransferClauses(contract, bench);
    definePositionClauses(contract, bench);
    defineEndOfMediumClauses(contract, bench);
    defineProtectionClauses(contract, bench);
    defineFailuresClauses(contract, bench);
    defineHealthClauses(contract, bench);
    defineMemoryClauses(contract, bench);

    contract.clause('tells what is known of the medium', () => {
      bench.loadBlank();
      const attributes = bench.drive.readMediumAttributes();
      // On tape it is there once some host has written it.
      if (attributes.barcode !== undefined) expect(attributes.barcode).to.match(/^[A-Z0-9]{8}$/);
      expect(attributes.capacityBytes).to.be.at.least(8 * MEBIBYTE);
      expect(attributes.remainingBytes).to.be.at.most(attributes.capacityBytes ?? 0);
    });
  });
}
