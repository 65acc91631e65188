import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { medianOf } from './figure.js';
import { floorSave } from './floor.js';
import { NodeUnderTest, type MeasuredLoad, type NodeOptions } from './node-under-test.js';
import type { BenchPlan, Report } from './report.js';

const GB = 1e9;
const MB = 1e6;

/** So many bytes warm the daemon up: its code is compiled, the volume mounted, the ring touched. */
const WARM_UP_BYTES = 1.5 * GB;

/** What the daemon may cost against a C program that does the least. */
const FLOOR_RATIO = 1.3;

/** The floor reads as much at a time as the daemon does. */
const READ_BLOCKS = 1;

interface FloorSink {
  readonly sink: string;
  readonly bytesPerSecond: number;
}

/** One node, one sink, several numbers of streams, each beside the floor, in turns. */
export async function compareSaves(
  report: Report,
  plan: BenchPlan,
  options: {
    readonly name: string;
    readonly node: NodeOptions;
    readonly pool: string;
    readonly floor: FloorSink;
    readonly streams: readonly number[];
    readonly bytes: number;
    readonly repetitions: number;
  },
): Promise<void> {
  const { name, node: nodeOptions, pool, floor, streams, bytes, repetitions } = options;
  report.section(`save, ${name}`);
  const node = await NodeUnderTest.start(nodeOptions);
  const medians: number[] = [];
  try {
    await node.save(pool, 4, Math.min(WARM_UP_BYTES, bytes));
    for (const count of streams) {
      const costs: { readonly own: number; readonly floor: number }[] = [];
      const speeds: number[] = [];
      for (let i = 0; i < repetitions; i++) {
        const least = await floorSave({ streams: count, totalBytes: bytes, readBlocks: READ_BLOCKS, ...floor });
        const load = await node.save(pool, count, bytes);
        costs.push({ own: cpuPerGb(load), floor: least.cpuSeconds / (least.bytes / GB) });
        speeds.push(load.bytes / load.movingSeconds / MB);
      }
      const figure = `save.${name}.streams-${String(count)}`;
      const own = costs.map((cost) => cost.own);
      report.add(`${figure}.cpu`, 'CPU-s/GB', own);
      const least = costs.map((cost) => cost.floor);
      report.add(`${figure}.floor-cpu`, 'CPU-s/GB', least);
      report.add(`${figure}.cpu-to-floor`, 'ratio', [medianOf(own) / medianOf(least)], { atMost: FLOOR_RATIO });
      report.add(`${figure}.speed`, 'MB/s', speeds);
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
  await compareSaves(report, plan, {
    name: 'null',
    node: { drives: 1, speed: 0 },
    pool: 'tape0',
    floor: { sink: '/dev/null', bytesPerSecond: 0 },
    streams: plan.streams,
    bytes: plan.bytes,
    repetitions: plan.repetitions,
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
      await compareSaves(report, plan, {
        name,
        node: { drives: 0, speed: 0, diskDirectory: join(directory, 'volumes') },
        pool: 'disk',
        floor: { sink: join(directory, 'floor'), bytesPerSecond: 0 },
        streams: [4],
        bytes: Math.min(plan.bytes, 2 * GB),
        repetitions: Math.min(plan.repetitions, 3),
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
}

export function cpuPerGb({ daemonCpuSeconds, bytes }: MeasuredLoad): number {
  return daemonCpuSeconds / (bytes / GB);
}
