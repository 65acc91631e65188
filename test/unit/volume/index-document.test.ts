import { expect } from 'chai';
import type { Extent } from '../../../src/volume/extent.js';
import {
  decodeIndexPart,
  encodeIndex,
  joinIndex,
  type IndexPart,
  type VolumeIndex,
} from '../../../src/volume/index-document.js';
import { descriptor, OTHER_VOLUME_ID, sessionId, VOLUME_ID } from '../../support/volume-samples.js';

function makeExtents(count: number, from: number): readonly Extent[] {
  return Array.from({ length: count }, (_, i) => ({
    blockAddress: from + 10 * i,
    sequence: from + 10 * i - 2,
    blocks: 3,
    offset: 3000 * i,
    bytes: 3000,
  }));
}

function makeIndex(streams: number, extentsEach: number): VolumeIndex {
  return {
    volumeId: VOLUME_ID,
    sessionId: sessionId(1),
    timeMs: 1_700_000_000_000,
    fromSequence: 1,
    toSequence: 9_000_000,
    previous: 77,
    entries: Array.from({ length: streams }, (_, i) => ({
      stream: {
        descriptor: descriptor(i),
        continuesAt: 100 * i,
        state: (['open', 'complete', 'aborted'] as const)[i % 3] ?? 'open',
        lengthBytes: 2 ** 45 + i,
        crc32c: 0xffff_ffff - i,
      },
      extents: makeExtents(extentsEach, 1000 * (i + 1)),
    })),
  };
}

function decodeAll(payloads: readonly Uint8Array[]): readonly IndexPart[] {
  return payloads.map((payload) => {
    const decoded = decodeIndexPart(payload);
    if (decoded.kind !== 'good') throw new Error(decoded.reason);
    return decoded.document;
  });
}

function altered(change: (document: Record<string, unknown>) => void): Uint8Array {
  const [payload] = encodeIndex(makeIndex(2, 2), 65536);
  const document = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  change(document);
  return new TextEncoder().encode(JSON.stringify(document));
}

