import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { isStorageError } from '../../../src/base/storage-error.js';
import { CatalogueReader, CatalogueWriter, type CatalogueLine } from '../../../src/protocol/catalogue-file.js';

const HEADER = { node: 'node-ä', software: 'tapeloom 1', createdMs: 1000, pool: null };
const RECORDS: readonly CatalogueLine[] = [
  { kind: 'pool', record: { name: 'default' } },
  { kind: 'stream', record: { name: 'Grüße\n', numbers: [1, 2 ** 40] } },
  { kind: 'extents', record: [] },
];

function written(records: readonly CatalogueLine[] = RECORDS): Buffer {
  const writer = new CatalogueWriter();
  return Buffer.from(writer.header(HEADER) + records.map((one) => writer.record(one)).join('') + writer.end());
}

function read(bytes: Uint8Array, chunkBytes = bytes.length): readonly CatalogueLine[] {
  const reader = new CatalogueReader();
  const lines: CatalogueLine[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) lines.push(...reader.push(bytes.subarray(at, at + chunkBytes)));
  expect(reader.finish().header).to.deep.equal(HEADER);
  return lines;
}

function refusal(bytes: Uint8Array): string {
  try {
    read(bytes);
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'taken';
}

describe('a catalogue file', () => {
  it('that is cut short anywhere is refused', () => {
    const bytes = written();
    // Without its last line feed it is as good as whole, and refused all the same.
    for (let length = 0; length < bytes.length; length++)
      expect(refusal(bytes.subarray(0, length)), `${String(length)} bytes`).to.equal('INVENTORY_FILE_DAMAGED');
  });

  it('of which any one byte was changed is refused', () => {
    const bytes = written();
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(refusal(changed), `byte ${String(at)}`).to.be.oneOf([
          'INVENTORY_FILE_DAMAGED',
          'INVENTORY_FILE_VERSION',
        ]);
      }
  });

  it('of which a line is missing, doubled or moved is refused', () => {
    const lines = written().toString('utf8').split('\n').slice(0, -1);
    const made = (changed: readonly string[]): Buffer => Buffer.from(changed.map((line) => `${line}\n`).join(''));
    expect(refusal(made(lines))).to.equal('taken');
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at] ?? '';
      expect(refusal(made(lines.toSpliced(at, 1)))).to.equal('INVENTORY_FILE_DAMAGED');
      expect(refusal(made(lines.toSpliced(at, 0, line)))).to.equal('INVENTORY_FILE_DAMAGED');
    }
    const [first = '', second = '', ...rest] = lines.slice(1);
    expect(refusal(made([lines[0] ?? '', second, first, ...rest]))).to.equal('INVENTORY_FILE_DAMAGED');
  });

  it('of a later program is refused as such, whatever follows', () => {
    const header = { format: 'tapeloom-catalogue', version: 2, anything: true };
    expect(refusal(Buffer.from(`${JSON.stringify(header)}\nwhatever\n`))).to.equal('INVENTORY_FILE_VERSION');
  });

  it('that something follows, or that has no records as lines, is refused', () => {
    expect(refusal(Buffer.concat([written(), Buffer.from('\n')]))).to.equal('INVENTORY_FILE_DAMAGED');
    expect(refusal(Buffer.concat([written(), written()]))).to.equal('INVENTORY_FILE_DAMAGED');
    expect(refusal(Buffer.from('{"format":"tar","version":1}\n'))).to.equal('INVENTORY_FILE_DAMAGED');
    const header = new CatalogueWriter().header(HEADER);
    for (const line of ['[]', '7', 'null', '{}', '{"kind":"pool"}', '{"kind":1,"record":{}}', '{"kind":'])
      expect(refusal(Buffer.from(`${header}${line}\n`)), line).to.equal('INVENTORY_FILE_DAMAGED');
  });

  it('gives back what was written, in whatever pieces it comes', () => {
    const bytes = written();
    for (const chunkBytes of [1, 2, 3, 7, 64, bytes.length]) expect(read(bytes, chunkBytes)).to.deep.equal(RECORDS);
    expect(read(written([]))).to.deep.equal([]);
  });

  it('can be checked with the tools of every system: the trailer is the SHA-256 of the lines before it', () => {
    const lines = written().toString('utf8').trimEnd().split('\n');
    const body = lines.slice(0, -1).map((line) => `${line}\n`);
    expect(JSON.parse(lines.at(-1) ?? '')).to.deep.equal({
      kind: 'end',
      records: 3,
      sha256: createHash('sha256').update(body.join('')).digest('hex'),
    });
  });
});
