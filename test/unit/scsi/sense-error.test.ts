import { expect } from 'chai';
import { senseError } from '../../../src/scsi/sense-error.js';
import { makeSense } from '../../../src/scsi/sense.js';

describe('the error of sense data', () => {
  it('says what happened, what was saved and what to do next', () => {
    const error = senseError(makeSense(0x3, 0x0c, 0x00), 'WRITE', 'write', { drive: 'left' });
    expect(error.code).to.equal('MEDIUM_WRITE_ERROR');
    expect(error.disposition).to.equal('replace-volume');
    expect(error.message).to.match(/^WRITE failed: medium error 3\/0C\/00 \(write error\)\. /);
    expect(error.message).to.match(/flushed before is on the medium/);
    expect(error.message).to.match(/another volume/);
    expect(error.context).to.deep.equal({
      drive: 'left',
      command: 'WRITE',
      senseKey: 3,
      asc: 0x0c,
      ascq: 0,
      deferred: false,
    });
  });

  it('does not promise an unchanged medium when a read is told of earlier writes that failed', () => {
    const deferred = makeSense(0x3, 0x0c, 0x00, { deferred: true });
    expect(senseError(deferred, 'READ', 'read').message).to.match(/written since may not be/);
    expect(senseError(makeSense(0x3, 0x11, 0x00), 'READ', 'read').message).to.match(/Nothing was changed/);
  });

  it('keeps the disposition of the table where it differs from the one of the code', () => {
    const error = senseError(makeSense(0x2, 0x04, 0x22), 'LOAD');
    expect(error.code).to.equal('DRIVE_NOT_READY');
    expect(error.disposition).to.equal('take-drive-down');
  });

  it('has a code for every condition that has no place where it was met', () => {
    const codeOf = (key: number, asc: number, ascq: number, operation: 'write' | 'read' | 'move'): string =>
      senseError(makeSense(key, asc, ascq), 'X', operation).code;
    expect(codeOf(0x6, 0x29, 0x00, 'write')).to.equal('DRIVE_POSITION_LOST');
    expect(codeOf(0x6, 0x2a, 0x01, 'write')).to.equal('DRIVE_NOT_READY');
    expect(codeOf(0x2, 0x04, 0x01, 'read')).to.equal('DRIVE_NOT_READY');
    expect(codeOf(0xd, 0x00, 0x02, 'write')).to.equal('MEDIUM_FULL');
    expect(codeOf(0x3, 0x00, 0x02, 'move')).to.equal('MEDIUM_READ_ERROR');
    expect(codeOf(0x8, 0x00, 0x05, 'move')).to.equal('MEDIUM_READ_ERROR');
    expect(codeOf(0x0, 0x00, 0x01, 'write')).to.equal('SCSI_CHECK_CONDITION');
    expect(codeOf(0x5, 0x20, 0x00, 'read')).to.equal('SCSI_CHECK_CONDITION');
    const tooLong = makeSense(0x0, 0x00, 0x00, { incorrectLength: true, information: -1 });
    expect(senseError(tooLong, 'READ', 'read').code).to.equal('MEDIUM_BLOCK_TOO_LARGE');
  });
});
