import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { medianOf } from './figure.js';
import { floorSave } from './floor.js';
import { NodeUnderTest, type NodeOptions, type SteadyLoad } from './node-under-test.js';
import type { BenchPlan, Report } from './report.js';

const GB = 1e9;
const MB = 1e6;

/** So many bytes warm the daemon up: its code is compiled, the volume mounted, the ring touched. */
const WARM_UP_BYTES = 1.5 * GB;

/** What the daemon may cost against a C program that does the least. */
const FLOOR_RATIO = 1.3;

/** What `--speed 1` of bench/daemon.ts is. */
const LTO9_BYTES_PER_SECOND = 408 * MB;

/** From so many on, what opening and closing one costs can be told from what its bytes cost. */
const MANY_STREAMS = 64;

/** The floor reads as much at a time as the daemon does. */
const READ_BLOCKS = 1;

interface FloorSink {
  readonly sink: string;
  readonly bytesPerSecond: number;
}

/** One node, one sink, several numbers of streams, each beside the floor, in turns. */
async function compareSaves(
  report: Report,
  options: {
    readonly name: string;
    readonly node: NodeOptions;
    readonly pool: string;
    readonly floor: FloorSink;
    readonly streams: readonly number[];
    readonly seconds: number;
    readonly repetitions: number;
  },
): Promise<void> {
  const { name, node: nodeOptions, pool, floor, streams, seconds, repetitions } = options;
  report.section(`save, ${name}`);
  const node = await NodeUnderTest.start(nodeOptions);
  const medians: number[] = [];
  try {
    await node.save(pool, 4, WARM_UP_BYTES);
    for (const count of streams) {
      const own: number[] = [];
      const least: number[] = [];
      const speeds: number[] = [];
      const openings: number[] = [];
      for (let i = 0; i < repetitions; i++) {
        least.push(cpuPerGb(await floorSave({ streams: count, seconds, readBlocks: READ_BLOCKS, ...floor })));
        const load = await node.saveFor(pool, count, seconds);
        const cost = cpuPerGb(load.steady);
        own.push(cost);
        speeds.push(load.steady.bytes / load.steady.seconds / MB);
        openings.push(((load.daemonCpuSeconds - (cost * load.bytes) / GB) / count) * 1000);
      }
      const figure = `save.${name}.streams-${String(count)}`;
      report.add(`${figure}.cpu`, 'CPU-s/GB', own);
      report.add(`${figure}.floor-cpu`, 'CPU-s/GB', least);
      report.add(`${figure}.cpu-to-floor`, 'ratio', [medianOf(own) / medianOf(least)], { atMost: FLOOR_RATIO });
      report.add(`${figure}.speed`, 'MB/s', speeds);
      if (count >= MANY_STREAMS) report.add(`${figure}.stream-cpu`, 'CPU-ms/stream', openings);
      medians.push(medianOf(own));
    }
    const [first] = medians;
    const last = medians.at(-1);
    if (first !== undefined && last !== undefined && medians.length > 1)
      report.add(`save.${name}.growth`, 'ratio', [last / first], { atMost: FLOOR_RATIO });
    report.add(`save.${name}.resident`, 'MB', [node.residentBytes / MB]);
  } finally {
    await node.stop();
  }
}

/** Nothing holds the daemon back. */
export async function measureNullSaves(report: Report, plan: BenchPlan): Promise<void> {
  await compareSaves(report, {
    name: 'null',
    node: { drives: 1, speed: 0 },
    pool: 'tape0',
    floor: { sink: '/dev/null', bytesPerSecond: 0 },
    streams: plan.streams,
    seconds: plan.seconds,
    repetitions: plan.repetitions,
  });
}

/** The drive holds the daemon back: it is to be kept streaming, for no more CPU than that takes. */
export async function measurePacedSaves(report: Report, plan: BenchPlan): Promise<void> {
  for (const megabytes of [400, 1000])
    await compareSaves(report, {
      name: `drive-${String(megabytes)}`,
      node: { drives: 1, speed: (megabytes * MB) / LTO9_BYTES_PER_SECOND },
      pool: 'tape0',
      floor: { sink: '/dev/null', bytesPerSecond: megabytes * MB },
      streams: [1, 64],
      seconds: plan.seconds,
      repetitions: Math.min(plan.repetitions, 3),
    });
}

/** Disk volumes, in memory (tmpfs) and on a disk: the same program, another drive. */
export async function measureDiskSaves(report: Report, plan: BenchPlan): Promise<void> {
  for (const [name, parent] of [
    ['memory', '/dev/shm'],
    ['disk', tmpdir()],
  ] as const) {
    const directory = mkdtempSync(join(parent, 'tapeloom-bench-'));
    try {
      await compareSaves(report, {
        name,
        node: { drives: 0, speed: 0, diskDirectory: join(directory, 'volumes') },
        pool: 'disk',
        floor: { sink: join(directory, 'floor'), bytesPerSecond: 0 },
        streams: [4],
        seconds: plan.seconds,
        repetitions: Math.min(plan.repetitions, 3),
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
}

function cpuPerGb({ cpuSeconds, bytes }: SteadyLoad): number {
  return cpuSeconds / (bytes / GB);
}
