import { expect } from 'chai';
import { changerSenseError } from '../../../src/scsi/changer-sense-error.js';
import {
  changerSenseOutcome,
  type ChangerOperation,
  type ChangerSenseOutcome,
} from '../../../src/scsi/changer-sense-outcome.js';
import { makeSense } from '../../../src/scsi/sense.js';

function outcomeOf(key: number, asc: number, ascq: number, operation: ChangerOperation = 'move'): ChangerSenseOutcome {
  return changerSenseOutcome(makeSense(key, asc, ascq), operation);
}

/** `code/disposition` of a failure, the kind of a condition. */
function short(outcome: ChangerSenseOutcome): string {
  return outcome.kind === 'failure' ? `${outcome.code}/${outcome.disposition}` : outcome.kind;
}

describe('sense of a refused move', () => {
  it('is an occupied destination and an empty source, under whichever key', () => {
    for (const key of [0x4, 0x5]) {
      expect(short(outcomeOf(key, 0x3b, 0x0d))).to.equal('CHANGER_OCCUPIED/ask-operator');
      expect(short(outcomeOf(key, 0x3b, 0x0e))).to.equal('CHANGER_NO_CARTRIDGE/ask-operator');
    }
  });

  it('is a cartridge that the drive has not let go of', () => {
    for (const [key, asc, ascq] of [
      [0x4, 0x53, 0x01],
      [0x5, 0x53, 0x02],
      [0x5, 0x53, 0x03],
      [0x5, 0x3b, 0x83],
      [0x5, 0x3b, 0x87],
      [0x5, 0x3b, 0x90],
      [0x4, 0x53, 0x0a],
      [0x5, 0x3a, 0x00],
      [0x2, 0x3a, 0x00],
    ] as const)
      expect(short(outcomeOf(key, asc, ascq)), `${String(asc)}/${String(ascq)}`).to.equal(
        'CHANGER_CARTRIDGE_LOADED/ask-operator',
      );
    expect(outcomeOf(0x5, 0x3a, 0x00, 'other').kind).to.equal('failure');
    expect(short(outcomeOf(0x5, 0x3a, 0x00, 'other'))).to.not.include('CHANGER_CARTRIDGE_LOADED');
  });

  it('is worth another attempt while a cleaning cartridge is at work', () => {
    expect(short(outcomeOf(0x5, 0x30, 0x03))).to.equal('CHANGER_CARTRIDGE_LOADED/retry');
    expect(short(outcomeOf(0x3, 0x30, 0x00))).to.equal('MEDIUM_INCOMPATIBLE/ask-operator');
  });

  it('is an element that there is not', () => {
    expect(short(outcomeOf(0x5, 0x21, 0x01))).to.equal('CHANGER_ELEMENT_UNKNOWN/reject-client');
    expect(short(outcomeOf(0x2, 0x83, 0x02))).to.equal('CHANGER_ELEMENT_UNKNOWN/reject-client');
    expect(short(outcomeOf(0x5, 0x83, 0x04))).to.equal('CHANGER_ELEMENT_UNKNOWN/reject-client');
  });

  it('is a magazine or a door', () => {
    for (const ascq of [0x11, 0x12, 0x13, 0x14, 0x15])
      expect(short(outcomeOf(0x5, 0x3b, ascq))).to.equal('CHANGER_DOOR_OPEN/ask-operator');
    expect(short(outcomeOf(0x2, 0x04, 0x18))).to.equal('CHANGER_DOOR_OPEN/ask-operator');
    expect(short(outcomeOf(0x2, 0x04, 0x83))).to.equal('CHANGER_DOOR_OPEN/ask-operator');
    expect(short(outcomeOf(0x2, 0x3a, 0x02))).to.equal('CHANGER_DOOR_OPEN/ask-operator');
  });

  it('is broken hardware for every hardware error that says nothing more exact', () => {
    for (const [asc, ascq] of [
      [0x15, 0x01],
      [0x15, 0x81],
      [0x40, 0x85],
      [0x44, 0x00],
      [0x83, 0x00],
    ] as const)
      expect(short(outcomeOf(0x4, asc, ascq))).to.equal('CHANGER_HARDWARE/ask-operator');
  });

  it('is a failed move when nothing more exact is said, and a plain check condition of anything else', () => {
    expect(short(outcomeOf(0x3, 0x00, 0x00))).to.equal('CHANGER_MOVE_FAILED/ask-operator');
    expect(short(outcomeOf(0x5, 0x3b, 0x18))).to.equal('CHANGER_MOVE_FAILED/ask-operator');
    expect(short(outcomeOf(0x5, 0x53, 0x00))).to.equal('CHANGER_MOVE_FAILED/ask-operator');
    expect(short(outcomeOf(0xb, 0x00, 0x00))).to.equal('CHANGER_MOVE_FAILED/ask-operator');
    expect(short(outcomeOf(0x3, 0x00, 0x00, 'other'))).to.equal('SCSI_CHECK_CONDITION/ask-operator');
    expect(short(outcomeOf(0xb, 0x47, 0x00))).to.equal('SCSI_TRANSPORT/take-drive-down');
  });
});

