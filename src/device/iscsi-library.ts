import koffi from 'koffi';
import { describeError, StorageError } from '../base/storage-error.js';

/** A pointer of libiscsi's; never null. */
export type IscsiContext = object & { readonly __context: never };
export type IscsiTask = object & { readonly __task: never };

/** What of a finished struct scsi_task is wanted. */
export interface IscsiTaskResult {
  /** SCSI status, or one of ISCSI_STATUS. */
  readonly status: number;
  /** Bytes asked for minus bytes moved; 0 when the target moved more. */
  readonly residualBytes: number;
  /** With CHECK CONDITION: the sense data, if any. */
  readonly sense: Uint8Array;
}

/** What libiscsi says in the place of a SCSI status. */
export const ISCSI_STATUS = { cancelled: 0x0f00_0000, error: 0x0f00_0001, timedOut: 0x0f00_0002 } as const;

export const ISCSI_DIRECTION = { none: 0, read: 1, write: 2 } as const;

/** Debian's libiscsi7 (1.19). Other versions have other structs. */
const LIBRARY = 'libiscsi.so.7';
const CHECK_CONDITION = 0x02;
const SESSION_NORMAL = 2;
const HEADER_DIGEST_NONE_CRC32C = 1;
const RESIDUAL_UNDERFLOW = 1;
/** Of struct scsi_task, as far as it is looked at: up to `datain`. */
const TASK_PREFIX = {
  status: 'int',
  cdbBytes: 'int',
  direction: 'int',
  expectedBytes: 'int',
  cdb: koffi.array('uint8_t', 16),
  residualStatus: 'int',
  residual: 'size_t',
  senseErrorType: 'uint8_t',
  senseKey: 'int',
  senseAscq: 'int',
  senseFlags: 'uint8_t',
  senseBitPointer: 'uint8_t',
  senseFieldPointer: 'uint16_t',
  replyBytes: 'int',
  reply: 'void *',
} as const;

interface TaskPrefix {
  readonly status: number;
  readonly residualStatus: number;
  readonly residual: number | bigint;
  readonly replyBytes: number;
  readonly reply: unknown;
}

/** The functions of libiscsi that are used, without those that reconnect or repeat: a tape write must be sent once. */
export class IscsiLibrary {
  readonly #bound = bind();

  /** A context for one session, not connected. It never reconnects by itself. */
  createContext(initiator: string, target: string): IscsiContext {
    const context = this.#bound.createContext(initiator);
    if (context === null) throw missing('it has no memory for a session', undefined);
    this.#bound.setTarget(context, target);
    this.#bound.setSessionType(context, SESSION_NORMAL);
    this.#bound.setHeaderDigest(context, HEADER_DIGEST_NONE_CRC32C);
    this.#bound.setNoAutoReconnect(context, 1);
    return context;
  }

  /** Connects and logs in; false when that failed, which `errorOf` tells. */
  connect(context: IscsiContext, portal: string, lun: number, timeoutSeconds: number): boolean {
    this.#bound.setTimeout(context, timeoutSeconds);
    return this.#bound.connect(context, portal, lun) === 0;
  }

  errorOf(context: IscsiContext): string {
    return this.#bound.errorOf(context);
  }

  /** Ends the session, with a logout when the target still answers. */
  destroy(context: IscsiContext, politely: boolean): void {
    if (politely) this.#bound.logout(context);
    this.#bound.destroyContext(context);
  }

  /** Sends one command and waits for it. Null: it was not sent. `data` is filled or sent; it is not used after the return. */
  execute(
    context: IscsiContext,
    lun: number,
    command: { readonly cdb: Uint8Array; readonly direction: number; readonly timeoutSeconds: number },
    data: Uint8Array,
  ): IscsiTaskResult | null {
    const { cdb, direction, timeoutSeconds } = command;
    const task = this.#bound.createTask(cdb.length, cdb, direction, data.length);
    if (task === null) return null;
    try {
      if (direction === ISCSI_DIRECTION.read) this.#bound.addRoom(task, data.length, data);
      if (direction === ISCSI_DIRECTION.write) this.#bound.addData(task, data.length, data);
      this.#bound.setTimeout(context, timeoutSeconds);
      return this.#bound.send(context, lun, task, null) === null ? null : this.#resultOf(task);
    } finally {
      this.#bound.freeTask(task);
    }
  }

