import { expect } from 'chai';
import { senseOutcome, type SenseOperation, type SenseOutcome } from '../../../src/scsi/sense-outcome.js';
import { makeSense, type Sense } from '../../../src/scsi/sense.js';

const OPERATIONS: readonly SenseOperation[] = ['write', 'read', 'move', 'other'];

function outcomeOf(
  key: number,
  asc: number,
  ascq: number,
  more: Partial<Sense> = {},
  operation: SenseOperation = 'other',
): SenseOutcome {
  return senseOutcome(makeSense(key, asc, ascq, more), operation);
}

/** `code/disposition` of a failure, the kind of a condition. */
function short(outcome: SenseOutcome): string {
  return outcome.kind === 'failure' ? `${outcome.code}/${outcome.disposition}` : outcome.kind;
}

describe('sense of a command that worked', () => {
  it('is nothing, or recovered, and recovered stays recovered whatever it was', () => {
    expect(short(outcomeOf(0x0, 0x00, 0x00))).to.equal('nothing');
    expect(short(outcomeOf(0x0, 0x00, 0x17))).to.equal('recovered');
    expect(short(outcomeOf(0x1, 0x17, 0x01))).to.equal('recovered');
    expect(short(outcomeOf(0x1, 0x0c, 0x01, {}, 'write'))).to.equal('recovered');
    expect(short(outcomeOf(0x1, 0x5d, 0x00))).to.equal('recovered');
    expect(short(outcomeOf(0xf, 0x00, 0x00))).to.equal('recovered');
  });

  it('is a filemark by its bit or by its code, and tells whether the end is near', () => {
    expect(outcomeOf(0x0, 0x00, 0x01, { filemark: true })).to.deep.equal({
      kind: 'filemark',
      earlyWarning: false,
      deferred: false,
    });
    expect(outcomeOf(0x0, 0x00, 0x00, { filemark: true, endOfMedium: true })).to.deep.equal({
      kind: 'filemark',
      earlyWarning: true,
      deferred: false,
    });
    expect(short(outcomeOf(0x0, 0x00, 0x01))).to.equal('filemark');
  });

  it('is early warning when a write succeeded and met the end of medium bit, recovered or not', () => {
    for (const key of [0x0, 0x1]) {
      expect(short(outcomeOf(key, 0x00, 0x02, { endOfMedium: true }, 'write'))).to.equal('early-warning');
      expect(short(outcomeOf(key, 0x00, 0x00, { endOfMedium: true }, 'write'))).to.equal('early-warning');
      expect(short(outcomeOf(key, 0x00, 0x02, {}, 'write'))).to.equal('early-warning');
    }
    expect(short(outcomeOf(0x1, 0x0c, 0x01, { endOfMedium: true }, 'write'))).to.equal('early-warning');
  });

  it('says with a deferred early warning that the command itself was not performed', () => {
    expect(outcomeOf(0x0, 0x00, 0x02, { endOfMedium: true, deferred: true }, 'write')).to.deep.equal({
      kind: 'early-warning',
      deferred: true,
    });
  });

  it('is the beginning of the medium when spacing back met it, and no early warning', () => {
    expect(short(outcomeOf(0x0, 0x00, 0x04, { endOfMedium: true }, 'move'))).to.equal('beginning-of-medium');
  });

  it('is an incorrect length with the difference, negative for a block too long', () => {
    expect(outcomeOf(0x0, 0x00, 0x00, { incorrectLength: true, information: -100 }, 'read')).to.deep.equal({
      kind: 'incorrect-length',
      residual: -100,
      deferred: false,
    });
  });

  it('is becoming ready while an operation that was not waited for goes on', () => {
    expect(outcomeOf(0x0, 0x00, 0x1a, { progress: 0x100 })).to.deep.equal({
      kind: 'becoming-ready',
      progress: 0x100,
      deferred: false,
    });
  });
});

