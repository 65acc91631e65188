import type { DriveControl } from '../../src/jobs/drive-control.js';
import { viewDrive } from '../../src/jobs/views.js';
import type { DriveView } from '../../src/protocol/control-api.js';
import { sampleBay } from './fake-control-service.js';

/** Answers to orders about drives without any; remembers them. `failure`, when set, is thrown by every call. */
export class FakeDriveControl implements DriveControl {
  readonly calls: (readonly unknown[])[] = [];
  failure: Error | null = null;

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

  #answer<T>(call: readonly unknown[], answer: () => T): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return answer();
  }
}
