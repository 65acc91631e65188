import { loadConfiguration } from '../src/daemon/configuration.js';
import { runDaemon } from '../src/daemon/run-daemon.js';
import { SimHardware } from '../sim/sim-hardware.js';
import { parseArgs } from 'node:util';
import { join } from 'node:path';

/**
 * The daemon under measurement: the real one, on simulated LTO-9 drives that keep the headers of blocks only. `--speed 0`: they take
 * whatever comes (the null sink); otherwise they stream at so many times 408 MB/s.
 *
 *   node dist/bench/daemon.js --state DIR --speed N
 */
const { values } = parseArgs({ options: { state: { type: 'string' }, speed: { type: 'string', default: '0' } } });
const state = values.state ?? '';
const speed = Number(values.speed);

/** Small, so that a short run already shows whether the drive is kept fed. */
const DRIVE_BUFFER_BYTES = 128 * 2 ** 20;

process.exit(
  await runDaemon({
    configuration: loadConfiguration(join(state, 'tapeloom.toml')),
    makeHardware: () =>
      new SimHardware({
        directory: join(state, 'rack'),
        library: null,
        cartridges: 4,
        capacityBytes: null,
        clock: 'off',
        speed: speed === 0 ? 1 : speed,
        keepPayload: 'header',
        ...(speed === 0
          ? {}
          : {
              portModuleUrl: new URL('./paced-syscalls.js', import.meta.url).href,
              bufferBytes: DRIVE_BUFFER_BYTES,
            }),
      }),
    environment: process.env,
  }),
);
