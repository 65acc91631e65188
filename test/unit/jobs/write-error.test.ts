import { expect } from 'chai';
import { LIBRARY_PAYLOAD_BYTES, LibraryRig, libraryBarcode, type LibraryClient } from '../../support/library-rig.js';

const BLOCK = LIBRARY_PAYLOAD_BYTES;
const MEDIUM = { key: 3, asc: 0x0c, ascq: 0 };
const HARDWARE = { key: 4, asc: 0x44, ascq: 0 };

describe('a volume that cannot be written', () => {
  let rig: LibraryRig;

  async function begin(options: ConstructorParameters<typeof LibraryRig>[0] = {}): Promise<LibraryRig> {
    rig = await new LibraryRig({
      ...options,
      limits: { replay: 'always', sharedBlocks: 64, ...options.limits },
    }).start();
    return rig;
  }

  async function expectRestored(client: LibraryClient): Promise<void> {
    expect(client.isSaved, client.error?.message).to.equal(true);
    if (client.streamId === null) throw new Error('it was never opened');
    const receiver = rig.restore(client.streamId);
    await rig.run(() => receiver.outcome !== null);
    expect(receiver.outcome).to.equal('finished');
    expect(receiver.bytes.equals(client.bytes), 'restored bytes equal what was saved').to.equal(true);
  }

  const drivesOf = (): readonly string[] => rig.library.moves.filter((move) => !move.includes('emptied'));

  afterEach(async () => {
    await rig.stop();
  });

  it('is marked with what the drive said, stays readable, and the client notices nothing', async () => {
    await begin({ drives: 1 });
    const client = rig.save(1, 70 * BLOCK, { paceMs: 1000 });
    await rig.run(() => client.durableBytes > 0 && client.sentBytes > 45 * BLOCK);
    rig.failOnce(0, 'write', MEDIUM);
    await rig.run(() => client.isOver);
    const volume = await rig.volume(1);
    expect(volume.state).to.equal('damaged');
    expect(volume.stateReason).to.contain('write');
    expect(volume.errors).to.equal(1);
    expect(volume.bytes, 'what is durable on it stays in the books').to.be.greaterThan(0);
    await expectRestored(client);
    await rig.settle();
    rig.expectIdle();
  });

  it('stays in use when the drive is at fault, and the streams go on in another drive', async () => {
    await begin({ drives: 2 });
    const client = rig.save(1, 40 * BLOCK, { paceMs: 1000 });
    await rig.run(() => client.sentBytes > 10 * BLOCK);
    rig.failDrive(0, 'write', HARDWARE);
    await rig.run(() => client.isOver);
    rig.mendDrive(0);
    expect(drivesOf().at(-1)).to.match(/tape1/);
    expect((await rig.volume(1)).state).to.equal('append');
    await expectRestored(client);
  });

  it('is tried with another volume in the same drive, and when that fails too the drive is the suspect', async () => {
    await begin({ drives: 2 });
    const client = rig.save(1, 40 * BLOCK, { paceMs: 1000 });
    await rig.run(() => client.sentBytes > 10 * BLOCK);
    rig.failDrive(0, 'write', MEDIUM);
    await rig.run(() => client.isOver);
    rig.mendDrive(0);
    expect([(await rig.volume(1)).state, (await rig.volume(2)).state]).to.deep.equal(['damaged', 'damaged']);
    expect(drivesOf().map((move) => move.replace(/^.*(tape\d).*$/, '$1'))).to.deep.equal(['tape0', 'tape0', 'tape1']);
    expect(libraryBarcode(3)).to.equal((await rig.volume(3)).barcode);
    await expectRestored(client);
  });

  it('ends in a person being asked when there is no other volume, and goes on when there is one', async () => {
    await begin({ drives: 1, cartridges: 1 });
    const client = rig.save(1, 30 * BLOCK, { paceMs: 1000 });
    await rig.run(() => client.sentBytes > 10 * BLOCK);
    rig.failOnce(0, 'write', MEDIUM);
    await rig.run(() => client.waits.at(-1) === 'operator');
    rig.addCartridge(2, 4 * 1024 * 1024);
    await rig.finish(rig.label(2));
    await rig.run(() => client.isOver);
    await expectRestored(client);
  });
});