  #resultOf(task: IscsiTask): IscsiTaskResult {
    const { status, residualStatus, residual, replyBytes, reply } = koffi.decode(
      task,
      this.#bound.taskPrefix,
    ) as TaskPrefix;
    // Sense data follow their length in two bytes (RFC 7143 11.4.7.2).
    const segment =
      status === CHECK_CONDITION && replyBytes > 2 && reply !== null
        ? Uint8Array.from(koffi.decode(reply, koffi.array('uint8_t', replyBytes)) as ArrayLike<number>)
        : new Uint8Array();
    return {
      status,
      residualBytes: residualStatus === RESIDUAL_UNDERFLOW ? Number(residual) : 0,
      sense: segment.subarray(2),
    };
  }
}

interface Bound {
  readonly taskPrefix: ReturnType<typeof koffi.struct>;
  readonly createContext: (initiator: string) => IscsiContext | null;
  readonly setTarget: (context: IscsiContext, target: string) => number;
  readonly setSessionType: (context: IscsiContext, type: number) => number;
  readonly setHeaderDigest: (context: IscsiContext, digest: number) => number;
  readonly setNoAutoReconnect: (context: IscsiContext, state: number) => void;
  readonly setTimeout: (context: IscsiContext, seconds: number) => number;
  readonly connect: (context: IscsiContext, portal: string, lun: number) => number;
  readonly errorOf: (context: IscsiContext) => string;
  readonly logout: (context: IscsiContext) => number;
  readonly destroyContext: (context: IscsiContext) => number;
  readonly createTask: (cdbBytes: number, cdb: Uint8Array, direction: number, dataBytes: number) => IscsiTask | null;
  readonly addRoom: (task: IscsiTask, length: number, bytes: Uint8Array) => number;
  readonly addData: (task: IscsiTask, length: number, bytes: Uint8Array) => number;
  readonly send: (context: IscsiContext, lun: number, task: IscsiTask, data: null) => IscsiTask | null;
  readonly freeTask: (task: IscsiTask) => void;
}

function bind(): Bound {
  try {
    const library = koffi.load(LIBRARY);
    return {
      taskPrefix: koffi.struct(TASK_PREFIX),
      createContext: library.func('void *iscsi_create_context(const char *initiator)') as Bound['createContext'],
      setTarget: library.func('int iscsi_set_targetname(void *iscsi, const char *target)') as Bound['setTarget'],
      setSessionType: library.func('int iscsi_set_session_type(void *iscsi, int type)') as Bound['setSessionType'],
      setHeaderDigest: library.func('int iscsi_set_header_digest(void *iscsi, int digest)') as Bound['setHeaderDigest'],
      setNoAutoReconnect: library.func(
        'void iscsi_set_noautoreconnect(void *iscsi, int state)',
      ) as Bound['setNoAutoReconnect'],
      setTimeout: library.func('int iscsi_set_timeout(void *iscsi, int seconds)') as Bound['setTimeout'],
      connect: library.func(
        'int iscsi_full_connect_sync(void *iscsi, const char *portal, int lun)',
      ) as Bound['connect'],
      errorOf: library.func('const char *iscsi_get_error(void *iscsi)') as Bound['errorOf'],
      logout: library.func('int iscsi_logout_sync(void *iscsi)') as Bound['logout'],
      destroyContext: library.func('int iscsi_destroy_context(void *iscsi)') as Bound['destroyContext'],
      createTask: library.func(
        'void *scsi_create_task(int cdb_size, const void *cdb, int direction, int length)',
      ) as Bound['createTask'],
      addRoom: library.func(
        'int scsi_task_add_data_in_buffer(void *task, int length, void *bytes)',
      ) as Bound['addRoom'],
      addData: library.func(
        'int scsi_task_add_data_out_buffer(void *task, int length, void *bytes)',
      ) as Bound['addData'],
      send: library.func(
        'void *iscsi_scsi_command_sync(void *iscsi, int lun, void *task, void *data)',
      ) as Bound['send'],
      freeTask: library.func('void scsi_free_scsi_task(void *task)') as Bound['freeTask'],
    };
  } catch (error) {
    throw missing(`${LIBRARY} cannot be loaded: ${describeError(error)}`, error);
  }
}

function missing(what: string, cause: unknown): StorageError {
  return new StorageError(
    'DEVICE_NATIVE_MISSING',
    `Devices with iscsi:// addresses cannot be used: ${what}. Nothing was started or written. Install the package libiscsi7, then start once more.`,
    { cause },
  );
}
