import { expect } from 'chai';
import { formatPairs, formatTable } from '../../../src/cli/text-table.js';

describe('text table', () => {
  it('puts columns two spaces apart, without borders, colours or trailing blanks', () => {
    expect(
      formatTable(
        ['NAME', 'STATE', ''],
        [
          ['a', 'idle', 'x'],
          ['longer', 'down', ''],
        ],
      ),
    ).to.equal(['NAME    STATE', 'a       idle   x', 'longer  down'].join('\n'));
  });

  it('has its head when there are no rows', () => {
    expect(formatTable(['NAME', 'STATE'], [])).to.equal('NAME  STATE');
  });

  it('is made in the time of a blink, however many rows it has', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => ['TPL001L9', String(i)]);
    expect(formatTable(['VOLUME', 'BLOCK'], rows).split('\n')).to.have.length(100_001);
  });

  it('counts characters, not their bytes or halves', () => {
    expect(
      formatTable(
        ['N', 'X'],
        [
          ['größe', '1'],
          ['gro\u0308ße', '2'],
          ['a\u{1f4be}bcd', '3'],
          ['x', '4'],
        ],
      ),
    ).to.equal(['N      X', 'größe  1', 'gro\u0308ße  2', 'a\u{1f4be}bcd  3', 'x      4'].join('\n'));
  });

  it('aligns the values of pairs', () => {
    expect(
      formatPairs([
        ['a', '1'],
        ['long', ''],
        ['bc', '2'],
      ]),
    ).to.equal('a:    1\nlong:\nbc:   2');
  });

  it('lets no word steer the terminal or make a line of its own', () => {
    const hostile = '\u001b[2Jx\r\nTPL001L9 append\u009b';
    expect(formatTable(['A'], [[hostile]])).to.equal('A\n\\x1b[2Jx\\x0d\\x0aTPL001L9 append\\x9b');
    expect(formatPairs([['@k\n', hostile]])).to.equal('@k\\x0a: \\x1b[2Jx\\x0d\\x0aTPL001L9 append\\x9b');
  });
});
