import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { medianOf } from './figure.js';
import { floorRestore } from './floor.js';
import { NodeUnderTest } from './node-under-test.js';
import type { BenchPlan, Report } from './report.js';

const GB = 1e9;
const MB = 1e6;
const FLOOR_RATIO = 1.3;

/** Restores from a disk volume in memory (tmpfs), against a C program that reads that volume's file, checks and sends it. */
export async function measureRestores(report: Report, plan: BenchPlan): Promise<void> {
  report.section('restore, memory');
  const directory = mkdtempSync('/dev/shm/tapeloom-bench-');
  const node = await NodeUnderTest.start({ drives: 0, speed: 0, diskDirectory: directory });
  try {
    const bytes = Math.min(plan.bytes, 4 * GB);
    await node.save('disk', 1, bytes);
    const volume = largestFile(directory);
    for (const streams of [1, 4]) {
      const { ids } = await node.save('disk', streams, bytes);
      await node.restore(ids);
      const costs: { readonly own: number; readonly floor: number }[] = [];
      const speeds: number[] = [];
      for (let i = 0; i < plan.repetitions; i++) {
        const least = await floorRestore(volume, bytes);
        const load = await node.restore(ids);
        costs.push({ own: load.daemonCpuSeconds / (load.bytes / GB), floor: least.cpuSeconds / (least.bytes / GB) });
        speeds.push(load.bytes / load.movingSeconds / MB);
      }
      const name = `restore.memory.streams-${String(streams)}`;
      const own = costs.map((cost) => cost.own);
      const least = costs.map((cost) => cost.floor);
      report.add(`${name}.cpu`, 'CPU-s/GB', own);
      report.add(`${name}.floor-cpu`, 'CPU-s/GB', least);
      report.add(`${name}.cpu-to-floor`, 'ratio', [medianOf(own) / medianOf(least)], { atMost: FLOOR_RATIO });
      report.add(`${name}.speed`, 'MB/s', speeds);
    }
  } finally {
    await node.stop();
    rmSync(directory, { recursive: true });
  }
}

/** The volume that holds the data. */
function largestFile(directory: string): string {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  const [largest] = files.sort((a, b) => statSync(b).size - statSync(a).size);
  if (largest === undefined) throw new Error('a volume was written');
  return largest;
}