describe('the index of a checkpoint', () => {
  it('gives back what was encoded, in one part', () => {
    const index = makeIndex(3, 5);
    const payloads = encodeIndex(index, 65536);
    expect(payloads.length).to.equal(1);
    expect(joinIndex(decodeAll(payloads))).to.deep.equal(index);
  });

  it('of nothing is one part that says so', () => {
    const index = makeIndex(0, 0);
    const payloads = encodeIndex(index, 1024);
    expect(payloads.length).to.equal(1);
    expect(joinIndex(decodeAll(payloads))).to.deep.equal(index);
  });

  it('is split so that every part fits its block and can be read alone', () => {
    const index = makeIndex(7, 100);
    for (const limit of [700, 1000, 2000, 5000, 20000]) {
      const payloads = encodeIndex(index, limit);
      for (const payload of payloads) expect(payload.length).to.be.at.most(limit);
      const parts = decodeAll(payloads);
      expect(parts.length).to.be.greaterThan(1);
      for (const [i, part] of parts.entries()) expect(part).to.include({ part: i, parts: parts.length, previous: 77 });
      expect(joinIndex(parts)).to.deep.equal(index);
    }
  });

  it('lists streams that brought nothing but a new state', () => {
    const index = makeIndex(40, 0);
    const payloads = encodeIndex(index, 2000);
    expect(payloads.length).to.be.greaterThan(1);
    expect(joinIndex(decodeAll(payloads))).to.deep.equal(index);
  });

  it('is not whole without one of its parts, nor with parts of two', () => {
    const parts = decodeAll(encodeIndex(makeIndex(7, 100), 5000));
    const others = decodeAll(encodeIndex({ ...makeIndex(7, 100), toSequence: 9_000_001 }, 5000));
    expect(joinIndex([])).to.equal(null);
    for (const [i, other] of others.entries()) {
      expect(joinIndex(parts.toSpliced(i, 1))).to.equal(null);
      expect(joinIndex(parts.with(i, other))).to.equal(null);
    }
    expect(joinIndex(parts.toReversed())).to.equal(null);
    const elsewhere = parts.map((part, i) => (i === 0 ? { ...part, volumeId: OTHER_VOLUME_ID } : part));
    expect(joinIndex(elsewhere)).to.equal(null);
  });

  it('ignores keys it does not know, on every level', () => {
    const payload = altered((document) => {
      document['later'] = 1;
      (document['streams'] as Record<string, unknown>[])[0] = {
        ...(document['streams'] as Record<string, unknown>[])[0],
        later: 2,
      };
    });
    expect(decodeIndexPart(payload).kind).to.equal('good');
  });

  it('of a later format is told from a damaged one', () => {
    const payload = altered((document) => {
      document['format'] = 2;
    });
    expect(decodeIndexPart(payload).kind).to.equal('unsupported');
  });

  const wrong: readonly [string, (document: Record<string, unknown>) => void][] = [
    [
      'a part behind the last',
      (d) => {
        d['part'] = 1;
      },
    ],
    [
      'no parts',
      (d) => {
        d['parts'] = 0;
      },
    ],
    [
      'more parts than the limit',
      (d) => {
        d['parts'] = 4097;
      },
    ],
    [
      'an end before its beginning',
      (d) => {
        d['toSequence'] = 0;
      },
    ],
    [
      'an extent of a stream that is not listed',
      (d) => {
        (d['extents'] as number[][])[0] = [2, 1000, 998, 3, 0, 3000];
      },
    ],
    [
      'an extent without blocks',
      (d) => {
        (d['extents'] as number[][])[0] = [0, 1000, 998, 0, 0, 3000];
      },
    ],
    [
      'an extent with fewer bytes than blocks',
      (d) => {
        (d['extents'] as number[][])[0] = [0, 1000, 998, 3, 0, 2];
      },
    ],
    [
      'an extent of five numbers',
      (d) => {
        (d['extents'] as number[][])[0] = [0, 1000, 998, 3, 0];
      },
    ],
    [
      'an extent of texts',
      (d) => {
        (d['extents'] as unknown[])[0] = ['0', '1', '2', '3', '4', '5'];
      },
    ],
    [
      'a negative offset',
      (d) => {
        (d['extents'] as number[][])[0] = [0, 1000, 998, 3, -1, 3000];
      },
    ],
    [
      'a stream listed twice',
      (d) => {
        const streams = d['streams'] as unknown[];
        streams[1] = streams[0];
      },
    ],
    [
      'a state that is none',
      (d) => {
        (d['streams'] as Record<string, unknown>[])[0] = {
          ...(d['streams'] as Record<string, unknown>[])[0],
          state: 'lost',
        };
      },
    ],
    [
      'a level that is none',
      (d) => {
        (d['streams'] as Record<string, unknown>[])[0] = {
          ...(d['streams'] as Record<string, unknown>[])[0],
          level: 'half',
        };
      },
    ],
    [
      'a CRC above 32 bits',
      (d) => {
        (d['streams'] as Record<string, unknown>[])[0] = {
          ...(d['streams'] as Record<string, unknown>[])[0],
          crc32c: 2 ** 32,
        };
      },
    ],
    [
      'attributes that are no texts',
      (d) => {
        (d['streams'] as Record<string, unknown>[])[0] = {
          ...(d['streams'] as Record<string, unknown>[])[0],
          attributes: { a: 1 },
        };
      },
    ],
    [
      'streams that are no list',
      (d) => {
        d['streams'] = {};
      },
    ],
    [
      'no extents',
      (d) => {
        delete d['extents'];
      },
    ],
    [
      'a session that is none',
      (d) => {
        d['sessionId'] = 'x';
      },
    ],
  ];
  for (const [what, change] of wrong)
    it(`with ${what} is damaged`, () => {
      expect(decodeIndexPart(altered(change)).kind).to.equal('damaged');
    });
});
