import type { NextMove } from '../library/library-files.js';
import type { SimElement } from '../library/library-shape.js';
import { RackError } from '../rack.js';
import type { OperatorBench } from './operator-bench.js';
import type { OperatorArguments, OperatorCommand } from './operator-command.js';
import { describeElement } from './status-report.js';

/** What is done at the front of the library. */
export const FRONT_COMMANDS: readonly OperatorCommand[] = [
  {
    name: 'insert',
    usage: 'BARCODE [--mailslot N | --slot N | --drive D]',
    summary: 'put a cartridge of the rack into the library: the first empty import/export slot, or that place',
    words: [1, 1],
    options: ['mailslot', 'slot', 'drive'],
    run: insert,
  },
  {
    name: 'remove',
    usage: '[BARCODE | --mailslot N | --slot N | --drive D | --hand]',
    summary: 'take a cartridge out to the rack; without an argument: all in the import/export slots',
    words: [0, 1],
    options: ['mailslot', 'slot', 'drive', 'hand'],
    run: remove,
  },
  {
    name: 'put',
    usage: 'BARCODE SLOT',
    summary: 'open the door and put a cartridge of the rack into a slot',
    words: [2, 2],
    options: [],
    run: put,
  },
  {
    name: 'take',
    usage: 'SLOT',
    summary: 'open the door and take the cartridge out of a slot',
    words: [1, 1],
    options: [],
    run: take,
  },
  plain('open', 'open the door: the robot stops at once', ({ front }) => {
    front.open();
    return 'The door is open.';
  }),
  plain('close', 'close the door: the library takes its inventory', ({ front }) => {
    front.close();
    return 'The door is closed.';
  }),
  plain('jam', 'jam the robot', ({ front }) => {
    front.jam();
    return 'The robot is jammed.';
  }),
  plain('unjam', 'free the robot', ({ front }) => {
    front.unjam();
    return 'The robot is free.';
  }),
  {
    name: 'spoil-move',
    usage: 'before-pick | after-pick | door',
    summary: 'have the next move fail, before or with the cartridge in the hand, or have the door opened during it',
    words: [1, 1],
    options: [],
    run: spoilMove,
  },
];

const MISHAPS: ReadonlyMap<string, NextMove> = new Map([
  ['before-pick', 'fails-before-pick'],
  ['after-pick', 'fails-after-pick'],
  ['door', 'opens-door'],
]);

function plain(name: string, summary: string, run: (bench: OperatorBench) => string): OperatorCommand {
  return { name, usage: '', summary, words: [0, 0], options: [], run };
}

function insert(bench: OperatorBench, args: OperatorArguments): string {
  const [barcode = ''] = args.words;
  return putInto(bench, barcode, elementOf(bench, args) ?? bench.front.firstEmptyMailslot());
}

function put(bench: OperatorBench, { words: [barcode = '', slot = ''] }: OperatorArguments): string {
  return putInto(bench, barcode, bench.slot(slot));
}

function putInto(bench: OperatorBench, barcode: string, element: SimElement): string {
  bench.front.put(barcode, element);
  return `${barcode} is in ${describeElement(bench.library.shape, element)}.`;
}

function take(bench: OperatorBench, { words: [slot = ''] }: OperatorArguments): string {
  return `${bench.front.take(bench.slot(slot))} is in the rack.`;
}

function spoilMove(bench: OperatorBench, { words: [how = ''] }: OperatorArguments): string {
  const nextMove = MISHAPS.get(how);
  if (nextMove === undefined) throw new RackError(`A move is spoilt by one of ${[...MISHAPS.keys()].join(', ')}.`);
  bench.library.changePanel(() => ({ nextMove }));
  return 'The next move will fail.';
}

function remove(bench: OperatorBench, args: OperatorArguments): string {
  const { front, library } = bench;
  const [barcode] = args.words;
  const element = elementOf(bench, args);
  if (element !== null) return `${front.take(element)} is in the rack.`;
  if (barcode !== undefined) {
    const place = front.find(bench.rack.find(barcode).barcode);
    if (place === null) throw new RackError(`Cartridge ${barcode} is in the rack already.`);
    return `${front.take(place)} is in the rack.`;
  }
  const { contents } = library.view();
  const full = library.shape.of('mailslot').filter(({ address }) => contents.has(address));
  if (full.length === 0) throw new RackError('The import/export slots are empty.');
  return full.map((slot) => `${front.take(slot)} is in the rack.`).join('\n');
}

/** The place the options name; null when they name none. */
function elementOf(bench: OperatorBench, { slot, mailslot, drive, hand }: OperatorArguments): SimElement | null {
  if (slot !== undefined) return bench.slot(slot);
  if (mailslot !== undefined) return bench.mailslot(mailslot);
  if (drive !== undefined) return bench.driveElement(drive);
  if (hand !== true) return null;
  return bench.library.shape.at(bench.library.shape.transport);
}
