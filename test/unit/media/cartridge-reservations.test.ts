import { expect } from 'chai';
import { CartridgeReservations } from '../../../src/media/cartridge-reservations.js';
import { barcodeOf } from '../../support/records.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const forever = new AbortController().signal;

describe('cartridge reservations', () => {
  it('give a cartridge to one at a time, in the order of asking, and say what it is used for', async () => {
    const reservations = new CartridgeReservations();
    const first = reservations.tryReserve(A, 'saving');
    expect(first).to.not.equal(null);
    expect(first?.contended).to.equal(false);
    expect(reservations.tryReserve(A, 'labelling')).to.equal(null);
    expect(reservations.tryReserve(B, 'labelling')).to.not.equal(null);
    const order: string[] = [];
    const wait = async (purpose: string): Promise<void> => {
      const held = await reservations.reserve(A, purpose, forever);
      order.push(`${purpose}: ${String(reservations.purposeOf(A))}`);
      held.release();
    };
    const waits = [wait('restoring'), wait('ejecting')];
    expect([first?.contended, reservations.purposeOf(A)]).to.deep.equal([true, 'saving']);
    first?.release();
    expect(reservations.tryReserve(A, 'jumping the queue')).to.equal(null);
    await Promise.all(waits);
    expect(order).to.deep.equal(['restoring: restoring', 'ejecting: ejecting']);
    expect(reservations.purposeOf(A)).to.equal(null);
  });

  it('forget a waiter whose signal aborted, also when it came to wait under another holder', async () => {
    const reservations = new CartridgeReservations();
    const first = reservations.tryReserve(A, 'saving');
    const second = reservations.reserve(A, 'restoring', forever);
    const abort = new AbortController();
    const third = reservations.reserve(A, 'ejecting', abort.signal).catch((error: unknown) => error);
    first?.release();
    const held = await second;
    expect(held.contended).to.equal(true);
    abort.abort(new Error('gone'));
    expect(await third).to.have.property('message', 'gone');
    expect(held.contended).to.equal(false);
    held.release();
    expect(reservations.purposeOf(A)).to.equal(null);
  });

  it('cannot be released twice', () => {
    const held = new CartridgeReservations().tryReserve(A, 'saving');
    held?.release();
    expect(() => held?.release()).to.throw(/released once/);
  });
});
