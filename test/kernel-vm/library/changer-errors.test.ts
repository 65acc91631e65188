import { expect } from 'chai';
import { silentLogger } from '../../../src/base/logger.js';
import { systemClock } from '../../../src/base/clock.js';
import { ScsiChanger } from '../../../src/changer/scsi-changer.js';
import { InlineScsiChannel } from '../../../src/device/inline-scsi-channel.js';
import { createSyscallPort } from '../../../src/device/linux-syscalls.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { HookedSyscalls } from '../../support/hooked-syscalls.js';
import { barcodeOf } from '../../support/records.js';
import { codeOf } from '../../support/rejection-code.js';
import { AttachedLibrary } from './attached-library.js';

const attached = await AttachedLibrary.get();
const A = barcodeOf(1);
const B = barcodeOf(2);
const MEBIBYTE = 1024 * 1024;
const { signal } = new AbortController();

describe('a changer of the kernel that refuses a move', () => {
  let port: HookedSyscalls;
  let changer: ScsiChanger;

  beforeEach(async () => {
    attached.library.addCartridge(A, 1, MEBIBYTE);
    attached.library.addCartridge(B, 2, MEBIBYTE);
    port = new HookedSyscalls(createSyscallPort());
    changer = new ScsiChanger({
      name: 'library',
      channel: new InlineScsiChannel(port, attached.changerPath),
      drives: () => [{ name: 'tape0', serial: 'DRIVE1', changerDrive: null }],
      clock: systemClock,
      logger: silentLogger,
    });
    await changer.open();
  });
  afterEach(async () => {
    await changer.close();
    attached.clear();
  });

  /** Somebody else is faster: between our look at the elements and our move. */
  function beforeTheMove(...mtx: readonly (string | number)[]): void {
    let isDone = false;
    port.hook = (call) => {
      if (call.call === 'sg-io' && call.opcode === OPCODES.moveMedium && !isDone) {
        isDone = true;
        attached.mtx(...mtx);
      }
      return null;
    };
  }

  async function places(): Promise<Readonly<Record<string, unknown>>> {
    const cartridges = await changer.cartridges();
    return Object.fromEntries(cartridges.map(({ barcode, location }) => [barcode, location.kind] as const)) as Record<
      string,
      unknown
    >;
  }

  it('since the slot was emptied before: says so, and where the cartridge is instead', async () => {
    beforeTheMove('transfer', 1, 5);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_NO_CARTRIDGE');
    expect(attached.mtxElements().filter(({ isFull }) => isFull)).to.deep.equal([
      { kind: 'slot', number: 2, tag: B, isFull: true },
      { kind: 'slot', number: 5, tag: A, isFull: true },
    ]);
    expect(await places()).to.deep.equal({ [A]: 'slot', [B]: 'slot' });
    await changer.load(A, 'tape0', signal);
    expect(await places()).to.deep.equal({ [A]: 'drive', [B]: 'slot' });
  });

  it('since the drive was filled before: says so, and nothing has moved', async () => {
    beforeTheMove('load', 2, 0);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_OCCUPIED');
    expect(await places()).to.deep.equal({ [A]: 'slot', [B]: 'drive' });
    expect(attached.mtxElements().find(({ kind, number }) => kind === 'drive' && number === 0)?.tag).to.equal(B);
  });
});
