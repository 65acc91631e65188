import { expect } from 'chai';
import { DriveBay } from '../../../src/media/drive-bay.js';
import { DriveLeases, type DriveLease, type LeaseRequest } from '../../../src/media/drive-leases.js';
import { isStorageError } from '../../../src/base/storage-error.js';

/** Leases never touch the thread or the changer. */
function bay(number: number, kind: 'tape' | 'disk' = 'tape'): DriveBay {
  return new DriveBay({
    number,
    name: `${kind}${String(number)}`,
    kind,
    device: '/dev/null',
    thread: undefined as never,
    changer: undefined as never,
  });
}

function request(changes: Partial<LeaseRequest> = {}): LeaseRequest {
  return { fits: () => true, preference: () => 0, signal: new AbortController().signal, ...changes };
}

describe('drive leases', () => {
  it('give a drive to one at a time, in the order of asking', async () => {
    const leases = new DriveLeases([bay(0)]);
    const first = await leases.acquire(request());
    const order: string[] = [];
    const wait = async (name: string): Promise<void> => {
      const lease = await leases.acquire(request());
      order.push(name);
      lease.release();
    };
    const waits = [wait('a'), wait('b'), wait('c')];
    expect(order).to.deep.equal([]);
    expect(first.contended).to.equal(true);
    first.release();
    await Promise.all(waits);
    expect(order).to.deep.equal(['a', 'b', 'c']);
    expect(leases.isLeased(first.bay)).to.equal(false);
  });

  it('let one that another drive fits pass one that waits for a busy drive', async () => {
    const leases = new DriveLeases([bay(0), bay(1, 'disk')]);
    const tape = { fits: (one: DriveBay) => one.kind === 'tape' };
    const held = await leases.acquire(request(tape));
    const waiting = leases.acquire(request(tape));
    const disk = await leases.acquire(request({ fits: (one) => one.kind === 'disk' }));
    expect(disk.bay.name).to.equal('disk1');
    expect(disk.contended).to.equal(false);
    held.release();
    expect((await waiting).bay.name).to.equal('tape0');
  });

  it('prefer the drive the asker prefers', async () => {
    const leases = new DriveLeases([bay(0), bay(1)]);
    const lease = await leases.acquire(request({ preference: (one) => one.number }));
    expect(lease.bay.number).to.equal(1);
  });

  it('take, of drives that are equally good, the one that was used longest ago', async () => {
    const bays = [3, 1, 2].map((lastUsedMs, number) => {
      const one = bay(number);
      one.record = { ...one.record, lastUsedMs };
      return one;
    });
    const leases = new DriveLeases(bays);
    const numbers: number[] = [];
    while (numbers.length < bays.length) numbers.push((await leases.acquire(request())).bay.number);
    expect(numbers).to.deep.equal([1, 2, 0]);
  });

  it('forget a waiter whose signal aborted', async () => {
    const leases = new DriveLeases([bay(0)]);
    const held = await leases.acquire(request());
    const abort = new AbortController();
    const waiting = leases.acquire(request({ signal: abort.signal }));
    abort.abort(new Error('gone'));
    const error = await waiting.catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'gone');
    held.release();
    expect(leases.isLeased(held.bay)).to.equal(false);
  });

  it('refuse at once what no drive can ever do', async () => {
    const down = bay(0);
    down.record = { ...down.record, downReason: 'broken', downSinceMs: 1, downBy: 'olga' };
    const leases = new DriveLeases([down]);
    const refusal = async (changes: Partial<LeaseRequest>): Promise<unknown> =>
      leases.acquire(request(changes)).catch((error: unknown) => error);
    expect(isStorageError(await refusal({}), 'DRIVE_DOWN')).to.equal(true);
    expect(isStorageError(await refusal({ fits: () => false }), 'DRIVE_UNKNOWN')).to.equal(true);
  });

  it('cannot be released twice', async () => {
    const leases = new DriveLeases([bay(0)]);
    const lease: DriveLease = await leases.acquire(request());
    lease.release();
    expect(() => {
      lease.release();
    }).to.throw(/released once/);
  });
});
