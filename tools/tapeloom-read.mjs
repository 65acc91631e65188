#!/usr/bin/env node
// tapeloom-read: lists and extracts what is on Tapeloom volumes, without Tapeloom.
//
// This one file is all there is to it. It needs Node.js (18 or newer) and nothing else: no package, no daemon, no database, no
// other file of the program that wrote the volumes. It follows docs/VOLUME-FORMAT.md, which says byte by byte what
// is on a volume; whoever wants to write a reader in another language needs that document only. It never writes to a volume.
//
//   node tapeloom-read.mjs list /media/disk/DSK001DK.vol
//   node tapeloom-read.mjs extract 0192f000-0000-7000-8000-000000000201 home.tar /dev/nst0
//
// How a volume looks, in ten lines. It is a row of objects: blocks and filemarks, numbered together from 0. Object 0 is an ANSI
// label (VOL1, 80 bytes), object 1 the LABEL block, object 2 a filemark. Every block but VOL1 begins with a header of 128 bytes
// that carries a magic, two CRCs, the volume's id, the block's number on the volume and, for data, the stream's id and the
// position in the stream of the bytes that follow. Blocks of several streams are interleaved. Now and then the writer makes a
// checkpoint: index blocks that tell which streams and bytes came since the last one, and a filemark. Only what lies before
// such a filemark was ever promised to anybody to be safe; what lies behind the last one, or between a crash and
// the next start, is "unacknowledged". A stream may go over several volumes; its STREAM-END tells its length and CRC.
//
// What this program promises: `extract` gives right bytes or fails. Each block is checked against its CRCs, its volume, its
// number, its stream and its place in the stream, and the whole against the CRC of the stream. `salvage` gives the right bytes at
// their places with zeros where bytes are missing, and says exactly which are. Nothing is ever guessed.
//
// Its parts, in this order: checksums; where objects come from (disk volume, tape, dumped tape files); blocks and
// documents; scanning a volume; putting a stream together; the commands.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = `usage: node tapeloom-read.mjs COMMAND ...

  label VOLUME...                   what the labels say
  list VOLUME...                    the streams on the volumes
  extract STREAM FILE|- VOLUME...   one whole stream, into a new file or to standard output: right bytes or none
  salvage STREAM FILE VOLUME...     what can be read of a stream, with zeros for what cannot; tells which bytes are missing
  verify VOLUME...                  reads every block and checks it; tells what is damaged and which streams are whole

VOLUME is one of
  a disk volume: a file BARCODE.vol
  a tape drive: /dev/nstN (under another name, rewind the tape first: mt -f NAME rewind), set to blocks of variable
      length (mt -f NAME setblk 0); the same drive named again: the next tape, which is asked for
  a directory of tape files dumped with dd, named 0, 1, 2 ...: for n in 0 1 2 ...; dd if=/dev/nst0 of=$n bs=4M
Of a stream that goes over several volumes give all of them, in any order. STREAM is a stream id or an unmistakable beginning of one.

options
  --json             one JSON object a line; each has a message_type
  --incomplete       extract: also a stream that was never completed, as far as it was acknowledged
  --unacknowledged   salvage: also bytes that were written but never acknowledged, where there are no others
  --spool DIR        extract, salvage from a tape: where the stream is kept meanwhile (default: beside FILE, or the temporary directory)

