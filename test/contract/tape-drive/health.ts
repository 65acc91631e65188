import { expect } from 'chai';
import type { Clauses } from '../../support/clauses.js';
import { MEBIBYTE, type DriveBench } from './drive-bench.js';

export function defineHealthClauses(contract: Clauses, bench: DriveBench): void {
  contract.group('its health', () => {
    contract.clause('is told without a medium, part by part', () => {
      bench.drive.open();
      const health = bench.drive.readHealth();
      expect(health).to.have.keys(
        'tapeAlerts',
        'writeErrors',
        'readErrors',
        'deviceStatus',
        'volumeStatistics',
        'capacity',
      );
      expect(health.tapeAlerts ?? []).to.deep.equal([]);
      expect([health.capacity, bench.drive.readCapacity()]).to.deep.equal([null, null]);
    });

    contract.clause('of a healthy drive has no raised flags and no uncorrected errors', () => {
      bench.loadBlank();
      bench.write(1, 2);
      const { tapeAlerts, writeErrors, readErrors } = bench.drive.readHealth();
      expect(tapeAlerts ?? []).to.deep.equal([]);
      expect(writeErrors?.uncorrected ?? 0).to.equal(0);
      expect(readErrors?.uncorrected ?? 0).to.equal(0);
    });

    contract.clause('is asked without moving the medium or spoiling what is being written', () => {
      bench.loadBlank();
      bench.write(1);
      bench.drive.readHealth();
      bench.drive.readCapacity();
      bench.write(2);
      expect(bench.drive.readPosition().blockAddress).to.equal(2);
      bench.drive.writeFilemarks(1);
      bench.drive.readHealth();
      expect(bench.drive.readPosition().blockAddress).to.equal(3);
      expect(bench.readAll()).to.deep.equal([1, 2, 'filemark']);
    });

    contract.clause('knows how much still fits, and less and less does', () => {
      bench.loadBlank(16 * MEBIBYTE);
      const empty = bench.drive.readCapacity();
      expect(empty?.totalBytes).to.be.at.least(15 * MEBIBYTE);
      expect(empty?.remainingBytes)
        .to.be.at.most(empty?.totalBytes ?? 0)
        .and.at.least((empty?.totalBytes ?? 0) - MEBIBYTE);
      for (let n = 0; n < 5; n++) bench.drive.writeBlock(bench.block(n, MEBIBYTE));
      bench.drive.synchronize();
      const fuller = bench.drive.readCapacity();
      expect(fuller?.totalBytes).to.equal(empty?.totalBytes);
      expect((empty?.remainingBytes ?? 0) - (fuller?.remainingBytes ?? 0))
        .to.be.at.least(5 * MEBIBYTE)
        .and.at.most(6 * MEBIBYTE);
      expect(bench.drive.readHealth().capacity).to.deep.equal(fuller);
    });
  });
}
