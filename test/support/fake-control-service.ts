import type { Barcode } from '../../src/terms/barcode.js';
import type { SessionId, StreamId } from '../../src/terms/ids.js';
import type { StreamFilter } from '../../src/inventory/inventory.js';
import type { CartridgeRecord, ExtentRecord } from '../../src/inventory/records.js';
import type { ControlService } from '../../src/jobs/control-service.js';
import { viewDrive, viewDriveStatus, viewMedium, viewStream } from '../../src/jobs/views.js';
import { DriveBay } from '../../src/media/drive-bay.js';
import type { DriveStatus } from '../../src/drive/tape-drive.js';
import type {
  DoctorView,
  DriveStatusView,
  DriveView,
  MediumView,
  StatusView,
  StreamView,
} from '../../src/protocol/control-api.js';
import { barcodeOf, streamIdOf, streamRecord, volumeIdOf, volumeRecord } from './records.js';

export const EXTENT: ExtentRecord & { readonly barcode: Barcode } = {
  volumeId: volumeIdOf(1),
  sessionId: '0192f000-0000-7000-8000-000000000101' as SessionId,
  blockAddress: 4,
  sequence: 2,
  blocks: 7,
  offset: 0,
  bytes: 7_000_000,
  barcode: barcodeOf(1),
};

const READY: DriveStatus = {
  identity: { vendor: 'IBM', product: 'ULT3580-TD9', revision: 'N9S1', serial: '1097010001' },
  medium: 'ready',
  writeProtected: false,
  worm: false,
  cleaningRequested: true,
  densityCode: 0x60,
  minBlockBytes: 1,
  maxBlockBytes: 8_388_608,
  compression: true,
  mediumGeneration: 3,
};

export function sampleCartridge(n: number, changes: Partial<CartridgeRecord> = {}): CartridgeRecord {
  return {
    barcode: barcodeOf(n),
    mediumSerial: null,
    cleaningUses: 0,
    condition: null,
    location: { kind: 'shelf' },
    locationSinceMs: 1_700_000_000_000,
    destination: null,
    volumeId: volumeIdOf(n),
    labelCount: 1,
    ...changes,
  };
}

/** A labelled volume with data in a drive, and a cartridge nobody labelled. */
const MEDIA: readonly MediumView[] = [
  viewMedium(
    sampleCartridge(1, { location: { kind: 'drive', drive: 'tape0' } }),
    volumeRecord(1, {
      blocks: 1200,
      bytes: 1_234_567_890,
      mounts: 4,
      firstWrittenMs: 1_700_000_000_000,
      lastWrittenMs: 1_700_000_100_000,
      retentionEndMs: 1_800_000_000_000,
      endOfData: { blockAddress: 1300, sequence: 1250, lastIndex: 1298 },
      tails: [{ from: 40, to: 44, foundMs: 1_700_000_050_000 }],
    }),
  ),
  viewMedium(sampleCartridge(2, { volumeId: null, labelCount: 0 }), null),
];

export function sampleBay(number: number, kind: 'tape' | 'disk'): DriveBay {
  const name = `${kind}${String(number)}`;
  // Views never touch the thread or the changer.
  const nobody = undefined as never;
  return new DriveBay({ number, name, kind, device: `/dev/${name}`, thread: nobody, changer: nobody });
}

/**
 * A daemon's answers without a daemon: canned ones, made by the real views, that a test may replace. Remembers what it was
 * asked; `failure`, when set, is thrown by every call.
 */
export class FakeControlService implements ControlService {
  readonly calls: (readonly unknown[])[] = [];
  failure: Error | null = null;
  mediaViews: readonly MediumView[] = MEDIA;
  streamViews: readonly StreamView[] = [
    viewStream(
      streamRecord(1, { volumes: [volumeIdOf(1)], lengthBytes: 7_000_000, blocks: 7, extents: 1, crc32c: 0xe3069283 }),
      () => barcodeOf(1),
      { kind: 'retained' },
    ),
  ];
  extentViews: Iterable<ExtentRecord & { readonly barcode: Barcode }> = [EXTENT];
  driveViews: readonly DriveView[];
  driveStatusView: DriveStatusView;
  doctorView: DoctorView = {
    checks: [
      { name: 'state directory', result: 'ok', message: 'writable, 12 GB free' },
      { name: 'clock', result: 'unknown', message: 'not synchronised' },
    ],
  };
  statusView: StatusView;