exit status: 0 all is well; 64 wrong usage; 65 something is damaged, missing or incomplete; 66 no such volume or stream;
71 operating system; 73 output cannot be written; 74 the drive or disk cannot read; 77 no permission; 130 interrupted`;

const EXIT = {
  usage: 64,
  damaged: 65,
  noInput: 66,
  internal: 70,
  system: 71,
  cannotWrite: 73,
  unreadable: 74,
  denied: 77,
};

/** What ends the program with a message and a status. */
class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// ---------------------------------------------------------------------------------------------------- checksums

const CRC32C_POLYNOMIAL = 0x82f63b78; // Castagnoli, bit-reversed

/** Eight tables of 256: entry [k][b] is the CRC of byte b followed by k zero bytes. */
const CRC_TABLES = (() => {
  const tables = new Int32Array(8 * 256);
  for (let b = 0; b < 256; b++) {
    let crc = b;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1;
    tables[b] = crc;
  }
  for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256] >>> 8) ^ tables[tables[i - 256] & 0xff];
  return tables;
})();

function crc32c(bytes, from = 0, to = bytes.length) {
  const t = CRC_TABLES;
  let crc = -1;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc =
      t[1792 + (crc & 0xff)] ^
      t[1536 + ((crc >>> 8) & 0xff)] ^
      t[1280 + ((crc >>> 16) & 0xff)] ^
      t[1024 + (crc >>> 24)] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]];
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

/** The product of two polynomials modulo that of the CRC, bit-reversed: the highest bit is the factor of x^0. */
function multiply(a, b) {
  let product = 0;
  for (let bit = 0; bit < 32; bit++) {
    if ((a << bit) & 0x80000000) product ^= b;
    b = b & 1 ? (b >>> 1) ^ CRC32C_POLYNOMIAL : b >>> 1;
  }
  return product;
}

/** x^(8 * 2^k), for k from 0. */
const BYTE_SHIFTS = (() => {
  const shifts = [0x00800000];
  while (shifts.length < 53) shifts.push(multiply(shifts.at(-1), shifts.at(-1)));
  return shifts;
})();

/** The CRC of A and B one behind the other, from their CRCs and the length of B. */
function combineCrc32c(crcOfA, crcOfB, bytesOfB) {
  let crc = crcOfA;
  for (let k = 0, rest = bytesOfB; rest > 0; k++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) crc = multiply(BYTE_SHIFTS[k], crc);
  return (crc ^ crcOfB) >>> 0;
}

// ---------------------------------------------------------------------------------------------------- where objects come from
//
// Each source has `name` and a generator `objects(position)` that gives the objects of the volume in order, from the beginning or
// from the `position` of an object given before:
//   { kind: 'block', address, position, length, head(), bytes() }   head: its first 128 bytes or all; bytes: all. Null: unreadable.
//                                                                     Both are valid until the next object is taken
//   { kind: 'filemark', address }
//   { kind: 'damage', address, count, damage, reason }                objects that cannot be had; count null: nobody knows how many
// `canSeek`: whether objects can be read again; a tape cannot, its blocks are spooled where they are needed twice.

/** Streams of this client the node writes for itself: those named `catalogue` tell, as lines of JSON, what it knew of a pool. */
const OWN_CLIENT = 'tapeloom';
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES = 128;
const SECTOR_BYTES = 4096;
const DISK_HEADER_BYTES = 4096;
const RECORD_HEADER_BYTES = 24;
/** Reads in a row that fail before a tape is given up: each can keep the drive busy for minutes. */
const UNREADABLE_IN_A_ROW = 64;

/** Up to into.length bytes at `at` of a file; null where the disk cannot read them. */
function readAt(fd, into, at) {
  let got = 0;
  try {
    while (got < into.length) {
      const n = fs.readSync(fd, into, got, into.length - got, at + got);
      if (n === 0) break;
      got += n;
    }
  } catch (error) {
    if (error.code !== 'EIO') throw error;
    return null;
  }
  return into.subarray(0, got);
}

/** As readAt, but what the disk cannot read comes as zeros, sector by sector. */
function readAround(fd, into, at) {
  const bytes = readAt(fd, into, at);
  if (bytes !== null) return bytes;
  for (let i = 0; i < into.length; i += SECTOR_BYTES) {
    const piece = into.subarray(i, i + SECTOR_BYTES);
    if (readAt(fd, piece, at + i) === null) piece.fill(0);
  }
  return into.subarray(0, Math.max(0, Math.min(into.length, fs.fstatSync(fd).size - at)));
}

/** The row of records of a disk volume's file, from the record at `at`, which is object `number`. */
function* readRecords(fd, at, number, buffer) {
  const { size } = fs.fstatSync(fd);
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  for (;;) {
    const bytes = at + RECORD_HEADER_BYTES <= size ? readAt(fd, header, at) : header.subarray(0, 0);
    const record = bytes === null ? null : decodeRecord(bytes);
    if (record?.number === number) {
      const end = at + RECORD_HEADER_BYTES + Math.ceil(record.length / 8) * 8;
      if (end > size) return; // a write that was cut short: nothing follows
      if (record.isFilemark) yield { kind: 'filemark', address: number };
      else yield recordBlock(fd, at, record, buffer);
      at = end;
      number++;
      continue;
    }
    const next = findRecord(fd, at, number, size);
    if (next === null) return; // nothing of the row follows: this is the end of the data
    const count = next.number - number;
    yield {
      kind: 'damage',
      address: number,
      count,
      damage: 'unreadable',
      reason: `the record at byte ${at} is damaged`,
    };
    ({ at, number } = next);
  }
}

function recordBlock(fd, at, { length, number }, buffer) {
  const read = (bytes) => {
    if (bytes > buffer.length) return null;
    const got = readAt(fd, buffer.subarray(0, bytes), at + RECORD_HEADER_BYTES);
    return got?.length === bytes ? got : null;
  };
  return {
    kind: 'block',
    address: number,
    position: { at, number },
    length,
    head: () => read(Math.min(length, HEADER_BYTES)),
    bytes: () => read(length),
  };
}

/** Magic, length u32, number u64, zero u32, CRC of these 20 bytes; null when it is no record header. */
function decodeRecord(bytes) {
  if (bytes.length < RECORD_HEADER_BYTES) return null;
  const magic = bytes.toString('latin1', 0, 4);
  if (magic !== 'TLRB' && magic !== 'TLRM') return null;
  if (bytes.readUInt32LE(20) !== crc32c(bytes, 0, 20) || bytes.readUInt32LE(16) !== 0) return null;
  const length = bytes.readUInt32LE(4);
  const number = Number(bytes.readBigUInt64LE(8));
  const isFilemark = magic === 'TLRM';
  if (!Number.isSafeInteger(number) || (isFilemark && length !== 0)) return null;
  return { isFilemark, length, number };
}

/**
 * The next record behind `from`, where object `missing` should be: one that is numbered higher, by no more than the bytes between
 * can hold. A stream may hold the bytes of another volume: what is not of such a number is passed over.
 */
function findRecord(fd, from, missing, size) {
  const window = Buffer.allocUnsafe(1024 * 1024);
  for (let start = from + 8; start < size; start += window.length - SECTOR_BYTES) {
    const bytes = readAround(fd, window, start);
    for (let i = bytes.indexOf('TLR'); i >= 0; i = bytes.indexOf('TLR', i + 1)) {
      if (i % 8 !== 0) continue;
      const record = decodeRecord(bytes.subarray(i, i + RECORD_HEADER_BYTES));
      const passed = start + i - from;
      if (record === null || record.number <= missing || record.number - missing > passed / RECORD_HEADER_BYTES)
        continue;
      return { at: start + i, number: record.number };
    }
  }
  return null;
}

class DiskVolume {
  canSeek = true;

  constructor(name, fd) {
    this.name = name;
    this.fd = fd;
    this.buffer = Buffer.allocUnsafe(MAX_BLOCK_BYTES);
    this.fault = this.#headerFault();
  }

  /** Capacity and barcode are only told here; the row of objects can be read without them. */
  #headerFault() {
    const bytes = readAt(this.fd, Buffer.alloc(DISK_HEADER_BYTES), 0);
    if (bytes?.length !== DISK_HEADER_BYTES || bytes.readUInt32LE(4092) !== crc32c(bytes, 0, 4092))
      return 'the header of the file is damaged';
    const version = bytes.readUInt32LE(16);
    if (version !== 1)
      throw new Problem(EXIT.damaged, `${this.name}: version ${version} of disk volumes is not known to this program`);
    return null;
  }

  objects(position = { at: DISK_HEADER_BYTES, number: 0 }) {
    return readRecords(this.fd, position.at, position.number, this.buffer);
  }
}

/** Blocks of a stream on their way from a tape to its place, kept as the records of a disk volume. */
class Spool {
  canSeek = true;
  #end = 0;

  constructor(directory) {
    this.path = path.join(directory, `tapeloom-read-${process.pid}.spool`);
    this.fd = fs.openSync(this.path, 'wx+', 0o600);
    fs.unlinkSync(this.path); // gone when the program ends, however it ends
    this.buffer = Buffer.allocUnsafe(MAX_BLOCK_BYTES);
  }

  append(bytes, number) {
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    header.write('TLRB', 'latin1');
    header.writeUInt32LE(bytes.length, 4);
    header.writeBigUInt64LE(BigInt(number), 8);
    header.writeUInt32LE(crc32c(header, 0, 20), 20);
    const at = this.#end;
    this.#end += RECORD_HEADER_BYTES + Math.ceil(bytes.length / 8) * 8;
    writeFully(this.fd, header, at);
    writeFully(this.fd, bytes, at + RECORD_HEADER_BYTES);
    fs.ftruncateSync(this.fd, this.#end);
    return { at, number };
  }

  objects({ at, number }) {
    return readRecords(this.fd, at, number, this.buffer);
  }
}

/**
 * A tape by plain reads: each read(2) gives one block; 0 bytes are a filemark; at the end of the data the driver gives 0 twice, or once
 * behind a filemark, then EIO. Read once, from its beginning.
 */
class TapeDevice {
  canSeek = false;

  constructor(name) {
    this.name = name;
    this.fault = null;
  }

  *objects() {
    this.#rewind();
    const fd = openDevice(this.name);
    try {
      yield* this.#read(fd);
    } finally {
      closeDevice(fd);
    }
  }

  /** Closing the other node of the same drive rewinds. Under any other name the tape must have been rewound. */
  #rewind() {
    const node = /^\/dev\/nst(\d+)$/.exec(this.name);
    if (node !== null && fs.existsSync(`/dev/st${node[1]}`)) closeDevice(openDevice(`/dev/st${node[1]}`));
  }

  *#read(fd) {
    const buffer = Buffer.allocUnsafe(MAX_BLOCK_BYTES);
    let zeros = 0;
    let failed = 0;
    for (let address = 0; ;) {
      let length;
      try {
        length = fs.readSync(fd, buffer, 0, buffer.length, null);
        failed = 0;
      } catch (error) {
        // Two filemarks in a row, or the end of the data: an error behind them tells that it was the end.
        if (zeros >= 2 && error.code === 'EIO') return;
        zeros = 0;
        if (address === 0) throw deviceProblem(this.name, error);
        if (error.code !== 'EIO' && error.code !== 'ENOMEM') throw deviceProblem(this.name, error);
        if (++failed > UNREADABLE_IN_A_ROW)
          throw new Problem(
            EXIT.unreadable,
            `${this.name}: more than ${UNREADABLE_IN_A_ROW} blocks in a row cannot be read, up to block ${address}; clean the drive, or try another one`,
          );
        const reason = error.code === 'EIO' ? 'the drive cannot read it' : 'it is longer than any block of this format';
        yield { kind: 'damage', address, count: null, damage: 'unreadable', reason };
        address++;
        continue;
      }
      if (length === 0) {
        // The first of two that mean the end cannot be told from a filemark; nothing depends on it.
        if (zeros++ > 16) return;
        yield { kind: 'filemark', address: address++ };
        continue;
      }
      zeros = 0;
      const bytes = buffer.subarray(0, length);
      const head = bytes.subarray(0, HEADER_BYTES);
      yield { kind: 'block', address: address++, position: null, length, head: () => head, bytes: () => bytes };
    }
  }
}

function openDevice(name) {
  try {
    return fs.openSync(name, 'r');
  } catch (error) {
    throw deviceProblem(name, error);
  }
}

/** Nothing was written: what closing may have to complain of, behind the end of the data or a bad block, is known already. */
function closeDevice(fd) {
  try {
    fs.closeSync(fd);
  } catch (error) {
    if (error.code !== 'EIO') throw error;
  }
}

function deviceProblem(name, error) {
  const { code } = error;
  if (code === 'EACCES' || code === 'EPERM') return new Problem(EXIT.denied, `${name}: no permission to read it`);
  if (code === 'EBUSY') return new Problem(EXIT.system, `${name}: in use by another program`);
  if (code === 'ENOMEDIUM') return new Problem(EXIT.noInput, `${name}: no tape in the drive`);
  if (code === 'EINVAL')
    return new Problem(EXIT.usage, `${name}: the drive is set to fixed blocks; say mt -f ${name} setblk 0`);
  if (code === 'EIO')
    return new Problem(
      EXIT.unreadable,
      `${name}: no tape, or its beginning cannot be read; after a reset of the drive say mt -f ${name} rewind`,
    );
  return new Problem(EXIT.system, `${name}: ${error.message}`);
}

/**
 * A directory with one file a tape file, as dd leaves them: blocks without anything between. Their headers tell how long they are;
 * where one is damaged, the next good header is searched for. The end of each file is a filemark.
 */
class TapeFiles {
  canSeek = true;

  constructor(name) {
    this.name = name;
    this.fault = null;
    const names = fs.readdirSync(name).filter((file) => /^\d{1,9}$/.test(file));
    names.sort((a, b) => Number(a) - Number(b));
    this.files = names.map((file) => path.join(name, file));
    // An empty file is what dd makes of the end of the data.
    while (this.files.length > 0 && fs.statSync(this.files.at(-1)).size === 0) this.files.pop();
    if (names.length === 0)
      throw new Problem(EXIT.noInput, `${name}: no files named 0, 1, 2 ... are in this directory`);
    this.buffer = Buffer.allocUnsafe(MAX_BLOCK_BYTES);
  }

  *objects(position = { file: 0, at: 0, address: 0 }) {
    let { file, at, address } = position;
    for (; file < this.files.length; file++, at = 0) {
      const fd = fs.openSync(this.files[file], 'r');
      try {
        for (const object of this.#readFile(fd, file, at, address)) {
          address = object.address + (object.count ?? 1);
          yield object;
        }
      } finally {
        fs.closeSync(fd);
      }
      yield { kind: 'filemark', address: address++ };
    }
  }

  *#readFile(fd, file, start, first) {
    const { size } = fs.fstatSync(fd);
    let address = first;
    for (let at = start; at < size;) {
      const head = readAt(fd, Buffer.alloc(HEADER_BYTES), at);
      let length = head === null ? null : blockLength(head);
      if (file === 0 && at === 0 && isVol1(head)) length = 80;
      if (length === null) {
        const next = findHeader(fd, at + 1, size, this.buffer) ?? size;
        const reason = `${next - at} bytes at byte ${at} of ${this.files[file]} are no block`;
        const damage = head !== null && hasMagic(head) ? 'header-damaged' : 'not-a-block';
        yield { kind: 'damage', address: address++, count: null, damage, reason };
        at = next;
        continue;
      }
      const bytes = Math.min(length, size - at);
      const from = at;
      yield {
        kind: 'block',
        address,
        position: { file, at, address },
        length: bytes,
        head: () => head,
        bytes: () => (bytes > this.buffer.length ? null : readAt(fd, this.buffer.subarray(0, bytes), from)),
      };
      address++;
      at += bytes;
    }
  }
}

/** The length of the block that begins with `head`, by its header; null when that is none or damaged. */
function blockLength(head) {
  if (!hasMagic(head) || head.readUInt32LE(124) !== crc32c(head, 0, 124)) return null;
  return HEADER_BYTES + head.readUInt32LE(80);
}

function hasMagic(head) {
  return head.length >= HEADER_BYTES && head.toString('latin1', 0, 8) === 'TAPELOOM';
}

function isVol1(head) {
  return head !== null && head.length >= 80 && head.toString('latin1', 0, 4) === 'VOL1';
}

/** Where the next good block header begins at or behind `from`. */
function findHeader(fd, from, size, window) {
  for (let start = from; start < size; start += window.length - HEADER_BYTES) {
    const bytes = readAround(fd, window, start);
    for (let i = bytes.indexOf('TAPELOOM'); i >= 0; i = bytes.indexOf('TAPELOOM', i + 1))
      if (blockLength(bytes.subarray(i, i + HEADER_BYTES)) !== null) return start + i;
  }
  return null;
}

/** What VOLUME names. */
function openVolume(name) {
  let stat;
  try {
    stat = fs.statSync(name);
    if (stat.isDirectory()) return new TapeFiles(name);
    if (stat.isCharacterDevice()) return new TapeDevice(name);
    return new DiskVolume(name, fs.openSync(name, 'r'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw new Problem(EXIT.noInput, `${name}: there is no such file`);
    if (error.code === 'EACCES') throw new Problem(EXIT.denied, `${name}: no permission to read it`);
    throw error;
  }
}

// ---------------------------------------------------------------------------------------------------- blocks and documents

const BLOCK_TYPES = [null, 'label', 'data', 'stream-start', 'stream-end', 'index', 'volume-end'];
const STREAM_TYPES = new Set(['data', 'stream-start', 'stream-end']);
const STATES = ['open', 'complete', 'aborted'];
const ZERO_ID = '00000000-0000-0000-0000-000000000000';

const damaged = (damage, reason) => ({ damage, reason });

/**
 * The header of a block and, where `whole` or the block is no data block, its bytes, after every check that one block allows; or
 * what is wrong with it. `volumeId` null: any volume's.
 */
function inspectBlock(block, volumeId, whole) {
  const head = block.head();
  if (head === null) return damaged('unreadable', 'the disk cannot read it');
  if (!hasMagic(head)) return damaged('not-a-block', `${block.length} bytes that do not begin with TAPELOOM`);
  if (head.readUInt32LE(124) !== crc32c(head, 0, 124)) return damaged('header-damaged', 'the header fails its CRC');
  const header = decodeHeader(head);
  if (header.unsupported !== undefined)
    return damaged('unsupported-version', `${header.unsupported}, of a later program`);
  if (HEADER_BYTES + header.length !== block.length)
    return damaged(
      'length-mismatch',
      `the header tells of ${HEADER_BYTES + header.length} bytes, there are ${block.length}`,
    );
  if (volumeId !== null && header.volumeId !== volumeId)
    return damaged('other-volume', `the block belongs to volume ${header.volumeId}`);
  if (!whole && header.type === 'data') return { header, bytes: null };
  const bytes = block.bytes();
  if (bytes === null)
    return damaged(
      'unreadable',
      block.length > MAX_BLOCK_BYTES ? 'it is longer than any block' : 'the disk cannot read it',
    );
  if (crc32c(bytes, HEADER_BYTES) !== header.payloadCrc) return damaged('payload-damaged', 'the payload fails its CRC');
  return { header, bytes };
}

function decodeHeader(head) {
  const version = head.readUInt16LE(8);
  if (version !== 1) return { unsupported: `format version ${version}` };
  const type = BLOCK_TYPES[head.readUInt16LE(10)] ?? null;
  if (type === null) return { unsupported: `block type ${head.readUInt16LE(10)}` };
  const flags = head.readUInt32LE(12);
  if (flags > 1 || (flags === 1 && type !== 'data')) return { unsupported: `flags ${flags}` };
  if (head.readUInt32LE(92) !== 0 || !isZero(head.subarray(104, 124)))
    return { unsupported: 'reserved bytes that are not zero' };
  const streamId = readId(head, 56);
  if ((streamId !== ZERO_ID) !== STREAM_TYPES.has(type))
    return { unsupported: `a ${type} block with stream id ${streamId}` };
  const [sequence, offset] = [48, 72].map((at) => Number(head.readBigUInt64LE(at)));
  const length = head.readUInt32LE(80);
  if (![sequence, offset + length].every(Number.isSafeInteger)) return { unsupported: 'a number beyond 2^53' };
  return {
    type,
    last: flags === 1,
    volumeId: readId(head, 16),
    sessionId: readId(head, 32),
    sequence,
    streamId,
    offset,
    length,
    frame: head.readUInt32LE(84),
    payloadCrc: head.readUInt32LE(88),
  };
}

function readId(bytes, at) {
  const hex = bytes.toString('hex', at, at + 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isText = (value) => typeof value === 'string';
const isId = (value) => isText(value) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const isCrc = (value) => isCount(value) && value <= 0xffffffff;

const isLabel = (d) =>
  d.format === 1 &&
  isId(d.volumeId) &&
  isText(d.barcode) &&
  isText(d.pool) &&
  isCount(d.createdMs) &&
  isCount(d.blockSize);
const isStart = (d) =>
  isId(d.streamId) && isText(d.client) && isText(d.name) && isText(d.pool) && isCount(d.continuesAt);
const isEnd = (d) => isId(d.streamId) && isCount(d.length) && isCrc(d.crc32c) && isCount(d.frames);
const isVolumeEnd = (d) => d.format === 1 && isId(d.volumeId) && isCount(d.blocks) && isCount(d.bytes);
const isStanding = (d) => isStart(d) && STATES.includes(d.state) && isCount(d.length) && isCrc(d.crc32c);
const isIndex = (d) =>
  d.format === 1 &&
  [d.part, d.parts, d.timeMs, d.fromSequence, d.toSequence].every(isCount) &&
  d.part < d.parts &&
  (d.previous === null || isCount(d.previous)) &&
  Array.isArray(d.streams) &&
  d.streams.every(isStanding) &&
  Array.isArray(d.extents) &&
  d.extents.every((e) => Array.isArray(e) && e.length === 6 && e.every(isCount) && e[0] < d.streams.length);

const SHAPES = {
  label: isLabel,
  'stream-start': isStart,
  'stream-end': isEnd,
  index: isIndex,
  'volume-end': isVolumeEnd,
};

/** The JSON document of a block, or null: no JSON, not of its type's shape, or of another volume or stream than its header. */
function readDocument(header, bytes) {
  let document;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(HEADER_BYTES));
    document = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
  if (typeof document !== 'object' || document === null || !SHAPES[header.type](document)) return null;
  const { volumeId = header.volumeId, streamId = header.streamId } = document;
  return volumeId === header.volumeId && streamId === header.streamId ? document : null;
}

/** What is wrong with a VOL1 block, or null. */
function vol1Fault(block) {
  const bytes = block.length === 80 ? block.bytes() : null;
  if (bytes === null) return `the first block has ${block.length} bytes, VOL1 has 80`;
  const text = bytes.toString('latin1');
  const isGood = /^VOL1[A-Z0-9]{6} {14}TAPELOOM {5} {14} {28}4$/.test(text);
  return isGood ? null : 'the VOL1 block is not as this format has it';
}

// ---------------------------------------------------------------------------------------------------- scanning a volume

/** What is known of the streams, from all volumes that were scanned. */
class Streams {
  #byId = new Map();

  of(id) {
    let stream = this.#byId.get(id);
    if (stream === undefined) {
      stream = { id, start: null, end: null, standing: null, standingMs: -1, runs: [], spare: [] };
      this.#byId.set(id, stream);
    }
    return stream;
  }

  get all() {
    return [...this.#byId.values()];
  }
}

/**
 * The blocks since the last checkpoint. Whether they count is known when the tape file ends: it must end with an index
 * (or with something unreadable that may have been one) and a filemark, and of a tape file that a crash and a later
 * session share only the blocks of the session that ended it count.
 */
class TapeFile {
  runs = [];
  events = [];
  parts = [];
  sessionId = null;
  /** Whether the last block was an index's last, or a bad one that may have been that. */
  mayBeCheckpoint = false;
  hasDamage = false;
}

/** Damage of consecutive objects and of one kind is told once. */
class DamageList {
  items = [];

  add(address, count, damage, reason) {
    const last = this.items.at(-1);
    if (last?.damage === damage && last.to + 1 === address && last.reason === reason) last.to = address + count - 1;
    else this.items.push({ from: address, to: address + count - 1, damage, reason });
  }
}

/** Reads a volume once, front to back, into `streams`; returns what it says of itself. */
class VolumeScan {
  #source;
  #streams;
  #whole;
  #spool;
  #keep;
  #progress;
  #file = new TapeFile();
  /** Number of the next block: from `low`, or up to `high` where objects that may have been filemarks were lost. */
  #low = 0;
  #high = 0;
  /** Objects lost since the last good block, null when nobody knows how many, and the last number that was out of place. */
  #lost = 0;
  #misplaced = null;

  constructor(source, streams, { whole, spool = null, keep = null }) {
    this.#source = source;
    this.#streams = streams;
    this.#whole = whole || !source.canSeek;
    this.#spool = source.canSeek ? null : spool;
    this.#keep = keep;
    this.#progress = new Progress(source.name);
    this.volume = {
      name: source.name,
      label: null,
      volumeId: null,
      end: null,
      blocks: 0,
      bytes: 0,
      objects: 0,
      unacknowledged: 0,
      checkpoints: 0,
      damage: new DamageList(),
    };
  }

  run() {
    const { volume } = this;
    for (const object of this.#source.objects()) {
      volume.objects = object.address + (object.count ?? 1);
      this.#progress.show(volume.objects, volume.bytes);
      if (object.address === 0) this.#takeFirst(object);
      else if (object.kind === 'block') this.#takeBlock(object);
      else if (object.kind === 'filemark') this.#takeFilemark();
      else this.#takeLost(object);
      if (volume.volumeId === null && volume.objects > 64) break;
    }
    // What is lost behind a whole index, where the data ends, is taken for its filemark.
    this.#endFile(this.#lost !== 0);
    this.#progress.end();
    this.#mustBeVolume();
    if (volume.volumeId === null) throw new Problem(EXIT.damaged, `${volume.name}: not a Tapeloom volume`);
    if (volume.label === null) volume.damage.add(1, 1, 'label-damaged', 'no good LABEL block was found');
    return volume;
  }

  /** Only the label is read: everything up to the first filemark. */
  runLabel() {
    const { volume } = this;
    for (const object of this.#source.objects()) {
      volume.objects = object.address + 1;
      if (object.address === 0) this.#takeFirst(object);
      else if (object.kind === 'block') this.#takeBlock(object);
      else if (object.kind === 'damage') this.#takeLost(object);
      if (object.kind === 'filemark' || object.address >= 2) break;
    }
    this.#mustBeVolume();
    if (volume.label === null) throw new Problem(EXIT.damaged, `${volume.name}: no good Tapeloom label`);
    return volume;
  }

  #mustBeVolume() {
    const { fault, name } = this.#source;
    if (this.volume.objects > 0) {
      if (fault !== null) this.volume.damage.add(0, 1, 'file-header-damaged', fault);
    } else if (fault === null) throw new Problem(EXIT.noInput, `${name}: blank, nothing is recorded on it`);
    else
      throw new Problem(
        EXIT.damaged,
        `${name}: not a disk volume; tape files dumped with dd belong into a directory, one file each, named 0, 1, 2 ...`,
      );
  }

  #takeFirst(object) {
    if (!this.#source.canSeek && (object.kind === 'filemark' || inspectBlock(object, null, true).damage === undefined))
      throw new Problem(
        EXIT.usage,
        `${this.#source.name}: the tape is not at its beginning; say mt -f ${this.#source.name} rewind`,
      );
    const fault =
      object.kind === 'block'
        ? vol1Fault(object)
        : object.kind === 'filemark'
          ? 'a filemark instead of VOL1'
          : object.reason;
    if (fault !== null) this.volume.damage.add(0, 1, 'label-damaged', fault);
    if (object.kind === 'damage' && object.count !== 1)
      this.#takeLost({ ...object, address: 1, count: object.count === null ? null : object.count - 1 });
  }

  #takeLost({ address, count, damage, reason }) {
    this.volume.damage.add(address, count ?? 1, damage, reason);
    this.#file.hasDamage = true;
    this.#lost = count === null || this.#lost === null ? null : this.#lost + count;
    this.#high = count === null ? Infinity : this.#high + count;
  }

  #takeFilemark() {
    // What was lost in front of it may have been the index.
    if (this.#lost !== 0) this.#file.mayBeCheckpoint = true;
    this.#endFile(true);
  }

  #takeBad(address, damage, reason) {
    this.volume.damage.add(address, 1, damage, reason);
    this.#file.hasDamage = this.#file.mayBeCheckpoint = true;
    this.#low++;
    this.#high++;
  }

  #takeBlock(block) {
    const { volume } = this;
    const checked = inspectBlock(block, volume.volumeId, this.#whole);
    if (checked.damage === 'unreadable')
      return this.#takeLost({ address: block.address, count: 1, damage: 'unreadable', reason: checked.reason });
    if (checked.damage !== undefined) return this.#takeBad(block.address, checked.damage, checked.reason);
    const { header, bytes } = checked;
    if (!this.#isInSequence(header.sequence)) {
      this.#misplaced = header.sequence;
      const reason = `block number ${header.sequence} where ${this.#low} should be`;
      return this.#takeBad(block.address, 'out-of-sequence', reason);
    }
    this.#passLost(header.sequence);
    volume.volumeId = header.volumeId;
    this.#takeGood(block, header, bytes);
  }

  /** The count of the drive is believed, unless two blocks in a row agree that it is off. */
  #isInSequence(sequence) {
    return (sequence >= this.#low && sequence <= this.#high) || sequence - 1 === this.#misplaced;
  }

  /**
   * Filemarks have no number: of the objects that were lost in front of this block, those that its number does not account for
   * were filemarks. A tape file ended there.
   */
  #passLost(sequence) {
    const blocks = Math.max(0, sequence - this.#low);
    if (blocks > 0) this.#file.mayBeCheckpoint = true;
    if (this.#lost === null ? blocks === 0 : this.#lost > blocks) this.#endFile(true);
    this.#lost = 0;
    this.#misplaced = null;
    this.#low = this.#high = sequence + 1;
  }

  #takeGood(block, header, bytes) {
    const file = this.#file;
    file.sessionId = header.sessionId;
    file.mayBeCheckpoint = false;
    switch (header.type) {
      case 'data':
        this.volume.blocks++;
        this.volume.bytes += header.length;
        return this.#addToRuns(file, block, header, bytes);
      case 'index': {
        const index = this.#takeDocument(block, header, bytes);
        if (index === null) return;
        file.parts.push({ index, address: block.address });
        file.mayBeCheckpoint = index.part + 1 === index.parts;
        return;
      }
      default:
        this.#takeDocument(block, header, bytes);
    }
  }

  #takeDocument(block, header, bytes) {
    const document = readDocument(header, bytes);
    if (document === null) {
      this.volume.damage.add(block.address, 1, 'payload-damaged', `the ${header.type} is not as this format has it`);
      this.#file.hasDamage = this.#file.mayBeCheckpoint = true;
    } else if (header.type === 'label') this.volume.label = document;
    else this.#file.events.push({ type: header.type, sessionId: header.sessionId, document });
    return document;
  }

  /** Consecutive blocks of one stream and session are one run. Streams that nobody asked for are left out. */
  #addToRuns({ runs }, block, header, bytes) {
    const { streamId, sessionId, offset, length, frame, payloadCrc } = header;
    if (this.#keep !== null && !streamId.startsWith(this.#keep)) return;
    const position = this.#spool === null ? block.position : this.#spool.append(bytes, block.address);
    const crc = bytes === null ? null : payloadCrc;
    const last = runs.at(-1);
    if (
      last?.streamId === streamId &&
      last.sessionId === sessionId &&
      last.address + last.blocks === block.address &&
      last.offset + last.bytes === offset &&
      last.frame + last.blocks === frame
    ) {
      if (crc !== null) last.crc = combineCrc32c(last.crc, crc, length);
      last.blocks++;
      last.bytes += length;
      return;
    }
    const source = this.#spool ?? this.#source;
    const { sequence } = header;
    const run = {
      streamId,
      sessionId,
      source,
      position,
      address: block.address,
      sequence,
      blocks: 1,
      offset,
      bytes: length,
    };
    runs.push({ ...run, frame, crc, volume: this.volume });
  }

  #endFile(withFilemark) {
    const file = this.#file;
    this.#file = new TapeFile();
    const isCheckpoint = withFilemark && file.mayBeCheckpoint;
    for (const run of file.runs) {
      const counts = isCheckpoint && run.sessionId === file.sessionId;
      this.#streams.of(run.streamId)[counts ? 'runs' : 'spare'].push(run);
      if (!counts) this.volume.unacknowledged += run.blocks;
    }
    for (const { type, sessionId, document } of file.events) {
      // A VOLUME-END stands alone in its tape file, and may be all that the end of the medium left room for.
      if (type === 'volume-end') this.volume.end = document;
      else if (isCheckpoint && sessionId === file.sessionId) this.#enter(type, document);
    }
    if (!isCheckpoint) return;
    this.volume.checkpoints++;
    if (!file.hasDamage) this.#compareIndex(file);
  }

  #enter(type, document) {
    if (type === 'index') {
      for (const standing of document.streams) {
        const stream = this.#streams.of(standing.streamId);
        stream.start ??= standing;
        if (document.timeMs < stream.standingMs) continue;
        stream.standing = standing;
        stream.standingMs = document.timeMs;
      }
      return;
    }
    const stream = this.#streams.of(document.streamId);
    if (type === 'stream-end') stream.end = document;
    else stream.start ??= document;
  }

  /** An index must tell of the blocks of its tape file, exactly. */
  #compareIndex({ runs, parts, sessionId }) {
    if (this.#keep !== null) return;
    const said = parts.flatMap(({ index }) =>
      index.extents.map(([stream, ...extent]) => `${index.streams[stream].streamId} ${extent.join(' ')}`),
    );
    const found = runs
      .filter((run) => run.sessionId === sessionId)
      .map(({ streamId, address, sequence, blocks, offset, bytes }) =>
        [streamId, address, sequence, blocks, offset, bytes].join(' '),
      );
    const missing = new Set(said);
    for (const one of found) if (!missing.delete(one)) missing.add(one);
    if (missing.size === 0 && said.length === found.length) return;
    const address = parts[0]?.address ?? 0;
    this.volume.damage.add(address, 1, 'index-mismatch', 'the index does not tell of the blocks before it as they are');
  }
}