describe('sense of a changer that is not ready', () => {
  it('is becoming ready for what passes by itself, with how far it is', () => {
    for (const ascq of [0x00, 0x01, 0x07, 0x09]) expect(short(outcomeOf(0x2, 0x04, ascq))).to.equal('becoming-ready');
    expect(changerSenseOutcome(makeSense(0x2, 0x04, 0x01, { progress: 0x8000 }), 'other')).to.include({
      progress: 0x8000,
    });
  });

  it('asks for its elements to be initialized', () => {
    expect(short(outcomeOf(0x2, 0x04, 0x02))).to.equal('initialize-required');
  });

  it('needs a person when it is offline or in the hands of one, and only time when it does not say', () => {
    for (const ascq of [0x03, 0x12, 0x15, 0x8d, 0x8e])
      expect(short(outcomeOf(0x2, 0x04, ascq))).to.equal('CHANGER_NOT_READY/ask-operator');
    expect(short(outcomeOf(0x2, 0x08, 0x00))).to.equal('CHANGER_NOT_READY/retry');
  });
});

describe('unit attention of a changer', () => {
  it('says what may be another than before', () => {
    const attentionOf = (asc: number, ascq: number): string => {
      const outcome = outcomeOf(0x6, asc, ascq);
      return outcome.kind === 'unit-attention' ? outcome.attention : outcome.kind;
    };
    expect(attentionOf(0x28, 0x00)).to.equal('elements-may-have-changed');
    expect(attentionOf(0x28, 0x01)).to.equal('import-export-accessed');
    expect(attentionOf(0x3b, 0x13)).to.equal('elements-may-have-changed');
    expect(attentionOf(0x29, 0x00)).to.equal('reset');
    expect(attentionOf(0x2a, 0x01)).to.equal('parameters-changed');
    expect(attentionOf(0x2a, 0x03)).to.equal('other');
  });
});

describe('the error of sense of a changer', () => {
  it('names command and sense and says what to do', () => {
    const error = changerSenseError(makeSense(0x5, 0x53, 0x02), 'MOVE MEDIUM', 'move', { changer: 'lib' });
    expect(error.code).to.equal('CHANGER_CARTRIDGE_LOADED');
    expect(error.message).to.match(/^MOVE MEDIUM failed: illegal request 5\/53\/02 \(medium removal prevented\)/);
    expect(error.message).to.match(/Unload the drive first/);
    expect(error.context).to.include({ changer: 'lib', senseKey: 5, asc: 0x53, ascq: 2 });
  });

  it('has a code for conditions that were met where they have no place', () => {
    expect(changerSenseError(makeSense(0x2, 0x04, 0x01), 'X', 'other').code).to.equal('CHANGER_NOT_READY');
    expect(changerSenseError(makeSense(0x6, 0x29, 0x00), 'X', 'other').code).to.equal('CHANGER_NOT_READY');
    expect(changerSenseError(makeSense(0x5, 0x20, 0x00), 'X', 'other').code).to.equal('SCSI_CHECK_CONDITION');
  });
});
