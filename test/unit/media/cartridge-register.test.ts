import { expect } from 'chai';
import { StorageError } from '../../../src/base/storage-error.js';
import type { Changer, ReachableCartridge } from '../../../src/changer/changer.js';
import { byDaemon, CartridgeRegister } from '../../../src/media/cartridge-register.js';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveLeases } from '../../../src/media/drive-leases.js';
import type { CartridgeLocation } from '../../../src/terms/media-state.js';
import { makeMediaEnvironment, type MediaFixture } from '../../support/media-environment.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const OLGA = { who: 'olga', reason: 'moved by hand' };
const never = new AbortController().signal;

function slot(n: number): CartridgeLocation {
  return { kind: 'slot', changer: 'lib', slot: n };
}
const IN_DRIVE: CartridgeLocation = { kind: 'drive', drive: 'd0' };

/** A library of which only what it says matters. */
class TellingChanger {
  readonly name = 'lib';
  readonly kind = 'scsi';
  readonly drives = ['d0'];
  places = new Map([
    [A, slot(1)],
    [B, slot(2)],
  ]);
  extra: readonly ReachableCartridge[] = [];
  failure: StorageError | null = null;
  onAsked: () => Promise<void> = async () => undefined;

  async cartridges(): Promise<readonly ReachableCartridge[]> {
    const seen = [...this.places].map(([barcode, location]) => ({ barcode, tag: '', location, reachableBy: ['d0'] }));
    await this.onAsked();
    if (this.failure !== null) throw this.failure;
    return [...seen, ...this.extra];
  }
}

