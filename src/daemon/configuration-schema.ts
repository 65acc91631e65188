import { parseIscsiAddress } from '../device/iscsi-address.js';
import { z } from 'zod';
import { DRIVE_SHARING, ALLOCATION_WORDS, allocationOfWord, WORM_RULES } from '../terms/pool-policy.js';
import type { PoolRecord } from '../inventory/records.js';
import { poolProblem } from '../media/pool-rules.js';
import { SAVE_LIMITS } from '../jobs/save-limits.js';
import { REPLAY_RULES, TRANSFER_LIMITS } from '../transfer/transfer-limits.js';
import { VOLUME_LIMITS } from '../volume/volume-limits.js';

const HOUR_MS = 60 * 60 * 1000;

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes: a number, or text such as "64MiB" or "2.5TB". */
const size = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([kKMGT]?i?B)$/.exec(value) ?? [];
  const factor = UNITS[unit ?? ''];
  const bytes = Math.round(Number(digits) * (factor ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  context.addIssue({
    code: 'custom',
    message: `a size such as 64MiB, 2GB or a number of bytes, at most 8191TiB, not "${value}"`,
  });
  return z.NEVER;
});

/** Names are used in commands, logs and on media. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore, 1 to 64');
const path = z.string().regex(/^\//, 'an absolute path');
const pathOrIscsi = z
  .string()
  .refine(
    (text) => text.startsWith('/') || parseIscsiAddress(text) !== null,
    'an absolute path, or iscsi://HOST[:PORT]/TARGET/LUN',
  );
const port = z.number().int().min(0).max(65_535);

const PAGE_BYTES = 4096;

const blockSize = size.pipe(
  z
    .number()
    .min(VOLUME_LIMITS.minBlockSizeBytes, 'at least 256KiB')
    .max(VOLUME_LIMITS.maxBlockSizeBytes, 'at most 4MiB')
    .multipleOf(PAGE_BYTES, 'a multiple of 4096 bytes'),
);

const dataDoorTable = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: port.default(9750),
  max_streams: z.number().int().min(1).max(4096).default(256),
  heartbeat_s: z.number().min(1).max(3600).default(30),
  receive_buffer: size
    .pipe(
      z
        .number()
        .max(2 ** 30, 'at most 1GiB')
        .refine((bytes) => bytes === 0 || bytes >= 2 ** 16, 'at least 64KiB, or 0 to leave it to the kernel'),
    )
    .default(4 * 2 ** 20),
  tls_certificate: path.nullable().default(null),
  tls_key: path.nullable().default(null),
});
const dataDoor = dataDoorTable.transform((door) => ({
  host: door.host,
  port: door.port,
  maxStreams: door.max_streams,
  heartbeatMs: door.heartbeat_s * 1000,
  receiveBufferBytes: door.receive_buffer,
  tlsCertificate: door.tls_certificate,
  tlsKey: door.tls_key,
}));

const controlDoorTable = z.strictObject({
  socket: path.default('/run/tapeloom/control.sock'),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, 'a file mode such as "0660"')
    .default('0660'),
});
const controlDoor = controlDoorTable.transform((door) => ({
  socketPath: door.socket,
  socketMode: Number.parseInt(door.mode, 8),
}));

const bufferTable = z.strictObject({
  ring_bytes: size
    .pipe(
      z
        .number()
        .min(2 ** 24, 'at least 16MiB')
        .max(2 ** 36, 'at most 64GiB'),
    )
    .default(64 * 2 ** 20),
  collect_bytes: size
    .pipe(
      z
        .number()
        .max(2 ** 36, 'at most 64GiB')
        .refine((bytes) => bytes === 0 || bytes >= 2 ** 26, 'at least 64MiB, or 0 to collect nothing'),
    )
    .default(2 ** 30),
  collect_s: z.number().min(1).max(3600).default(60),
  block_size: blockSize.default(2 ** 20),
  replay: z.enum(REPLAY_RULES).default(TRANSFER_LIMITS.replay),
});
const buffer = bufferTable.transform((one) => ({
  ringBytes: one.ring_bytes,
  collectBytes: one.collect_bytes,
  collectMs: one.collect_s * 1000,
  blockSizeBytes: one.block_size,
  replay: one.replay,
}));

const checkpoint = z.strictObject({
  bytes: size.pipe(z.number().min(2 ** 20, 'at least 1MiB')).default(16 * 2 ** 30),
  seconds: z.number().min(1).max(86_400).default(60),
});

const spanningTable = z.strictObject({
  prepare_ahead: size.default(TRANSFER_LIMITS.prepareBytes),
  wait_hours: z
    .number()
    .min(0)
    .max(24 * 365, 'at most a year')
    .default(SAVE_LIMITS.operatorWaitMs / HOUR_MS),
});
const cleaningTable = z.strictObject({
  max_uses: z.number().int().min(1).max(1000).default(50),
  automatic: z.boolean().default(true),
});
const cleaning = cleaningTable.transform((one) => ({ maxUses: one.max_uses, automatic: one.automatic }));

const spanning = spanningTable.transform((one) => ({
  prepareBytes: one.prepare_ahead,
  operatorWaitMs: one.wait_hours * HOUR_MS,
}));

const catalogueTable = z.strictObject({
  interval_hours: z
    .number()
    .min(0)
    .max(24 * 365, 'at most a year')
    .default(24),
  max_size: size.pipe(z.number().min(2 ** 20, 'at least 1MiB')).default(4 * 2 ** 30),
});
const catalogue = catalogueTable.transform((one) => ({
  intervalMs: one.interval_hours * HOUR_MS,
  maxBytes: one.max_size,
}));

/** The kernel's names, and udev's links, of which only those of the non-rewinding node have a suffix. */
function isRewinding(device: string): boolean {
  return /\/st\d+[alm]?$/.test(device) || /^\/dev\/tape\/by-(?:id|path)\/(?!.*-nst[alm]?$)/.test(device);
}