  constructor() {
    const tape = sampleBay(0, 'tape');
    tape.loaded = barcodeOf(1);
    tape.activity = 'saving to TPL001L9';
    const disk = sampleBay(1, 'disk');
    disk.openFailure = { reason: 'the directory is not there', sinceMs: 1_700_000_000_000, by: 'tapeloomd' };
    this.driveViews = [viewDrive(tape, true), viewDrive(disk, false)];
    const position = {
      blockAddress: 1300,
      fileNumber: 12,
      beginningOfMedium: false,
      earlyWarning: true,
      blocksInBuffer: 0,
    };
    this.driveStatusView = viewDriveStatus(viewDrive(tape, true), READY, position, [0x14, 0x15]);
    this.statusView = {
      node: 'node-a',
      version: '0.1.0',
      startedMs: 1_700_000_000_000,
      nowMs: 1_700_000_200_000,
      dataDoor: { host: '127.0.0.1', port: 7651, tls: false },
      memory: { residentBytes: 120_000_000, ringBytes: 67_108_864, ringBlocks: 64, ringBlocksFree: 60 },
      pools: [{ name: 'default', kind: 'tape', retentionDays: 30 }],
      drives: [...this.driveViews],
      sessions: [
        {
          sessionId: EXTENT.sessionId,
          kind: 'save',
          pool: 'default',
          drive: 'tape0',
          barcode: barcodeOf(1),
          state: 'running',
          next: { drive: 'tape1', barcode: null },
          startedMs: 1_700_000_000_000,
          blocks: 12,
          bytes: 12_000_000,
          checkpoints: 2,
          seconds: { mount: 12.5, position: 3, waitForData: 0.001, waitForCredit: 0, write: 8, read: 0, flush: 1.25 },
          streams: [
            {
              streamId: streamIdOf(1),
              client: 'web01',
              name: 'home',
              receivedBytes: 12_000_000,
              writtenBytes: 11_000_000,
              durableBytes: 10_000_000,
            },
          ],
        },
      ],
      operatorRequests: [
        {
          id: 1,
          sinceMs: 1_700_000_190_000,
          drive: 'tape1',
          job: null,
          message: 'Insert cartridge TPL002L9 into drive tape1.',
        },
      ],
      problems: [{ kind: 'clock', message: 'The wall clock jumped.' }],
      simulation: { backhitches: 2 },
    };
  }

  async status(): Promise<StatusView> {
    return this.#answer(['status'], this.statusView);
  }
  async doctor(): Promise<DoctorView> {
    return this.#answer(['doctor'], this.doctorView);
  }
  async streams(filter: StreamFilter): Promise<readonly StreamView[]> {
    return this.#answer(['streams', filter], this.streamViews);
  }
  async stream(streamId: StreamId): Promise<StreamView> {
    return this.#answer(['stream', streamId], this.streamViews[0] as StreamView);
  }
  async *extents(streamId: StreamId): AsyncIterable<ExtentRecord & { readonly barcode: Barcode }> {
    yield* this.#answer(['extents', streamId], this.extentViews);
  }
  async media(): Promise<readonly MediumView[]> {
    return this.#answer(['media'], this.mediaViews);
  }
  async medium(barcode: Barcode): Promise<MediumView> {
    return this.#answer(['medium', barcode], this.#medium(barcode));
  }
  async drives(): Promise<readonly DriveView[]> {
    return this.#answer(['drives'], this.driveViews);
  }
  async driveStatus(drive: string): Promise<DriveStatusView> {
    return this.#answer(['driveStatus', drive], this.driveStatusView);
  }

  #medium(barcode: Barcode): MediumView {
    const view = this.mediaViews.find((one) => one.barcode === barcode);
    return view ?? viewMedium({ ...sampleCartridge(9, { volumeId: null }), barcode }, null);
  }

  #answer<T>(call: readonly unknown[], answer: T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer;
  }
}
