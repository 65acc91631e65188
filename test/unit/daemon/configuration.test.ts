import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '../../../src/base/error-codes.js';
import { StorageError } from '../../../src/base/storage-error.js';
import type { PoolRecord } from '../../../src/inventory/records.js';
import { loadConfiguration, type Configuration } from '../../../src/daemon/configuration.js';

const DRIVES = `[[drive]]
name = "tape0"
kind = "tape"
device = "/dev/nst0"

[[drive]]
name = "disk0"
kind = "disk"
directory = "/srv/disk0"
`;
/** One drive, second in its library. */
const LIBRARY = `[[drive]]
name = "tape0"
kind = "tape"
device = "/dev/nst0"
changer = "lib"
changer_drive = 1
[[changer]]
name = "lib"
device = "/dev/sg3"
`;
const POOLS = `
[[pool]]
name = "default"
kind = "tape"

[[pool]]
name = "disk"
kind = "disk"
`;
const SMALLEST = DRIVES + POOLS;
const HASH = 'a'.repeat(64);

/** A pool of which only name and kind stand in the file. */
function declaredPool(name: string, kind: PoolRecord['kind']): PoolRecord {
  return {
    name,
    kind,
    retentionDays: 30,
    mediaTypes: [],
    allocation: { kind: 'continue' },
    maxVolumes: null,
    maxDrives: 1,
    streamsPerDrive: 4,
    drawsFromScratch: true,
    labelsBlank: false,
    recycles: true,
    worm: 'refused',
    encryption: false,
    declared: true,
  };
}

