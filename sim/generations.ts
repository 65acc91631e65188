/** LTO generations a simulated drive or cartridge can be. */
export type Generation = 'LTO-5' | 'LTO-6' | 'LTO-7' | 'LTO-8' | 'LTO-9' | 'LTO-10';

const MB = 1_000_000;
const MIB = 1 << 20;
const TB = 1_000_000_000_000;

/**
 * What the simulator must know of a generation. Rates and capacities are native, in bytes (a second). Sources: FACTS 5.7
 * (IBM TS4300 speed matching; TS2290 and TS2900 class documents for mechanics).
 */
export interface Personality {
  readonly generation: Generation;
  readonly product: string;
  readonly densityCode: number;
  readonly capacityBytes: number;
  /** Early warning comes this many native bytes before the end: about 50 blocks of 512 KiB have been seen (ltfs#331). */
  readonly earlyWarningBytes: number;
  /** Speeds at which the drive can stream, ascending: below the first it must stop and reverse. */
  readonly speedSteps: readonly number[];
  readonly bufferBytes: number;
  readonly loadSeconds: number;
  readonly unloadSeconds: number;
  /** With a cleaning cartridge, from ready to ejected. */
  readonly cleaningSeconds: number;
  /** From anywhere to anywhere, on average. */
  readonly averageLocateSeconds: number;
  /** From anywhere, on average: half of the time to wind from end to end. */
  readonly averageRewindSeconds: number;
  /** Stop, reverse and restart. No vendor gives the number; 3 s is the model of DATAPATH. */
  readonly backhitchSeconds: number;
  /** Times the data goes up and down the tape: where a block lies lengthwise follows from it. */
  readonly wraps: number;
  readonly writable: readonly Generation[];
  readonly readable: readonly Generation[];
}

/** Of most generations only the ends of the speed range are published; steps between them are evenly spaced here. */
function steps(lowest: number, highest: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (lowest + ((highest - lowest) * i) / (count - 1)) * MB);
}

const COMMON = {
  earlyWarningBytes: 25 * MIB,
  bufferBytes: 1024 * MIB,
  loadSeconds: 15,
  unloadSeconds: 20,
  cleaningSeconds: 150,
  averageLocateSeconds: 56,
  averageRewindSeconds: 60,
  backhitchSeconds: 3,
} as const;

const PERSONALITIES: Readonly<Record<Generation, Personality>> = {
  'LTO-5': {
    ...COMMON,
    generation: 'LTO-5',
    product: 'ULTRIUM-TD5',
    densityCode: 0x58,
    capacityBytes: 1.5 * TB,
    speedSteps: steps(40, 140, 14),
    bufferBytes: 256 * MIB,
    loadSeconds: 12,
    unloadSeconds: 17,
    wraps: 80,
    writable: ['LTO-5'],
    readable: ['LTO-5'],
  },
  'LTO-6': {
    ...COMMON,
    generation: 'LTO-6',
    product: 'ULTRIUM-TD6',
    densityCode: 0x5a,
    capacityBytes: 2.5 * TB,
    speedSteps: steps(40, 160, 14),
    bufferBytes: 512 * MIB,
    loadSeconds: 12,
    unloadSeconds: 17,
    wraps: 136,
    writable: ['LTO-6', 'LTO-5'],
    readable: ['LTO-6', 'LTO-5'],
  },
  'LTO-7': {
    ...COMMON,
    generation: 'LTO-7',
    product: 'ULTRIUM-TD7',
    densityCode: 0x5c,
    capacityBytes: 6 * TB,
    speedSteps: steps(101.46, 306, 14),
    wraps: 112,
    writable: ['LTO-7', 'LTO-6'],
    readable: ['LTO-7', 'LTO-6', 'LTO-5'],
  },
  'LTO-8': {
    ...COMMON,
    generation: 'LTO-8',
    product: 'ULTRIUM-TD8',
    densityCode: 0x5e,
    capacityBytes: 12 * TB,
    speedSteps: steps(112, 365, 14),
    unloadSeconds: 24,
    averageLocateSeconds: 59,
    wraps: 208,
    writable: ['LTO-8', 'LTO-7'],
    readable: ['LTO-8', 'LTO-7'],
  },
  'LTO-9': {
    ...COMMON,
    generation: 'LTO-9',
    product: 'ULTRIUM-TD9',
    densityCode: 0x60,
    capacityBytes: 18 * TB,
    speedSteps: [177, 203, 223, 244, 263, 284, 305, 325, 347, 366, 385, 408].map((rate) => rate * MB),
    loadSeconds: 16,
    unloadSeconds: 56,
    averageLocateSeconds: 65,
    wraps: 280,
    writable: ['LTO-9', 'LTO-8'],
    readable: ['LTO-9', 'LTO-8'],
  },
  'LTO-10': {
    ...COMMON,
    generation: 'LTO-10',
    product: 'ULTRIUM-TDA',
    densityCode: 0x62,
    capacityBytes: 30 * TB,
    // The lowest speed is not published yet: that of LTO-9 is assumed, and so are its mechanics.
    speedSteps: steps(177, 400, 12),
    loadSeconds: 16,
    unloadSeconds: 56,
    averageLocateSeconds: 65,
    wraps: 280,
    writable: ['LTO-10'],
    readable: ['LTO-10'],
  },
};

export const GENERATIONS = Object.keys(PERSONALITIES) as readonly Generation[];

export function personalityOf(generation: Generation): Personality {
  return PERSONALITIES[generation];
}

/** Media types of barcodes: the data cartridge's and the WORM cartridge's. */
const MEDIA_TYPES: Readonly<Record<string, Generation>> = {
  L5: 'LTO-5',
  LV: 'LTO-5',
  L6: 'LTO-6',
  LW: 'LTO-6',
  L7: 'LTO-7',
  LX: 'LTO-7',
  L8: 'LTO-8',
  LY: 'LTO-8',
  L9: 'LTO-9',
  LZ: 'LTO-9',
  LA: 'LTO-10',
};

/** The generation a barcode's media type names, or null for one the simulator does not make. */
export function generationOfBarcode(barcode: string): Generation | null {
  return MEDIA_TYPES[barcode.slice(6)] ?? null;
}
