import { expect } from 'chai';
import { crc32c } from '../../../src/base/crc32c.js';
import { isStorageError } from '../../../src/base/storage-error.js';
import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  FRAME_TYPE_NAMES,
} from '../../../src/protocol/frame.js';
import { decodeMessage, encodeMessage, type MessageBody, type MessageType } from '../../../src/protocol/messages.js';
import { streamIdOf } from '../../support/records.js';

const SAVE: MessageBody<'SAVE'> = {
  name: 'db/main',
  pool: 'default',
  level: 'incremental',
  basedOn: streamIdOf(3),
  timeMs: 1_700_000_000_000,
  retentionDays: 30,
  attributes: { host: 'web01', ünïcode: '✓' },
};

function decode<Type extends MessageType>(type: Type, body: unknown): MessageBody<Type> {
  return decodeBytes(type, Buffer.from(JSON.stringify(body)));
}

function decodeBytes<Type extends MessageType>(type: Type, payload: Uint8Array): MessageBody<Type> {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  encodeFrameHeader(bytes, {
    type,
    last: false,
    offset: 0,
    payloadBytes: payload.length,
    frameNumber: 0,
    payloadCrc: crc32c(payload),
  });
  return decodeMessage(type, decodeFrameHeader(bytes, 0), payload);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isStorageError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('messages', () => {
  it('come back as they were sent, through shared memory too', () => {
    const frame = encodeMessage('SAVE', SAVE);
    const shared = new Uint8Array(new SharedArrayBuffer(frame.length));
    shared.set(frame);
    const header = decodeFrameHeader(shared.subarray(0, FRAME_HEADER_BYTES), 0);
    expect(header.type).to.equal('SAVE');
    expect(decodeMessage('SAVE', header, shared.subarray(FRAME_HEADER_BYTES))).to.deep.equal(SAVE);
  });

  it('fail their checksum when a byte of the body changed', () => {
    const frame = encodeMessage('SAVE', SAVE);
    const header = decodeFrameHeader(frame.subarray(0, FRAME_HEADER_BYTES), 0);
    frame[FRAME_HEADER_BYTES + 9] = 0x41;
    expect(codeOf(() => decodeMessage('SAVE', header, frame.subarray(FRAME_HEADER_BYTES)))).to.equal(
      'PROTOCOL_CHECKSUM',
    );
  });

  it('of a client are refused with PROTOCOL_BODY when anything is not as stated', () => {
    const without = (key: keyof typeof SAVE): unknown => ({ ...SAVE, [key]: undefined });
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${String(i)}`, '']));
    const bulky = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${String(i)}`, '\u0001'.repeat(100)]));
    const wrong: readonly [string, unknown][] = [
      ['not an object', 'SAVE'],
      ['null', null],
      ['an array', [SAVE]],
      ['an unknown key', { ...SAVE, colour: 'red' }],
      ['no name', without('name')],
      ['no pool', without('pool')],
      ['no attributes', without('attributes')],
      ['an empty name', { ...SAVE, name: '' }],
      ['a name of 256 characters', { ...SAVE, name: 'x'.repeat(256) }],
      ['a name with an escape character', { ...SAVE, name: 'a\u001b[31m' }],
      ['a name with a line end', { ...SAVE, name: 'a\nb' }],
      ['another level', { ...SAVE, level: 'differential' }],
      ['no stream id', { ...SAVE, basedOn: 'yesterday' }],
      ['a time that is text', { ...SAVE, timeMs: '2024-01-01' }],
      ['a time before 1970', { ...SAVE, timeMs: -1 }],
      ['a broken time', { ...SAVE, timeMs: 1.5 }],
      ['a negative retention', { ...SAVE, retentionDays: -1 }],
      ['a retention of millennia', { ...SAVE, retentionDays: 1e9 }],
      ['attributes that are no text', { ...SAVE, attributes: { a: 1 } }],
      ['65 attributes', { ...SAVE, attributes: many }],
      ['attributes of more than 32 KiB', { ...SAVE, attributes: bulky }],
      ['an attribute of 513 characters', { ...SAVE, attributes: { a: 'x'.repeat(513) } }],
    ];
    for (const [what, body] of wrong)
      expect(
        codeOf(() => decode('SAVE', body)),
        what,
      ).to.equal('PROTOCOL_BODY');
    expect(codeOf(() => decode('END', { length: 2 ** 53, crc32c: 0 }))).to.equal('PROTOCOL_BODY');
    expect(codeOf(() => decode('END', { length: 0, crc32c: 2 ** 32 }))).to.equal('PROTOCOL_BODY');
    expect(codeOf(() => decode('RESTORE', { streamId: 'x', offset: 0, length: null, partial: false }))).to.equal(
      'PROTOCOL_BODY',
    );
    expect(
      codeOf(() => decode('RESTORE', { streamId: streamIdOf(1), offset: -1, length: null, partial: false })),
    ).to.equal('PROTOCOL_BODY');
    expect(codeOf(() => decode('HELLO', { protocol: 1, client: 'a', token: '', software: '' }))).to.equal(
      'PROTOCOL_BODY',
    );
  });

  it('that are not JSON in UTF-8 are refused with PROTOCOL_BODY', () => {
    for (const payload of [
      Buffer.from('{'),
      Buffer.from('{"a":1}}'),
      Buffer.of(0x22, 0xff, 0x22),
      Buffer.from('\ufeff{}'),
    ])
      expect(codeOf(() => decodeBytes('ABORT', payload))).to.equal('PROTOCOL_BODY');
  });

  it('name the version when it is the version that differs, whatever else does', () => {
    expect(codeOf(() => decode('HELLO', { protocol: 2, passport: true }))).to.equal('PROTOCOL_VERSION');
    expect(codeOf(() => decode('WELCOME', { protocol: 3 }))).to.equal('PROTOCOL_VERSION');
  });

  it('of a server may hold keys a client does not know yet', () => {
    const saved = { streamId: streamIdOf(1), length: 5, crc32c: 7, volumes: ['v'] };
    expect(decode('SAVED', { ...saved, encryption: 'none' })).to.deep.equal(saved);
  });

  it('too long for a frame are not sent', () => {
    const message = 'x'.repeat(65_536);
    expect(codeOf(() => encodeMessage('WAITING', { reason: 'mount', message }))).to.equal('PROTOCOL_FRAME_TOO_LONG');
  });

  it('leave room for the whole descriptor in the answer to RESTORE, whatever SAVE accepted', () => {
    const attributes: Record<string, string> = {};
    for (let i = 0; i < 64; i++) {
      attributes[`${String(i)}${'k'.repeat(60)}`] = '✓'.repeat(140);
      if (Buffer.byteLength(JSON.stringify(attributes)) > 32_000) break;
    }
    const save = decode('SAVE', { ...SAVE, name: '✓'.repeat(255), pool: '✓'.repeat(255), attributes });
    const descriptor = { ...save, streamId: streamIdOf(1), client: '✓'.repeat(255), retentionEndMs: 1 };
    const volumes = Array.from({ length: 500 }, (_unused, i) => streamIdOf(i) as string);
    const frame = encodeMessage('RESTORING', {
      streamId: streamIdOf(1),
      length: 1,
      complete: true,
      descriptor,
      volumes,
    });
    expect(frame.length).to.be.at.most(FRAME_HEADER_BYTES + 65_536);
  });

  it('have names for all frame types of the document', () => {
    expect(FRAME_TYPE_NAMES).to.have.length(17);
  });
});
