import type { SeededRandom } from '../../src/base/random.js';
import type { MemoryObject } from '../support/memory-drive-thread.js';

const MOST_STEPS = 3;

/** A row of objects that something happened to. */
export interface MutatedObjects {
  readonly objects: readonly MemoryObject[];
  /** Those the drive cannot read. */
  readonly unreadable: ReadonlySet<number>;
  /** For the report of a failure. */
  readonly story: readonly string[];
}

/**
 * What may happen to the objects of a medium, one to three times: bits flipped, blocks cut short, drawn out, zeroed, lost, doubled, put
 * in another's place; filemarks lost and found; the end cut off; objects that cannot be read.
 */
export function mutateObjects(objects: readonly MemoryObject[], random: SeededRandom): MutatedObjects {
  const row = objects.map(copyOf);
  const unreadable = new Set<number>();
  const story: string[] = [];
  const steps = 1 + random.below(MOST_STEPS);
  for (let i = 0; i < steps && row.length > 0; i++) story.push(mutateOnce(row, unreadable, random));
  return { objects: row, unreadable, story };
}

/** Changes the row and says what was done. */
function mutateOnce(row: MemoryObject[], unreadable: Set<number>, random: SeededRandom): string {
  const at = random.below(row.length);
  const other = random.below(row.length);
  const object = row[at];
  const where = `object ${String(at)}`;
  const elsewhere = row[other];
  if (object === undefined || elsewhere === undefined) throw new Error('the row has both');
  switch (random.below(12)) {
    case 0: {
      if (object.kind !== 'block') break;
      const bit = random.below(object.bytes.length * 8);
      object.bytes[bit >>> 3] = (object.bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      return `${where}: bit ${String(bit)} flipped`;
    }
    case 1:
      if (object.kind !== 'block' || object.bytes.length < 2) break;
      row[at] = { kind: 'block', bytes: object.bytes.slice(0, 1 + random.below(object.bytes.length - 1)) };
      return `${where} cut short`;
    case 2:
      if (object.kind !== 'block') break;
      row[at] = { kind: 'block', bytes: Buffer.concat([object.bytes, Buffer.alloc(1 + random.below(64))]) };
      return `${where} drawn out`;
    case 3:
      if (object.kind === 'block') object.bytes.fill(0, random.below(object.bytes.length));
      return `${where} zeroed from somewhere on`;
    case 4:
      row.splice(at, 1);
      return `${where} lost`;
    case 5:
      row.splice(at, 0, copyOf(elsewhere));
      return `object ${String(other)} doubled before ${where}`;
    case 6:
      row[at] = elsewhere;
      row[other] = object;
      return `${where} and ${String(other)} exchanged`;
    case 7:
      row[at] = copyOf(elsewhere);
      return `${where} is object ${String(other)}`;
    case 8:
      row.splice(at, 0, { kind: 'filemark' });
      return `a filemark before ${where}`;
    case 9:
      row[at] = { kind: 'filemark' };
      return `${where} is a filemark`;
    case 10:
      row.length = at;
      return `cut off at ${where}`;
    default:
  }
  unreadable.add(at);
  return `${where} cannot be read`;
}

function copyOf(object: MemoryObject): MemoryObject {
  return object.kind === 'block' ? { kind: 'block', bytes: object.bytes.slice() } : object;
}