/** A line on a terminal, now and then: reading a tape takes hours. */
class Progress {
  #name;
  #next = Date.now() + 2000;
  #shown = false;

  constructor(name) {
    this.#name = name;
  }

  show(objects, bytes) {
    if (objects % 64 !== 0 || Date.now() < this.#next || !process.stderr.isTTY) return;
    this.#next = Date.now() + 1000;
    this.#shown = true;
    process.stderr.write(`\r${this.#name}: ${objects} objects, ${Math.floor(bytes / 1e6)} MB of data \x1b[K`);
  }

  end() {
    if (this.#shown) process.stderr.write('\r\x1b[K');
  }
}

// ---------------------------------------------------------------------------------------------------- putting a stream together

/** The stream's length as far as any volume tells: of a complete stream all of it, otherwise what was acknowledged. */
function lengthOf(stream) {
  const covered = stream.runs.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0);
  return stream.end?.length ?? Math.max(stream.standing?.length ?? 0, covered);
}

function stateOf(stream) {
  return stream.end !== null ? 'complete' : (stream.standing?.state ?? 'open');
}

/**
 * Which parts of which runs give the stream's bytes from 0 to `length`, in order, and which bytes none gives. The same bytes can
 * lie twice on the volumes: when a checkpoint failed at its very end, they were written again elsewhere.
 */
function planStream(runs, length) {
  const segments = [];
  const missing = [];
  let at = 0;
  for (const run of [...runs].sort((a, b) => a.offset - b.offset || b.bytes - a.bytes)) {
    const end = Math.min(run.offset + run.bytes, length);
    if (end <= at) continue;
    if (run.offset > at) missing.push({ from: at, to: run.offset });
    const from = Math.max(at, run.offset);
    segments.push({ run, from, to: end });
    at = end;
  }
  if (at < length) missing.push({ from: at, to: length });
  return { segments, missing };
}

/** Fills the gaps of a plan with runs that were never acknowledged; `used` tells which bytes these are. */
function fillGaps(plan, spare) {
  const used = [];
  const missing = [];
  for (const gap of plan.missing) {
    const inGap = spare
      .filter((run) => run.offset < gap.to && run.offset + run.bytes > gap.from)
      .map((run) => ({ run, from: Math.max(run.offset, gap.from), to: Math.min(run.offset + run.bytes, gap.to) }))
      .sort((a, b) => a.from - b.from || b.to - a.to);
    let at = gap.from;
    for (const { run, from, to } of inGap) {
      if (to <= at) continue;
      if (from > at) missing.push({ from: at, to: from });
      const segment = { run, from: Math.max(from, at), to };
      plan.segments.push(segment);
      used.push({ from: segment.from, to });
      at = to;
    }
    if (at < gap.to) missing.push({ from: at, to: gap.to });
  }
  plan.segments.sort((a, b) => a.from - b.from);
  return { segments: plan.segments, missing, used };
}

/** Reads the bytes of a segment again, checking everything anew, and hands them to `take(bytes, offset)`. */
function readSegment({ run, from, to }, take) {
  let expected = { offset: run.offset, frame: run.frame, left: run.blocks };
  for (const object of run.source.objects(run.position)) {
    const checked =
      object.kind === 'block' ? inspectBlock(object, run.volume.volumeId, true) : { damage: 'not a block' };
    if (checked.damage !== undefined) throw blockProblem(run, object, checked.damage);
    const { header, bytes } = checked;
    if (header.streamId !== run.streamId || header.offset !== expected.offset || header.frame !== expected.frame)
      throw blockProblem(run, object, 'another block than when it was looked at first');
    const end = header.offset + header.length;
    const [first, last] = [Math.max(from, header.offset), Math.min(to, end)];
    if (first < last) {
      const at = HEADER_BYTES - header.offset;
      const crc = last - first === header.length ? header.payloadCrc : crc32c(bytes, at + first, at + last);
      take(bytes.subarray(at + first, at + last), first, crc);
    }
    if (--expected.left === 0 || end >= to) return;
    expected = { offset: end, frame: expected.frame + 1, left: expected.left };
  }
  throw blockProblem(run, { address: run.address }, 'gone');
}

function blockProblem(run, object, damage) {
  return new Problem(
    EXIT.damaged,
    `${run.volume.name}: block ${object.address} of the stream is ${damage}; salvage gives what is readable around it`,
  );
}

/** Which volume should hold the bytes behind the last ones there are, when some volume tells. */
function tellNextVolume(volumes, stream) {
  const last = stream.runs.reduce((a, b) => (a === null || b.offset > a.offset ? b : a), null);
  const next = last?.volume.end?.nextVolume ?? null;
  return next === null || volumes.some(({ volumeId }) => volumeId === next) ? '' : `; the next volume is ${next}`;
}

// ---------------------------------------------------------------------------------------------------- output

function writeFully(fd, bytes, at = null) {
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(fd, bytes, done, bytes.length - done, at === null ? null : at + done);
    } catch (error) {
      if (error.code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      else if (error.code === 'EPIPE') process.exit(1);
      else if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG')
        throw new Problem(EXIT.cannotWrite, `the output cannot be written: ${error.message}`);
      else throw error;
    }
  }
}

