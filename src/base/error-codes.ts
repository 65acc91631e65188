/**
 * Every error code the product can report, in one table.
 *
 * `disposition` is the default answer to "who acts next"; `exitCode` is what the CLI exits with (sysexits, docs/ERRORS.md).
 * A test compares this table with docs/ERRORS.md both ways.
 */

/** Who acts next after a failure. */
export type Disposition = 'retry' | 'replace-volume' | 'take-drive-down' | 'ask-operator' | 'reject-client' | 'stop';

export interface ErrorCodeEntry {
  readonly disposition: Disposition;
  /** sysexits(3) value the CLI exits with when this code ends a command. */
  readonly exitCode: number;
  /** HTTP status on the control door. */
  readonly httpStatus: number;
  readonly meaning: string;
}

function entry(disposition: Disposition, exitCode: number, httpStatus: number, meaning: string): ErrorCodeEntry {
  return { disposition, exitCode, httpStatus, meaning };
}

export const ERROR_CODES = {
  DEVICE_OPEN_FAILED: entry('ask-operator', 71, 503, 'A device node or file could not be opened.'),
  DEVICE_BUSY: entry('retry', 75, 503, 'The device is open in another program.'),
  DEVICE_PERMISSION: entry(
    'ask-operator',
    77,
    503,
    'The operating system refused the call for want of a permission or capability.',
  ),
  DEVICE_IO: entry('take-drive-down', 71, 503, 'A system call on a device failed in a way no other code describes.'),
  DEVICE_NATIVE_MISSING: entry('stop', 78, 503, 'The native library is missing or of another version.'),
  DEVICE_THREAD_DIED: entry('take-drive-down', 70, 503, 'The thread that serves a drive ended unexpectedly.'),
  DEVICE_DISK_FULL: entry('ask-operator', 73, 507, 'The file system that holds a disk volume or the state is full.'),

  SCSI_CHECK_CONDITION: entry(
    'take-drive-down',
    74,
    503,
    'A SCSI command ended with a sense key that no rule handles.',
  ),
  SCSI_TRANSPORT: entry('take-drive-down', 71, 503, 'The host adapter or the SCSI midlayer failed the command.'),
  SCSI_MALFORMED_REPLY: entry('take-drive-down', 76, 503, 'A device answered with bytes that do not decode.'),

  DRIVE_NOT_READY: entry('retry', 75, 503, 'The drive is not ready.'),
  DRIVE_NO_MEDIUM: entry('ask-operator', 66, 409, 'The drive holds no cartridge.'),
  DRIVE_BUSY: entry('retry', 75, 409, 'The drive is leased to another job.'),
  DRIVE_DOWN: entry('ask-operator', 75, 409, 'The drive is down.'),
  DRIVE_UNKNOWN: entry('reject-client', 64, 404, 'No drive has this name or number.'),
  DRIVE_POSITION_LOST: entry(
    'replace-volume',
    74,
    503,
    'The position of the medium is unknown or not what was counted.',
  ),
  DRIVE_HARDWARE: entry('take-drive-down', 74, 503, 'The drive reports a hardware error.'),

  CHANGER_NO_CARTRIDGE: entry('ask-operator', 66, 404, 'No cartridge with this barcode can be reached.'),
  CHANGER_MOVE_FAILED: entry('ask-operator', 74, 503, 'A cartridge could not be moved.'),
  CHANGER_OCCUPIED: entry('ask-operator', 75, 409, 'The destination of a move already holds a cartridge.'),
  CHANGER_UNKNOWN: entry('reject-client', 64, 404, 'No changer has this name.'),
  CHANGER_ELEMENT_UNKNOWN: entry('reject-client', 64, 404, 'The changer has no such slot or drive.'),
  CHANGER_NO_FREE_SLOT: entry('ask-operator', 75, 409, 'Every slot the cartridge could go to is full.'),
  CHANGER_DUPLICATE_BARCODE: entry('ask-operator', 65, 409, 'Two cartridges in reach carry the same barcode.'),
  CHANGER_BARCODE_UNREADABLE: entry('ask-operator', 65, 409, 'The barcode of a cartridge cannot be read.'),
  CHANGER_CARTRIDGE_LOADED: entry('ask-operator', 75, 409, 'The drive has not let go of its cartridge.'),
  CHANGER_NOT_READY: entry('retry', 75, 503, 'The changer is not ready.'),
  CHANGER_DOOR_OPEN: entry('ask-operator', 75, 409, 'The door or the import/export station of the changer is open.'),
  CHANGER_HARDWARE: entry('ask-operator', 74, 503, 'The changer reports a hardware error.'),

  MEDIUM_WRITE_PROTECTED: entry('replace-volume', 77, 409, 'The cartridge is write-protected.'),
  MEDIUM_WRITE_ERROR: entry('replace-volume', 74, 503, 'The medium could not be written.'),
  MEDIUM_READ_ERROR: entry('replace-volume', 74, 503, 'The medium could not be read.'),
  MEDIUM_FULL: entry('replace-volume', 75, 507, 'The physical end of the medium was reached.'),
  MEDIUM_BLOCK_TOO_LARGE: entry('stop', 65, 503, 'A block on the medium is larger than the buffer to read it.'),
  MEDIUM_INCOMPATIBLE: entry('replace-volume', 65, 409, 'The drive cannot use this cartridge.'),
  MEDIUM_CLEANING_EXPIRED: entry(
    'ask-operator',
    65,
    409,
    'The cleaning cartridge is used up or cannot clean this drive.',
  ),

  VOLUME_BLANK: entry('ask-operator', 66, 409, 'The medium carries no label.'),
  VOLUME_FOREIGN: entry('ask-operator', 65, 409, 'The medium belongs to another program.'),
  VOLUME_LABEL_DAMAGED: entry('ask-operator', 65, 409, 'The label of the volume cannot be read or fails its checksum.'),
  VOLUME_LABEL_MISMATCH: entry('ask-operator', 65, 409, 'The label is not the one the inventory expects.'),
  VOLUME_BUSY: entry('retry', 75, 409, 'The cartridge is in use for something else.'),
  VOLUME_LIVE: entry('reject-client', 77, 409, 'The volume holds streams that must not be overwritten.'),
  VOLUME_SUSPECT: entry(
    'ask-operator',
    65,
    409,
    'The volume does not agree with the inventory and is not written again.',
  ),
  VOLUME_DAMAGED_BLOCK: entry(
    'ask-operator',
    65,
    500,
    'A block fails its checksum or is not the block expected there.',
  ),
  VOLUME_DAMAGED_INDEX: entry('ask-operator', 65, 500, 'An index block is damaged.'),
  VOLUME_LABELLED: entry('reject-client', 65, 409, 'The cartridge already carries a volume.'),
  VOLUME_STATE_REFUSED: entry('reject-client', 65, 409, 'The state of this medium cannot be changed so.'),
  VOLUME_UNKNOWN: entry('reject-client', 66, 404, 'The inventory knows no such volume.'),
  VOLUME_UNSUPPORTED_FORMAT: entry(
    'ask-operator',
    65,
    409,
    'The volume was written by a format version this program does not know.',
  ),

  INVENTORY_CORRUPT: entry(
    'stop',
    65,
    500,
    'A record of the inventory fails its checksum or the transaction numbers have a gap.',
  ),
  INVENTORY_IO: entry('stop', 71, 500, 'The inventory could not be read or written.'),
  INVENTORY_LOCKED: entry('stop', 75, 503, 'The inventory is open in another process.'),
  INVENTORY_VERSION: entry('stop', 78, 500, 'The inventory was written by another version of the schema.'),
  INVENTORY_FILE_DAMAGED: entry('reject-client', 65, 400, 'A catalogue file is cut short, changed, or no catalogue.'),
  INVENTORY_FILE_VERSION: entry('reject-client', 65, 400, 'A catalogue file was written by a later program.'),
  INVENTORY_NEWER: entry('reject-client', 65, 409, 'The inventory knows something newer than the catalogue file.'),

  JOB_POOL_UNKNOWN: entry('reject-client', 66, 404, 'No pool has this name.'),
  JOB_POOL_EXISTS: entry('reject-client', 73, 409, 'A pool of this name exists.'),
  JOB_POOL_DECLARED: entry('reject-client', 77, 409, 'The pool stands in the configuration and is only changed there.'),
  JOB_POOL_IN_USE: entry('reject-client', 75, 409, 'Volumes belong to the pool.'),
  JOB_NO_VOLUME: entry('ask-operator', 75, 409, 'The pool has no volume with room and no scratch volume.'),
  JOB_STREAM_UNKNOWN: entry('reject-client', 66, 404, 'No stream has this id.'),
  JOB_STREAM_INCOMPLETE: entry('reject-client', 65, 409, 'The stream was never completed.'),
  JOB_STREAM_DAMAGED: entry('ask-operator', 65, 500, 'Part of the stream cannot be read back.'),
  JOB_UNKNOWN: entry('reject-client', 66, 404, 'No job has this id.'),
  JOB_INTERRUPTED: entry('ask-operator', 75, 409, 'The daemon ended before the job did.'),
  JOB_CANCELLED: entry('reject-client', 75, 409, 'The job was cancelled.'),
  JOB_SHUTTING_DOWN: entry('retry', 75, 503, 'The daemon is stopping.'),
  JOB_LIMIT: entry('retry', 75, 429, 'A stated limit of the daemon is reached.'),
  JOB_BASE_UNKNOWN: entry(
    'reject-client',
    65,
    409,
    'The stream this one is based on does not exist or is not complete.',
  ),

  PROTOCOL_GARBAGE: entry('reject-client', 76, 400, 'What arrived is not a frame of this protocol.'),
  PROTOCOL_VERSION: entry('reject-client', 76, 400, 'The peer speaks another protocol version.'),
  PROTOCOL_FRAME_TOO_LONG: entry('reject-client', 76, 400, 'A frame is longer than the stated limit.'),
  PROTOCOL_CREDIT_EXCEEDED: entry('reject-client', 76, 400, 'The peer sent more than its credit.'),
  PROTOCOL_OUT_OF_ORDER: entry(
    'reject-client',
    76,
    400,
    'A frame arrived that this state of the connection does not allow.',
  ),
  PROTOCOL_CHECKSUM: entry('reject-client', 76, 400, 'A frame fails its checksum.'),
  PROTOCOL_BODY: entry('reject-client', 76, 400, 'The body of a message or request does not have the stated shape.'),
  PROTOCOL_TIMEOUT: entry('reject-client', 76, 408, 'The peer was silent for longer than allowed.'),
  PROTOCOL_DISCONNECTED: entry('reject-client', 76, 400, 'The peer closed the connection before the end.'),
  PROTOCOL_UNREACHABLE: entry('retry', 69, 503, 'The daemon cannot be reached.'),

  CONFIG_SYNTAX: entry('stop', 78, 400, 'The configuration is not valid TOML.'),
  CONFIG_KEY: entry('stop', 78, 400, 'A key of the configuration is unknown, missing or has a wrong value.'),
  CONFIG_UNSAFE: entry('stop', 78, 400, 'The configuration asks for something that is refused for safety.'),

  AUTH_DENIED: entry('reject-client', 77, 401, 'The name or token is wrong.'),
  AUTH_FORBIDDEN: entry('reject-client', 77, 403, 'The client may not do this.'),
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
