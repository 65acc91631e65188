import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Tests run in the package's root.
const UNIT = readFileSync('systemd/tapeloomd.service', 'utf8');

/** The values a setting of the unit has, in order. */
function settings(name: string): readonly string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program of systemd; one that is missing fails the test. */
function run(program: string, ...args: readonly string[]): Run {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined)
    throw new Error(`${program} cannot be run (${error.message}); it comes with systemd: apt-get install systemd`);
  return { status, output: `${stdout}${stderr}` };
}

describe('tapeloomd.service', () => {
  let directory: string;
  let unit: string;

  /** A copy whose program is there: `verify` looks for it. Everything else is the shipped text. */
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-systemd-'));
    unit = join(directory, 'tapeloomd.service');
    expect(settings('ExecStart')[0]).to.match(/^\/usr\/bin\/node /);
    writeFileSync(unit, UNIT.replace(/^ExecStart=\/usr\/bin\/node /m, `ExecStart=${process.execPath} `));
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  it('is a unit systemd understands without a warning', () => {
    expect(run('systemd-analyze', 'verify', unit)).to.deep.equal({ status: 0, output: '' });
  });

  it('would not be taken with a setting misspelt', () => {
    const misspelt = join(directory, 'misspelt.service');
    writeFileSync(misspelt, readFileSync(unit, 'utf8').replace('WatchdogSec=', 'WatchdogSecs='));
    expect(run('systemd-analyze', 'verify', misspelt).output).to.contain('WatchdogSecs');
  });

  it('exposes the machine no more than 2.5 of 10', () => {
    const { status, output } = run(
      'systemd-analyze',
      'security',
      '--offline=yes',
      '--threshold=25',
      '--no-pager',
      unit,
    );
    expect(status, output).to.equal(0);
  });

  it('runs what the package builds, with the configuration that is documented', () => {
    expect(settings('ExecStart')).to.deep.equal([
      '/usr/bin/node /usr/lib/tapeloom/dist/src/daemon/main.js --config /etc/tapeloom/tapeloom.toml',
    ]);
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Readonly<Record<string, string>> };
    expect(bin['tapeloomd']).to.equal('dist/src/daemon/main.js');
  });

  it('is no root, has the one capability st asks for, and only the devices of its trade', () => {
    expect(settings('User')).to.deep.equal(['tapeloom']);
    expect(settings('Group')).to.deep.equal(['tape']);
    expect(settings('AmbientCapabilities')).to.deep.equal(['CAP_SYS_RAWIO']);
    expect(settings('CapabilityBoundingSet')).to.deep.equal(['CAP_SYS_RAWIO']);
    expect(settings('DevicePolicy')).to.deep.equal(['closed']);
    const devices = ['char-st', 'char-sg', 'char-ch', 'char-ttyS', 'char-ttyUSB', 'char-ttyACM'];
    expect(settings('DeviceAllow')).to.deep.equal(devices.map((device) => `${device} rw`));
  });

  it('gives the control socket to the group of the operators, which the daemon is in', () => {
    expect(settings('ExecStartPost')).to.deep.equal(['-/usr/bin/chgrp tapeloom /run/tapeloom/control.sock']);
    expect(settings('SupplementaryGroups')).to.deep.equal(['tapeloom']);
    expect(settings('RuntimeDirectory')).to.deep.equal(['tapeloom']);
  });

  it('leaves on what V8 and tape drives need', () => {
    expect(settings('MemoryDenyWriteExecute')).to.deep.equal([]);
    expect(settings('PrivateDevices')).to.deep.equal([]);
  });

  it('is told that it is ready, watched, and not started again with a wrong configuration', () => {
    expect(settings('Type')).to.deep.equal(['notify']);
    expect(settings('NotifyAccess')).to.deep.equal(['main']);
    expect(Number(settings('WatchdogSec')[0])).to.be.greaterThan(0);
    expect(settings('RestartPreventExitStatus')).to.deep.equal(['64 78']);
  });
});

describe('tapeloom.sysusers', () => {
  it('makes the user and the groups the unit and the control door need', () => {
    const root = mkdtempSync(join(tmpdir(), 'tapeloom-sysusers-'));
    try {
      mkdirSync(join(root, 'etc'));
      const { status, output } = run(
        'systemd-sysusers',
        `--root=${root}`,
        join(process.cwd(), 'systemd/tapeloom.sysusers'),
      );
      expect(status, output).to.equal(0);
      expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).to.match(/^tapeloom:.*:\/var\/lib\/tapeloom:.*nologin$/m);
      const groups = readFileSync(join(root, 'etc/group'), 'utf8');
      expect(groups).to.match(/^tape:[^:]*:\d+:tapeloom$/m);
      expect(groups).to.match(/^tapeloom:[^:]*:\d+:/m);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('60-tapeloom.rules', () => {
  const RULES = readFileSync('systemd/60-tapeloom.rules', 'utf8').split('\n');

  it('is made of matches and assignments that udev knows', () => {
    const TOKEN =
      /^(SUBSYSTEMS?|KERNELS?|ATTRS?\{[a-z_]+\}|ENV\{[A-Z_]+\}|IMPORT\{program\}|SYMLINK|GROUP|MODE)(==|!=|\+=|=)"[^"]*"$/;
    const rules = RULES.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules).to.have.length.greaterThan(0);
    for (const rule of rules) for (const token of rule.split(/,\s+/)) expect(token).to.match(TOKEN);
  });

  it("links the drive's SCSI generic node beside udev's own links", () => {
    const drives = RULES.find((line) => line.includes('ATTRS{type}=="1"')) ?? '';
    expect(drives).to.contain('SUBSYSTEM=="scsi_generic"').and.to.contain('-sg"').and.to.contain('GROUP="tape"');
  });
});

describe('the folder systemd', () => {
  it('holds what the README tells to install, and nothing else', () => {
    const readme = readFileSync('README.md', 'utf8');
    for (const name of readdirSync('systemd')) expect(readme).to.contain(name);
  });
});
