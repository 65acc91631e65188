import { assert } from '../base/assert.js';
import type { InventoryChange } from '../inventory/inventory.js';
import type { CartridgeRecord, ExtentRecord, PoolRecord, StreamRecord, VolumeRecord } from '../inventory/records.js';
import type { StreamId } from '../terms/ids.js';
import type { VolumeState } from '../terms/media-state.js';
import { DRIVE_SHARING, SCRATCH_POOL } from '../terms/pool-policy.js';
import type { Extent } from '../volume/extent.js';
import type { CatalogExtent, CatalogStream } from '../volume/volume-books.js';
import type { VolumeCatalog } from '../volume/volume-catalog.js';
import type { VolumeLabel } from '../volume/volume-label.js';

/** A volume as its medium tells of it. */
export interface VolumeReading {
  readonly label: VolumeLabel;
  readonly catalog: VolumeCatalog;
  /** From the cartridge's memory; null when the drive cannot tell. */
  readonly mediumSerial: string | null;
}

/** What the books have of a stream before the volume is entered. */
export interface KnownStream {
  readonly record: StreamRecord;
  /** In the order of the stream. */
  readonly extents: readonly ExtentRecord[];
}

/** Bytes of an extent that the books have no blocks for: from (inclusive) to (exclusive). */
export interface FreePart {
  readonly extent: CatalogExtent;
  readonly from: number;
  readonly to: number;
}

export interface AdoptionOptions {
  readonly reading: VolumeReading;
  /** Of its cartridge, as the changer tells it. */
  readonly cartridge: CartridgeRecord;
  /** As a catalogue told of it; null: the books do not know it. */
  readonly before: VolumeRecord | null;
  /** Of the streams on it, those the books know. */
  readonly known: ReadonlyMap<StreamId, KnownStream>;
  /** What is to be entered of each stream, in its order: see `freeParts`. */
  readonly extents: ReadonlyMap<StreamId, readonly CatalogExtent[]>;
  /** The pool of the label, where the books know it. */
  readonly pool: PoolRecord | null;
  readonly who: string;
  readonly nowMs: number;
}

/**
 * What of a stream's extents on a volume the books lack. The same bytes may lie twice: where a checkpoint reached the medium and
 * its writer did not learn of it, they were written again. The inventory has each byte once.
 */
export function freeParts(found: readonly CatalogExtent[], known: readonly Extent[]): readonly FreePart[] {
  const parts: FreePart[] = [];
  let ownEnd = 0;
  let next = 0;
  for (const extent of [...found].sort((a, b) => a.offset - b.offset || b.bytes - a.bytes)) {
    const end = extent.offset + extent.bytes;
    let at = Math.max(extent.offset, ownEnd);
    while ((known[next]?.offset ?? Infinity) + (known[next]?.bytes ?? 0) <= at) next++;
    for (let i = next; at < end; i++) {
      const covered = known[i];
      const freeTo = Math.min(end, covered?.offset ?? Infinity);
      if (freeTo > at) parts.push({ extent, from: at, to: freeTo });
      at = covered === undefined ? end : Math.max(at, covered.offset + covered.bytes);
    }
    ownEnd = Math.max(ownEnd, end);
  }
  return parts;
}

/**
 * One change that enters a volume the inventory does not know, with its cartridge, its streams and their extents, from what its
 * medium tells. What no medium tells is set so that nothing is lost by it: docs/ARCHITECTURE.md, rebuilding.
 */
export function adoptVolume(options: AdoptionOptions): InventoryChange {
  const { reading, cartridge, pool, who, nowMs } = options;
  const { label, catalog } = reading;
  const streams = catalog.streams.map((told) => adoptStream(told, options));
  return {
    cartridges: [
      {
        ...cartridge,
        volumeId: label.volumeId,
        labelCount: Math.max(cartridge.labelCount, label.labelCount),
        mediumSerial: reading.mediumSerial ?? cartridge.mediumSerial,
        condition: null,
      },
    ],
    volumes: [volumeRecord(reading, streams, options.before, nowMs)],
    streams,
    extents: catalog.streams.flatMap(({ streamId }) => {
      const extents = options.extents.get(streamId) ?? [];
      return extents.length === 0 ? [] : [{ streamId, extents: extents.map((one) => onVolume(one, label)) }];
    }),
    pools: pool === null && label.pool !== SCRATCH_POOL ? [cautiousPool(label.pool, label.barcode.endsWith('DK'))] : [],
    audit: [
      {
        timeMs: nowMs,
        who,
        what: 'catalog.rebuild',
        barcode: label.barcode,
        details: { volume: label.volumeId, pool: label.pool, streams: streams.length, damage: catalog.damage.length },
      },
    ],
  };
}

function onVolume(extent: CatalogExtent, { volumeId }: VolumeLabel): ExtentRecord {
  const { sessionId, blockAddress, sequence, blocks, offset, bytes } = extent;
  return { volumeId, sessionId, blockAddress, sequence, blocks, offset, bytes };
}