const tapeDriveTable = z.strictObject({
  name,
  kind: z.literal('tape'),
  // What the kernel's own iSCSI initiator attaches is such a node as well: drives need `st`.
  device: path.refine((device) => !isRewinding(device), {
    message:
      'the non-rewinding node, such as /dev/nst0: the other one rewinds on close, and the next write destroys the volume',
  }),
  changer: name.nullable().default(null),
  changer_drive: z.number().int().min(0).max(0xffff).nullable().default(null),
});
const tapeDrive = tapeDriveTable.transform((drive) => ({
  name: drive.name,
  kind: drive.kind,
  device: drive.device,
  changer: drive.changer,
  changerDrive: drive.changer_drive,
}));

const changer = z.strictObject({
  name,
  device: pathOrIscsi.refine((device) => !/\/(?:sch|n?st|sd|sr)\d+[a-z]*$/.test(device), {
    message: 'the SCSI generic node of the changer, such as /dev/sg3, or its link below /dev/tape/by-id',
  }),
});

const diskDriveTable = z.strictObject({
  name,
  kind: z.literal('disk'),
  directory: path,
  capacity: size.pipe(z.number().min(2 ** 24, 'at least 16MiB')).default(50 * 10 ** 9),
});
const diskDrive = diskDriveTable.transform((drive) => ({
  name: drive.name,
  kind: drive.kind,
  directory: drive.directory,
  volumeCapacityBytes: drive.capacity,
}));

const poolTable = z.strictObject({
  name: z.string(),
  kind: z.enum(['tape', 'disk']),
  retention_days: z.number().default(30),
  media_types: z.array(z.string()).default([]),
  allocation: z.enum(ALLOCATION_WORDS).default('continue'),
  max_volumes: z.number().nullable().default(null),
  max_drives: z.number().default(DRIVE_SHARING.maxDrives),
  streams_per_drive: z.number().default(DRIVE_SHARING.streamsPerDrive),
  draws_from_scratch: z.boolean().default(true),
  labels_blank: z.boolean().default(false),
  recycles: z.boolean().default(true),
  worm: z.enum(WORM_RULES).default('refused'),
  encryption: z.boolean().default(false),
});

/** Where the program's word for a key of [[pool]] is another one: to say which key is wrong. */
const POOL_KEYS: Readonly<Partial<Record<keyof PoolRecord, keyof typeof poolTable.shape>>> = {
  retentionDays: 'retention_days',
  mediaTypes: 'media_types',
  maxVolumes: 'max_volumes',
  maxDrives: 'max_drives',
  streamsPerDrive: 'streams_per_drive',
};