/** A file that appears under its name only when it is whole. */
class OutputFile {
  constructor(name) {
    this.name = name;
    this.unfinished = `${name}.unfinished`;
    if (fs.existsSync(name)) throw new Problem(EXIT.cannotWrite, `${name}: exists already; nothing is overwritten`);
    try {
      this.fd = fs.openSync(this.unfinished, 'wx');
    } catch (error) {
      throw new Problem(EXIT.cannotWrite, `${name}: cannot be made: ${error.message}`);
    }
  }

  write(bytes, offset) {
    writeFully(this.fd, bytes, offset);
  }

  finish(length) {
    fs.ftruncateSync(this.fd, length);
    fs.fsyncSync(this.fd);
    fs.closeSync(this.fd);
    fs.renameSync(this.unfinished, this.name);
  }

  discard() {
    fs.closeSync(this.fd);
    fs.unlinkSync(this.unfinished);
  }
}

/** To people, beside the output. */
function say(text) {
  writeFully(2, Buffer.from(`tapeloom-read: ${text}\n`));
}

/** Text for people or, with --json, one object a line. */
class Report {
  constructor(json) {
    this.json = json;
  }

  /** `text` may be several lines or empty. To standard output. */
  line(messageType, fields, text) {
    if (this.json) writeFully(1, Buffer.from(`${JSON.stringify({ message_type: messageType, ...fields })}\n`));
    else if (text !== '') writeFully(1, Buffer.from(`${text}\n`));
  }
}

