import type { DriveControl } from '../../src/jobs/drive-control.js';
import { viewDrive } from '../../src/jobs/views.js';
import type { DriveView } from '../../src/protocol/control-api.js';
import type { CartridgeMemoryView, Motion, PositionView } from '../../src/protocol/drive-api.js';
import { sampleBay } from './fake-control-service.js';

/** Answers to orders about drives without any; remembers them. `failure`, when set, is thrown by every call. */
export class FakeDriveControl implements DriveControl {
  readonly calls: (readonly unknown[])[] = [];
  failure: Error | null = null;
  memoryAttributes: CartridgeMemoryView['attributes'] = [{ id: 0x0401, name: 'serial number', value: 'SN1' }];

  async down(who: string, drive: string, reason: string): Promise<DriveView> {
    return this.#answer(['down', who, drive, reason], () => {
      const bay = sampleBay(0, 'tape');
      bay.record = { ...bay.record, downReason: reason, downSinceMs: 1_700_000_000_000, downBy: who };
      return viewDrive(bay, false);
    });
  }

  async up(who: string, drive: string, reason: string): Promise<DriveView> {
    return this.#answer(['up', who, drive, reason], () => viewDrive(sampleBay(0, 'tape'), false));
  }

  async move(who: string, drive: string, motion: Motion): Promise<PositionView> {
    return this.#answer(['move', who, drive, motion], () => ({
      drive: 'tape0',
      blockAddress: 12,
      fileNumber: 3,
      beginningOfMedium: false,
      earlyWarning: false,
      remaining: motion.operation === 'fsf' ? motion.count - 1 : 0,
    }));
  }

  async memory(drive: string): Promise<CartridgeMemoryView> {
    return this.#answer(['memory', drive], () => ({
      drive: 'tape0',
      barcode: 'TPL001L9',
      attributes: this.memoryAttributes,
    }));
  }

  #answer<T>(call: readonly unknown[], answer: () => T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer();
  }
}
