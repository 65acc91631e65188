import type { DiskShelf } from '../../src/changer/disk-changer.js';
import type { OperatorHand } from '../../src/changer/manual-changer.js';
import type { Barcode } from '../../src/terms/barcode.js';

/** A disk target's directory in memory. */
export function memoryShelf(drive: string, initial: readonly Barcode[]): DiskShelf {
  const volumes = [...initial];
  let inserted: Barcode | null = null;
  return {
    drive,
    listVolumes: () => volumes,
    create: (barcode) => volumes.push(barcode),
    inserted: () => inserted,
    insert: (barcode) => {
      inserted = barcode;
    },
    remove: () => {
      inserted = null;
    },
  };
}

/** An operator who does at once what he is asked. */
export function quickHand(barcodes: readonly Barcode[]): OperatorHand {
  const places = new Map<Barcode, string | null>(barcodes.map((barcode) => [barcode, null]));
  return {
    cartridges: async () => [...places].map(([barcode, drive]) => ({ barcode, drive })),
    insert: async (barcode, drive) => {
      places.set(barcode, drive);
    },
    remove: async (drive) => {
      for (const [barcode, at] of places) if (at === drive) places.set(barcode, null);
    },
  };
}
