import type { Inventory, InventoryChange } from '../../src/inventory/inventory.js';
import type { AuditRecord, CartridgeRecord, ExtentRecord, StreamRecord } from '../../src/inventory/records.js';
import type { SessionId, StreamId } from '../../src/terms/ids.js';
import { barcodeOf, streamIdOf, streamRecord, volumeIdOf, volumeRecord } from './records.js';

export const EXTENT_BYTES = 1000;

export const sessionIdOf = (n: number): SessionId =>
  `00000000-0000-7000-8003-${n.toString(16).padStart(12, '0')}` as SessionId;

/** Extent number `i` of a stream, on volume `volume`. */
export function extentRecord(volume: number, i: number): ExtentRecord {
  return {
    volumeId: volumeIdOf(volume),
    sessionId: sessionIdOf(1),
    blockAddress: 10 + 3 * i,
    sequence: 5 + 2 * i,
    blocks: 2,
    offset: i * EXTENT_BYTES,
    bytes: EXTENT_BYTES,
  };
}

/** Extents `from` to `to` (exclusive) of a stream on a volume. */
export function extentRecords(volume: number, from: number, to: number): readonly ExtentRecord[] {
  return Array.from({ length: to - from }, (_, i) => extentRecord(volume, from + i));
}

export function cartridgeRecord(n: number, changes: Partial<CartridgeRecord> = {}): CartridgeRecord {
  return {
    barcode: barcodeOf(n),
    location: { kind: 'slot', slot: n },
    locationSinceMs: 1,
    volumeId: volumeIdOf(n),
    labelCount: 1,
    ...changes,
  };
}

export function auditRecord(n: number): AuditRecord {
  return {
    timeMs: n,
    who: 'uid 0',
    what: 'media.label',
    barcode: barcodeOf(1),
    details: { n, pool: 'default', old: null },
  };
}

/** A stream that lies on these volumes, with `each` extents on each. */
export function streamOn(stream: number, volumes: readonly number[], each: number): InventoryChange {
  return {
    streams: [streamRecord(stream, { volumes: volumes.map(volumeIdOf), extents: volumes.length * each })],
    extents: [
      {
        streamId: streamIdOf(stream),
        extents: volumes.flatMap((volume, i) => extentRecords(volume, i * each, (i + 1) * each)),
      },
    ],
  };
}

/** A few commits that fill every table: two volumes, three streams, one of them on both. */
export const SAMPLE_CHANGES: readonly InventoryChange[] = [
  { cartridges: [cartridgeRecord(1), cartridgeRecord(2, { location: { kind: 'drive', drive: 'tape0' } })] },
  { volumes: [volumeRecord(1), volumeRecord(2, { retentionEndMs: 5, tails: [{ from: 4, to: 9, foundMs: 3 }] })] },
  streamOn(1, [1], 2),
  { ...streamOn(2, [1, 2], 2), audit: [auditRecord(1)] },
  { ...streamOn(3, [2], 1), volumes: [volumeRecord(2, { blocks: 8, errors: 1 })] },
  { streams: [streamRecord(1, { volumes: [volumeIdOf(1)], reason: 'changed', lengthBytes: 2 ** 40 })] },
  { audit: [auditRecord(2), auditRecord(3)] },
];

/** Everything an inventory tells, to compare two of them. */
export interface InventoryContent {
  readonly cartridges: readonly CartridgeRecord[];
  readonly volumes: unknown;
  readonly streams: readonly StreamRecord[];
  readonly extents: Readonly<Record<StreamId, readonly ExtentRecord[]>>;
  readonly streamsOnVolume: Readonly<Record<string, readonly StreamId[]>>;
  readonly audit: readonly AuditRecord[];
}

export async function readContent(inventory: Inventory): Promise<InventoryContent> {
  const streams = await inventory.streams({ limit: 10_000 });
  const volumes = await inventory.volumes();
  const extents: Record<StreamId, readonly ExtentRecord[]> = {};
  for (const { descriptor } of streams)
    extents[descriptor.streamId] = await collect(inventory.extents(descriptor.streamId));
  const streamsOnVolume: Record<string, readonly StreamId[]> = {};
  for (const { volumeId } of volumes) streamsOnVolume[volumeId] = await inventory.streamsOnVolume(volumeId);
  return {
    cartridges: await inventory.cartridges(),
    volumes,
    streams,
    extents,
    streamsOnVolume,
    audit: await inventory.audit(10_000),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}
