import type { SteadyLoad } from './node-under-test.js';
import { BENCH_PROGRAMS, run, start } from './processes.js';

/** What the C program of bench/native/floor.c used to move the same bytes. */
export interface FloorLoad {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Receive, CRC32C, write; reads of `readBlocks` MiB; a sink that takes `bytesPerSecond`, or whatever comes (0). */
export async function floorSave(options: {
  readonly streams: number;
  readonly seconds: number;
  readonly readBlocks: number;
  readonly bytesPerSecond: number;
  readonly sink: string;
}): Promise<SteadyLoad> {
  const { streams, seconds, readBlocks, bytesPerSecond, sink } = options;
  const floor = await start(`${BENCH_PROGRAMS}/floor`, [
    ...['save', '--streams', String(streams), '--read-blocks', String(readBlocks)],
    ...['--rate', String(Math.round(bytesPerSecond)), '--sink', sink],
  ]);
  const load = ['raw', '--port', portOf(floor.firstLine), '--streams', String(streams)];
  const length = ['--seconds', String(seconds), '--watch', String(floor.pid)];
  const output = await run(`${BENCH_PROGRAMS}/load`, [...load, ...length]);
  await floor.rest;
  return (JSON.parse(output) as { readonly steady: SteadyLoad }).steady;
}

/** Read, CRC32C, send. */
export async function floorRestore(source: string, totalBytes: number): Promise<FloorLoad> {
  const args = ['restore', '--source', source, '--bytes', String(totalBytes)];
  const floor = await start(`${BENCH_PROGRAMS}/floor`, args);
  await run(`${BENCH_PROGRAMS}/load`, ['drain', '--port', portOf(floor.firstLine), '--streams', '1']);
  return resultOf(await floor.rest);
}

function portOf(line: string): string {
  return String((JSON.parse(line) as { readonly port: number }).port);
}

function resultOf(output: string): FloorLoad {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as FloorLoad;
}
