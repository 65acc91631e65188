import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { CartridgeRecord, VolumeRecord } from '../../../src/inventory/records.js';
import { MediaStates } from '../../../src/media/media-states.js';
import {
  stateChangeProblem,
  stateOf,
  stateReasonOf,
  withConditionByDaemon,
  withStateByDaemon,
} from '../../../src/media/state-changes.js';
import type { Barcode } from '../../../src/terms/barcode.js';
import { VOLUME_STATES, type VolumeState } from '../../../src/terms/media-state.js';
import { cartridgeRecord, rejectionOf } from '../../support/inventory-samples.js';
import { makeMediaEnvironment } from '../../support/media-environment.js';
import { barcodeOf, volumeRecord } from '../../support/records.js';

/** In use: the daemon may write on it, or take it to. */
const IN_USE: readonly VolumeState[] = ['blank', 'scratch', 'append', 'cleaning'];

/** A cartridge in a state, each way it can be in it. */
function mediaIn(state: VolumeState): readonly (readonly [CartridgeRecord, VolumeRecord | null])[] {
  const labelled = cartridgeRecord(1);
  const empty = cartridgeRecord(1, { volumeId: null });
  const cleaning = { ...empty, barcode: 'CLN001CU' as Barcode };
  switch (state) {
    case 'blank':
      return [[empty, null]];
    case 'cleaning':
      return [[cleaning, null]];
    case 'scratch':
      return [[labelled, volumeRecord(1, { state, pool: 'scratch' })]];
    case 'foreign':
      return [[{ ...empty, condition: { state, reason: 'holds data of tar' } }, null]];
    case 'append':
      return [[labelled, volumeRecord(1, { state })]];
    case 'full':
      return [
        [labelled, volumeRecord(1, { state, closed: true })],
        [labelled, volumeRecord(1, { state })],
      ];
    case 'suspect':
    case 'damaged':
    case 'retired':
      return [
        [labelled, volumeRecord(1, { state, closed: true })],
        [labelled, volumeRecord(1, { state, pool: 'scratch' })],
        [{ ...empty, condition: { state, reason: 'looked bad' } }, null],
        [{ ...cleaning, condition: { state, reason: 'used up' } }, null],
      ];
    case 'read-only':
      return [
        [labelled, volumeRecord(1, { state })],
        [labelled, volumeRecord(1, { state, closed: true })],
      ];
  }
}

