import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The package: dist/bench lies two folders below. */
export const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** Where `make -C bench/native` puts its programs. */
export const BENCH_PROGRAMS = `${PACKAGE}/bench/native/build`;

/** Of Linux on all machines this runs on. */
const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system seconds of a process and its threads up to now, from the kernel. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field, the name, may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Resident memory of a process, bytes. */
export function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Runs a program to its end and returns what it printed. Throws with what it complained of when it fails. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return outcomeOf(child, program);
}

/** A program that prints a line first, then works, then prints another and ends. */
export interface StartedProgram {
  readonly pid: number;
  readonly firstLine: string;
  /** What it printed behind its first line. */
  readonly rest: Promise<string>;
}

export async function start(program: string, args: readonly string[]): Promise<StartedProgram> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const outcome = outcomeOf(child, program);
  const [first] = (await Promise.race([
    once(child.stdout, 'data'),
    outcome.then((output) => {
      throw new Error(`${program} ended before it began: ${output}`);
    }),
  ])) as [Buffer];
  const firstLine = first.toString('utf8').split('\n')[0] ?? '';
  return { pid: child.pid ?? 0, firstLine, rest: outcome };
}

async function outcomeOf(child: ChildProcess, program: string): Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error('its output is piped');
  const [output, complaints, closed] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  const [status, signal] = closed;
  if (status === 0) return output;
  throw new Error(`${program} ended with ${String(status ?? signal)}: ${complaints.trim()}`);
}
