import type { OffsiteControl } from '../../src/jobs/offsite-control.js';
import type { MoveView, OffsiteQuery, OffsiteView } from '../../src/protocol/offsite-api.js';

/** Canned answers about media outside the changers; remembers what it was asked. */
export class FakeOffsiteControl implements OffsiteControl {
  readonly calls: (readonly unknown[])[] = [];
  views: readonly OffsiteView[] = [
    {
      barcode: 'TPL001L9',
      location: { kind: 'vault', vault: 'bank', dueMs: 1_700_000_000_000 },
      sinceMs: 1_690_000_000_000,
      state: 'full',
      pool: 'default',
      who: 'olga',
      reason: 'ejected for vault bank',
    },
    {
      barcode: 'TPL002L9',
      location: { kind: 'shelf' },
      sinceMs: 1_690_000_000_000,
      state: 'blank',
      pool: '',
      who: '',
      reason: '',
    },
  ];
  moveViews: readonly MoveView[] = [
    {
      timeMs: 1_690_000_000_000,
      from: { kind: 'slot', changer: 'lib0', slot: 3 },
      to: { kind: 'shelf' },
      who: 'olga',
      reason: 'ejected by an operator',
    },
    {
      timeMs: 1_680_000_000_000,
      from: null,
      to: { kind: 'slot', changer: 'lib0', slot: 3 },
      who: 'tapeloomd',
      reason: 'found by the changer',
    },
  ];

  async offsite(query: OffsiteQuery): Promise<readonly OffsiteView[]> {
    this.calls.push(['offsite', query]);
    return this.views;
  }

  async moves(barcode: string, limit: number): Promise<readonly MoveView[]> {
    this.calls.push(['moves', barcode, limit]);
    return this.moveViews;
  }
}
