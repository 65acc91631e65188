import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Fault } from '../../sim/fault-plan.js';
import type { Barcode } from '../../src/terms/barcode.js';
import { uuidBytes } from '../../src/terms/ids.js';
import { BLOCK_HEADER_BYTES, decodeBlockHeader, sealBlock, type BlockHeader } from '../../src/volume/block-header.js';
import { recordOffset } from '../support/file-drive-fixture.js';
import type { MemoryObject } from '../support/memory-drive-thread.js';
import type { StreamView } from '../../src/protocol/control-api.js';
import { patternedBytes, patternedChunks } from '../support/patterned-bytes.js';
import { linesOf, ReaderProcess, runReader, type ReaderLine, type ReaderResult } from '../support/reader-process.js';
import { barcodeOf, streamIdOf, volumeIdOf } from '../support/records.js';
import { randomBytes, RIG_PAYLOAD_BYTES, SaveRig, type RigOptions } from '../support/save-rig.js';
import { SimNode } from '../support/sim-node.js';
import { TapeRack, writeDiskVolume, writeTapeFiles } from '../support/written-media.js';

const BLOCK = RIG_PAYLOAD_BYTES;
const SIZES = [0, 5, 40 * BLOCK + 7, 90 * BLOCK, 1000];
const diskBarcode = (n: number): Barcode => `TPL${String(n).padStart(3, '0')}DK` as Barcode;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Streams of these sizes, interleaved, with frames of several lengths, saved by a session of the product. */
async function saveStreams(options: RigOptions = {}): Promise<SaveRig> {
  const rig = new SaveRig(options);
  SIZES.forEach((size, n) => rig.open(n, randomBytes(n, size), { frameBytes: [BLOCK, 17, 900] }));
  await rig.runToEnd();
  return rig;
}

function objectsOf(rig: SaveRig, volume = 0): readonly MemoryObject[] {
  const objects = rig.volumes[volume]?.medium.objects;
  if (objects === undefined) throw new Error('no such volume');
  return objects.map((object) => (object.kind === 'block' ? { ...object, bytes: object.bytes.slice() } : object));
}

/** The blocks of a kind, with their places. */
function blocksOf(
  objects: readonly MemoryObject[],
  is: (header: BlockHeader) => boolean,
): readonly { readonly address: number; readonly header: BlockHeader; readonly bytes: Uint8Array }[] {
  return objects.flatMap((object, address) => {
    const decoded = object.kind === 'block' ? decodeBlockHeader(object.bytes) : null;
    if (object.kind !== 'block' || decoded?.kind !== 'good' || !is(decoded.header)) return [];
    return [{ address, header: decoded.header, bytes: object.bytes }];
  });
}

/** The n-th data block of a stream. */
function dataBlock(objects: readonly MemoryObject[], stream: number, n: number): ReturnType<typeof blocksOf>[number] {
  const block = blocksOf(objects, ({ type, streamId }) => type === 'data' && streamId === streamIdOf(stream))[n];
  if (block === undefined) throw new Error('no such block');
  return block;
}

const typeOf =
  (type: BlockHeader['type']) =>
  (header: BlockHeader): boolean =>
    header.type === type;

/** Puts another document into a block and seals it: what a program with a mistake would have written. */
function rewrite(
  block: Uint8Array,
  change: (document: Record<string, unknown>) => Record<string, unknown>,
): Uint8Array {
  const document = JSON.parse(Buffer.from(block.subarray(BLOCK_HEADER_BYTES)).toString('utf8')) as Record<
    string,
    unknown
  >;
  const payload = Buffer.from(JSON.stringify(change(document)));
  const changed = Buffer.concat([block.subarray(0, BLOCK_HEADER_BYTES), payload]);
  changed.writeUInt32LE(payload.length, 80);
  sealBlock(changed);
  return changed;
}

function linesOfType(result: ReaderResult, type: string): readonly ReaderLine[] {
  return linesOf(result).filter(({ message_type }) => message_type === type);
}

/** `bytes` with zeros where bytes are missing. */
function withGaps(bytes: Uint8Array, gaps: readonly Range[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const { from, to } of gaps) copy.fill(0, from, to);
  return copy;
}

let directory = '';
let made = 0;

/** A new path in the test's directory. */
const fresh = (name: string): string => join(directory, `${name}${String(made++)}`);

function onDisk(objects: readonly MemoryObject[], volume = 0): string {
  return writeDiskVolume(fresh('disk'), diskBarcode(volume), objects);
}

