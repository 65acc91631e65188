import { expect } from 'chai';
import fc from 'fast-check';
import { protectingReasons } from '../../../src/media/retention.js';
import type { StreamRecord } from '../../../src/inventory/records.js';
import { streamIdOf, streamRecord, volumeIdOf } from '../../support/records.js';

const NOW = 1_000_000;

describe('retention', () => {
  it('lets a volume without streams be overwritten', () => {
    expect(protectingReasons(volumeIdOf(1), [], NOW)).to.deep.equal([]);
  });

  it('protects a volume until the retention of a stream on it ends, and not a moment longer', () => {
    const at = (retentionEndMs: number): readonly string[] =>
      protectingReasons(volumeIdOf(1), [streamRecord(1, { volumes: [volumeIdOf(1)] }, { retentionEndMs })], NOW);
    expect(at(NOW + 1)).to.have.length(1);
    expect(at(NOW)).to.deep.equal([]);
  });

  it('protects the volume of a stream that is being written, whatever its retention', () => {
    const open = streamRecord(1, { state: 'open', volumes: [volumeIdOf(1)] });
    expect(protectingReasons(volumeIdOf(1), [open], NOW)[0]).to.match(/is being written/);
  });

  it('protects an expired full as long as a live incremental needs it, over any number of links', () => {
    const full = streamRecord(1, { volumes: [volumeIdOf(1)] });
    const cumulative = streamRecord(2, { volumes: [volumeIdOf(2)] }, { basedOn: streamIdOf(1), level: 'cumulative' });
    const live = streamRecord(
      3,
      { volumes: [volumeIdOf(3)] },
      { basedOn: streamIdOf(2), level: 'incremental', retentionEndMs: NOW + 1 },
    );
    expect(protectingReasons(volumeIdOf(1), [full, cumulative, live], NOW)[0]).to.match(/is needed by/);
    expect(protectingReasons(volumeIdOf(1), [full, cumulative], NOW)).to.deep.equal([]);
  });

  it('ends on a chain that damaged records made into a loop', () => {
    const a = streamRecord(1, { volumes: [volumeIdOf(1)] }, { basedOn: streamIdOf(2), retentionEndMs: NOW + 1 });
    const b = streamRecord(2, { volumes: [volumeIdOf(1)] }, { basedOn: streamIdOf(1) });
    expect(protectingReasons(volumeIdOf(1), [a, b], NOW)).to.have.length(2);
  });

  it('never frees a volume that any live stream needs (any forest of chains)', () => {
    const node = fc.record({ base: fc.nat(20), live: fc.boolean(), volume: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 12 }), (nodes) => {
        const streams: StreamRecord[] = nodes.map((one, i) =>
          streamRecord(
            i,
            { volumes: [volumeIdOf(one.volume)] },
            { basedOn: one.base < i ? streamIdOf(one.base) : null, retentionEndMs: one.live ? NOW + 1 : 0 },
          ),
        );
        for (const [i, one] of nodes.entries()) {
          if (!one.live) continue;
          for (let at = i; ;) {
            const link = nodes[at];
            if (link === undefined) break;
            expect(protectingReasons(volumeIdOf(link.volume), streams, NOW)).to.not.be.empty;
            if (link.base >= at) break;
            at = link.base;
          }
        }
      }),
    );
  });
});
