import { expect } from 'chai';
import { describeErrno, ERRNO, errnoName } from '../../../src/device/errno.js';

describe('errno', () => {
  it('finds the name of every number it knows, and no number has two names', () => {
    for (const [name, number] of Object.entries(ERRNO)) expect(errnoName(number)).to.equal(name);
  });

  it('takes the negative result of a system call as well', () => {
    expect(errnoName(-28)).to.equal('ENOSPC');
    expect(describeErrno(-28)).to.equal(describeErrno(28));
  });

  it('describes name, number and meaning', () => {
    expect(describeErrno(16)).to.equal('EBUSY (16): device or resource busy');
    expect(describeErrno(121)).to.equal('EREMOTEIO (121)');
  });

  it('shows a number it does not know as a number', () => {
    expect(errnoName(4095)).to.equal(undefined);
    expect(describeErrno(4095)).to.equal('errno 4095');
  });
});
