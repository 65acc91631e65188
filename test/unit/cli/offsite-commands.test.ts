import { expect } from 'chai';
import { UsageError } from '../../../src/cli/usage-error.js';
import { runCommand } from '../../support/cli-fixture.js';
import { ControlDoorFixture } from '../../support/control-door-fixture.js';

describe('the commands about media outside the changers', () => {
  let fixture: ControlDoorFixture;

  beforeEach(async () => {
    fixture = new ControlDoorFixture();
    await fixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  const run = async (...args: readonly string[]): ReturnType<typeof runCommand> => runCommand(fixture.socketPath, args);
  const linesOf = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, error } = await run(...args);
    expect(error).to.equal(null);
    return stdout.slice(0, -1).split('\n');
  };

  it('media list --location shows who brought what there, when, and when it is due', async () => {
    const [head, first, second] = await linesOf('media', 'list', '--location', 'vault', 'bank');
    expect(head).to.match(/^BARCODE +STATE +POOL +LOCATION +DUE +SINCE +BY +WHY$/);
    expect(first).to.match(
      /^TPL001L9 +full +default +vault bank +2023-\S+ \S+ +2023-\S+ \S+ +olga +ejected for vault bank$/,
    );
    expect(second).to.match(/^TPL002L9 +blank +- +shelf +- +2023-\S+ \S+ +- +-$/);
    await linesOf('media', 'list', '--location', 'shelf');
    await linesOf('media', 'list', '--location', 'missing');
    await linesOf('media', 'list', '--location', 'vault');
    expect(fixture.offsite.calls.map(([, query]) => query)).to.deep.equal([
      { kind: 'vault', vault: 'bank', overdue: false },
      { kind: 'shelf', overdue: false },
      { kind: 'missing', overdue: false },
      { kind: 'vault', overdue: false },
    ]);
  });

  it('media list --location knows no other places', async () => {
    for (const place of [['slot'], ['shelf', 'bank'], ['vault', 'a', 'b']])
      expect((await run('media', 'list', '--location', ...place)).error, place.join(' ')).to.be.instanceOf(UsageError);
    expect(fixture.offsite.calls).to.deep.equal([]);
  });

  it('media overdue asks for what should be back', async () => {
    await linesOf('media', 'overdue');
    const [document] = await linesOf('--json', 'media', 'overdue', '--vault', 'bank');
    expect(JSON.parse(document ?? '')).to.deep.equal({ media: fixture.offsite.views });
    expect(fixture.offsite.calls.map(([, query]) => query)).to.deep.equal([
      { overdue: true },
      { vault: 'bank', overdue: true },
    ]);
  });

  it('media moves shows every move, newest first', async () => {
    const [head, first, second] = await linesOf('media', 'moves', 'tpl001l9', '--limit', '2');
    expect(head).to.match(/^WHEN +FROM +TO +BY +WHY$/);
    expect(first).to.match(/slot 3 +shelf +olga +ejected by an operator$/);
    expect(second).to.match(/new +slot 3 +tapeloomd +found by the changer$/);
    expect(fixture.offsite.calls).to.deep.equal([['moves', 'TPL001L9', 2]]);
    expect((await run('media', 'moves', 'TPL001L9', '--limit', 'all')).error).to.be.instanceOf(UsageError);
  });
});
