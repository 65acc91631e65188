import { expect } from 'chai';
import fc from 'fast-check';
import type { StreamRecord } from '../../../src/inventory/records.js';
import { Protection } from '../../../src/media/protection.js';
import type { VolumeId } from '../../../src/terms/ids.js';
import { streamIdOf, streamRecord, volumeIdOf } from '../../support/records.js';

const NOW = 1_000_000;

const HOLD = { reason: 'audit', who: 'olga', sinceMs: 1 };

function reasonsFor(volumeId: VolumeId, streams: readonly StreamRecord[]): readonly string[] {
  return new Protection(streams, NOW).reasonsFor(volumeId);
}

describe('the protection of volumes', () => {
  it('lets a volume without streams be overwritten', () => {
    expect(reasonsFor(volumeIdOf(1), [])).to.deep.equal([]);
  });

  it('lasts until the retention of a stream on it ends, and not a moment longer', () => {
    const at = (retentionEndMs: number): readonly string[] =>
      reasonsFor(volumeIdOf(1), [streamRecord(1, { volumes: [volumeIdOf(1)] }, { retentionEndMs })]);
    expect(at(NOW + 1)).to.have.length(1);
    expect(at(NOW)).to.deep.equal([]);
  });

  it('covers the volume of a stream that is being written, whatever its retention', () => {
    const open = streamRecord(1, { state: 'open', volumes: [volumeIdOf(1)] });
    expect(reasonsFor(volumeIdOf(1), [open])[0]).to.match(/is being written/);
  });

  it('covers what an incomplete stream has left until its retention ends', () => {
    const left = streamRecord(1, { state: 'incomplete', volumes: [volumeIdOf(1)] }, { retentionEndMs: NOW + 1 });
    expect(reasonsFor(volumeIdOf(1), [left])).to.have.length(1);
  });

  it('is not claimed by a stream of which nothing was ever durable', () => {
    const full = streamRecord(1, { volumes: [volumeIdOf(1)] });
    const stillborn = streamRecord(2, { state: 'incomplete' }, { basedOn: streamIdOf(1), retentionEndMs: NOW + 1 });
    expect(reasonsFor(volumeIdOf(1), [full, stillborn])).to.deep.equal([]);
    const empty = streamRecord(3, { state: 'complete' }, { basedOn: streamIdOf(1), retentionEndMs: NOW + 1 });
    expect(reasonsFor(volumeIdOf(1), [full, empty])).to.have.length(1);
  });

  it('lasts as long as a stream on it is held, and names who holds it and why', () => {
    const held = streamRecord(1, { volumes: [volumeIdOf(1)], hold: HOLD });
    expect(reasonsFor(volumeIdOf(1), [held])[0]).to.match(/is held by olga \(audit\)/);
    expect(reasonsFor(volumeIdOf(1), [{ ...held, hold: null }])).to.deep.equal([]);
  });

  it('covers an expired full as long as a live incremental needs it, over any number of links', () => {
    const full = streamRecord(1, { volumes: [volumeIdOf(1)] });
    const cumulative = streamRecord(2, { volumes: [volumeIdOf(2)] }, { basedOn: streamIdOf(1), level: 'cumulative' });
    const live = streamRecord(
      3,
      { volumes: [volumeIdOf(3)] },
      { basedOn: streamIdOf(2), level: 'incremental', retentionEndMs: NOW + 1 },
    );
    const [reason] = reasonsFor(volumeIdOf(1), [full, cumulative, live]);
    expect(reason)
      .to.contain(streamIdOf(3))
      .and.to.match(/is needed by .*, which is kept until 1970/);
    expect(reasonsFor(volumeIdOf(1), [full, cumulative])).to.deep.equal([]);
    const held = { ...cumulative, hold: HOLD };
    expect(reasonsFor(volumeIdOf(1), [full, held])[0]).to.match(/is needed by .*, which is held by olga/);
  });

  it('tells of each stream why it is kept', () => {
    const full = streamRecord(1);
    const live = streamRecord(2, {}, { basedOn: streamIdOf(1), retentionEndMs: NOW + 1 });
    const open = streamRecord(3, { state: 'open' });
    const expired = streamRecord(4);
    const held = streamRecord(5, { hold: HOLD });
    const protection = new Protection([full, live, open, expired, held], NOW);
    expect([1, 2, 3, 4, 5, 6].map((n) => protection.keepingOf(streamIdOf(n)).kind)).to.deep.equal([
      'needed',
      'retained',
      'open',
      'expired',
      'held',
      'expired',
    ]);
  });

  it('ends on a chain that damaged records made into a loop', () => {
    const a = streamRecord(1, { volumes: [volumeIdOf(1)] }, { basedOn: streamIdOf(2), retentionEndMs: NOW + 1 });
    const b = streamRecord(2, { volumes: [volumeIdOf(1)] }, { basedOn: streamIdOf(1) });
    expect(reasonsFor(volumeIdOf(1), [a, b])).to.have.length(2);
    const self = streamRecord(1, { volumes: [volumeIdOf(1)] }, { basedOn: streamIdOf(1), retentionEndMs: NOW + 1 });
    expect(reasonsFor(volumeIdOf(1), [self])).to.have.length(1);
  });

  it('names a retention beyond the calendar', () => {
    const stream = streamRecord(1, { volumes: [volumeIdOf(1)] }, { retentionEndMs: 9e15 });
    expect(reasonsFor(volumeIdOf(1), [stream])[0]).to.contain('the end of time');
  });

  /** The promise itself, said a second time in the simplest way: quadratic, but plainly right. */
  it('is there exactly when a stream on the volume is kept or a kept one builds on it (any forest of chains)', () => {
    const node = fc.record({
      base: fc.nat(20),
      keeps: fc.constantFrom('retained', 'held', 'open', 'expired', 'expired'),
      volumes: fc.uniqueArray(fc.nat(5), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 14 }), (nodes) => {
        const streams = nodes.map((one, i) =>
          streamRecord(
            i,
            {
              volumes: one.volumes.map(volumeIdOf),
              hold: one.keeps === 'held' ? HOLD : null,
              state: one.keeps === 'open' ? 'open' : 'complete',
            },
            {
              // Any earlier or later one: records may be damaged.
              basedOn: one.base < nodes.length ? streamIdOf(one.base) : null,
              retentionEndMs: one.keeps === 'retained' ? NOW + 1 : NOW,
            },
          ),
        );
        const kept = new Set<number>();
        for (const [i, one] of nodes.entries())
          if (one.keeps !== 'expired')
            for (let at = i, seen = new Set<number>(); at < nodes.length && !seen.has(at); at = nodes[at]?.base ?? 99) {
              seen.add(at);
              kept.add(at);
            }
        const protection = new Protection(streams, NOW);
        for (let volume = 0; volume <= 5; volume++) {
          const expected = nodes.filter((one, i) => kept.has(i) && one.volumes.includes(volume)).length;
          expect(protection.reasonsFor(volumeIdOf(volume))).to.have.length(expected);
        }
      }),
    );
  });

  it('is found in one pass over 100,000 streams in chains of a thousand on a thousand volumes', () => {
    const streams = Array.from({ length: 100_000 }, (_, i) =>
      streamRecord(
        i,
        { volumes: [volumeIdOf(i % 1000)] },
        { basedOn: i % 1000 === 0 ? null : streamIdOf(i - 1), retentionEndMs: i % 1000 === 999 ? NOW + 1 : 0 },
      ),
    );
    // A walk of each chain for each of its streams would be 50 million steps for each chain asked about.
    let asked = 0;
    const counted = streams.map((stream) => ({
      ...stream,
      get descriptor() {
        asked++;
        return stream.descriptor;
      },
    }));
    const protection = new Protection(counted, NOW);
    expect(protection.keepingOf(streamIdOf(0)).kind).to.equal('needed');
    expect(asked).to.be.below(streams.length * 12);
  });
});