/** Names come from the volume: nothing that moves a terminal's cursor. */
const clean = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
const time = (ms) => (ms > 0 && ms < 8.64e15 ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : '-');
const hex = (crc) => crc.toString(16).padStart(8, '0');
/** Ranges are told as first and last byte. */
const range = ({ from, to }) => `${from}-${to - 1}`;

function reportDamage(report, volume) {
  for (const { from, to, damage, reason } of volume.damage.items) {
    const where = from === to ? `block ${from}` : `blocks ${from}-${to}`;
    const text = `${volume.name}: ${where}: ${damage}: ${reason}`;
    report.line('damage', { volume: volume.name, from, to, damage, reason }, text);
  }
}

// ---------------------------------------------------------------------------------------------------- commands

/** Scans all volumes; a drive that is named again waits for the next tape. */
function scanAll(sources, options) {
  const streams = new Streams();
  const drives = new Set();
  const volumes = sources.map((source) => {
    if (drives.has(source.name)) askForNextTape(source.name);
    if (!source.canSeek) drives.add(source.name);
    return new VolumeScan(source, streams, options).run();
  });
  return { streams, volumes };
}

function askForNextTape(name) {
  say(`put the next tape into ${name} and press Enter`);
  const byte = Buffer.alloc(1);
  for (;;) {
    let got;
    try {
      got = fs.readSync(0, byte, 0, 1, null);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      continue;
    }
    if (got === 0) throw new Problem(EXIT.noInput, `${name}: nobody put in the next tape`);
    if (byte[0] === 0x0a) return;
  }
}