/** A tape in the only drive of a rack. */
function onTape(objects: readonly MemoryObject[], faults: readonly Fault[] = []): TapeRack {
  const rack = new TapeRack(fresh('tapes'), faults);
  rack.write(barcodeOf(0), objects);
  rack.insert(barcodeOf(0));
  return rack;
}

/** What salvage reports of a stream, after comparing what it wrote with what was saved. */
function salvage(
  rig: SaveRig,
  stream: number,
  args: readonly string[],
  options: Parameters<typeof runReader>[1] = {},
): ReaderLine & { readonly missing: readonly Range[]; readonly unacknowledged: readonly Range[] } {
  const out = fresh('salvaged');
  const result = runReader(['--json', 'salvage', streamIdOf(stream), out, ...args], options);
  const [report] = linesOfType(result, 'salvage');
  if (report === undefined) throw new Error(`salvage said nothing: ${result.stderr}`);
  const { missing, unacknowledged } = report as unknown as { missing: Range[]; unacknowledged: Range[] };
  const bytes =
    rig.clients.find(({ number }) => number === stream)?.bytes.subarray(0, Number(report['length'])) ??
    new Uint8Array();
  expect(readFileSync(out).equals(withGaps(bytes, missing)), 'right bytes at their places').to.equal(true);
  expect(result.status).to.equal(missing.length > 0 || report['state'] !== 'complete' ? 65 : 0);
  return { ...report, missing, unacknowledged };
}

/** Extracting must fail, say why, and leave nothing behind. */
function expectRefused(stream: number, args: readonly string[], options: Parameters<typeof runReader>[1] = {}): string {
  const out = fresh('refused');
  const result = runReader(['extract', streamIdOf(stream), out, ...args], options);
  expect(result.status, result.stderr).to.equal(65);
  expect([existsSync(out), existsSync(`${out}.unfinished`)]).to.deep.equal([false, false]);
  return result.stderr;
}

