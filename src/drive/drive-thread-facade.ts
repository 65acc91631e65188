import type { DriveCommandArguments, DriveCommandName, DriveCommandResult } from './drive-executor.js';
import type {
  DriveSeconds,
  DriveThread,
  ReadRunResult,
  RunBlock,
  WriteRunResult,
  WriteRunStop,
} from './drive-thread.js';
import type {
  ApplicationAttributes,
  DriveHealth,
  DriveStatus,
  MediumAttributes,
  MediumCapacity,
  TapePosition,
} from './tape-drive.js';

/** The methods of a DriveThread over one `submit`: what every implementation shares. */
export abstract class DriveThreadFacade implements DriveThread {
  abstract readonly seconds: DriveSeconds;
  abstract terminate(): Promise<void>;
  /** Queues a command behind those submitted before. */
  protected abstract submit<N extends DriveCommandName>(
    name: N,
    args: DriveCommandArguments<N>,
  ): Promise<DriveCommandResult<N>>;

  open(): Promise<void> {
    return this.submit('open', []);
  }
  close(): Promise<void> {
    return this.submit('close', []);
  }
  readStatus(): Promise<DriveStatus> {
    return this.submit('readStatus', []);
  }
  load(): Promise<void> {
    return this.submit('load', []);
  }
  unload(): Promise<void> {
    return this.submit('unload', []);
  }
  rewind(): Promise<void> {
    return this.submit('rewind', []);
  }
  locate(blockAddress: number): Promise<void> {
    return this.submit('locate', [blockAddress]);
  }
  locateEndOfData(): Promise<void> {
    return this.submit('locateEndOfData', []);
  }
  spaceFilemarks(count: number): Promise<{ readonly remaining: number }> {
    return this.submit('spaceFilemarks', [count]);
  }
  readPosition(): Promise<TapePosition> {
    return this.submit('readPosition', []);
  }
  writeFilemarks(count: number): Promise<WriteRunStop | null> {
    return this.submit('writeFilemarks', [count]);
  }
  synchronize(): Promise<void> {
    return this.submit('synchronize', []);
  }
  erase(mode: 'short' | 'long'): Promise<void> {
    return this.submit('erase', [mode]);
  }
  readHealth(): Promise<DriveHealth> {
    return this.submit('readHealth', []);
  }
  readCapacity(): Promise<MediumCapacity | null> {
    return this.submit('readCapacity', []);
  }
  readMediumAttributes(): Promise<MediumAttributes> {
    return this.submit('readMediumAttributes', []);
  }
  writeMediumAttributes(attributes: ApplicationAttributes): Promise<boolean> {
    return this.submit('writeMediumAttributes', [attributes]);
  }
  writeRun(run: readonly RunBlock[]): Promise<WriteRunResult> {
    return this.submit('writeRun', [run]);
  }
  resume(): Promise<void> {
    return this.submit('resume', []);
  }
  readRun(slots: readonly number[]): Promise<ReadRunResult> {
    return this.submit('readRun', [slots]);
  }
}