function labelCommand(names, report) {
  let status = 0;
  for (const name of names) {
    const volume = new VolumeScan(openVolume(name), new Streams(), { whole: false }).runLabel();
    const { label } = volume;
    reportDamage(report, volume);
    if (volume.damage.items.length > 0) status = EXIT.damaged;
    report.line(
      'label',
      { volume: name, ...label },
      `${name}: volume ${label.volumeId}, barcode ${clean(label.barcode)}, pool ${clean(label.pool)}, labelled ${time(label.createdMs)} ` +
        `by ${clean(String(label.node))} (${clean(String(label.software))}), label ${label.labelCount}, blocks up to ${label.blockSize} bytes`,
    );
  }
  return status;
}

function listCommand(names, report) {
  const { streams, volumes } = scanAll(names.map(openVolume), { whole: false });
  for (const volume of volumes) reportVolume(report, volume);
  for (const stream of streams.all) reportStream(report, stream, {});
  return volumes.some(({ damage }) => damage.items.length > 0) ? EXIT.damaged : 0;
}

function verifyCommand(names, report) {
  const { streams, volumes } = scanAll(names.map(openVolume), { whole: true });
  let isGood = true;
  for (const volume of volumes) {
    checkVolumeEnd(volume);
    reportVolume(report, volume);
    if (volume.damage.items.length > 0) isGood = false;
  }
  for (const stream of streams.all) {
    const { missing, problem } = verifyStream(stream);
    if (missing.length > 0 || problem !== null) isGood = false;
    reportStream(report, stream, { missing, problem });
    if (missing.length > 0) say(`stream ${stream.id} misses bytes${tellNextVolume(volumes, stream)}`);
  }
  report.line('summary', { good: isGood }, isGood ? 'all is good' : 'NOT all is good');
  const unreadable = volumes.some(({ damage }) => damage.items.some((item) => item.damage === 'unreadable'));
  return isGood ? 0 : unreadable ? EXIT.unreadable : EXIT.damaged;
}

