import { expect } from 'chai';
import { checkToken, hashToken } from '../../../src/protocol/credentials.js';

describe('credentials', () => {
  const hashes = new Map([['web01', hashToken('secret')]]);

  it('believe a client with its token and nobody else', () => {
    expect(checkToken(hashes, 'web01', 'secret')).to.equal(true);
    expect(checkToken(hashes, 'web01', 'Secret')).to.equal(false);
    expect(checkToken(hashes, 'web01', '')).to.equal(false);
    expect(checkToken(hashes, 'web02', 'secret')).to.equal(false);
    expect(checkToken(hashes, '__proto__', 'secret')).to.equal(false);
  });

  it('do not believe an unknown client whose token is the one the stand-in was made of', () => {
    expect(checkToken(hashes, 'nobody', '')).to.equal(false);
  });

  it('are kept as the SHA-256 that other programs compute', () => {
    expect(hashToken('secret')).to.equal('sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b');
  });
});
