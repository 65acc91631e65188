import { assert } from '../base/assert.js';
import type { StreamId, VolumeId } from '../terms/ids.js';
import type { InventoryChange } from './inventory.js';
import { INVENTORY_LIMITS } from './inventory-limits.js';
import type { InventoryStore } from './inventory-store.js';
import type { TableChanges } from './ledger.js';
import type { RecordCodec } from './record-codec.js';
import type { ExtentRecord, StreamRecord } from './records.js';
import {
  AUDIT,
  CARTRIDGE,
  CLOCK_MARK,
  DRIVE,
  EXTENTS,
  HEALTH,
  JOB,
  MARK,
  MOVE,
  packExtents,
  POOL,
  STREAM,
  VOLUME,
} from './stored-records.js';
import {
  auditKey,
  cartridgeKey,
  CLOCK_MARK_KEY,
  driveKey,
  extentsKey,
  forgottenKey,
  healthKey,
  jobKey,
  moveKey,
  poolKey,
  streamKey,
  streamOnVolumeKey,
  volumeKey,
} from './tables.js';

export interface TableState {
  readonly store: InventoryStore;
  /** With those of the change. */
  readonly forgotten: ReadonlySet<VolumeId>;
  /** The number the change will have. */
  readonly transaction: number;
}

/** What a change of the inventory does to the tables. Asserts what must be so between its records. */
export async function tabulateChange(change: InventoryChange, state: TableState): Promise<TableChanges> {
  const changes = new Map<string, Uint8Array | null>();
  for (const volumeId of change.forgetVolumes ?? []) {
    const key = forgottenKey(volumeId);
    changes.set(key, MARK.encode(key, {}));
    changes.set(volumeKey(volumeId), null);
  }
  for (const record of change.cartridges ?? []) {
    const key = cartridgeKey(record.barcode);
    changes.set(key, CARTRIDGE.encode(key, record));
  }
  for (const record of change.volumes ?? []) {
    assert(!state.forgotten.has(record.volumeId), 'a forgotten volume does not come back: a new label has a new id');
    const key = volumeKey(record.volumeId);
    changes.set(key, VOLUME.encode(key, record));
  }
  for (const record of change.streams ?? []) {
    const key = streamKey(record.descriptor.streamId);
    changes.set(key, STREAM.encode(key, record));
  }
  for (const { streamId, extents } of change.extents ?? []) await addExtents(streamId, extents, change, state, changes);
  for (const [i, record] of (change.audit ?? []).entries()) {
    const key = auditKey(state.transaction, i);
    changes.set(key, AUDIT.encode(key, record));
  }
  tabulateOperations(change, state.transaction, changes);
  return changes;
}

/** What is kept of the running of the node: moves, drives, their health, pools and jobs. */
function tabulateOperations(
  change: InventoryChange,
  transaction: number,
  changes: Map<string, Uint8Array | null>,
): void {
  const put = <T>(codec: RecordCodec<T>, key: string, record: T): void => {
    changes.set(key, codec.encode(key, record));
  };
  for (const [i, record] of (change.moves ?? []).entries()) put(MOVE, moveKey(record.barcode, transaction, i), record);
  for (const [i, record] of (change.health ?? []).entries()) put(HEALTH, healthKey(transaction, i), record);
  for (const record of change.drives ?? []) put(DRIVE, driveKey(record.name), record);
  for (const record of change.pools ?? []) put(POOL, poolKey(record.name), record);
  for (const record of change.jobs ?? []) put(JOB, jobKey(record.jobId), record);
  if (change.clockMark !== undefined) put(CLOCK_MARK, CLOCK_MARK_KEY, change.clockMark);
  for (const jobId of change.removeJobs ?? []) changes.set(jobKey(jobId), null);
  for (const name of change.removePools ?? []) changes.set(poolKey(name), null);
}

async function addExtents(
  streamId: StreamId,
  extents: readonly ExtentRecord[],
  change: InventoryChange,
  state: TableState,
  changes: Map<string, Uint8Array | null>,
): Promise<void> {
  const stream = await streamAfter(streamId, change, state);
  for (const run of splitIntoRuns(extents)) {
    const [{ volumeId, offset }] = run;
    assert(!state.forgotten.has(volumeId), 'nothing is written to a forgotten volume');
    // Readers and the clearing of a forgotten volume go by the list in the stream's record.
    assert(
      stream?.volumes.includes(volumeId) === true,
      `the record of stream ${streamId} names the volume of its extents`,
    );
    const key = extentsKey(streamId, offset);
    assert(
      !changes.has(key) && (await isFree(key, state)),
      `stream ${streamId} has no extent at ${String(offset)} yet`,
    );
    changes.set(key, EXTENTS.encode(key, packExtents(run)));
    const mark = streamOnVolumeKey(volumeId, streamId);
    changes.set(mark, MARK.encode(mark, {}));
  }
}

async function streamAfter(
  streamId: StreamId,
  change: InventoryChange,
  { store }: TableState,
): Promise<StreamRecord | null> {
  const changed = change.streams?.find(({ descriptor }) => descriptor.streamId === streamId);
  if (changed !== undefined) return changed;
  const key = streamKey(streamId);
  const value = await store.get(key);
  return value === null ? null : STREAM.decode(key, value);
}

/** Extents are added, never changed; those of a forgotten volume count no more. */
async function isFree(key: string, { store, forgotten }: TableState): Promise<boolean> {
  const value = await store.get(key);
  return value === null || forgotten.has(EXTENTS.decode(key, value).volumeId);
}

type ExtentRun = readonly [ExtentRecord, ...ExtentRecord[]];

/** Runs for one record each: of one volume and session, and no longer than its limit. */
function splitIntoRuns(extents: readonly ExtentRecord[]): readonly ExtentRun[] {
  const runs: [ExtentRecord, ...ExtentRecord[]][] = [];
  let end = 0;
  for (const extent of extents) {
    assert(extent.offset >= end, 'extents are in the order of the stream and do not overlap');
    end = extent.offset + extent.bytes;
    const run = runs.at(-1);
    const joins =
      run?.[0].volumeId === extent.volumeId &&
      run[0].sessionId === extent.sessionId &&
      run.length < INVENTORY_LIMITS.extentsPerRecord;
    if (joins) run.push(extent);
    else runs.push([extent]);
  }
  return runs;
}
