import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '../../src/base/error-codes.js';

const SYSEXITS = new Set([0, 1, 64, 65, 66, 69, 70, 71, 73, 74, 75, 76, 77, 78, 130]);

describe('docs/ERRORS.md', () => {
  // Tests run in the package's root.
  const rows = [
    ...readFileSync('docs/ERRORS.md', 'utf8').matchAll(/^\| ([A-Z_]+) \| (.*?) \| (\d+) \| (\d+) \| (.*) \|$/gm),
  ].map(
    ([, code, disposition, exitCode, httpStatus, meaning]) =>
      [code, { disposition, exitCode: Number(exitCode), httpStatus: Number(httpStatus), meaning }] as const,
  );

  it('lists every code with what the code table says of it, and no other', () => {
    expect(Object.fromEntries(rows)).to.deep.equal(ERROR_CODES);
    expect(rows).to.have.length(Object.keys(ERROR_CODES).length);
  });

  it('gives every code an exit status of sysexits(3)', () => {
    for (const { exitCode } of Object.values(ERROR_CODES)) expect(SYSEXITS.has(exitCode)).to.equal(true);
  });
});
