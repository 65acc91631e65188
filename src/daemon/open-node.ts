import { hostname } from 'node:os';
import type { Clock } from '../base/clock.js';
import type { Crc32c } from '../base/crc32c.js';
import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import { SerialQueue } from '../base/serial-queue.js';
import type { Inventory } from '../inventory/inventory.js';
import { AllocationOrders } from '../jobs/allocation-control.js';
import { DriveOrders } from '../jobs/drive-control.js';
import { HealthReports } from '../jobs/health-control.js';
import { CatalogueSnapshots } from '../jobs/catalogue-snapshots.js';
import { CatalogueOrders } from '../jobs/catalogue-control.js';
import { ChangerLooks } from '../jobs/changer-control.js';
import { OffsiteLooks } from '../jobs/offsite-control.js';
import { NodeControl } from '../jobs/node-control.js';
import { PoolOrders } from '../jobs/pool-control.js';
import { RetentionOrders } from '../jobs/retention-control.js';
import { RestoreService } from '../jobs/restore-service.js';
import { SAVE_LIMITS } from '../jobs/save-limits.js';
import { SaveService } from '../jobs/save-service.js';
import { viewSessions } from '../jobs/session-views.js';
import { CartridgeLoading } from '../media/cartridge-loading.js';
import { CartridgeRegister } from '../media/cartridge-register.js';
import { CartridgeReservations } from '../media/cartridge-reservations.js';
import { DriveBook } from '../media/drive-book.js';
import { DriveCommands } from '../media/drive-commands.js';
import { DriveLeases } from '../media/drive-leases.js';
import { DriveMotion } from '../media/drive-motion.js';
import { HealthBook } from '../media/health-book.js';
import { Labelling } from '../media/labelling.js';
import type { MediaEnvironment } from '../media/media-environment.js';
import { OperatorRequests } from '../media/operator-requests.js';
import { PoolBook } from '../media/pool-book.js';
import { RegisterLook } from '../media/register-look.js';
import { RetentionClock } from '../media/retention-clock.js';
import { RetentionGuard } from '../media/retention-guard.js';
import { StreamHolds } from '../media/stream-holds.js';
import { VolumeMounting } from '../media/volume-mounting.js';
import { makeReceiveBufferSetter } from '../device/receive-buffer.js';
import { VolumeSelection } from '../media/volume-selection.js';
import { ControlDoor } from '../server/control-door.js';
import { DataDoor } from '../server/data-door.js';
import { BlockRing } from '../transfer/block-ring.js';
import { TRANSFER_LIMITS, type TransferLimits } from '../transfer/transfer-limits.js';
import { makeAuthenticator, makeRestorePolicy, makeStreamService, warnOfUnknownPools } from './client-policy.js';
import type { Configuration } from './configuration.js';
import { examineNode } from './doctor.js';
import type { Hardware } from './hardware.js';
import { makeOperatorOrders } from './operator-orders.js';
import { StorageNode } from './storage-node.js';

