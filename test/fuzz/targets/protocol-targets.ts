import { crc32c } from '../../../src/base/crc32c.js';
import type { ErrorCode } from '../../../src/base/error-codes.js';
import { SeededRandom } from '../../../src/base/random.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import { FrameAssembler } from '../../../src/protocol/frame-assembler.js';
import {
  encodeFrameHeader,
  encodeHeartbeat,
  encodeNumberFrame,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from '../../../src/protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageBody, type MessageType } from '../../../src/protocol/messages.js';
import { FrameReceiver, type DataLane } from '../../../src/server/frame-receiver.js';
import type { RingSlot } from '../../../src/transfer/save-stream.js';
import { BLOCK_BYTES, dataFrame, PAYLOAD_LIMIT } from '../../support/door-fixture.js';
import { patternedBytes } from '../../support/patterned-bytes.js';
import { streamIdOf } from '../../support/records.js';
import { acceptedBy, must, mustEqual, oneOf, seedsOf, type FuzzTarget } from '../fuzz-target.js';

const REFUSALS: readonly ErrorCode[] = [
  'PROTOCOL_GARBAGE',
  'PROTOCOL_VERSION',
  'PROTOCOL_CHECKSUM',
  'PROTOCOL_FRAME_TOO_LONG',
  'PROTOCOL_BODY',
];

const descriptor = {
  streamId: streamIdOf(1),
  client: 'web01',
  name: 'home',
  pool: 'default',
  level: 'incremental',
  basedOn: streamIdOf(2),
  timeMs: 1,
  retentionEndMs: 2,
  attributes: { 'file-system': '/home', note: 'größe' },
} as const;

const BODIES: { readonly [Type in MessageType]: MessageBody<Type> } = {
  HELLO: { protocol: 1, client: 'web01', token: 'abc', software: 'test 1' },
  WELCOME: { protocol: 1, node: 'n', software: 's', blockSize: 1 << 20, heartbeatMs: 10_000, maxStreams: 8 },
  SAVE: {
    name: 'home',
    pool: 'default',
    level: 'full',
    basedOn: null,
    timeMs: 3,
    retentionDays: 0.5,
    attributes: { a: 'b' },
  },
  SAVING: { streamId: streamIdOf(1) },
  END: { length: 2 ** 40, crc32c: 0xffff_ffff },
  SAVED: { streamId: streamIdOf(1), length: 1, crc32c: 2, volumes: ['TPL001L9'] },
  RESTORE: { streamId: streamIdOf(1), offset: 0, length: null, partial: false },
  RESTORING: { streamId: streamIdOf(1), length: 9, complete: true, descriptor, volumes: [] },
  RESTORED: { length: 9, crc32c: 1 },
  ABORT: { reason: 'enough' },
  ERROR: { code: 'X', message: 'm', disposition: 'retry', durableOffset: 0, streamId: null },
  WAITING: { reason: 'mount', message: 'm' },
};
const TYPES = Object.keys(BODIES) as readonly MessageType[];

/** A header as it would stand before this payload. */
function headerOf(type: MessageType, payload: Uint8Array): FrameHeader {
  return { type, last: false, offset: 0, payloadBytes: payload.length, frameNumber: 0, payloadCrc: crc32c(payload) };
}

const messages: FuzzTarget = {
  name: 'messages',
  seeds: seedsOf(TYPES.map((type) => [Buffer.from(JSON.stringify(BODIES[type]))])),
  share: 1,
  check(input) {
    const { choice: type, rest: payload } = oneOf(TYPES, input);
    const body = acceptedBy(REFUSALS, () => decodeMessage(type, headerOf(type, payload), payload));
    if (body === null) return;
    const frame = acceptedBy(REFUSALS, () => encodeMessage(type, body));
    if (frame === null) return;
    const again = frame.subarray(FRAME_HEADER_BYTES);
    mustEqual(decodeMessage(type, headerOf(type, again), again), body, 'a body that was taken is taken again');
  },
};

const CONVERSATION: readonly Uint8Array[] = [
  ...TYPES.map((type) => encodeMessage(type, BODIES[type])),
  encodeHeartbeat(),
  encodeNumberFrame('CREDIT', 5),
  encodeNumberFrame('DURABLE', 2 ** 52),
  dataFrame(0, 0, patternedBytes(1, 300)),
  dataFrame(1, 300, patternedBytes(2, 1)),
];

/** The CRCs of the headers of all frames, as far as they can be followed. */
function mendFrames(input: Buffer): Buffer {
  for (let at = 0; at + FRAME_HEADER_BYTES <= input.length;) {
    input.writeUInt32LE(crc32c(input.subarray(at, at + FRAME_HEADER_BYTES - 4)), at + FRAME_HEADER_BYTES - 4);
    at += FRAME_HEADER_BYTES + input.readUInt32LE(at + 80);
  }
  return input;
}

interface Told {
  readonly frames: readonly Buffer[];
  /** The code of the refusal that ended it. */
  readonly code: string;
}

/** A frame as its bytes, whoever cut it out. */
function imageOf(header: FrameHeader, payload: Uint8Array): Buffer {
  const image = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  encodeFrameHeader(image, header);
  image.set(payload, FRAME_HEADER_BYTES);
  return image;
}

function tell(input: Buffer, feed: (chunk: Uint8Array) => void, frames: readonly Buffer[]): Told {
  const random = new SeededRandom(crc32c(input));
  try {
    for (let at = 0; at < input.length;) {
      const count = 1 + random.below(1 << random.below(12));
      feed(input.subarray(at, at + count));
      at += count;
    }
  } catch (error) {
    if (!isStorageError(error, ...REFUSALS, 'PROTOCOL_OUT_OF_ORDER')) throw error;
    return { frames, code: error.code };
  }
  return { frames, code: '' };
}

/** The client's side. */
function assemble(input: Buffer): Told {
  const frames: Buffer[] = [];
  const assembler = new FrameAssembler((header, payload) => frames.push(imageOf(header, payload)));
  assembler.blockSizeBytes = BLOCK_BYTES;
  return tell(
    input,
    (chunk) => {
      assembler.feed(chunk);
    },
    frames,
  );
}

/** The server's side, with a slot for every frame. */
class Lane implements DataLane {
  static readonly #pool: RingSlot[] = [];
  static #made = 0;
  readonly frames: Buffer[] = [];
  readonly lent = new Set<RingSlot>();

  accept(): void {
    // Order is the conversation's business.
  }
  takeSlot(): RingSlot {
    const slot = Lane.#pool.pop() ?? {
      index: Lane.#made++,
      bytes: new Uint8Array(new SharedArrayBuffer(BLOCK_BYTES)),
    };
    this.lent.add(slot);
    return slot;
  }
  submit(slot: RingSlot, header: FrameHeader): void {
    const end = FRAME_HEADER_BYTES + header.payloadBytes;
    this.frames.push(imageOf(header, slot.bytes.subarray(FRAME_HEADER_BYTES, end)));
    this.returnSlot(slot);
  }
  returnSlot(slot: RingSlot): void {
    must(this.lent.delete(slot), 'a slot comes back once');
    Lane.#pool.push(slot);
  }
}

function receive(input: Buffer): Told {
  const lane = new Lane();
  const receiver = new FrameReceiver({
    blockSizeBytes: BLOCK_BYTES,
    onControl: (header, payload) => lane.frames.push(imageOf(header, payload)),
  });
  receiver.openLane(lane);
  const told = tell(
    input,
    (chunk) => {
      receiver.feed(chunk);
    },
    lane.frames,
  );
  receiver.discard();
  receiver.unlend();
  must(lane.lent.size === 0, 'every slot comes back');
  return told;
}

const frames: FuzzTarget = {
  name: 'frames',
  seeds: [...CONVERSATION, Buffer.concat(CONVERSATION), dataFrame(7, 9, patternedBytes(3, PAYLOAD_LIMIT))],
  mend: mendFrames,
  share: 1,
  check(input) {
    const assembled = assemble(input);
    const whole = Buffer.concat(assembled.frames);
    must(whole.equals(input.subarray(0, whole.length)), 'frames are what came, whole and in order');
    mustEqual(receive(input), assembled, 'both sides cut the same frames and refuse the same');
  },
};

export const PROTOCOL_TARGETS: readonly FuzzTarget[] = [frames, messages];