function checkVolumeEnd(volume) {
  const { end, damage } = volume;
  if (end === null || damage.items.length > 0) return;
  const blocks = volume.blocks - volume.unacknowledged;
  if (end.blocks === blocks) return;
  const reason = `VOLUME-END counts ${end.blocks} data blocks, there are ${blocks}`;
  damage.add(volume.objects - 1, 1, 'volume-end-mismatch', reason);
}

/** Whether all bytes of a stream that were acknowledged are there and are the right ones. */
function verifyStream(stream) {
  const length = lengthOf(stream);
  const { segments, missing } = planStream(stream.runs, length);
  if (missing.length > 0) return { missing, problem: null };
  let crc = 0;
  for (const segment of segments) {
    const { run, from, to } = segment;
    if (to - from === run.bytes) crc = combineCrc32c(crc, run.crc, run.bytes);
    else if (!run.source.canSeek)
      return { missing, problem: 'its CRC cannot be checked: bytes of it lie there twice; extract it' };
    else
      readSegment(segment, (bytes, _offset, part) => {
        crc = combineCrc32c(crc, part, bytes.length);
      });
  }
  return { missing, problem: digestProblem(stream, length, crc) };
}

/** `crc` is that of the stream's first `length` bytes. */
function digestProblem(stream, length, crc) {
  const told = stream.end ?? stream.standing;
  if (told === null || told.length !== length || told.crc32c === crc) return null;
  return `its bytes have CRC ${hex(crc)}, it was written with ${hex(told.crc32c)}`;
}

function reportVolume(report, volume) {
  const { name, label, volumeId, end, blocks, bytes, checkpoints, unacknowledged } = volume;
  const closed = end === null ? 'not closed' : `closed: ${clean(String(end.reason))}`;
  const tail = unacknowledged === 0 ? '' : `, ${unacknowledged} of the blocks never acknowledged`;
  report.line(
    'volume',
    {
      volume: name,
      volumeId,
      barcode: label?.barcode ?? null,
      pool: label?.pool ?? null,
      blocks,
      bytes,
      checkpoints,
      unacknowledged,
      end,
    },
    `${name}: volume ${volumeId} ${clean(label?.barcode ?? '(label damaged)')}: ${blocks} data blocks with ${bytes} bytes, ` +
      `${checkpoints} checkpoints, ${closed}${tail}`,
  );
  reportDamage(report, volume);
}

