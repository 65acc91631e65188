import { readLabel, scannedText } from '../cartridge-label.js';
import { DriveCondition } from '../drive-condition.js';
import type { LibraryShape, SimElement } from '../library/library-shape.js';
import type { Library } from '../library/library.js';
import type { OperatorBench } from './operator-bench.js';
import type { OperatorArguments, OperatorCommand } from './operator-command.js';

export const STATUS_COMMAND: OperatorCommand = {
  name: 'status',
  usage: '[--json]',
  summary: 'show where every cartridge is, and what the operator did to the hardware',
  words: [0, 0],
  options: ['json'],
  run: showStatus,
};

function showStatus(bench: OperatorBench, { json }: OperatorArguments): string {
  const report = reportOf(bench);
  return json === true ? JSON.stringify(report, null, 2) : describeReport(report);
}

interface DriveReport {
  readonly device: string;
  readonly cartridge: string | null;
  readonly loaded: boolean;
  readonly stuck: boolean;
  readonly asksForCleaning: boolean;
}

interface CartridgeReport {
  readonly barcode: string;
  /** What a barcode reader makes of its label. */
  readonly label: string;
  /** `rack`, `hand`, `drive N` (of /dev/nstN), `slot N`, `mailslot N` (counted as slots). */
  readonly place: string;
  readonly cleaningUsesLeft: number | null;
}

interface StatusReport {
  readonly library: {
    readonly name: string;
    readonly door: 'open' | 'closed' | 'locked';
    readonly robot: 'jammed' | 'free';
  } | null;
  readonly drives: readonly DriveReport[];
  readonly cartridges: readonly CartridgeReport[];
}

function reportOf(bench: OperatorBench): StatusReport {
  const { files, rackDirectory, rack } = bench;
  const library = bench.libraryOrNull;
  const cartridges = rack.list();
  const view = library?.view();
  return {
    library:
      library === null || view === undefined
        ? null
        : {
            name: library.personality.name,
            door: view.panel.doorOpen ? 'open' : view.isPrevented ? 'locked' : 'closed',
            robot: view.panel.jammed ? 'jammed' : 'free',
          },
    drives: rack.drives.map((device) => {
      const held = cartridges.find(({ drive }) => drive === device);
      const condition = new DriveCondition(files, rackDirectory, bench.driveNumber(device));
      return {
        device,
        cartridge: held?.barcode ?? null,
        loaded: held?.loaded ?? false,
        stuck: condition.readTrouble().isStuck,
        asksForCleaning: condition.asksForCleaning,
      };
    }),
    cartridges: cartridges.map(({ barcode, cartridge, drive }) => ({
      barcode,
      label: scannedText(readLabel(files, rackDirectory, barcode)),
      place: placeOf(library, barcode) ?? (drive === null ? 'rack' : `drive ${String(bench.driveNumber(drive))}`),
      cleaningUsesLeft: cartridge.cleaningUsesLeft,
    })),
  };
}

function placeOf(library: Library | null, barcode: string): string | null {
  const address = library?.placeOf(barcode) ?? null;
  const element = address === null ? null : (library?.shape.at(address) ?? null);
  return element === null || library === null ? null : describeElement(library.shape, element);
}

export function describeElement(shape: LibraryShape, element: SimElement): string {
  switch (element.kind) {
    case 'transport':
      return 'hand';
    case 'drive':
      return `drive ${String(element.drive)}`;
    case 'slot':
    case 'mailslot':
      return `${element.kind} ${String(shape.numberOf(element))}`;
  }
}

function describeReport({ library, drives, cartridges }: StatusReport): string {
  const lines = [
    library === null ? 'no library' : `library ${library.name}: door ${library.door}, robot ${library.robot}`,
    ...drives.map(describeDrive),
    ...cartridges.map(({ barcode, label, place, cleaningUsesLeft }) => {
      const notes = [
        ...(label === barcode ? [] : [label === '' ? 'no readable label' : `labelled ${label}`]),
        ...(cleaningUsesLeft === null ? [] : [`cleans ${String(cleaningUsesLeft)} times yet`]),
      ];
      return `${barcode.padEnd(10)} ${place}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
    }),
  ];
  return lines.join('\n');
}

function describeDrive({ device, cartridge, loaded, stuck, asksForCleaning }: DriveReport): string {
  const notes = [
    cartridge === null ? 'empty' : `${cartridge} ${loaded ? 'loaded' : 'in its mouth'}`,
    ...(stuck ? ['stuck'] : []),
    ...(asksForCleaning ? ['asks for cleaning'] : []),
  ];
  return `${device}: ${notes.join(', ')}`;
}
