import { readLabel, writeLabel, type CartridgeLabel } from '../cartridge-label.js';
import { RackError, type NewCartridge } from '../rack.js';
import { parseSize } from '../sizes.js';
import type { OperatorBench } from './operator-bench.js';
import type { OperatorArguments, OperatorCommand } from './operator-command.js';

/** What is done to a cartridge and its label. */
export const CARTRIDGE_COMMANDS: readonly OperatorCommand[] = [
  {
    name: 'create',
    usage: 'BARCODE [--capacity SIZE] [--uses N]',
    summary: 'make a blank cartridge in the rack, or a cleaning cartridge that cleans N times yet',
    words: [1, 1],
    options: ['capacity', 'uses'],
    run: create,
  },
  labelling('hide-label', 'make the label of a cartridge unreadable', ({ text }) => ({ text, state: 'unreadable' })),
  labelling('remove-label', 'take the label off a cartridge', ({ text }) => ({ text, state: 'missing' })),
  labelling('show-label', 'make it readable again', ({ text }) => ({ text, state: 'readable' })),
  {
    name: 'paste-label',
    usage: 'BARCODE TEXT',
    summary: 'stick another label on a cartridge: a second one with a barcode that is there, or no barcode at all',
    words: [2, 2],
    options: [],
    run: pasteLabel,
  },
  protection('protect', 'write-protect a cartridge of the rack', true),
  protection('unprotect', 'allow writing on it again', false),
];

function create(bench: OperatorBench, args: OperatorArguments): string {
  const [barcode = ''] = args.words;
  bench.rack.create(barcode, detailsOf(args));
  return `${barcode} is in the rack.`;
}

function pasteLabel(bench: OperatorBench, { words: [barcode = '', text = ''] }: OperatorArguments): string {
  if (text.length > 32) throw new RackError('No label has more than 32 characters.');
  return relabel(bench, barcode, () => ({ text, state: 'readable' }));
}

function detailsOf({ capacity, uses }: OperatorArguments): NewCartridge {
  const capacityBytes = capacity === undefined ? undefined : parseSize(capacity);
  if (capacityBytes === null) throw new RackError('--capacity is a size such as 24MiB or 2GB.');
  if (uses !== undefined && !/^\d{1,4}$/.test(uses)) throw new RackError('--uses is a number.');
  return {
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    ...(uses === undefined ? {} : { cleaningUsesLeft: Number(uses) }),
  };
}

function labelling(name: string, summary: string, change: (label: CartridgeLabel) => CartridgeLabel): OperatorCommand {
  return {
    name,
    usage: 'BARCODE',
    summary,
    words: [1, 1],
    options: [],
    run: (bench, { words: [barcode = ''] }) => relabel(bench, barcode, change),
  };
}

function relabel(bench: OperatorBench, barcode: string, change: (label: CartridgeLabel) => CartridgeLabel): string {
  const cartridge = bench.rack.find(barcode).barcode;
  const label = change(readLabel(bench.files, bench.rackDirectory, cartridge));
  writeLabel(bench.files, bench.rackDirectory, cartridge, label);
  return `The label of ${cartridge} is ${label.state === 'readable' ? label.text : label.state}.`;
}

function protection(name: string, summary: string, writeProtected: boolean): OperatorCommand {
  return {
    name,
    usage: 'BARCODE',
    summary,
    words: [1, 1],
    options: [],
    run: (bench, { words: [barcode = ''] }) => {
      const cartridge = bench.rack.find(barcode).barcode;
      bench.rack.setWriteProtected(cartridge, writeProtected);
      return `${cartridge} is ${writeProtected ? 'write-protected' : 'writable'}.`;
    },
  };
}