function reportStream(report, stream, { missing, problem }) {
  const length = lengthOf(stream);
  const start = stream.start;
  const state = stateOf(stream);
  const here = stream.runs.reduce((sum, { bytes }) => sum + bytes, 0);
  const crc = (stream.end ?? stream.standing)?.crc32c ?? null;
  const checked =
    missing === undefined
      ? ''
      : problem !== null
        ? `: WRONG: ${problem}`
        : missing.length > 0
          ? `: MISSING bytes ${missing.map(range).join(', ')}`
          : ': good';
  const isCatalogue = start?.client === OWN_CLIENT && start.name === 'catalogue';
  const who =
    start === null
      ? '(its description is damaged)'
      : isCatalogue
        ? `a catalogue of pool ${clean(String(start.pool))}, by the node itself`
        : `${clean(start.client)} ${clean(start.name)}`;
  report.line(
    'stream',
    {
      streamId: stream.id,
      state,
      length,
      bytesHere: here,
      isCatalogue,
      crc32c: crc,
      ...(missing === undefined ? {} : { missing, problem }),
      start,
    },
    `${stream.id} ${state} ${length} bytes (${here} here), ${time(start?.timeMs ?? 0)} ${who}${checked}`,
  );
}

/** The one stream that `prefix` names. */
function findStream(streams, prefix) {
  const found = streams.all.filter(({ id }) => id.startsWith(prefix.toLowerCase()));
  if (found.length === 1) return found[0];
  if (found.length > 1) throw new Problem(EXIT.usage, `${found.length} streams begin with ${prefix}`);
  throw new Problem(EXIT.noInput, `no stream ${prefix} is on these volumes`);
}

/** Scans the volumes for one stream; what comes from a tape is spooled. */
function gather(prefix, target, names, { whole, spoolDirectory }) {
  const sources = names.map(openVolume);
  const directory = spoolDirectory ?? (target === '-' ? os.tmpdir() : path.dirname(path.resolve(target)));
  const spool = sources.every(({ canSeek }) => canSeek) ? null : new Spool(directory);
  const { streams, volumes } = scanAll(sources, { whole, spool, keep: prefix.toLowerCase() });
  return { stream: findStream(streams, prefix), volumes };
}

function extractCommand([prefix, target, ...names], report, options) {
  if (target === '-' && process.stdout.isTTY) throw new Problem(EXIT.usage, 'bytes of a stream are not for a terminal');
  const { stream, volumes } = gather(prefix, target, names, { whole: false, spoolDirectory: options.spool });
  const state = stateOf(stream);
  const length = lengthOf(stream);
  if (state !== 'complete' && !options.incomplete)
    throw new Problem(
      EXIT.damaged,
      `stream ${stream.id} was never completed (${state}); --incomplete gives its first ${length} bytes`,
    );
  const { segments, missing } = planStream(stream.runs, length);
  if (missing.length > 0)
    throw new Problem(
      EXIT.damaged,
      `bytes ${missing.map(range).join(', ')} of the stream's ${length} are not on these volumes, or damaged${tellNextVolume(volumes, stream)}`,
    );

  const file = target === '-' ? null : new OutputFile(target);
  try {
    let crc = 0;
    for (const segment of segments)
      readSegment(segment, (bytes, offset, part) => {
        if (file === null) writeFully(1, bytes);
        else file.write(bytes, offset);
        crc = combineCrc32c(crc, part, bytes.length);
      });
    const problem = digestProblem(stream, length, crc);
    if (problem !== null) throw new Problem(EXIT.damaged, `stream ${stream.id} is not right: ${problem}`);
    file?.finish(length);
    say(`${length} bytes, CRC ${hex(crc)}`);
  } catch (error) {
    file?.discard();
    throw error;
  }
  return 0;
}

function salvageCommand([prefix, target, ...names], report, options) {
  if (target === '-') throw new Problem(EXIT.usage, 'salvage writes a file: its gaps are told by their places in it');
  const { stream } = gather(prefix, target, names, { whole: true, spoolDirectory: options.spool });
  const spareEnd = stream.spare.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0);
  const isOpen = stream.end === null;
  const length = Math.max(lengthOf(stream), options.unacknowledged && isOpen ? spareEnd : 0);
  const plan = planStream(stream.runs, length);
  const { segments, missing, used } = options.unacknowledged ? fillGaps(plan, stream.spare) : { ...plan, used: [] };

  const file = new OutputFile(target);
  let salvaged = 0;
  let crc = 0;
  try {
    for (const segment of segments)
      readSegment(segment, (bytes, offset, part) => {
        file.write(bytes, offset);
        salvaged += bytes.length;
        crc = combineCrc32c(crc, part, bytes.length);
      });
    file.finish(length);
  } catch (error) {
    file.discard();
    throw error;
  }
  const problem = missing.length > 0 ? null : digestProblem(stream, length, crc);
  const state = stateOf(stream);
  const isGood = missing.length === 0 && problem === null && !isOpen;
  const lines = [
    `${stream.id} ${state}: ${salvaged} of ${length} bytes`,
    ...missing.map((gap) => `missing: bytes ${range(gap)} (${gap.to - gap.from})`),
    ...used.map((part) => `never acknowledged: bytes ${range(part)} (${part.to - part.from})`),
    ...(problem === null ? [] : [`WRONG: ${problem}`]),
    ...(isOpen ? ['the stream was not completed, or its end is lost: bytes may be missing behind the last one'] : []),
  ];
  const fields = { streamId: stream.id, state, length, salvaged, missing, unacknowledged: used, problem };
  report.line('salvage', fields, lines.join('\n'));
  return isGood ? 0 : EXIT.damaged;
}

// ---------------------------------------------------------------------------------------------------- the program

function parseArguments(args) {
  const options = { json: false, incomplete: false, unacknowledged: false, spool: null, help: false };
  const words = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === '--spool') {
      options.spool = args[++i] ?? null;
      if (options.spool === null) throw new Problem(EXIT.usage, '--spool needs a directory');
    } else if (arg === '-h') options.help = true;
    else if (!arg.startsWith('--')) words.push(arg);
    else if (typeof options[arg.slice(2)] === 'boolean') options[arg.slice(2)] = true;
    else throw new Problem(EXIT.usage, `there is no option ${arg}\n${USAGE}`);
  }
  return { words, options };
}

const COMMANDS = {
  label: { run: labelCommand, least: 1 },
  list: { run: listCommand, least: 1 },
  verify: { run: verifyCommand, least: 1 },
  extract: { run: extractCommand, least: 3 },
  salvage: { run: salvageCommand, least: 3 },
};

function main(args) {
  const { words, options } = parseArguments(args);
  const [name, ...rest] = words;
  if (options.help || name === 'help') {
    writeFully(1, Buffer.from(`${USAGE}\n`));
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : null;
  if (command === null || rest.length < command.least) throw new Problem(EXIT.usage, USAGE);
  return command.run(rest, new Report(options.json), options);
}

/** The whole program: prints what it has to say and returns the exit status. */
export function run(args) {
  try {
    return main(args);
  } catch (error) {
    const status = error instanceof Problem ? error.status : error.code !== undefined ? EXIT.system : EXIT.internal;
    say(status === EXIT.internal ? error.stack : error.message);
    return status;
  }
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = run(process.argv.slice(2));
