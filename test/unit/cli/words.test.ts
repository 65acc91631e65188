import { expect } from 'chai';
import { formatBytes, formatCrc, formatLocation, formatSeconds, formatTime } from '../../../src/cli/words.js';

describe('words', () => {
  it('give byte counts in decimal units, with three digits that count', () => {
    const texts = [0, 999, 1000, 1_500_000, 12_340_000, 999_900_000_000, 18e12, 2e18].map(formatBytes);
    expect(texts).to.deep.equal(['0 B', '999 B', '1.00 kB', '1.50 MB', '12.3 MB', '999.9 GB', '18.0 TB', '2000.0 PB']);
    expect(formatBytes('18446744073709551615')).to.equal('18446.7 PB');
  });

  it('give times in local time, and a dash for none', () => {
    expect(formatTime(new Date(2026, 10, 4, 3, 7, 9).getTime())).to.equal('2026-11-04 03:07:09');
    expect(formatTime(null)).to.equal('-');
  });

  it('give seconds, checksums and places', () => {
    expect([0.001, 9.994, 12.34].map(formatSeconds)).to.deep.equal(['0.00 s', '9.99 s', '12.3 s']);
    expect([0, 0xe3069283].map(formatCrc)).to.deep.equal(['00000000', 'e3069283']);
    expect(
      [
        { kind: 'slot', changer: 'lib', slot: 3 } as const,
        { kind: 'import-export', changer: 'lib', slot: 25 } as const,
        { kind: 'transport', changer: 'lib' } as const,
        { kind: 'drive', drive: 'tape0' } as const,
        { kind: 'vault', vault: 'bank', dueMs: null } as const,
        { kind: 'shelf' } as const,
        { kind: 'missing' } as const,
      ].map(formatLocation),
    ).to.deep.equal([
      'slot 3',
      'import/export slot 25',
      'in the hand of lib',
      'drive tape0',
      'vault bank',
      'shelf',
      'missing',
    ]);
  });
});