export interface StorageNodeOptions {
  readonly configuration: Configuration;
  readonly hardware: Hardware;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly crc32c: Crc32c;
  readonly version: string;
  /** PEM texts of the data door's certificate and key; null without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly residentBytes: () => number;
}

/**
 * Opens inventory, drives and doors, in the order of dependence, and settles what the last end left. When it fails, what
 * was opened is closed again and the error says what is wrong.
 */
export async function openStorageNode(options: StorageNodeOptions): Promise<StorageNode> {
  const { inventory } = options;
  await inventory.open();
  try {
    return await openNode(options);
  } catch (error) {
    await inventory.close();
    throw error;
  }
}

async function openNode(options: StorageNodeOptions): Promise<StorageNode> {
  const { configuration, hardware, inventory, clock, random, logger, version } = options;
  const limits = transferLimits(configuration, configuration.drives.length);
  const ring = new BlockRing(configuration.buffer.blockSizeBytes, limits);
  const requests = new OperatorRequests(clock, logger);
  const bays = await hardware.makeBays({ configuration, ring: ring.memory, inventory, requests, clock, logger });

  const changers = [...new Set(bays.map((bay) => bay.changer))];
  const bookkeeping = new SerialQueue();
  const base: Omit<MediaEnvironment, 'health'> = {
    inventory,
    bookkeeping,
    reservations: new CartridgeReservations(),
    clock,
    random,
    logger,
    slots: ring,
    node: configuration.node ?? hostname(),
    software: `tapeloom ${version}`,
    blockSizeBytes: configuration.buffer.blockSizeBytes,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  const leases = new DriveLeases(bays);
  const driveBook = new DriveBook(base, leases);
  const health = new HealthBook(base, { driveBook, requests });
  const environment: MediaEnvironment = { ...base, health };
  await driveBook.open();
  const register = new CartridgeRegister(environment, leases);
  const loading = new CartridgeLoading(environment, register);
  const retentionClock = new RetentionClock(environment);
  const guard = new RetentionGuard(environment, retentionClock);
  const labelling = new Labelling(environment, loading, guard);
  const selection = new VolumeSelection(environment, guard);
  const mounting = new VolumeMounting(environment, { loading, labelling, selection });
  const driveCommands = new DriveCommands(leases, health);
  const pools = new PoolBook(environment);
  const saves = new SaveService({
    inventory,
    leases,
    mounting,
    loading,
    requests,
    health,
    ring,
    clock,
    random,
    logger,
    pools,
    bookkeeping,
    guard,
    retentionClock,
    limits,
    saveLimits: { ...SAVE_LIMITS, operatorWaitMs: configuration.spanning.operatorWaitMs },
    snapshots: makeSnapshots(options, environment),
  });
  const mayRestore = makeRestorePolicy(configuration.clients);
  const restores = new RestoreService({
    inventory,
    register,
    reservations: environment.reservations,
    leases,
    mounting,
    health,
    ring,
    clock,
    random,
    logger,
    limits,
    mayRestore,
  });
  const { jobs, orders, cleaningWatch } = makeOperatorOrders(
    { environment, register, leases, driveBook, loading, labelling, guard, pools, requests, restores },
    configuration.cleaning,
  );
  await retentionClock.open();
  await pools.declare(configuration.pools);
  await warnOfUnknownPools(configuration.clients, pools, logger);
  await register.refresh();
  await saves.recover();
  await jobs.recover();

  const stopping = new AbortController();
  const { dataDoor: door } = configuration;
  const dataDoor = await DataDoor.open({
    host: door.host,
    port: door.port,
    tls: options.tls,
    service: makeStreamService(configuration.clients, saves, restores),
    authenticate: makeAuthenticator(configuration.clients),
    clock,
    logger,
    crc32c: options.crc32c,
    node: environment.node,
    software: environment.software,
    blockSizeBytes: environment.blockSizeBytes,
    heartbeatMs: door.heartbeatMs,
    ...tuneSockets(door.receiveBufferBytes, logger),
    maxStreams: door.maxStreams,
  });
  const registerLook = new RegisterLook(register, clock, logger);
  const control = new NodeControl({
    inventory,
    registerLook,
    leases,
    driveCommands,
    operatorRequests: requests,
    pools,
    guard,
    retentionClock,
    clock,
    node: environment.node,
    version,
    sessions: () => viewSessions(saves, restores),
    dataDoor: () => dataDoor.address,
    memory: () => ({
      residentBytes: options.residentBytes(),
      ringBytes: ring.memory.slotCount * ring.memory.slotBytes,
      ringBlocks: ring.memory.slotCount,
      ringBlocksFree: ring.counts.free,
    }),
    simulation: () => hardware.simulation(),
    doctor: async () =>
      examineNode({
        bays,
        inventory,
        retentionClock,
        guard,
        stateDirectory: configuration.stateDirectory,
        blockSizeBytes: environment.blockSizeBytes,
        needsRawIo: hardware.needsRawIo,
      }),
  });
  const { socketPath, socketMode } = configuration.controlDoor;
  try {
    const controlDoor = await ControlDoor.open({
      service: control,
      catalogue: new CatalogueOrders(environment, register),
      changers: new ChangerLooks(changers, async () => hardware.scan(configuration, clock)),
      drives: new DriveOrders({
        leases,
        driveBook,
        motion: new DriveMotion(environment, leases),
        stopping: stopping.signal,
      }),
      health: new HealthReports({ inventory, leases, health, clock }),
      jobs: orders,
      offsite: new OffsiteLooks(inventory, clock, registerLook),
      pools: new PoolOrders({ pools, inventory, guard }),
      allocation: new AllocationOrders({ inventory, pools, selection, bays, clock }),
      retention: new RetentionOrders({ holds: new StreamHolds(environment, guard), retentionClock, clock }),
      logger,
      version,
      socketPath,
      socketMode,
    });
    const background = Promise.all([retentionClock.run(stopping.signal), cleaningWatch?.run(stopping.signal)]);
    return new StorageNode({
      driveBook,
      changers,
      saves,
      restores,
      jobs,
      dataDoor,
      controlDoor,
      inventory,
      stopping,
      background,
    });
  } catch (error) {
    await dataDoor.close();
    await driveBook.close();
    throw error;
  }
}

function makeSnapshots(
  { configuration: { catalogue }, crc32c }: StorageNodeOptions,
  environment: MediaEnvironment,
): CatalogueSnapshots | null {
  return catalogue.intervalMs === 0 ? null : new CatalogueSnapshots({ ...environment, ...catalogue, crc32c });
}

/** Sets the receive buffer of each connection, where that is wanted and the kernel allows it. */
function tuneSockets(bytes: number, logger: Logger): { readonly tuneSocket?: (fd: number) => void } {
  if (bytes === 0) return {};
  const tuneSocket = makeReceiveBufferSetter(bytes);
  if (tuneSocket !== null) return { tuneSocket };
  logger.log(
    'warn',
    'door.receive-buffer',
    `This kernel does not allow receive buffers of ${String(bytes)} bytes; saving many streams costs more CPU. ` +
      'Raise net.core.rmem_max, or set data_door.receive_buffer to 0 to leave their size to the kernel.',
    { bytes },
  );
  return {};
}

/** The settings among the limits of the data plane. */
function transferLimits({ buffer, checkpoint, spanning, dataDoor }: Configuration, drives: number): TransferLimits {
  return {
    ...TRANSFER_LIMITS,
    streams: dataDoor.maxStreams,
    procedureBlocks: Math.max(TRANSFER_LIMITS.procedureBlocks, PROCEDURE_BLOCKS_PER_DRIVE * drives),
    sharedBlocks: Math.max(MIN_SHARED_BLOCKS, Math.floor(buffer.ringBytes / buffer.blockSizeBytes)),
    collectBlocks: Math.floor(buffer.collectBytes / buffer.blockSizeBytes),
    burstHoldMs: buffer.collectMs,
    replay: buffer.replay,
    checkpointBytes: checkpoint.bytes,
    checkpointMs: checkpoint.seconds * 1000,
    prepareBytes: spanning.prepareBytes,
  };
}

/** A session, one that waits for its drive, a restore, and what reads a label there. */
const PROCEDURE_BLOCKS_PER_DRIVE = 12;

/** Two runs of blocks: less, and the drive waits for the network between any two. */
const MIN_SHARED_BLOCKS = 16;
