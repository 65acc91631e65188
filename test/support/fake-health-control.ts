import type { HealthControl } from '../../src/jobs/health-control.js';
import type { DriveHealthView, ErrorMatrixView, HealthRecordView } from '../../src/protocol/health-api.js';
import type { Barcode } from '../../src/terms/barcode.js';

const ERROR: HealthRecordView = {
  timeMs: 1_700_000_000_000,
  drive: 'tape0',
  driveSerial: 'SN1',
  barcode: 'TPL001L9',
  kind: 'write-error',
  code: 'MEDIUM_WRITE_ERROR',
  message: 'Error while writing a block.',
  figures: {},
};

/** Answers to questions about health without drives; remembers them. `failure`, when set, is thrown by every call. */
export class FakeHealthControl implements HealthControl {
  readonly calls: (readonly unknown[])[] = [];
  failure: Error | null = null;
  healthView: DriveHealthView = {
    drive: 'tape0',
    barcode: 'TPL001L9',
    timeMs: 1_700_000_000_000,
    isNow: true,
    figures: { volumeMounts: 4, writeErrorsUncorrected: 0, volumeSerial: 'SN9' },
    tapeAlerts: [
      {
        flag: 0x14,
        name: 'clean now',
        severity: 'critical',
        meaning: 'Clean it now.',
        tell: 'warn',
        driveAction: 'clean-now',
        volumeState: null,
      },
    ],
    earlierAlerts: [
      { ...ERROR, kind: 'tape-alert', code: '', message: 'medium life: Copy it and retire it.', figures: { flag: 7 } },
    ],
  };
  records: readonly HealthRecordView[] = [
    { ...ERROR, kind: 'unmount', code: '', message: '', figures: { volumeMountWrittenMegabytes: 1200 } },
    ERROR,
  ];
  matrixView: ErrorMatrixView = {
    sinceMs: 1_690_000_000_000,
    cells: [
      { drive: 'tape0', barcode: 'TPL001L9', errors: 2, lastMs: 1_700_000_000_000, message: 'x' },
      { drive: 'tape1', barcode: 'TPL001L9', errors: 1, lastMs: 1_700_000_000_000, message: 'x' },
      { drive: 'tape1', barcode: 'TPL002L9', errors: 1, lastMs: 1_700_000_000_000, message: 'x' },
    ],
    drives: [],
    cartridges: [{ barcode: 'TPL001L9', drives: ['tape0', 'tape1'] }],
  };

  async drive(drive: string): Promise<DriveHealthView> {
    return this.#answer(['drive', drive], this.healthView);
  }
  async driveHistory(drive: string, limit: number): Promise<readonly HealthRecordView[]> {
    return this.#answer(['driveHistory', drive, limit], this.records);
  }
  async mediumHistory(barcode: Barcode, limit: number): Promise<readonly HealthRecordView[]> {
    return this.#answer(['mediumHistory', barcode, limit], this.records);
  }
  async matrix(): Promise<ErrorMatrixView> {
    return this.#answer(['matrix'], this.matrixView);
  }

  #answer<T>(call: readonly unknown[], answer: T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer;
  }
}