describe('sense of the end', () => {
  it('is the end of data for a blank check of a read or a move, but not of a write', () => {
    expect(short(outcomeOf(0x8, 0x00, 0x05, { endOfMedium: true }, 'read'))).to.equal('end-of-data');
    expect(short(outcomeOf(0x8, 0x00, 0x00, {}, 'move'))).to.equal('end-of-data');
    expect(short(outcomeOf(0x8, 0x00, 0x05, {}, 'write'))).to.equal('MEDIUM_WRITE_ERROR/replace-volume');
  });

  it('is no end of data when the drive found no end-of-data mark: something is missing there', () => {
    for (const operation of ['read', 'move', 'other'] as const) {
      expect(short(outcomeOf(0x8, 0x14, 0x03, {}, operation))).to.equal('MEDIUM_READ_ERROR/replace-volume');
      expect(short(outcomeOf(0x3, 0x14, 0x03, {}, operation))).to.equal('MEDIUM_READ_ERROR/replace-volume');
    }
  });

  it('is the end of the medium for a volume overflow, and for reading or spacing off the end', () => {
    expect(short(outcomeOf(0xd, 0x00, 0x02, { endOfMedium: true }, 'write'))).to.equal('end-of-medium');
    expect(short(outcomeOf(0x3, 0x00, 0x02, { endOfMedium: true }, 'move'))).to.equal('end-of-medium');
    expect(short(outcomeOf(0x3, 0x00, 0x02, { endOfMedium: true }, 'write'))).to.equal(
      'MEDIUM_WRITE_ERROR/replace-volume',
    );
  });

  it('is a write error when the overflow is deferred: blocks that were accepted are lost', () => {
    for (const operation of OPERATIONS)
      expect(short(outcomeOf(0xd, 0x00, 0x02, { deferred: true, endOfMedium: true }, operation))).to.equal(
        'MEDIUM_WRITE_ERROR/replace-volume',
      );
  });
});

describe('sense of a drive that is not ready', () => {
  it('is becoming ready for what passes by itself', () => {
    for (const ascq of [0x01, 0x04, 0x07, 0x08, 0x09])
      expect(short(outcomeOf(0x2, 0x04, ascq))).to.equal('becoming-ready');
    expect(short(outcomeOf(0x2, 0x3e, 0x00))).to.equal('becoming-ready');
    expect(outcomeOf(0x2, 0x04, 0x01, { progress: 42 })).to.include({ progress: 42 });
  });

  it('is no medium for an empty drive and for a cartridge that is not loaded', () => {
    for (const ascq of [0x00, 0x01, 0x02, 0x03, 0x04])
      expect(short(outcomeOf(0x2, 0x3a, ascq))).to.equal('DRIVE_NO_MEDIUM/ask-operator');
    expect(short(outcomeOf(0x2, 0x04, 0x02))).to.equal('DRIVE_NO_MEDIUM/ask-operator');
  });

  it('asks for the one who can help', () => {
    expect(short(outcomeOf(0x2, 0x04, 0x00))).to.equal('DRIVE_NOT_READY/retry');
    expect(short(outcomeOf(0x2, 0x04, 0x03))).to.equal('DRIVE_NOT_READY/ask-operator');
    expect(short(outcomeOf(0x2, 0x04, 0x12))).to.equal('DRIVE_NOT_READY/ask-operator');
    expect(short(outcomeOf(0x2, 0x04, 0x22))).to.equal('DRIVE_NOT_READY/take-drive-down');
    expect(short(outcomeOf(0x2, 0x30, 0x03))).to.equal('MEDIUM_INCOMPATIBLE/ask-operator');
    expect(short(outcomeOf(0x2, 0x53, 0x00))).to.equal('MEDIUM_INCOMPATIBLE/ask-operator');
  });

  it('is never a "becoming ready" when it is deferred: what was accepted is lost', () => {
    expect(short(outcomeOf(0x2, 0x04, 0x01, { deferred: true }))).to.equal('DRIVE_POSITION_LOST/replace-volume');
  });
});

