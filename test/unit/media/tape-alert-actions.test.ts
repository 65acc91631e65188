import { expect } from 'chai';
import { TAPE_ALERT_COUNT, tapeAlertFlag } from '../../../src/scsi/tape-alert-flags.js';
import { tapeAlertAction } from '../../../src/media/tape-alert-actions.js';

const FLAGS = Array.from({ length: TAPE_ALERT_COUNT }, (_, i) => i + 1);

describe('the actions for TapeAlert flags', () => {
  it('leave no flag that is critical without somebody being told', () => {
    const told = FLAGS.filter((flag) => tapeAlertFlag(flag).severity === 'critical').map((flag) => [
      flag,
      tapeAlertAction(flag).tell,
    ]);
    // A write to a protected cartridge is found and told by the mount procedure.
    expect(told.filter(([flag, tell]) => tell === 'log' && flag !== 0x09)).to.deep.equal([]);
  });

  it('clean a drive that asks for it, and no other', () => {
    expect(FLAGS.filter((flag) => tapeAlertAction(flag).drive === 'clean-now')).to.deep.equal([0x14]);
    expect(FLAGS.filter((flag) => tapeAlertAction(flag).drive === 'clean-later')).to.deep.equal([0x15]);
  });

  it('take down a drive that says it is broken, or that does not let go of a cartridge', () => {
    expect(FLAGS.filter((flag) => tapeAlertAction(flag).drive === 'down')).to.deep.equal([0x0e, 0x1e, 0x1f, 0x38]);
  });

  it('take out of use what can no longer be relied on, and let be read what can be', () => {
    const becomes = (state: string): readonly number[] =>
      FLAGS.filter((flag) => tapeAlertAction(flag).volume === state);
    expect(becomes('damaged')).to.deep.equal([0x04, 0x0d, 0x0e, 0x34]);
    expect(becomes('suspect')).to.deep.equal([0x35, 0x36, 0x3b]);
    expect(becomes('read-only')).to.deep.equal([0x07, 0x08, 0x0f]);
  });

  it('only log flags that the standard gives no meaning', () => {
    for (const flag of FLAGS.filter((one) => tapeAlertFlag(one).name.startsWith('reserved')))
      expect(tapeAlertAction(flag)).to.deep.equal({ tell: 'log', drive: null, volume: null });
  });
});
