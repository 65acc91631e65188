import { expect } from 'chai';
import type { MediumView } from '../../src/protocol/control-api.js';
import { patternedBytes } from '../support/patterned-bytes.js';
import { SimNode } from '../support/sim-node.js';

const TAPE = 'TPL001L9';
const ANOTHER = 'TPL002L9';

describe('a node whose drives stand in a simulated library', () => {
  let node: SimNode;

  beforeEach(async () => {
    node = await new SimNode('--library', 'library', '--cartridges', '3', '--capacity', '64MiB').start();
  });
  afterEach(async () => {
    await node.remove();
  });

  async function operate(...args: [string, ...string[]]): Promise<string> {
    const { status, stdout, stderr } = await node.operate(...args);
    expect(status, stderr).to.equal(0);
    return stdout.toString('utf8');
  }

  /** Where the simulator has a cartridge, and where the node says it is. */
  async function placeOf(barcode: string): Promise<{ readonly real: string; readonly told: MediumView['location'] }> {
    const { cartridges } = JSON.parse(await operate('status', '--json')) as {
      readonly cartridges: readonly { readonly barcode: string; readonly place: string }[];
    };
    const told = (await node.json<MediumView>('media', 'show', barcode)).location;
    return { real: cartridges.find((one) => one.barcode === barcode)?.place ?? '', told };
  }

  it('has cartridges carried to drives and to the import/export slots by its robot, over deaths and restarts', async () => {
    expect((await node.cli('media', 'label', TAPE, '--pool', 'default')).status).to.equal(0);
    const bytes = patternedBytes(1, 3_000_000);
    const saved = await node.cliWith({ input: [bytes] }, 'save', '--pool', 'default', '--name', 'one', '-');
    expect(saved.status, saved.stderr).to.equal(0);
    const drive = await placeOf(TAPE);
    expect(drive.real).to.match(/^drive \d$/);
    expect(drive.told).to.deep.equal({ kind: 'drive', drive: `tape${drive.real.slice(-1)}` });
    await node.kill();
    await node.start();
    expect(await placeOf(TAPE), 'the kill moved nothing').to.deep.equal(drive);
    const ejected = await node.cli('media', 'eject', TAPE);
    expect(ejected.status, ejected.stderr).to.equal(0);
    expect(await placeOf(TAPE)).to.deep.equal({
      real: 'mailslot 25',
      told: { kind: 'import-export', changer: 'library', slot: 25 },
    });
    expect(await node.stop()).to.equal(0);
    expect(await operate('remove')).to.equal(`${TAPE} is in the rack.\n`);
    expect(await operate('put', TAPE, '9')).to.equal(`${TAPE} is in slot 9.\n`);
    await node.start();
    const restored = await node.cli('restore', saved.stdout.toString('utf8').trim(), '-');
    expect(restored.status, restored.stderr).to.equal(0);
    expect(restored.stdout.equals(bytes), 'from another slot than it was taken from').to.equal(true);
  });

  it('says what is wrong when the door is open, the robot is jammed or a move fails, and the cartridge is where it says', async () => {
    const load = async (): Promise<string> => {
      const { status, stderr } = await node.cli('drive', 'load', ANOTHER, 'tape1');
      return status === 0 ? 'loaded' : stderr;
    };
    await operate('open');
    expect(await load()).to.match(/door is open/);
    await operate('close');
    await operate('jam');
    expect(await load()).to.match(/mechanical positioning error/);
    await operate('unjam');
    await operate('spoil-move', 'after-pick');
    expect(await load()).to.match(/It was seen in the (robot|transport)/);
    expect((await placeOf(ANOTHER)).real).to.equal('hand');
    expect(await load(), 'from the hand').to.equal('loaded');
    expect(await placeOf(ANOTHER)).to.deep.equal({ real: 'drive 1', told: { kind: 'drive', drive: 'tape1' } });
  });

  it('keeps the library it was made with', async () => {
    expect(await node.stop()).to.equal(0);
    const { status, stderr } = await node.operate('--library', 'autoloader');
    expect(status, 'another library is refused').to.not.equal(0);
    expect(stderr).to.contain('stands beside the library library');
  });
});