const pool = poolTable.transform((one, context): PoolRecord => {
  const record: PoolRecord = {
    name: one.name,
    kind: one.kind,
    retentionDays: one.retention_days,
    mediaTypes: one.media_types,
    allocation: allocationOfWord(one.allocation),
    maxVolumes: one.max_volumes,
    maxDrives: one.max_drives,
    streamsPerDrive: one.streams_per_drive,
    drawsFromScratch: one.draws_from_scratch,
    labelsBlank: one.labels_blank,
    recycles: one.recycles,
    worm: one.worm,
    encryption: one.encryption,
    declared: true,
  };
  const wrong = poolProblem(record);
  if (wrong === null) return record;
  const key = POOL_KEYS[wrong.field] ?? wrong.field;
  context.addIssue({ code: 'custom', path: [key], input: record[wrong.field], message: `it ${wrong.problem}` });
  return z.NEVER;
});

const clientTable = z.strictObject({
  name,
  token_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "the token's SHA-256 in lower-case hex (printf %s TOKEN | sha256sum)"),
  pools: z.array(name).nullable().default(null),
  may_restore_others: z.boolean().default(false),
});
const client = clientTable.transform((one) => ({
  name: one.name,
  tokenSha256: one.token_sha256,
  pools: one.pools,
  mayRestoreOthers: one.may_restore_others,
}));

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  format: z.enum(['json', 'text']).default('json'),
});

function emptyTable(): Record<string, never> {
  return {};
}

const fileTable = z.strictObject({
  node: name.nullable().default(null),
  state_directory: path.default('/var/lib/tapeloom'),
  data_door: z.preprocess((value) => value ?? emptyTable(), dataDoor),
  control_door: z.preprocess((value) => value ?? emptyTable(), controlDoor),
  buffer: z.preprocess((value) => value ?? emptyTable(), buffer),
  checkpoint: z.preprocess((value) => value ?? emptyTable(), checkpoint),
  cleaning: z.preprocess((value) => value ?? emptyTable(), cleaning),
  spanning: z.preprocess((value) => value ?? emptyTable(), spanning),
  catalogue: z.preprocess((value) => value ?? emptyTable(), catalogue),
  log: z.preprocess((value) => value ?? emptyTable(), log),
  drive: z.array(z.discriminatedUnion('kind', [tapeDrive, diskDrive])).min(1, 'at least one [[drive]]'),
  changer: z.array(changer).default([]),
  pool: z.array(pool).default([]),
  client: z.array(client).default([]),
});

/** The whole file. Keys are those of the file; what comes out is what the program uses. */
export const configurationSchema = fileTable.transform((file) => ({
  node: file.node,
  stateDirectory: file.state_directory,
  dataDoor: file.data_door,
  controlDoor: file.control_door,
  buffer: file.buffer,
  checkpoint: file.checkpoint,
  cleaning: file.cleaning,
  spanning: file.spanning,
  catalogue: file.catalogue,
  log: file.log,
  drives: file.drive,
  changers: file.changer,
  pools: file.pool,
  clients: file.client,
}));

const TABLES: Readonly<Record<string, readonly string[]>> = {
  data_door: Object.keys(dataDoorTable.shape),
  control_door: Object.keys(controlDoorTable.shape),
  buffer: Object.keys(bufferTable.shape),
  checkpoint: Object.keys(checkpoint.shape),
  cleaning: Object.keys(cleaningTable.shape),
  spanning: Object.keys(spanningTable.shape),
  catalogue: Object.keys(catalogueTable.shape),
  log: Object.keys(log.shape),
  changer: Object.keys(changer.shape),
  drive: [...Object.keys(tapeDriveTable.shape), ...Object.keys(diskDriveTable.shape)],
  pool: Object.keys(poolTable.shape),
  client: Object.keys(clientTable.shape),
};

/** The keys that may stand in a table; at the top of the file for null. */
export function keysInTable(table: string | null): readonly string[] {
  return table === null ? Object.keys(fileTable.shape) : (TABLES[table] ?? []);
}