describe('sense of a unit attention', () => {
  const attention = (asc: number, ascq: number): unknown => {
    const outcome = outcomeOf(0x6, asc, ascq);
    return outcome.kind === 'unit-attention' ? [outcome.attention, outcome.positionLost] : outcome.kind;
  };

  it('tells whether medium and position may be other ones', () => {
    expect(attention(0x28, 0x00)).to.deep.equal(['medium-may-have-changed', true]);
    for (let ascq = 0; ascq < 8; ascq++) expect(attention(0x29, ascq)).to.deep.equal(['reset', true]);
    expect(attention(0x2a, 0x01)).to.deep.equal(['mode-changed', false]);
    expect(attention(0x3f, 0x0e)).to.deep.equal(['other', false]);
    expect(attention(0x5d, 0x00)).to.deep.equal(['other', false]);
  });

  it('trusts the position no more when another initiator was there, new microcode runs or the code is unknown', () => {
    for (const [asc, ascq] of [
      [0x2a, 0x03],
      [0x2a, 0x05],
      [0x2f, 0x00],
      [0x3f, 0x01],
      [0x7e, 0x33],
    ] as const)
      expect(attention(asc, ascq)).to.deep.equal(['other', true]);
  });

  it('is a unit attention whatever bits come with it and whatever the command was', () => {
    for (const operation of OPERATIONS)
      for (const deferred of [false, true])
        expect(short(outcomeOf(0x6, 0x29, 0x00, { filemark: true, endOfMedium: true, deferred }, operation))).to.equal(
          'unit-attention',
        );
  });
});

