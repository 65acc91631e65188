import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { describeError } from '../base/storage-error.js';
import { examineChanger } from './doctor-changers.js';
import type { Inventory } from '../inventory/inventory.js';
import type { DriveBay } from '../media/drive-bay.js';
import type { PoolRecord } from '../inventory/records.js';
import type { RetentionClock } from '../media/retention-clock.js';
import type { RetentionGuard } from '../media/retention-guard.js';
import { stateOf } from '../media/state-changes.js';
import { mediumOfBarcode, type Barcode } from '../terms/barcode.js';
import type { DoctorView } from '../protocol/control-api.js';

type Check = DoctorView['checks'][number];

export interface DoctorOptions {
  readonly bays: readonly DriveBay[];
  readonly inventory: Inventory;
  readonly retentionClock: RetentionClock;
  readonly guard: RetentionGuard;
  readonly stateDirectory: string;
  readonly blockSizeBytes: number;
  /** Real tape drives are there: SG_IO needs a capability. */
  readonly needsRawIo: boolean;
}

/** linux/capability.h */
const CAP_SYS_RAWIO = 17;
/** Below this the inventory may soon not be written: the daemon then refuses to acknowledge. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;

/** What an operator checks first: everything that would make the next backup fail. Changes nothing. */
export async function examineNode(options: DoctorOptions): Promise<DoctorView> {
  const checks: Check[] = [checkStateDirectory(options.stateDirectory)];
  if (options.needsRawIo) checks.push(checkRawIo());
  for (const bay of options.bays) checks.push(...(await checkDrive(bay, options.blockSizeBytes)));
  for (const changer of new Set(options.bays.map((bay) => bay.changer)))
    if (changer.kind === 'scsi') checks.push(...(await examineChanger(changer, options.bays)));
  checks.push(checkClock(options.retentionClock), await checkInventory(options.inventory));
  for (const pool of await options.inventory.pools()) checks.push(await checkPool(pool, options));
  return { checks };
}

function checkStateDirectory(directory: string): Check {
  const name = 'state directory';
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(directory);
    const free = bavail * bsize;
    if (free < LEAST_FREE_BYTES)
      return { name, result: 'warning', message: `${directory} has only ${String(free)} bytes left for the inventory` };
    return { name, result: 'ok', message: `${directory} can be written, ${String(Math.floor(free / 1e6))} MB free` };
  } catch (error) {
    return { name, result: 'failed', message: `${directory} cannot be used: ${describeError(error)}` };
  }
}

function checkRawIo(): Check {
  const name = 'capability';
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    const has = ((BigInt(`0x${effective}`) >> BigInt(CAP_SYS_RAWIO)) & 1n) === 1n;
    return has
      ? { name, result: 'ok', message: 'CAP_SYS_RAWIO is held: position, alerts and cartridge memory can be read' }
      : {
          name,
          result: 'failed',
          message: 'CAP_SYS_RAWIO is missing: st refuses SG_IO; start the daemon by its systemd unit',
        };
  } catch (error) {
    return { name, result: 'unknown', message: describeError(error) };
  }
}

async function checkDrive(bay: DriveBay, blockSizeBytes: number): Promise<readonly Check[]> {
  const name = `drive ${bay.name}`;
  if (bay.down !== null) {
    const { reason, by } = bay.down;
    return [{ name, result: 'failed', message: `down by ${by}: ${reason}; tapeloom drive up ${bay.name}` }];
  }
  try {
    const status = await bay.thread.readStatus();
    const { vendor, product, serial } = status.identity;
    const checks: Check[] = [
      {
        name,
        result: 'ok',
        message: `${vendor} ${product} serial ${serial} at ${bay.device}; medium: ${status.medium}`,
      },
    ];
    const { minBlockBytes, maxBlockBytes } = status;
    checks.push({
      name: `${name} block size`,
      result: blockSizeBytes >= minBlockBytes && blockSizeBytes <= maxBlockBytes ? 'ok' : 'failed',
      message: `blocks of ${String(blockSizeBytes)} bytes; the drive takes ${String(minBlockBytes)} to ${String(maxBlockBytes)}`,
    });
    if (status.cleaningRequested)
      checks.push({ name: `${name} cleaning`, result: 'warning', message: 'the drive asks to be cleaned' });
    return checks;
  } catch (error) {
    return [{ name, result: 'failed', message: `${bay.device}: ${describeError(error)}` }];
  }
}

function checkClock(clock: RetentionClock): Check {
  const doubt = clock.describeDoubt();
  return { name: 'clock', result: doubt === null ? 'ok' : 'failed', message: doubt ?? 'goes on as time does' };
}

async function checkInventory(inventory: Inventory): Promise<Check> {
  const name = 'inventory';
  try {
    const { records, lastTransaction, problems } = await inventory.scrub();
    const [first] = problems;
    return first === undefined
      ? { name, result: 'ok', message: `${String(records)} records whole, transaction ${String(lastTransaction)}` }
      : {
          name,
          result: 'failed',
          message: `${String(problems.length)} of ${String(records)} records damaged, first: ${first.key} (${first.problem})`,
        };
  } catch (error) {
    return { name, result: 'failed', message: describeError(error) };
  }
}

async function checkPool(pool: PoolRecord, options: DoctorOptions): Promise<Check> {
  const name = `pool ${pool.name}`;
  try {
    const found = await countWritable(pool, options);
    return found.length > 0
      ? { name, result: 'ok', message: `volumes to write on: ${found.join(', ')}` }
      : { name, result: 'warning', message: `no volume to write on; tapeloom media label BARCODE --pool ${pool.name}` };
  } catch (error) {
    return { name, result: 'unknown', message: describeError(error) };
  }
}

/** What the pool could begin or go on writing on, by kind: in reach or not, since a person can bring it. */
async function countWritable(pool: PoolRecord, { inventory, guard }: DoctorOptions): Promise<readonly string[]> {
  const volumes = await inventory.volumes();
  const own = volumes.filter((volume) => volume.pool === pool.name);
  const counts: (readonly [number, string])[] = [[own.filter(({ state }) => state === 'append').length, 'with room']];
  if (pool.recycles && own.some(({ state }) => state === 'full')) {
    const protection = await guard.protection();
    const expired = own.filter(
      ({ state, volumeId, retentionEndMs }) =>
        state === 'full' && (retentionEndMs ?? 0) <= guard.earliestMs && protection.reasonsFor(volumeId).length === 0,
    );
    counts.push([expired.length, 'expired']);
  }
  const scratch = volumes.filter(({ state }) => state === 'scratch');
  const isOfKind = (barcode: Barcode): boolean => (mediumOfBarcode(barcode) === 'disk') === (pool.kind === 'disk');
  if (pool.drawsFromScratch) counts.push([scratch.filter(({ barcode }) => isOfKind(barcode)).length, 'scratch']);
  if (pool.labelsBlank) {
    const blank = (await inventory.cartridges()).filter(
      (cartridge) => cartridge.volumeId === null && stateOf(cartridge, null) === 'blank' && isOfKind(cartridge.barcode),
    );
    counts.push([blank.length, 'blank']);
  }
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`);
}