describe('the configuration', () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-configuration-'));
    file = join(directory, 'tapeloom.toml');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** Loads these texts: the file, and those of conf.d by name. */
  function load(text: string, more: Readonly<Record<string, string>> = {}): Configuration {
    writeFileSync(file, text);
    for (const [name, content] of Object.entries(more)) {
      const path = join(directory, 'conf.d', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return loadConfiguration(file);
  }

  function refusal(text: string, more: Readonly<Record<string, string>> = {}): StorageError {
    try {
      load(text, more);
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
    throw new Error('it was taken');
  }

  function expectRefused(
    error: StorageError,
    expected: {
      readonly code?: ErrorCode;
      readonly file?: string;
      readonly line: number;
      readonly says: readonly string[];
    },
  ): void {
    expect(error.code, error.message).to.equal(expected.code ?? 'CONFIG_KEY');
    expect(ERROR_CODES[error.code].exitCode).to.equal(78);
    expect(error.message).to.contain(`${expected.file ?? file}:${String(expected.line)}:`);
    expect(error.context['line']).to.equal(expected.line);
    for (const words of expected.says) expect(error.message).to.contain(words);
  }

  describe('that is good', () => {
    it('needs no more than a drive and a pool, and has stated defaults for the rest', () => {
      expect(load(SMALLEST)).to.deep.equal({
        node: null,
        stateDirectory: '/var/lib/tapeloom',
        dataDoor: {
          host: '127.0.0.1',
          port: 9750,
          maxStreams: 256,
          heartbeatMs: 30_000,
          receiveBufferBytes: 4 * 2 ** 20,
          tlsCertificate: null,
          tlsKey: null,
        },
        controlDoor: { socketPath: '/run/tapeloom/control.sock', socketMode: 0o660 },
        buffer: {
          ringBytes: 64 * 2 ** 20,
          collectBytes: 2 ** 30,
          collectMs: 60_000,
          blockSizeBytes: 2 ** 20,
          replay: 'when-held',
        },
        checkpoint: { bytes: 16 * 2 ** 30, seconds: 60 },
        cleaning: { maxUses: 50, automatic: true },
        spanning: { prepareBytes: 96 * 2 ** 30, operatorWaitMs: 24 * 3600 * 1000 },
        catalogue: { intervalMs: 24 * 3600 * 1000, maxBytes: 4 * 2 ** 30 },
        log: { level: 'info', format: 'json' },
        drives: [
          { name: 'tape0', kind: 'tape', device: '/dev/nst0', changer: null, changerDrive: null },
          { name: 'disk0', kind: 'disk', directory: '/srv/disk0', volumeCapacityBytes: 50e9 },
        ],
        changers: [],
        pools: [declaredPool('default', 'tape'), declaredPool('disk', 'disk')],
        clients: [],
      });
    });

    it('is the example that comes with the package, with a client behind its comment signs too', () => {
      const example = readFileSync('systemd/tapeloom.toml.example', 'utf8');
      expect(load(example).drives.map(({ kind }) => kind)).to.deep.equal(['tape', 'disk']);
      // Every commented key is one that may be given.
      const whole = example
        .replace(/^# (?=\[\[|[a-z_0-9]+ = )/gm, '')
        .replace('token_sha256 = "..."', `token_sha256 = "${HASH}"`);
      const { clients, dataDoor, node } = load(whole);
      expect(clients).to.deep.equal([
        { name: 'backup01', tokenSha256: HASH, pools: ['default'], mayRestoreOthers: false },
      ]);
      expect(dataDoor.tlsKey).to.be.a('string');
      expect(node).to.be.a('string');
    });

    it('tells a pool all of its policy', () => {
      const [pool] = load(`${DRIVES}
[[pool]]
name = "vault"
kind = "tape"
retention_days = 365
media_types = ["L8", "LY"]
allocation = "weekly"
max_volumes = 12
max_drives = 3
streams_per_drive = 2
draws_from_scratch = false
labels_blank = true
recycles = false
worm = "allowed"
encryption = false
`).pools;
      expect(pool).to.deep.equal({
        name: 'vault',
        kind: 'tape',
        retentionDays: 365,
        mediaTypes: ['L8', 'LY'],
        allocation: { kind: 'calendar', period: 'week' },
        maxVolumes: 12,
        maxDrives: 3,
        streamsPerDrive: 2,
        drawsFromScratch: false,
        labelsBlank: true,
        recycles: false,
        worm: 'allowed',
        encryption: false,
        declared: true,
      });
    });

    it('names libraries, and the drives that stand in them', () => {
      const { changers, drives } = load(LIBRARY);
      expect(changers).to.deep.equal([{ name: 'lib', device: '/dev/sg3' }]);
      expect(drives).to.deep.equal([
        { name: 'tape0', kind: 'tape', device: '/dev/nst0', changer: 'lib', changerDrive: 1 },
      ]);
    });

    it('takes a library behind an iSCSI target', () => {
      const device = 'iscsi://gateway/iqn.2026-01.example:library/3';
      expect(load(LIBRARY.replace('/dev/sg3', device)).changers).to.deep.equal([{ name: 'lib', device }]);
    });

    it('needs no pool, since operators can make some, and lets clients name those', () => {
      const text = `${DRIVES}[[client]]\nname = "a"\ntoken_sha256 = "${HASH}"\npools = ["made-later"]\n`;
      expect(load(text).pools).to.deep.equal([]);
    });

    it('cannot be changed by who reads it', () => {
      const configuration = load(SMALLEST);
      expect(Object.isFrozen(configuration)).to.equal(true);
      expect(Object.isFrozen(configuration.dataDoor)).to.equal(true);
      expect(Object.isFrozen(configuration.drives[0])).to.equal(true);
    });

    for (const [text, bytes] of [
      ['33554432', 33_554_432],
      ['"32MiB"', 33_554_432],
      ['"0.5 GiB"', 536_870_912],
      ['"64MB"', 64_000_000],
      ['"1GB"', 1e9],
      ['"65536KiB"', 67_108_864],
      ['"67108864B"', 67_108_864],
    ] as const)
      it(`takes ${text} as a size`, () => {
        expect(load(`[buffer]\nring_bytes = ${text}\n${SMALLEST}`).buffer.ringBytes).to.equal(bytes);
      });

    it('lets files of conf.d override keys and add to lists, in the order of their names', () => {
      const configuration = load(`node = "a"\n[data_door]\nport = 1\nheartbeat_s = 5\n${SMALLEST}`, {
        '20-second.toml': 'node = "c"\n[[pool]]\nname = "third"\nkind = "disk"\n',
        '10-first.toml': `node = "b"\n[data_door]\nport = 2\n[[client]]\nname = "x"\ntoken_sha256 = "${HASH}"\n`,
        README: 'not read',
      });
      expect(configuration.node).to.equal('c');
      expect(configuration.dataDoor).to.deep.include({ port: 2, heartbeatMs: 5000 });
      expect(configuration.pools.map(({ name }) => name)).to.deep.equal(['default', 'disk', 'third']);
      expect(configuration.clients.map(({ name }) => name)).to.deep.equal(['x']);
    });

    it('may listen on the network with TLS', () => {
      const door = '[data_door]\nhost = "0.0.0.0"\ntls_certificate = "/c.pem"\ntls_key = "/k.pem"\n';
      expect(load(door + SMALLEST).dataDoor).to.deep.include({ host: '0.0.0.0', tlsKey: '/k.pem' });
    });
  });

  describe('that is not TOML', () => {
    it('is refused with line and column', () => {
      expectRefused(refusal('node = "a"\n[data_door\nport = 1\n'), {
        code: 'CONFIG_SYNTAX',
        line: 2,
        says: ['not TOML'],
      });
    });

    it('is refused where a key is given twice', () => {
      expectRefused(refusal('node = "a"\nnode = "b"\n'), { code: 'CONFIG_SYNTAX', line: 2, says: [] });
    });

    it('is refused with the file, when it is one of conf.d', () => {
      const error = refusal(SMALLEST, { 'x.toml': '\n\n=' });
      expectRefused(error, { code: 'CONFIG_SYNTAX', file: join(directory, 'conf.d', 'x.toml'), line: 3, says: [] });
    });

    it('is refused where there is no file, naming it', () => {
      expect(() => loadConfiguration(join(directory, 'none.toml')))
        .to.throw(StorageError, join(directory, 'none.toml'))
        .with.property('code', 'CONFIG_SYNTAX');
    });
  });

  describe('with a wrong key', () => {
    for (const [what, text, line, says] of [
      ['an unknown one', `nodes = "a"\n${SMALLEST}`, 1, ['nodes', 'did you mean "node"?']],
      [
        'an unknown one in a table',
        `[data_door]\nhost = "::1"\nprot = 1\n${SMALLEST}`,
        3,
        ['prot', 'data_door', '"port"'],
      ],
      ['an unknown table', `[data_dor]\nport = 1\n${SMALLEST}`, 1, ['data_dor', '"data_door"']],
      [
        'an unknown one in the second of a list',
        `${DRIVES}capcity = 1\n${POOLS}`,
        10,
        ['capcity', 'drive[1]', '"capacity"'],
      ],
      ['one that belongs to the other kind of drive', `${DRIVES}device = "/dev/nst1"\n${POOLS}`, 10, ['device']],
      ['one that is like nothing', `[log]\nzzzzzz = 1\n${SMALLEST}`, 2, ['zzzzzz']],
      ['a quoted one', `[log]\n"leve" = 1\n${SMALLEST}`, 2, ['leve', '"level"']],
      ['a dotted one', `data_door.prot = 1\n${SMALLEST}`, 1, ['prot', '"port"']],
      ['one in an inline table', `data_door = { prot = 1 }\n${SMALLEST}`, 1, ['prot', '"port"']],
    ] as const)
      it(`says file, line and key, and what was meant: ${what}`, () => {
        expectRefused(refusal(text), { line, says });
      });

    it('proposes only what may stand there', () => {
      expect(refusal(`[log]\nprot = 1\n${SMALLEST}`).message).to.not.contain('did you mean');
      expect(refusal(`port = 1\n${SMALLEST}`).message).to.not.contain('did you mean "port"');
    });

    it('points to the file of conf.d it stands in', () => {
      const error = refusal(`[log]\nlevel = "info"\n${SMALLEST}`, { 'x.toml': '# first\n[log]\nlevle = "info"\n' });
      expectRefused(error, { file: join(directory, 'conf.d', 'x.toml'), line: 3, says: ['levle', '"level"'] });
    });

    it('points to the entry of conf.d, counted behind those before', () => {
      const error = refusal(SMALLEST, {
        'x.toml': '[[pool]]\nname = "a"\nkind = "tape"\n\n[[pool]]\nname = "b"\nkind = "tap"\n',
      });
      expectRefused(error, {
        file: join(directory, 'conf.d', 'x.toml'),
        line: 7,
        says: ['pool[3].kind', 'tape', 'disk'],
      });
    });
  });

  describe('with a wrong value', () => {
    for (const [what, text, line, says] of [
      [
        'a text for a number',
        `[data_door]\n# port = 1\nport = "9750"\n${SMALLEST}`,
        3,
        ['data_door.port', 'number', '"9750"'],
      ],
      ['a port beyond the last', `[data_door]\nport = 65536\n${SMALLEST}`, 2, ['data_door.port', '65535', '65536']],
      [
        'a receive buffer that holds no frame',
        `[data_door]\nreceive_buffer = 4096\n${SMALLEST}`,
        2,
        ['data_door.receive_buffer', '64KiB', '4096'],
      ],
      ['a fraction of a stream', `[data_door]\nmax_streams = 1.5\n${SMALLEST}`, 2, ['max_streams', '1.5']],
      [
        'a block size below the limit',
        `[buffer]\nblock_size = 4096\n${SMALLEST}`,
        2,
        ['buffer.block_size', '256KiB', '4096'],
      ],
      ['a block size above the limit', `[buffer]\nblock_size = "8MiB"\n${SMALLEST}`, 2, ['buffer.block_size', '4MiB']],
      ['an odd block size', `[buffer]\nblock_size = 1000001\n${SMALLEST}`, 2, ['multiple of 4096']],
      [
        'a size in unknown units',
        `[buffer]\nring_bytes = "64 bananas"\n${SMALLEST}`,
        2,
        ['ring_bytes', '64MiB', 'bananas'],
      ],
      [
        'a size beyond 2^53 bytes',
        `[checkpoint]\nbytes = "99999999TiB"\n${SMALLEST}`,
        2,
        ['checkpoint.bytes', 'at most 8191TiB'],
      ],
      ['a relative path', `state_directory = "var"\n${SMALLEST}`, 1, ['state_directory', 'absolute', '"var"']],
      ['a mode that is none', `[control_door]\nmode = "rw"\n${SMALLEST}`, 2, ['control_door.mode', '"0660"', '"rw"']],
      ['an unknown level', `[log]\nlevel = "loud"\n${SMALLEST}`, 2, ['log.level', 'debug', 'warn', '"loud"']],
      ['a table that is a number', `log = 3\n${SMALLEST}`, 1, ['log', 'object']],
      ['a list that is a table', `[drive]\nname = "a"\n${POOLS}`, 1, ['drive', 'array']],
      [
        'an unknown kind of drive',
        `[[drive]]\nname = "a"\nkind = "floppy"\n${POOLS}`,
        3,
        ['drive[0].kind', 'tape', 'disk'],
      ],
      ['a missing key', `[[drive]]\nname = "a"\nkind = "tape"\n${POOLS}`, 1, ['drive[0].device', 'missing']],
      ['a missing kind', `${DRIVES}[[drive]]\nname = "a"\n${POOLS}`, 10, ['drive[2].kind', 'tape', 'disk']],
      [
        'a name with a space',
        `${DRIVES}[[pool]]\nname = "my pool"\nkind = "tape"\n`,
        11,
        ['pool[0].name', '"my pool"'],
      ],
      ['a negative retention', `${SMALLEST}retention_days = -1\n`, 18, ['pool[1].retention_days']],
      [
        'a token instead of its hash',
        `${SMALLEST}[[client]]\nname = "a"\ntoken_sha256 = "x"\n`,
        20,
        ['client[0].token_sha256', 'sha256sum'],
      ],
      ['a name twice', `${SMALLEST}[[pool]]\nname = "disk"\nkind = "disk"\n`, 19, ['pool[2].name', 'disk']],
      [
        'a pool no drive serves',
        `[[drive]]\nname = "a"\nkind = "disk"\ndirectory = "/a"\n${POOLS}`,
        8,
        ['pool[0].kind', 'no drive'],
      ],
      ['a pool of the reserved name', `${SMALLEST}[[pool]]\nname = "scratch"\nkind = "tape"\n`, 19, ['reserved']],
      ['an unknown media type', `${SMALLEST}media_types = ["L0"]\n`, 18, ['pool[1].media_types', '"L0"', 'L1 to L9']],
      ['a media type of the other kind', `${SMALLEST}media_types = ["L9"]\n`, 18, ['L9', 'kind disk']],
      ['an allocation that is none', `${SMALLEST}allocation = "hourly"\n`, 18, ['pool[1].allocation', 'weekly']],
      ['no volumes at most', `${SMALLEST}max_volumes = 0\n`, 18, ['pool[1].max_volumes', 'from 1']],
      ['a truth that is a text', `${SMALLEST}recycles = "yes"\n`, 18, ['pool[1].recycles', 'boolean']],
      ['WORM that is required of a disk', `${SMALLEST}worm = "required"\n`, 18, ['pool[1].worm', 'no disk']],
      ['encryption that nobody does', `${SMALLEST}encryption = true\n`, 18, ['pool[1].encryption', 'leave it out']],
      ['a key of a pool that is none', `${SMALLEST}drwas_from_scratch = true\n`, 18, ['"draws_from_scratch"']],
      [
        'a changer that is a changer node',
        `${LIBRARY.replace('/dev/sg3', '/dev/sch0')}${POOLS}`,
        9,
        ['changer[0].device', 'SCSI generic', '/dev/sch0'],
      ],
      [
        'a changer behind iSCSI without a logical unit',
        `${LIBRARY.replace('/dev/sg3', 'iscsi://gateway/iqn.2026-01.example:library')}${POOLS}`,
        9,
        ['changer[0].device', 'iscsi://HOST[:PORT]/TARGET/LUN'],
      ],
      ['a changer nobody stands in', `${LIBRARY.replace('changer = "lib"', '')}${POOLS}`, 8, ['changer = "lib"']],
      [
        'a changer there is not',
        `${LIBRARY.replace('changer = "lib"', 'changer = "bil"')}${POOLS}`,
        8,
        ['changer[0].name', 'no [[drive]]'],
      ],
      [
        'a second drive in a changer there is not',
        `${LIBRARY}[[drive]]\nname = "tape1"\nkind = "tape"\ndevice = "/dev/nst1"\nchanger = "bil"\n${POOLS}`,
        14,
        ['drive[1].changer', '"bil"', 'no [[changer]]'],
      ],
      [
        'a place in no changer',
        `[[drive]]\nname = "tape0"\nkind = "tape"\ndevice = "/dev/nst0"\nchanger_drive = 0\n${POOLS}`,
        5,
        ['drive[0].changer_drive', 'no changer'],
      ],
      [
        'two drives in one place',
        `${LIBRARY}[[drive]]\nname = "tape1"\nkind = "tape"\ndevice = "/dev/nst1"\nchanger = "lib"\nchanger_drive = 1\n${POOLS}`,
        15,
        ['drive[1].changer_drive', 'another drive'],
      ],
      ['a changer named as a drive', `${LIBRARY.replaceAll('"lib"', '"tape0"')}${POOLS}`, 8, ['as a drive is']],
      ['a changer named operator', `${LIBRARY.replaceAll('"lib"', '"operator"')}${POOLS}`, 8, ['without a changer']],
      ['a changer of a disk target', `${DRIVES}changer = "lib"\n${POOLS}`, 10, ['changer', 'drive[1]']],
      ['half of TLS', `[data_door]\ntls_key = "/k"\n${SMALLEST}`, 1, ['data_door', 'tls_certificate']],
    ] as const)
      it(`says file, line, key and what is allowed: ${what}`, () => {
        expectRefused(refusal(text), { line, says });
      });

    it('says that there is no drive', () => {
      for (const [text, key] of [
        [POOLS, 'drive'],
        ['', 'drive'],
      ] as const) {
        const error = refusal(text);
        expect(error.code).to.equal('CONFIG_KEY');
        expect(error.message).to.contain(file).and.to.contain(key);
      }
    });

    it('never repeats a token in the message', () => {
      const secret = 'correct-horse-battery-staple';
      expect(refusal(`${SMALLEST}[[client]]\nname = "a"\ntoken_sha256 = "${secret}"\n`).message).to.not.contain(secret);
    });
  });

  describe('that would be dangerous', () => {
    for (const device of [
      '/dev/st0',
      '/dev/st12',
      '/dev/st0a',
      '/dev/st1m',
      '/dev/tape/by-id/scsi-3500507631',
      '/dev/tape/by-path/pci-0-lun-0',
    ])
      it(`is refused: ${device} rewinds on close`, () => {
        const error = refusal(`[[drive]]\nname = "a"\nkind = "tape"\ndevice = "${device}"\n${POOLS}`);
        expectRefused(error, { code: error.code, line: 4, says: ['drive[0].device', 'rewinds', device] });
      });

    for (const device of ['/dev/nst0', '/dev/nst3a', '/dev/tape/by-id/scsi-3500507631-nst', '/dev/stable-link'])
      it(`takes ${device}`, () => {
        expect(
          load(`[[drive]]\nname = "a"\nkind = "tape"\ndevice = "${device}"\n[[pool]]\nname = "p"\nkind = "tape"\n`)
            .drives,
        ).to.have.length(1);
      });

    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'backup.example.com'])
      it(`is refused: a data door on ${host} without TLS`, () => {
        const error = refusal(`[data_door]\nport = 1\nhost = "${host}"\n${SMALLEST}`);
        expectRefused(error, { code: 'CONFIG_UNSAFE', line: 3, says: ['data_door.host', host, 'tls_certificate'] });
      });
  });
});