describe('sense of a failure', () => {
  const cases: readonly (readonly [string, number, number, number, SenseOperation, string])[] = [
    ['a write error', 0x3, 0x0c, 0x00, 'other', 'MEDIUM_WRITE_ERROR/replace-volume'],
    ['an erase failure', 0x3, 0x51, 0x00, 'other', 'MEDIUM_WRITE_ERROR/replace-volume'],
    ['a write append error', 0x3, 0x50, 0x00, 'write', 'MEDIUM_WRITE_ERROR/replace-volume'],
    ['an unrecovered read error', 0x3, 0x11, 0x00, 'read', 'MEDIUM_READ_ERROR/replace-volume'],
    ['a positioning error', 0x3, 0x15, 0x01, 'move', 'MEDIUM_READ_ERROR/replace-volume'],
    ['a positioning error of a write', 0x3, 0x15, 0x01, 'write', 'MEDIUM_WRITE_ERROR/replace-volume'],
    ['a corrupted format', 0x3, 0x31, 0x00, 'read', 'MEDIUM_READ_ERROR/replace-volume'],
    ['a tape length error', 0x3, 0x33, 0x00, 'write', 'MEDIUM_WRITE_ERROR/replace-volume'],
    ['a cartridge fault', 0x3, 0x52, 0x00, 'read', 'MEDIUM_READ_ERROR/replace-volume'],
    ['a sequential positioning error', 0x3, 0x3b, 0x00, 'move', 'DRIVE_POSITION_LOST/replace-volume'],
    ['a position error at the beginning', 0x3, 0x3b, 0x01, 'move', 'DRIVE_POSITION_LOST/replace-volume'],
    ['an unknown format', 0x3, 0x30, 0x01, 'read', 'MEDIUM_INCOMPATIBLE/replace-volume'],
    ['an incompatible medium', 0x5, 0x30, 0x00, 'write', 'MEDIUM_INCOMPATIBLE/replace-volume'],
    ['a cartridge that does not load', 0x3, 0x53, 0x00, 'other', 'MEDIUM_INCOMPATIBLE/ask-operator'],
    ['a drive that does not load', 0x4, 0x53, 0x00, 'other', 'DRIVE_HARDWARE/take-drive-down'],
    ['an internal target failure', 0x4, 0x44, 0x00, 'write', 'DRIVE_HARDWARE/take-drive-down'],
    ['a mechanical positioning error of the drive', 0x4, 0x15, 0x01, 'move', 'DRIVE_HARDWARE/take-drive-down'],
    ['write protection', 0x7, 0x27, 0x00, 'write', 'MEDIUM_WRITE_PROTECTED/replace-volume'],
    ['an overwrite of WORM', 0x7, 0x30, 0x0c, 'write', 'MEDIUM_WRITE_PROTECTED/replace-volume'],
    ['an overwrite of WORM, refused as illegal', 0x5, 0x30, 0x0c, 'write', 'MEDIUM_WRITE_PROTECTED/replace-volume'],
    ['a WORM cartridge that was tampered with', 0x7, 0x30, 0x0d, 'read', 'MEDIUM_INCOMPATIBLE/replace-volume'],
    ['data that cannot be decrypted', 0x7, 0x74, 0x01, 'read', 'MEDIUM_READ_ERROR/ask-operator'],
    ['a missing key of a write', 0x7, 0x74, 0x07, 'write', 'MEDIUM_WRITE_ERROR/ask-operator'],
    ['an unknown protection of a read', 0x7, 0x00, 0x00, 'read', 'MEDIUM_READ_ERROR/ask-operator'],
    ['a prevented removal', 0x5, 0x53, 0x02, 'other', 'SCSI_CHECK_CONDITION/ask-operator'],
    ['a command out of sequence', 0x5, 0x2c, 0x00, 'other', 'SCSI_CHECK_CONDITION/take-drive-down'],
    ['a parity error', 0xb, 0x47, 0x00, 'write', 'SCSI_TRANSPORT/take-drive-down'],
    ['a data phase error', 0xb, 0x4b, 0x00, 'read', 'SCSI_TRANSPORT/take-drive-down'],
    ['an aborted command without a reason', 0xb, 0x00, 0x00, 'other', 'SCSI_CHECK_CONDITION/retry'],
    ['a vendor specific key', 0x9, 0x80, 0x00, 'other', 'SCSI_CHECK_CONDITION/take-drive-down'],
    ['a miscompare', 0xe, 0x1d, 0x00, 'other', 'SCSI_CHECK_CONDITION/take-drive-down'],
    ['a reserved key', 0xc, 0x00, 0x00, 'other', 'SCSI_CHECK_CONDITION/take-drive-down'],
  ];
  for (const [name, key, asc, ascq, operation, expected] of cases)
    it(`says who acts on ${name} (${key.toString(16)}/${asc.toString(16)}/${ascq.toString(16)})`, () => {
      expect(short(outcomeOf(key, asc, ascq, {}, operation))).to.equal(expected);
    });

  it('is "not supported" for a command, field or page the drive does not know', () => {
    for (const asc of [0x20, 0x24, 0x25, 0x26]) expect(short(outcomeOf(0x5, asc, 0x00))).to.equal('not-supported');
  });

  it('blames a deferred medium error on the writes before, even when a read is told of it', () => {
    for (const operation of OPERATIONS)
      expect(short(outcomeOf(0x3, 0x11, 0x00, { deferred: true }, operation))).to.equal(
        'MEDIUM_WRITE_ERROR/replace-volume',
      );
  });

  it('is never a condition when it is deferred, but for success with early warning and for attentions', () => {
    const harmless = ['nothing', 'recovered', 'early-warning', 'becoming-ready', 'unit-attention'];
    for (let key = 0; key < 16; key++)
      for (let asc = 0; asc < 0x80; asc++)
        for (const ascq of [0, 1, 2, 3, 4, 5, 0x16])
          for (const operation of OPERATIONS) {
            const { kind } = outcomeOf(key, asc, ascq, { deferred: true }, operation);
            if (kind !== 'failure' && !harmless.includes(kind)) expect.fail(`${String(key)}/${String(asc)}: ${kind}`);
            if (kind === 'becoming-ready') expect(key).to.equal(0);
          }
  });
});
