import { expect } from 'chai';
import { describeSlowest } from '../../../src/cli/slowest-cause.js';

const NONE = { mount: 0, position: 0, waitForData: 0, waitForCredit: 0, write: 0, read: 0, flush: 0 };

describe('the sentence about who is slow', () => {
  it('concludes nothing from less than a second', () => {
    expect(describeSlowest('save', { ...NONE, write: 0.9 })).to.equal(null);
  });
  it('names the cause that most of the time went to, with its share', () => {
    expect(describeSlowest('save', { ...NONE, waitForData: 83, write: 17 })).to.equal(
      'The drive waits for its clients: 83 % of the time.',
    );
    expect(describeSlowest('save', { ...NONE, mount: 200, write: 100 })).to.equal(
      'It waits for a drive, a cartridge or an operator: 67 % of the time.',
    );
  });
  it('speaks of receivers where a restore waits', () => {
    const seconds = { ...NONE, waitForCredit: 3, read: 1 };
    expect(describeSlowest('restore', seconds)).to.equal('The drive waits for the receivers: 75 % of the time.');
    expect(describeSlowest('save', seconds)).to.equal(
      'The drive waits while clients wait for the buffer: 75 % of the time.',
    );
  });
});
