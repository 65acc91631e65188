import type { Inventory, InventoryChange } from '../../src/inventory/inventory.js';
import type {
  AuditRecord,
  CartridgeRecord,
  DriveRecord,
  ExtentRecord,
  HealthRecord,
  JobRecord,
  MoveRecord,
  PoolRecord,
  StreamRecord,
} from '../../src/inventory/records.js';
import type { JobId, SessionId, StreamId } from '../../src/terms/ids.js';
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
    location: { kind: 'slot', changer: 'library', slot: n },
    locationSinceMs: 1,
    destination: null,
    volumeId: volumeIdOf(n),
    labelCount: 1,
    mediumSerial: null,
    cleaningUses: 0,
    condition: null,
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

export function moveRecord(n: number, cartridge = 1): MoveRecord {
  return {
    timeMs: n,
    barcode: barcodeOf(cartridge),
    from: n === 0 ? null : { kind: 'vault', vault: 'bank', dueMs: n },
    to: { kind: 'import-export', changer: 'library', slot: 25 },
    who: 'olga',
    reason: 'checked in',
  };
}

export function driveRecord(name: string, changes: Partial<DriveRecord> = {}): DriveRecord {
  return {
    name,
    serial: 'SIM0',
    downReason: '',
    downSinceMs: null,
    downBy: '',
    lastUsedMs: null,
    mounts: 0,
    wantsCleaning: false,
    cleanings: 0,
    lastCleanedMs: null,
    ...changes,
  };
}

export function healthRecord(n: number, changes: Partial<HealthRecord> = {}): HealthRecord {
  return {
    timeMs: n,
    drive: 'tape0',
    driveSerial: 'SIM0',
    barcode: barcodeOf(1),
    kind: 'write-error',
    code: 'MEDIUM_WRITE_ERROR',
    message: 'sense 03/0C/00',
    figures: { retries: n },
    ...changes,
  };
}

export function poolRecord(name: string, changes: Partial<PoolRecord> = {}): PoolRecord {
  return {
    name,
    kind: 'tape',
    retentionDays: 30,
    mediaTypes: [],
    allocation: { kind: 'continue' },
    maxVolumes: null,
    maxDrives: 1,
    streamsPerDrive: 4,
    drawsFromScratch: true,
    labelsBlank: false,
    recycles: true,
    worm: 'allowed',
    encryption: false,
    declared: true,
    ...changes,
  };
}

export const jobIdOf = (n: number): JobId => `00000000-0000-7000-8004-${n.toString(16).padStart(12, '0')}` as JobId;

export function jobRecord(n: number, changes: Partial<JobRecord> = {}): JobRecord {
  return {
    jobId: jobIdOf(n),
    kind: 'label',
    who: 'olga',
    title: 'label 1 cartridge',
    state: 'running',
    createdMs: n,
    endedMs: null,
    steps: [{ subject: barcodeOf(n), state: 'pending', message: '', code: '' }],
    waitingFor: '',
    error: null,
    result: {},
    ...changes,
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
  { moves: [moveRecord(0), moveRecord(1), moveRecord(2, 2)], health: [healthRecord(1), healthRecord(2)] },
  {
    drives: [driveRecord('tape0'), driveRecord('tape1', { downReason: 'loose cable', downSinceMs: 3, downBy: 'olga' })],
    pools: [poolRecord('default'), poolRecord('vault', { allocation: { kind: 'calendar', period: 'week' } })],
    jobs: [jobRecord(1), jobRecord(2, { state: 'failed', error: { code: 'DRIVE_BUSY', message: 'busy' } })],
  },
  {
    removePools: ['vault'],
    jobs: [jobRecord(1, { state: 'succeeded', endedMs: 9, result: { labelled: ['A', 'B'] } })],
  },
];

/** Everything an inventory tells, to compare two of them. */
export interface InventoryContent {
  readonly cartridges: readonly CartridgeRecord[];
  readonly volumes: unknown;
  readonly streams: readonly StreamRecord[];
  readonly extents: Readonly<Record<StreamId, readonly ExtentRecord[]>>;
  readonly streamsOnVolume: Readonly<Record<string, readonly StreamId[]>>;
  readonly audit: readonly AuditRecord[];
  readonly moves: readonly MoveRecord[];
  readonly drives: readonly DriveRecord[];
  readonly health: readonly HealthRecord[];
  readonly pools: readonly PoolRecord[];
  readonly jobs: readonly JobRecord[];
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
    moves: [...(await inventory.moves(barcodeOf(1), 10_000)), ...(await inventory.moves(barcodeOf(2), 10_000))],
    drives: await inventory.drives(),
    health: await inventory.health({ limit: 10_000 }),
    pools: await inventory.pools(),
    jobs: await inventory.jobs({ limit: 10_000 }),
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