describe('the register of cartridges', () => {
  let fixture: MediaFixture;
  let changer: TellingChanger;
  let bay: DriveBay;
  let leases: DriveLeases;
  let register: CartridgeRegister;

  beforeEach(async () => {
    fixture = await makeMediaEnvironment();
    changer = new TellingChanger();
    bay = new DriveBay({
      number: 0,
      name: 'd0',
      kind: 'tape',
      device: '/dev/nst0',
      thread: undefined as never,
      changer: changer as unknown as Changer,
    });
    leases = new DriveLeases([bay]);
    register = new CartridgeRegister(fixture.environment, leases);
    await register.refresh();
  });

  const locationOf = async (barcode = A): Promise<CartridgeLocation | undefined> =>
    (await fixture.inventory.cartridge(barcode))?.location;

  it('says what it found and who had it look', async () => {
    changer.places.set(A, IN_DRIVE);
    const { moves } = await register.refresh(OLGA);
    expect(moves.map(({ barcode, to }) => [barcode, to])).to.deep.equal([[A, IN_DRIVE]]);
    expect((await fixture.inventory.moves(A, 1))[0]).to.include(OLGA);
    expect(bay.loaded).to.equal(A);
  });

  it('leaves to a session what the session has: its drive and its cartridge', async () => {
    const lease = await leases.acquire({ fits: () => true, preference: () => 0, signal: never });
    bay.loaded = B;
    const reserved = fixture.environment.reservations.tryReserve(A, 'saving');
    changer.places = new Map([[B, slot(9)]]);
    await register.place(B, IN_DRIVE, byDaemon('loaded'));
    await register.refresh();
    expect([await locationOf(A), await locationOf(B), bay.loaded]).to.deep.equal([slot(1), IN_DRIVE, B]);
    lease.release();
    reserved?.release();
    await register.refresh();
    expect([await locationOf(A), await locationOf(B), bay.loaded]).to.deep.equal([{ kind: 'missing' }, slot(9), null]);
  });

  it('does not undo a move that was made while the changer was answering', async () => {
    changer.onAsked = async () => {
      changer.onAsked = async () => undefined;
      bay.loaded = A;
      await register.place(A, IN_DRIVE, byDaemon('loaded'));
    };
    changer.places.set(A, slot(5));
    await register.refresh();
    expect([await locationOf(A), bay.loaded]).to.deep.equal([IN_DRIVE, A]);
  });

  it('does not believe what it saw of a cartridge that went away and came back meanwhile', async () => {
    changer.onAsked = async () => {
      changer.onAsked = async () => undefined;
      for (const location of [IN_DRIVE, slot(1)]) {
        await fixture.clock.advance(1);
        await register.place(A, location, byDaemon('moved'));
      }
    };
    changer.places.set(A, IN_DRIVE);
    await register.refresh();
    expect(await locationOf(A)).to.deep.equal(slot(1));
  });

  it('tells what a person must look at: what is there twice, unread, new in a door, in a strange drive, silent', async () => {
    const kinds = (): readonly string[] => register.problems.map(({ kind }) => kind);
    expect(kinds()).to.deep.equal([]);
    changer.extra = [
      { barcode: A, tag: '', location: slot(7), reachableBy: ['d0'] },
      { barcode: null, tag: '', location: slot(8), reachableBy: ['d0'] },
      { barcode: null, tag: 'MY TAPE', location: slot(9), reachableBy: ['d0'] },
      {
        barcode: barcodeOf(3),
        tag: '',
        location: { kind: 'import-export', changer: 'lib', slot: 25 },
        reachableBy: ['d0'],
      },
      { barcode: barcodeOf(4), tag: '', location: { kind: 'drive', drive: 'lib/3' }, reachableBy: ['d0'] },
    ];
    await register.refresh();
    expect(kinds()).to.deep.equal([
      'duplicate-barcode',
      'unread-barcode',
      'unread-barcode',
      'not-imported',
      'unknown-drive',
    ]);
    expect(register.problems.map(({ message }) => message).join('\n'))
      .to.contain(`${A}; in lib it is in slot 1 and slot 7`)
      .and.to.contain('"MY TAPE"');
    changer.failure = new StorageError('CHANGER_DOOR_OPEN', 'The door is open.');
    await register.refresh();
    expect(kinds()).to.deep.equal(['changer-silent']);
    changer.failure = null;
    changer.extra = [];
    await register.refresh();
    expect(kinds()).to.deep.equal([]);
  });

  it('keeps its last word of a changer that cannot be asked, and says which', async () => {
    changer.places.set(A, IN_DRIVE);
    await register.refresh();
    changer.failure = new StorageError('CHANGER_DOOR_OPEN', 'The door is open.');
    bay.loaded = null;
    const { silent, moves } = await register.refresh();
    expect([silent[0]?.changer, silent[0]?.error.code, moves]).to.deep.equal(['lib', 'CHANGER_DOOR_OPEN', []]);
    expect([await locationOf(A), bay.loaded]).to.deep.equal([IN_DRIVE, A]);
    expect(fixture.events.at(-1)?.event).to.equal('changer.silent');
  });

  it('after a failed move believes the changer, also of what the one who moved it has to himself', async () => {
    const lease = await leases.acquire({ fits: () => true, preference: () => 0, signal: never });
    const reserved = fixture.environment.reservations.tryReserve(A, 'being loaded');
    changer.places.set(A, { kind: 'transport', changer: 'lib' });
    changer.places.set(B, IN_DRIVE);
    await register.settle(changer as unknown as Changer, OLGA, A, bay);
    expect([await locationOf(A), bay.loaded]).to.deep.equal([{ kind: 'transport', changer: 'lib' }, B]);
    changer.failure = new StorageError('CHANGER_HARDWARE', 'The robot is broken.');
    await register.settle(changer as unknown as Changer, OLGA, A, bay);
    expect([await locationOf(A), bay.loaded]).to.deep.equal([{ kind: 'transport', changer: 'lib' }, B]);
    lease.release();
    reserved?.release();
  });

  it('remembers where a cartridge goes that was ejected, until it is somewhere else', async () => {
    const destination = { kind: 'vault', vault: 'bank', dueMs: 9 } as const;
    await register.place(A, { kind: 'import-export', changer: 'lib', slot: 25 }, OLGA, destination);
    changer.places.set(A, { kind: 'import-export', changer: 'lib', slot: 25 });
    await register.refresh();
    expect((await fixture.inventory.cartridge(A))?.destination).to.deep.equal(destination);
    changer.places.delete(A);
    await register.refresh();
    expect(await fixture.inventory.cartridge(A)).to.deep.include({
      location: destination,
      destination: null,
    });
  });
});
