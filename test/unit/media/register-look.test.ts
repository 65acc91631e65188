import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageError } from '../../../src/base/storage-error.js';
import type { CartridgeRegister } from '../../../src/media/cartridge-register.js';
import { RegisterLook } from '../../../src/media/register-look.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('who looks at the books', () => {
  it('has the changers asked first, once for all who look together', async () => {
    let asked = 0;
    const register = {
      refresh: async () => {
        asked++;
        await nextTurn();
      },
    } as unknown as CartridgeRegister;
    const clock = new ManualClock();
    const look = new RegisterLook(register, clock, { log: () => undefined });
    await Promise.all([look.look(), look.look()]);
    expect([asked, clock.asleep]).to.deep.equal([1, 0]);
    await look.look();
    expect(asked).to.equal(2);
  });

  it('does not wait behind a robot that is moving', async () => {
    let answer: () => void = () => undefined;
    const register = { refresh: async () => new Promise<void>((resolve) => (answer = resolve)) };
    const clock = new ManualClock();
    const look = new RegisterLook(register as unknown as CartridgeRegister, clock, { log: () => undefined });
    const looking = look.look();
    await clock.untilAsleep(3_000);
    await clock.advance(3_000);
    await looking;
    answer();
  });

  it('gets the books as they are when they cannot be brought in line', async () => {
    const events: string[] = [];
    const register = {
      refresh: async () => {
        throw new StorageError('INVENTORY_IO', 'the disk is gone');
      },
    };
    const logger = { log: (_level: unknown, event: string) => events.push(event) };
    await new RegisterLook(register as unknown as CartridgeRegister, new ManualClock(), logger).look();
    expect(events).to.deep.equal(['register.not-refreshed']);
  });
});
