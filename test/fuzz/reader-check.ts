import { must } from './fuzz-target.js';
import { ReaderInMemory } from './reader-in-memory.js';
import type { SampleVolume } from './sample-volume.js';

/** Exit statuses of the stand-alone reader for volumes; never 70, an error of its own. */
const STATUSES: readonly number[] = [0, 65, 66, 74];

interface Salvaged {
  readonly length: number;
  readonly missing: readonly { readonly from: number; readonly to: number }[];
}

/** What the reader makes of files that may be damaged: right bytes or a report. With forged checksums: no crash. */
export function checkReader(
  reader: ReaderInMemory,
  volume: SampleVolume,
  path: string,
  files: ReadonlyMap<string, Buffer>,
  mended: boolean,
): void {
  for (const command of ['label', 'list', 'verify']) {
    const { status, printed } = reader.run(['--json', command, path], files);
    must(STATUSES.includes(status), `${command} ends with ${String(status)}: ${printed}`);
  }
  const out = ReaderInMemory.path('out');
  for (const [streamId, { bytes, isComplete }] of volume.streams) {
    const extracted = reader.run(['extract', streamId, out, path], files);
    must(STATUSES.includes(extracted.status), `extract ends with ${String(extracted.status)}: ${extracted.printed}`);
    if (mended) continue;
    const whole = extracted.files.get(out);
    must(isComplete || extracted.status !== 0, 'a stream that was never completed is not given as one');
    must((whole !== undefined) === (extracted.status === 0), 'a file is there when all of it is right');
    must(whole?.equals(bytes) ?? true, 'what is extracted is what was saved');

    const salvaged = reader.run(['--json', '--unacknowledged', 'salvage', streamId, out, path], files);
    must(STATUSES.includes(salvaged.status), `salvage ends with ${String(salvaged.status)}: ${salvaged.printed}`);
    const part = salvaged.files.get(out);
    if (part === undefined) continue;
    const told = JSON.parse(salvaged.printed) as Salvaged;
    must(told.length === part.length && told.length <= bytes.length, 'a salvaged stream is no longer than it was');
    const expected = Buffer.from(bytes.subarray(0, told.length));
    for (const { from, to } of told.missing) expected.fill(0, from, to);
    must(part.equals(expected), 'what is salvaged is what was saved, but for what is said to be missing');
  }
}
