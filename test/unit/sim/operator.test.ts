import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createFilePort } from '../../../src/device/linux-files.js';
import { isOperatorCommand, operatorUsage, runOperator } from '../../../sim/operator/run-operator.js';
import { libraryPersonality } from '../../../sim/library/library-personality.js';
import { makeLibrary, type Library } from '../../../sim/library/library.js';
import { Rack } from '../../../sim/rack.js';

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Status {
  readonly library: { readonly name: string; readonly door: string; readonly robot: string } | null;
  readonly drives: readonly { readonly device: string; readonly stuck: boolean; readonly asksForCleaning: boolean }[];
  readonly cartridges: readonly { readonly barcode: string; readonly label: string; readonly place: string }[];
}

describe("The operator's door of the simulator", () => {
  let state: string;
  let library: Library;

  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'tapeloom-sim-'));
    const files = createFilePort();
    const rack = new Rack(files, join(state, 'rack'), ['/dev/nst0', '/dev/nst1']);
    const personality = libraryPersonality('library');
    if (personality === null) throw new Error('no library');
    library = makeLibrary(files, join(state, 'rack'), personality);
    for (const barcode of ['TPL001L9', 'TPL002L9', 'TPL003L9']) rack.create(barcode, { capacityBytes: 1_000_000 });
    library.putIn('TPL001L9', 4096);
  });

  afterEach(() => {
    rmSync(state, { recursive: true });
  });

  function operate(name: string, ...args: readonly string[]): Result {
    let stdout = '';
    let stderr = '';
    const status = runOperator([name, '--state', state, ...args], {
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
    });
    return { status, stdout, stderr };
  }

  function status(): Status {
    const { status: code, stdout, stderr } = operate('status', '--json');
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Status;
  }

  function places(): Record<string, string> {
    return Object.fromEntries(status().cartridges.map(({ barcode, place }) => [barcode, place]));
  }

  it('does not take what it does not understand for a command', () => {
    expect(isOperatorCommand('--state')).to.equal(false);
    expect(isOperatorCommand(undefined)).to.equal(false);
    expect(isOperatorCommand('insert')).to.equal(true);
    for (const wrong of [
      operate('insert'),
      operate('insert', 'TPL002L9', 'TPL003L9'),
      operate('open', 'please'),
      operate('open', '--slot', '1'),
      operate('status', '--nonsense'),
    ]) {
      expect(wrong.status).to.equal(64);
      expect(wrong.stderr).to.match(/usage: tapeloom-sim \w+ --state DIRECTORY/);
    }
    const output = { stdout: () => undefined, stderr: () => undefined };
    expect(runOperator(['open'], output), 'without --state').to.equal(64);
    expect(operatorUsage()).to.contain('spoil-move');
  });

  it('refuses what cannot be done, says why, and does nothing', () => {
    const before = places();
    for (const [name, ...args] of [
      ['insert', 'TPL777L9'],
      ['insert', 'TPL001L9'],
      ['insert', 'TPL002L9', '--slot', '1'],
      ['insert', 'TPL002L9', '--slot', '29'],
      ['insert', 'TPL002L9', '--mailslot', '5'],
      ['insert', 'TPL002L9', '--drive', '2'],
      ['put', 'TPL002L9', 'one'],
      ['take', '2'],
      ['remove'],
      ['remove', 'TPL002L9'],
      ['remove', '--hand'],
      ['close'],
      ['unjam'],
      ['spoil-move', 'thoroughly'],
      ['stick', '7'],
      ['create', 'TPL001L9'],
      ['create', 'nonsense'],
      ['create', 'TPL009L9', '--capacity', 'much'],
      ['create', 'CLN009L9', '--uses', 'many'],
      ['hide-label', 'TPL777L9'],
      ['paste-label', 'TPL001L9', 'X'.repeat(33)],
    ] as const) {
      const { status: code, stderr } = operate(name, ...args);
      expect(code, `${name} ${args.join(' ')}`).to.equal(1);
      expect(stderr).to.match(/^tapeloom-sim: .+\.\n$/);
    }
    expect(places()).to.deep.equal(before);
    rmSync(join(state, 'rack'), { recursive: true });
    expect(operate('status').stderr).to.contain('start a node there first');
  });

  it('carries cartridges in and out, through import/export slots or the door', () => {
    expect(operate('insert', 'TPL002L9').stdout).to.equal('TPL002L9 is in mailslot 25.\n');
    expect(operate('insert', 'TPL003L9', '--mailslot', '4').status).to.equal(0);
    expect(operate('take', '1').stdout).to.equal('TPL001L9 is in the rack.\n');
    expect(places()).to.deep.equal({ TPL001L9: 'rack', TPL002L9: 'mailslot 25', TPL003L9: 'mailslot 28' });
    const { panel } = library.view();
    expect(panel).to.include({ mailslotUses: 2, doorOpenings: 1, doorOpen: false });
    expect(operate('remove').stdout).to.equal('TPL002L9 is in the rack.\nTPL003L9 is in the rack.\n');
    expect(operate('put', 'TPL001L9', '24').status).to.equal(0);
    expect(operate('insert', 'TPL002L9', '--slot', '26').status).to.equal(0);
    expect(operate('insert', 'TPL003L9', '--drive', 'tape1').status).to.equal(0);
    expect(places()).to.deep.equal({ TPL001L9: 'slot 24', TPL002L9: 'mailslot 26', TPL003L9: 'drive 1' });
    expect(operate('remove', 'TPL001L9').status).to.equal(0);
    expect(operate('remove', '--drive', '1').status).to.equal(0);
    library.pick(17, 4100);
    expect(places()['TPL002L9']).to.equal('hand');
    expect(operate('remove', '--hand').status).to.equal(0);
    expect(places()).to.deep.equal({ TPL001L9: 'rack', TPL002L9: 'rack', TPL003L9: 'rack' });
  });

  it('opens and closes the door, jams and frees the robot, spoils moves', () => {
    for (const name of ['open', 'jam']) expect(operate(name).status).to.equal(0);
    expect(operate('spoil-move', 'after-pick').status).to.equal(0);
    expect(status().library).to.deep.equal({ name: 'library', door: 'open', robot: 'jammed' });
    expect(library.view().panel.nextMove).to.equal('fails-after-pick');
    for (const name of ['close', 'unjam']) expect(operate(name).status).to.equal(0);
    expect(status().library).to.deep.equal({ name: 'library', door: 'closed', robot: 'free' });
    library.setPrevented(true);
    expect(status().library?.door).to.equal('locked');
    expect(operate('open').stderr).to.contain('locked');
  });

  it('makes cartridges and changes what is on their labels', () => {
    operate('create', 'CLN001L9', '--uses', '2');
    operate('create', 'TPL004L9', '--capacity', '24MiB');
    expect(operate('status').stdout).to.contain('CLN001L9   rack (cleans 2 times yet)');
    operate('hide-label', 'TPL001L9');
    operate('paste-label', 'TPL002L9', 'TPL003L9');
    operate('remove-label', 'TPL003L9');
    expect(status().cartridges.map(({ label }) => label)).to.deep.equal(['CLN001L9', '', 'TPL003L9', '', 'TPL004L9']);
    operate('show-label', 'TPL001L9');
    operate('show-label', 'TPL003L9');
    expect(status().cartridges.map(({ label }) => label)).to.deep.equal([
      'CLN001L9',
      'TPL001L9',
      'TPL003L9',
      'TPL003L9',
      'TPL004L9',
    ]);
    expect(operate('protect', 'TPL004L9').stdout).to.contain('write-protected');
    expect(operate('unprotect', 'TPL004L9').stdout).to.contain('writable');
  });

  it('sticks and frees a drive, and has it ask for cleaning', () => {
    for (const name of ['stick', 'ask-cleaning']) expect(operate(name, 'tape1').status).to.equal(0);
    expect(status().drives[1]).to.include({ device: '/dev/nst1', stuck: true, asksForCleaning: true });
    expect(operate('status').stdout).to.contain('/dev/nst1: empty, stuck, asks for cleaning');
    operate('free', '/dev/nst1');
    expect(status().drives[1]).to.include({ stuck: false, asksForCleaning: true });
  });

  it('tells of a node with a drive that stands alone, too', () => {
    rmSync(join(state, 'rack/library'), { recursive: true });
    expect(status().library).to.equal(null);
    expect(operate('insert', 'TPL001L9').stderr).to.contain('stands alone');
    expect(operate('ask-cleaning', '0').status).to.equal(0);
  });
});