describe('the stand-alone reader', () => {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-read-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  for (const medium of ['a disk volume', 'a tape', 'dumped tape files'] as const)
    it(`gives back every stream a session wrote to ${medium}, bit for bit`, async () => {
      const rig = await saveStreams();
      const objects = objectsOf(rig);
      const rack = medium === 'a tape' ? onTape(objects) : null;
      const options = rack === null ? {} : { rack: rack.options };
      let volume = rack?.device ?? '';
      if (medium === 'a disk volume') volume = onDisk(objects);
      if (medium === 'dumped tape files') volume = writeTapeFiles(fresh('dump'), objects);

      const [label] = linesOfType(runReader(['--json', 'label', volume], options), 'label');
      expect(label).to.include({ volumeId: volumeIdOf(0), barcode: barcodeOf(0), pool: 'default', labelCount: 1 });
      const listed = runReader(['--json', 'list', volume], options);
      expect(listed.status).to.equal(0);
      const lengths = linesOfType(listed, 'stream').map(({ streamId, state, length }) => [streamId, state, length]);
      expect(lengths).to.have.deep.members(SIZES.map((size, n) => [streamIdOf(n), 'complete', size]));
      const verified = runReader(['verify', volume], options);
      expect([verified.status, verified.stdout.toString().split('\n').at(-2)]).to.deep.equal([0, 'all is good']);

      for (const { number, bytes } of rig.clients) {
        const out = fresh('out');
        expect(runReader(['extract', streamIdOf(number), out, volume], options).status).to.equal(0);
        expect(readFileSync(out).equals(bytes)).to.equal(true);
        const piped = runReader(['extract', streamIdOf(number), '-', volume], options);
        expect([piped.status, piped.stdout.equals(bytes)]).to.deep.equal([0, true]);
      }
    });

  describe('of a stream over several volumes', () => {
    const options: RigOptions = {
      prepare: (medium) => {
        medium.earlyWarningAt = 120;
      },
    };

    it('puts the volumes together in whatever order they are given', async () => {
      const rig = await saveStreams(options);
      const volumes = rig.volumes.map((_, n) => onDisk(objectsOf(rig, n), n));
      expect(volumes.length).to.be.greaterThan(2);
      for (const order of [volumes, [...volumes].reverse(), [...volumes.slice(1), ...volumes.slice(0, 1)]]) {
        const piped = runReader(['extract', streamIdOf(3), '-', ...order]);
        expect([piped.status, piped.stdout.equals(rig.clients[3]?.bytes ?? Buffer.of())]).to.deep.equal([0, true]);
        expect(runReader(['verify', ...order]).status).to.equal(0);
      }
    });

    it('says which bytes are missing when a volume is, and salvages the rest', async () => {
      const rig = await saveStreams(options);
      const volumes = rig.volumes.map((_, n) => onDisk(objectsOf(rig, n), n));
      const without = volumes.filter((_, n) => n !== 1);
      const { missing } = salvage(rig, 3, without);
      const [gap] = missing;
      const blocks = blocksOf(objectsOf(rig, 1), (header) => header.streamId === streamIdOf(3));
      const data = blocks.filter(({ header }) => header.type === 'data');
      const last = data.at(-1)?.header;
      expect(missing).to.deep.equal([
        { from: data[0]?.header.offset, to: (last?.offset ?? 0) + (last?.payloadBytes ?? 0) },
      ]);
      expect(expectRefused(3, without)).to.contain(`bytes ${String(gap?.from)}-${String((gap?.to ?? 0) - 1)} `);
    });

    it('asks for the next tape when the same drive is named again', async () => {
      const rig = await saveStreams(options);
      const rack = new TapeRack(fresh('tapes'));
      rig.volumes.forEach((_, n) => {
        rack.write(barcodeOf(n), objectsOf(rig, n));
      });
      rack.insert(barcodeOf(0));
      const reader = new ReaderProcess(
        ['extract', streamIdOf(3), '-', ...rig.volumes.map(() => rack.device)],
        rack.options,
      );
      for (let n = 1; n < rig.volumes.length; n++) {
        await reader.said('put the next tape into /dev/nst0 and press Enter\n', n);
        rack.replace(barcodeOf(n));
        reader.write('\n');
      }
      const { status, stdout } = await reader.end();
      expect([status, stdout.equals(rig.clients[3]?.bytes ?? Buffer.of())]).to.deep.equal([0, true]);
    });
  });

  describe('of a damaged volume', () => {
    const seal = (bytes: Uint8Array): Uint8Array => {
      sealBlock(bytes);
      return bytes;
    };
    const kinds: readonly (readonly [string, (bytes: Uint8Array, before: Uint8Array) => Uint8Array])[] = [
      ['not-a-block', (bytes) => bytes.fill(0)],
      ['header-damaged', (bytes) => bytes.fill((bytes[50] ?? 0) ^ 4, 50, 51)],
      ['payload-damaged', (bytes) => bytes.fill((bytes[140] ?? 0) ^ 128, 140, 141)],
      ['length-mismatch', (bytes) => bytes.subarray(0, bytes.length - 1)],
      ['unsupported-version', (bytes) => seal(bytes.fill(2, 8, 9))],
      [
        'other-volume',
        (bytes) => {
          bytes.set(uuidBytes(volumeIdOf(77)), 16);
          return seal(bytes);
        },
      ],
      ['out-of-sequence', (_, before) => before.slice()],
    ];

    for (const [damage, change] of kinds)
      it(`calls a block ${damage}, misses exactly its bytes, and delivers no other in their place`, async () => {
        const rig = await saveStreams();
        const objects = objectsOf(rig).slice();
        const { address, header, bytes } = dataBlock(objects, 3, 30);
        const before = objects[address - 1];
        if (before?.kind !== 'block') throw new Error('a run of blocks was expected');
        objects[address] = { kind: 'block', bytes: change(bytes, before.bytes) };
        const gap = { from: header.offset, to: header.offset + header.payloadBytes };

        const disk = onDisk(objects);
        const verified = runReader(['--json', 'verify', disk]);
        expect(verified.status).to.equal(65);
        expect(linesOfType(verified, 'damage').map((one) => [one['from'], one['to'], one['damage']])).to.deep.equal([
          [address, address, damage],
        ]);
        const stream = linesOfType(verified, 'stream').find(({ streamId }) => streamId === streamIdOf(3));
        expect(stream?.['missing']).to.deep.equal([gap]);
        expect(salvage(rig, 3, [disk]).missing).to.deep.equal([gap]);
        expect(salvage(rig, 2, [disk]).missing).to.deep.equal([]);
        expectRefused(3, [disk]);

        const rack = onTape(objects);
        expect(salvage(rig, 3, [rack.device], { rack: rack.options }).missing).to.deep.equal([gap]);
        expectRefused(3, [rack.device], { rack: rack.options });
        // Without the boundaries of the blocks, one cut short may swallow the next.
        const dump = writeTapeFiles(fresh('dump'), objects);
        expect(salvage(rig, 3, [dump]).missing[0]).to.include({ from: gap.from });
        expectRefused(3, [dump]);
      });

    it('misses exactly the blocks that a drive cannot read', async () => {
      const rig = await saveStreams();
      const objects = objectsOf(rig);
      const blocks = [10, 30, 31, 60].map((n) => dataBlock(objects, 3, n));
      const faults = blocks.map(({ address }): Fault => ({ kind: 'unreadable', from: address, to: address }));
      const rack = onTape(objects, faults);
      const options = { rack: rack.options };
      const { missing } = salvage(rig, 3, [rack.device], options);
      const lost = blocks.reduce((sum, { header }) => sum + header.payloadBytes, 0);
      expect(missing.reduce((sum, { from, to }) => sum + to - from, 0)).to.equal(lost);
      expect(runReader(['verify', rack.device], options).status).to.equal(74);
      expectRefused(3, [rack.device], options);
      expect(salvage(rig, 2, [rack.device], options).missing).to.deep.equal([]);
    });

    it('loses nothing but the objects whose records in the file are damaged, filemarks and indexes among them', async () => {
      const rig = await saveStreams();
      const objects = objectsOf(rig);
      // All but the last: damage at the end of a file is what a crash leaves.
      for (let address = 3; address < objects.length - 1; address += 7) {
        const disk = onDisk(objects);
        const file = readFileSync(disk);
        file.fill(0xff, recordOffset(file, address) + 2, recordOffset(file, address) + 5);
        writeFileSync(disk, file);
        const verified = runReader(['--json', 'verify', disk]);
        expect(verified.status).to.equal(74);
        expect(linesOfType(verified, 'damage').map(({ from, damage }) => [from, damage])).to.deep.equal([
          [address, 'unreadable'],
        ]);
        const [hit] = blocksOf(objects.slice(address, address + 1), typeOf('data'));
        for (const line of linesOfType(verified, 'stream')) {
          const isHit = hit?.header.streamId === line['streamId'];
          const gap = {
            from: hit?.header.offset ?? 0,
            to: (hit?.header.offset ?? 0) + (hit?.header.payloadBytes ?? 0),
          };
          expect(line, `object ${String(address)}`).to.deep.include({ missing: isHit ? [gap] : [], problem: null });
        }
      }
    });

    it('reads on when the label, VOL1 or the header of the file is damaged, and says so', async () => {
      const rig = await saveStreams();
      for (const [address, damage] of [
        [0, 'label-damaged'],
        [1, 'payload-damaged'],
      ] as const) {
        const objects = objectsOf(rig);
        const object = objects[address];
        if (object?.kind === 'block') object.bytes[object.bytes.length - 2] = 1;
        for (const volume of [onDisk(objects), writeTapeFiles(fresh('dump'), objects)]) {
          const verified = runReader(['--json', 'verify', volume]);
          expect(linesOfType(verified, 'damage')[0]).to.include({ from: address, damage });
          expect(verified.status).to.equal(65);
          expect(runReader(['label', volume]).status).to.equal(65);
          expect(salvage(rig, 3, [volume]).missing).to.deep.equal([]);
        }
      }
      const disk = onDisk(objectsOf(rig));
      const file = readFileSync(disk);
      file.fill(0, 0, 4096);
      writeFileSync(disk, file);
      expect(linesOfType(runReader(['--json', 'list', disk]), 'damage')[0]).to.include({
        damage: 'file-header-damaged',
      });
      expect(salvage(rig, 3, [disk]).missing).to.deep.equal([]);
    });

    it('notices an index, a VOLUME-END and a CRC of a stream that do not tell what is there', async () => {
      const rig = await saveStreams({
        prepare: (medium) => {
          medium.earlyWarningAt = 120;
        },
      });
      const change = (
        type: BlockHeader['type'],
        to: (document: Record<string, unknown>) => Record<string, unknown>,
        volume = 0,
      ): ReaderResult => {
        const objects = objectsOf(rig, volume).slice();
        const block = blocksOf(objects, typeOf(type)).at(0);
        if (block === undefined) throw new Error('no such block');
        objects[block.address] = { kind: 'block', bytes: rewrite(block.bytes, to) };
        const volumes = rig.volumes.map((_, n) => onDisk(n === volume ? objects : objectsOf(rig, n), n));
        return runReader(['--json', 'verify', ...volumes]);
      };
      const damageOf = (result: ReaderResult): readonly unknown[] =>
        linesOfType(result, 'damage').map((one) => one['damage']);
      const index = change('index', (document) => ({ ...document, extents: (document['extents'] as []).slice(1) }));
      expect([index.status, damageOf(index)]).to.deep.equal([65, ['index-mismatch']]);
      const end = change('volume-end', (document) => ({ ...document, blocks: 1 }));
      expect([end.status, damageOf(end)]).to.deep.equal([65, ['volume-end-mismatch']]);
      const digest = change('stream-end', (document) => ({ ...document, crc32c: 1 }));
      expect(digest.status).to.equal(65);
      expect(linesOfType(digest, 'stream').filter(({ problem }) => problem !== null)).to.have.length(1);
    });

    it('never takes a block of the same volume that a stream carries inside it for one of the volume', async () => {
      const rig = await saveStreams();
      const dump = readFileSync(onDisk(objectsOf(rig)));
      const outer = new SaveRig();
      outer.open(3, new Uint8Array(dump.subarray(0, 100 * BLOCK)));
      await outer.runToEnd();
      const objects = objectsOf(outer);
      const { address, header } = dataBlock(objects, 3, 20);
      const disk = onDisk(objects);
      const file = readFileSync(disk);
      file.fill(0, recordOffset(file, address), recordOffset(file, address) + 8);
      writeFileSync(disk, file);
      const [gap] = salvage(outer, 3, [disk]).missing;
      expect(gap).to.include({ from: header.offset });
      expectRefused(3, [disk]);
    });
  });

  describe('behind a crash', () => {
    /** The row up to three data blocks behind a checkpoint in the middle. */
    function cutBehindCheckpoint(objects: readonly MemoryObject[]): readonly MemoryObject[] {
      const filemark = objects.findIndex((object, address) => object.kind === 'filemark' && address > 60);
      return objects.slice(0, filemark + 4);
    }

    it('gives what was acknowledged of an incomplete stream when asked to, and what was not only when asked for that', async () => {
      const rig = await saveStreams();
      const disk = onDisk(cutBehindCheckpoint(objectsOf(rig)));
      const [line] = linesOfType(runReader(['--json', 'list', disk]), 'stream').filter(
        ({ streamId }) => streamId === streamIdOf(3),
      );
      const length = Number(line?.['length']);
      expect(line).to.include({ state: 'open' });
      expect(runReader(['verify', disk]).status).to.equal(0);
      expect(expectRefused(3, [disk])).to.contain(`--incomplete gives its first ${String(length)} bytes`);
      const piped = runReader(['--incomplete', 'extract', streamIdOf(3), '-', disk]);
      const bytes = rig.clients[3]?.bytes ?? new Uint8Array();
      expect([piped.status, piped.stdout.equals(bytes.subarray(0, length))]).to.deep.equal([0, true]);

      expect(salvage(rig, 3, [disk])).to.deep.include({ length, missing: [], unacknowledged: [] });
      const more = salvage(rig, 3, ['--unacknowledged', disk]);
      expect(more['length']).to.be.greaterThan(length);
      expect(more.unacknowledged).to.deep.equal([{ from: length, to: more['length'] }]);
    });

    it('counts neither a tail that the driver ended with a filemark nor an index without one', async () => {
      const rig = await saveStreams();
      const objects = objectsOf(rig);
      const tail = [...cutBehindCheckpoint(objects), { kind: 'filemark' } as const];
      const list = (volume: string): unknown =>
        linesOfType(runReader(['--json', 'list', volume]), 'stream').map(({ streamId, length }) => [streamId, length]);
      expect(list(onDisk(tail))).to.deep.equal(list(onDisk(tail.slice(0, -4))));
      const indexes = blocksOf(objects, typeOf('index'));
      const second = indexes[1]?.address ?? 0;
      expect(list(onDisk(objects.slice(0, second + 1)))).to.deep.equal(
        list(onDisk(objects.slice(0, (indexes[0]?.address ?? 0) + 2))),
      );
    });
  });

  it('reads the tapes and disk volumes of a daemon that was killed, without it and its inventory', async () => {
    const node = await new SimNode('--capacity', '24MiB').start();
    try {
      const barcodes = ['TPL001L9', 'TPL002L9', 'TPL003L9', 'TPL004L9'];
      for (const barcode of barcodes)
        expect((await node.cli('media', 'label', barcode, '--pool', 'default')).status).to.equal(0);
      expect((await node.cli('media', 'label', 'DSK001DK', '--pool', 'disk')).status).to.equal(0);
      const sizes = [25_000_000, 3_000_000, 14_000_000];
      const save = async (n: number, pool: string): Promise<string> => {
        const input = patternedChunks(n, sizes[n] ?? 0);
        const saved = await node.cliWith({ input }, 'save', '--pool', pool, '--name', 'home', '-');
        expect(saved.status, saved.stderr).to.equal(0);
        return saved.stdout.toString('utf8').trim();
      };
      const onTapes = await Promise.all(sizes.map((_, n) => save(n, 'default')));
      const onDisks = await save(1, 'disk');
      const { volumes } = await node.json<StreamView>('stream', 'show', onTapes[0] ?? '');
      expect(volumes.length).to.be.greaterThan(1);
      await node.kill();

      const whole = (n: number): Buffer => patternedBytes(n, sizes[n] ?? 0);
      const disk = runReader(['extract', onDisks, '-', join(node.directory, 'disk0', 'DSK001DK.vol')]);
      expect(disk.stdout.equals(whole(1)), disk.stderr).to.equal(true);

      const rack = new TapeRack(node.directory);
      for (const [n, id] of onTapes.entries()) {
        rack.replace('TPL001L9' as Barcode);
        const reader = new ReaderProcess(['extract', id, '-', ...barcodes.map(() => rack.device)], rack.options);
        for (let pass = 1; pass < barcodes.length; pass++) {
          await reader.said('put the next tape into', pass);
          rack.replace(barcodes[pass] as Barcode);
          reader.write('\n');
        }
        const { status, stdout, stderr } = await reader.end();
        expect([status, stdout.equals(whole(n))], stderr).to.deep.equal([0, true]);
      }
    } finally {
      await node.remove();
    }
  });

  it('says what is wrong with what it was asked, with the exit status of its kind, and touches nothing', async () => {
    const rig = await saveStreams();
    const disk = onDisk(objectsOf(rig));
    const exists = fresh('exists');
    writeFileSync(exists, 'mine');
    const empty = fresh('empty');
    mkdirSync(empty);
    const text = fresh('text');
    writeFileSync(text, 'a file of another kind');
    const blank = onDisk([]);
    const rack = new TapeRack(fresh('tapes'));
    rack.write(barcodeOf(5), [{ kind: 'block', bytes: randomBytes(1, 512) }, { kind: 'filemark' }]);
    const foreign = writeTapeFiles(fresh('foreign'), [{ kind: 'block', bytes: randomBytes(1, 512) }]);
    const id = streamIdOf(3);
    const cases: readonly (readonly [number, readonly string[], string])[] = [
      [64, [], 'usage: '],
      [64, ['polish', disk], 'usage: '],
      [64, ['list'], 'usage: '],
      [64, ['extract', id, '-'], 'usage: '],
      [64, ['--loud', 'list', disk], 'there is no option --loud'],
      [64, ['salvage', id, '-', disk], 'salvage writes a file'],
      [64, ['extract', '00000000', '-', disk], '5 streams begin with 00000000'],
      [65, ['list', text], 'not a disk volume'],
      [65, ['list', foreign], 'not a Tapeloom volume'],
      [66, ['list', fresh('none')], 'there is no such file'],
      [66, ['list', blank], 'blank'],
      [66, ['list', empty], 'no files named 0, 1, 2'],
      [66, ['extract', streamIdOf(99), fresh('out'), disk], `no stream ${streamIdOf(99)}`],
      [66, ['list', rack.device], 'no tape in the drive'],
      [73, ['extract', id, exists, disk], 'nothing is overwritten'],
      [73, ['extract', id, join(empty, 'a', 'b'), disk], 'cannot be made'],
    ];
    for (const [status, args, message] of cases) {
      const result = runReader(args, { rack: rack.options });
      expect([result.status, result.stderr], args.join(' ')).to.satisfy(
        ([code, said]: [number, string]) => code === status && said.includes(message),
      );
      expect(result.stdout.length).to.equal(0);
    }
    expect(readFileSync(exists, 'utf8')).to.equal('mine');
    expect(runReader(['--help']).stdout.toString()).to.contain('usage: ');
    rack.insert(barcodeOf(5));
    expect(runReader(['list', rack.device], { rack: rack.options }).stderr).to.contain('not a Tapeloom volume');
  });
});