describe('the states of media', () => {
  it('are one word for each cartridge, with or without a volume, and a reason for people', () => {
    for (const state of VOLUME_STATES)
      for (const [cartridge, volume] of mediaIn(state)) expect(stateOf(cartridge, volume)).to.equal(state);
    const foreign = cartridgeRecord(1, {
      volumeId: null,
      condition: { state: 'foreign', reason: 'holds data of tar' },
    });
    expect(stateReasonOf(foreign, null)).to.equal('holds data of tar');
    expect(stateReasonOf(foreign, volumeRecord(1, { stateReason: 'end of data differs' }))).to.equal(
      'end of data differs',
    );
  });

  it('are never changed by the daemon to one in which media are used', () => {
    for (const from of VOLUME_STATES)
      for (const to of IN_USE)
        for (const [cartridge, volume] of mediaIn(from))
          expect(stateChangeProblem(cartridge, volume, to, 'daemon'), `${from} to ${to}`).to.be.a('string');
  });

  it('let a person undo whatever the daemon did to a volume', () => {
    for (const from of ['scratch', 'append', 'full'] as const)
      for (const [cartridge, volume] of mediaIn(from))
        for (const to of VOLUME_STATES) {
          if (volume === null || stateChangeProblem(cartridge, volume, to, 'daemon') !== null) continue;
          const changed = withStateByDaemon(volume, to, 'why');
          expect(changed.state).to.equal(to);
          expect(stateChangeProblem(cartridge, changed, from, 'operator'), `${to} back to ${from}`).to.equal(null);
        }
  });

  it('never let anything be appended behind the end of a closed volume', () => {
    for (const from of VOLUME_STATES)
      for (const [cartridge, volume] of mediaIn(from))
        if (volume?.closed === true)
          expect(stateChangeProblem(cartridge, volume, 'append', 'operator'), from).to.be.a('string');
  });

  it('never make a cartridge blank that carries a volume, nor give one without a volume the state of a volume', () => {
    for (const from of VOLUME_STATES)
      for (const [cartridge, volume] of mediaIn(from))
        for (const to of volume === null
          ? (['append', 'full', 'scratch', 'read-only'] as const)
          : (['blank', 'foreign'] as const))
          for (const by of ['operator', 'daemon'] as const)
            expect(stateChangeProblem(cartridge, volume, to, by), `${from} to ${to}`).to.be.a('string');
  });

  it('make scratch only of volumes of the pool scratch, and those never append', () => {
    const pooled = volumeRecord(1, { state: 'suspect' });
    const scratch = volumeRecord(1, { state: 'suspect', pool: 'scratch' });
    const problem = (volume: VolumeRecord, to: VolumeState): string | null =>
      stateChangeProblem(cartridgeRecord(1), volume, to, 'operator');
    expect(problem(pooled, 'scratch')).to.match(/media label --pool scratch/);
    expect(problem(scratch, 'scratch')).to.equal(null);
    expect(problem(scratch, 'append')).to.match(/draws it/);
    expect(problem(scratch, 'full')).to.match(/empty/);
  });

  it('keep what is worse: a damaged or retired volume does not become suspect or full by itself', () => {
    for (const state of ['damaged', 'retired'] as const) {
      const volume = volumeRecord(1, { state, stateReason: 'as it was' });
      for (const to of ['suspect', 'full', 'read-only'] as const)
        expect(withStateByDaemon(volume, to, 'new')).to.deep.equal(volume);
    }
    const retired = cartridgeRecord(1, { volumeId: null, condition: { state: 'retired', reason: 'old' } });
    expect(withConditionByDaemon(retired, 'foreign', 'tar')).to.deep.equal(retired);
    const blank = cartridgeRecord(1, { volumeId: null });
    expect(withConditionByDaemon(blank, 'foreign', 'tar').condition).to.deep.equal({ state: 'foreign', reason: 'tar' });
  });

  it('leave cleaning cartridges what they are, in and out of use', () => {
    const cleaning = cartridgeRecord(1, { barcode: 'CLN001CU' as Barcode, volumeId: null });
    const retired = { ...cleaning, condition: { state: 'retired', reason: 'used 50 times' } as const };
    expect(stateChangeProblem(cleaning, null, 'retired', 'daemon')).to.equal(null);
    expect(stateChangeProblem(retired, null, 'blank', 'operator')).to.match(/cleaning cartridge/);
    expect(stateChangeProblem(retired, null, 'cleaning', 'operator')).to.equal(null);
  });
});

describe('an operator who sets a state', () => {
  it('is heard and named', async () => {
    const { environment, inventory } = await makeMediaEnvironment();
    await inventory.commit({ cartridges: [cartridgeRecord(1)], volumes: [volumeRecord(1)] });
    await new MediaStates(environment).set('olga', barcodeOf(1), 'retired', 'fell down');
    expect(await inventory.volumes()).to.deep.equal([volumeRecord(1, { state: 'retired', stateReason: 'fell down' })]);
    const [audit] = await inventory.audit(1);
    expect(audit).to.deep.include({ who: 'olga', what: 'media.set-state', barcode: barcodeOf(1) });
    expect(audit?.details).to.deep.equal({ from: 'append', to: 'retired', reason: 'fell down' });
  });

  it('sets and ends the condition of a cartridge that carries no volume', async () => {
    const { environment, inventory } = await makeMediaEnvironment();
    await inventory.commit({ cartridges: [cartridgeRecord(1, { volumeId: null })] });
    const states = new MediaStates(environment);
    await states.set('olga', barcodeOf(1), 'damaged', 'cracked');
    expect((await inventory.cartridge(barcodeOf(1)))?.condition).to.deep.equal({ state: 'damaged', reason: 'cracked' });
    await states.set('olga', barcodeOf(1), 'blank', 'it was another one');
    expect((await inventory.cartridge(barcodeOf(1)))?.condition).to.equal(null);
  });

  it('is told why it may not be, and nothing changes', async () => {
    const { environment, inventory } = await makeMediaEnvironment();
    const full = volumeRecord(1, { state: 'full', closed: true });
    await inventory.commit({ cartridges: [cartridgeRecord(1)], volumes: [full] });
    const states = new MediaStates(environment);
    const refused = await rejectionOf(states.set('olga', barcodeOf(1), 'append', 'has room'));
    expect(isStorageError(refused, 'VOLUME_STATE_REFUSED') && refused.message).to.match(/closed at its end/);
    const unknown = await rejectionOf(states.set('olga', barcodeOf(2), 'retired', 'x'));
    expect(isStorageError(unknown, 'VOLUME_UNKNOWN')).to.equal(true);
    expect(await inventory.volumes()).to.deep.equal([full]);
    expect(await inventory.audit(10)).to.deep.equal([]);
  });
});
