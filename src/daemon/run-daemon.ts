import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { ERROR_CODES } from '../base/error-codes.js';
import type { Logger } from '../base/logger.js';
import { systemRandom } from '../base/random.js';
import { StorageError, describeError, isStorageError } from '../base/storage-error.js';
import { loadNativeLibrary } from '../device/native-library.js';
import { SystemdNotifier } from '../device/systemd-notify.js';
import { LevelStore } from '../inventory/level-store.js';
import { StoredInventory } from '../inventory/stored-inventory.js';
import type { Configuration } from './configuration.js';
import type { Hardware } from './hardware.js';
import { openStorageNode } from './open-node.js';
import type { StorageNode } from './storage-node.js';
import { WinstonLogger } from './winston-logger.js';

/** What a composition root gives: real hardware (daemon/main) or simulated hardware (sim/main). */
export interface DaemonRun {
  readonly configuration: Configuration;
  readonly makeHardware: (configuration: Configuration) => Hardware;
  readonly environment: NodeJS.ProcessEnv;
}

const EX_SOFTWARE = 70;

/** Runs a node until SIGTERM or SIGINT. Returns the exit status. */
export async function runDaemon(run: DaemonRun): Promise<number> {
  const logger = new WinstonLogger(run.configuration.log, process.stderr, process.stderr.isTTY);
  try {
    const native = loadNativeLibrary();
    const notifier = new SystemdNotifier(
      {
        notifySocket: run.environment['NOTIFY_SOCKET'],
        watchdogUsec: run.environment['WATCHDOG_USEC'],
        watchdogPid: run.environment['WATCHDOG_PID'],
        pid: process.pid,
      },
      native.notifySystemd,
      logger,
    );
    const stopped = untilSignal(logger);
    const node = await open(run, logger);
    notifier.ready('taking streams');
    const watchdog = startWatchdog(notifier, node);
    await stopped;
    notifier.stopping('finishing the blocks in hand');
    await node.close();
    clearInterval(watchdog);
    logger.log('info', 'daemon.stopped', 'Stopped; everything acknowledged is on its volumes and in the inventory.');
    return 0;
  } catch (error) {
    return reportFatal(error, logger);
  }
}

async function open({ configuration, makeHardware }: DaemonRun, logger: Logger): Promise<StorageNode> {
  const version = readVersion();
  mkdirSync(configuration.stateDirectory, { recursive: true });
  const inventory = new StoredInventory(new LevelStore(join(configuration.stateDirectory, 'inventory')));
  const node = await openStorageNode({
    configuration,
    hardware: makeHardware(configuration),
    inventory,
    clock: systemClock,
    random: systemRandom,
    logger,
    crc32c: loadNativeLibrary().crc32c,
    version,
    tls: readTls(configuration),
    residentBytes: () => process.memoryUsage.rss(),
  });
  logger.log('info', 'daemon.started', `tapeloomd ${version} takes streams.`, {
    dataDoor: `${configuration.dataDoor.host}:${String(configuration.dataDoor.port)}`,
    controlDoor: configuration.controlDoor.socketPath,
  });
  return node;
}

/** A second signal while stopping changes nothing: what is in hand is finished. */
async function untilSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      logger.log('info', 'daemon.stopping', `${signal}: finishing the blocks in hand.`, { signal });
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

/** The event loop itself says that it lives: a timer that does not fire is what the watchdog looks for. */
function startWatchdog(notifier: SystemdNotifier, node: StorageNode): NodeJS.Timeout {
  const tick = (): void => {
    notifier.watchdog();
    notifier.status(`${String(node.sessionCount)} sessions at work`);
  };
  return setInterval(tick, notifier.watchdogIntervalMs ?? STATUS_INTERVAL_MS);
}

const STATUS_INTERVAL_MS = 10_000;

function readTls({ dataDoor }: Configuration): { readonly cert: string; readonly key: string } | null {
  const { tlsCertificate, tlsKey } = dataDoor;
  if (tlsCertificate === null || tlsKey === null) return null;
  try {
    return { cert: readFileSync(tlsCertificate, 'utf8'), key: readFileSync(tlsKey, 'utf8') };
  } catch (cause) {
    throw new StorageError(
      'CONFIG_KEY',
      `The certificate or key of the data door cannot be read: ${describeError(cause)}. The daemon did not start.`,
      { cause },
    );
  }
}

/** dist/src/daemon lies three folders below the package. */
function readVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function reportFatal(error: unknown, logger: Logger): number {
  const code = isStorageError(error) ? error.code : null;
  logger.log('error', 'daemon.failed', describeError(error), {
    code,
    ...(code === null && error instanceof Error ? { stack: error.stack } : {}),
  });
  return code === null ? EX_SOFTWARE : ERROR_CODES[code].exitCode;
}