function volumeRecord(
  { label, catalog }: VolumeReading,
  streams: readonly StreamRecord[],
  before: VolumeRecord | null,
  nowMs: number,
): VolumeRecord {
  const { endOfData, committedEnd, closed } = catalog;
  const extents = catalog.streams.flatMap((stream) => stream.extents);
  const tails = [...catalog.tails];
  if (committedEnd < endOfData.blockAddress) tails.push({ from: committedEnd, to: endOfData.blockAddress });
  const { state, stateReason } = stateOf(label, catalog, before);
  return {
    volumeId: label.volumeId,
    barcode: label.barcode,
    pool: label.pool,
    state,
    stateReason,
    labelledMs: label.createdMs,
    blockSizeBytes: label.blockSizeBytes,
    endOfData,
    closed: closed !== null,
    begunFor: '',
    blocks: extents.reduce((sum, { blocks }) => sum + blocks, 0),
    bytes: extents.reduce((sum, { bytes }) => sum + bytes, 0),
    mounts: (before?.mounts ?? 0) + 1,
    errors: before?.errors ?? 0,
    firstWrittenMs: catalog.firstWrittenMs,
    lastWrittenMs: catalog.lastWrittenMs,
    retentionEndMs: streams.reduce<number | null>(
      (latest, { descriptor }) => Math.max(latest ?? 0, descriptor.retentionEndMs),
      null,
    ),
    tails: tails.map((tail) => ({ ...tail, foundMs: nowMs })),
  };
}

function stateOf(
  label: VolumeLabel,
  { closed, damage, streams, endOfData }: VolumeCatalog,
  before: VolumeRecord | null,
): { readonly state: VolumeState; readonly stateReason: string } {
  if (damage.length > 0)
    return {
      state: 'suspect',
      stateReason: `${String(damage.length)} objects were damaged when it was read to rebuild the inventory`,
    };
  if (before !== null && endOfData.blockAddress < before.endOfData.blockAddress)
    return {
      state: 'suspect',
      stateReason: `it ends at block ${String(endOfData.blockAddress)}, and the catalogue tells of ${String(before.endOfData.blockAddress)}`,
    };
  if (closed !== null)
    return { state: 'full', stateReason: closed.reason === 'full' ? '' : 'closed before it was full' };
  return { state: label.pool === SCRATCH_POOL && streams.length === 0 ? 'scratch' : 'append', stateReason: '' };
}

/** The stream as the books and this volume tell of it together: whoever tells of more of it is believed. */
function adoptStream(told: CatalogStream, { reading, known, extents }: AdoptionOptions): StreamRecord {
  const { volumeId, pool } = reading.label;
  const before = known.get(told.streamId);
  const added = extents.get(told.streamId) ?? [];
  const base = before?.record ?? newStream(told, pool);
  const isNews = before === undefined || tellsMore(told, before.record);
  const first = added[0];
  return {
    ...base,
    ...(isNews ? standingOf(told) : {}),
    blocks: base.blocks + added.reduce((sum, { blocks }) => sum + blocks, 0),
    extents: base.extents + added.length,
    volumes: first === undefined ? base.volumes : volumesWith(before?.extents ?? [], volumeId, first),
  };
}

function tellsMore(told: CatalogStream, record: StreamRecord): boolean {
  const isComplete = told.state === 'complete';
  if (isComplete !== (record.state === 'complete')) return isComplete;
  return told.lengthBytes > record.lengthBytes;
}

function standingOf(
  told: CatalogStream,
): Pick<StreamRecord, 'state' | 'lengthBytes' | 'crc32c' | 'endedMs' | 'reason'> {
  const { lengthBytes, toldMs } = told;
  const reasons = {
    complete: '',
    aborted: 'its client or the daemon gave it up',
    open: 'it was never completed on the volumes that were read',
  };
  return {
    state: told.state === 'complete' ? 'complete' : 'incomplete',
    lengthBytes,
    crc32c: told.crc32c ?? 0,
    endedMs: toldMs,
    reason: reasons[told.state],
  };
}

/** Without extents yet. A stream whose description is lost is kept until a person has looked at it. */
function newStream(told: CatalogStream, pool: string): StreamRecord {
  const { descriptor, streamId, toldMs } = told;
  const unknown = {
    streamId,
    client: 'unknown',
    name: 'unknown',
    pool,
    level: 'full',
    basedOn: null,
    timeMs: toldMs ?? 0,
    retentionEndMs: 0,
    attributes: {},
  } as const;
  return {
    descriptor: descriptor ?? unknown,
    ...standingOf(told),
    blocks: 0,
    extents: 0,
    volumes: [],
    startedMs: descriptor?.timeMs ?? toldMs ?? 0,
    hold:
      descriptor === null
        ? { reason: 'its description is lost on the medium', who: 'tapeloomd', sinceMs: toldMs ?? 0 }
        : null,
  };
}

/** The volumes in the order of the stream, with one more whose first extent is `first`. */
function volumesWith(
  extents: readonly ExtentRecord[],
  volumeId: VolumeRecord['volumeId'],
  first: Extent,
): StreamRecord['volumes'] {
  const order = [
    ...extents.map((one) => ({ volumeId: one.volumeId, offset: one.offset })),
    { volumeId, offset: first.offset },
  ];
  order.sort((a, b) => a.offset - b.offset);
  return [...new Set(order.map((one) => one.volumeId))];
}

/** A pool nobody declared: its volumes are kept, and nothing is drawn into it, until a person says how it is to be used. */
function cautiousPool(name: string, isDisk: boolean): PoolRecord {
  assert(name !== SCRATCH_POOL, 'the pool of scratch volumes is always there');
  return {
    name,
    kind: isDisk ? 'disk' : 'tape',
    retentionDays: 0,
    mediaTypes: [],
    allocation: { kind: 'continue' },
    maxVolumes: null,
    ...DRIVE_SHARING,
    drawsFromScratch: false,
    labelsBlank: false,
    recycles: false,
    worm: 'allowed',
    encryption: false,
    declared: false,
  };
}
