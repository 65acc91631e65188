import { expect } from 'chai';
import fc from 'fast-check';
import { ByteRangeError, ByteReader, ByteWriter } from '../../../src/base/byte-cursor.js';
import { combineCrc32c, crc32c } from '../../../src/base/crc32c.js';
import { SeededRandom } from '../../../src/base/random.js';
import { SerialQueue } from '../../../src/base/serial-queue.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32c', () => {
  it('gives the check value of the polynomial and the vectors of RFC 3720 B.4', () => {
    expect(crc32c(bytesOf('123456789'))).to.equal(0xe3069283);
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).to.equal(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).to.equal(0x46dd794e);
    expect(crc32c(new Uint8Array())).to.equal(0);
  });

  it('continues from the CRC of the bytes before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        expect(crc32c(b, crc32c(a))).to.equal(crc32c(Uint8Array.of(...a, ...b)));
      }),
    );
  });

  it('combines the CRCs of two parts into that of the whole without their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
        expect(combineCrc32c(crc32c(a), crc32c(b), b.length)).to.equal(crc32c(Uint8Array.of(...a, ...b)));
      }),
    );
  });

  it('combines over lengths no buffer has: associativity with terabytes of zeros', () => {
    // crc(A + Z + Z) the two ways round, where Z are 2^41 bytes whose own CRC is any value.
    const length = 2 ** 41;
    const left = combineCrc32c(combineCrc32c(0x12345678, 0x9abcdef0, length), 0x9abcdef0, length);
    const right = combineCrc32c(0x12345678, combineCrc32c(0x9abcdef0, 0x9abcdef0, length), 2 * length);
    expect(left).to.equal(right);
  });
});

describe('byte cursors', () => {
  for (const order of ['big-endian', 'little-endian'] as const) {
    it(`read back what was written, ${order}`, () => {
      const numbers = fc.record({
        u8: fc.integer({ min: 0, max: 0xff }),
        u16: fc.integer({ min: 0, max: 0xffff }),
        u24: fc.integer({ min: 0, max: 0xff_ffff }),
        u32: fc.integer({ min: 0, max: 0xffff_ffff }),
        i32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
        u64: fc.maxSafeNat(),
        i64: fc.maxSafeInteger(),
      });
      fc.assert(
        fc.property(numbers, (n) => {
          const bytes = new Uint8Array(30);
          new ByteWriter(bytes, order).u8(n.u8).u16(n.u16).u24(n.u24).u32(n.u32).i32(n.i32).u64(n.u64).i64(n.i64);
          const reader = new ByteReader(bytes, order);
          const back = {
            u8: reader.u8(),
            u16: reader.u16(),
            u24: reader.u24(),
            u32: reader.u32(),
            i32: reader.i32(),
            u64: reader.u64(),
            i64: reader.i64(),
          };
          expect(back).to.deep.equal(n);
          expect(reader.remaining).to.equal(0);
        }),
      );
    });
  }

  it('have the byte order of their standard', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect(new ByteReader(bytes, 'big-endian').u32()).to.equal(0x01020304);
    expect(new ByteReader(bytes, 'little-endian').u32()).to.equal(0x04030201);
    expect(new ByteReader(bytes, 'big-endian').u24()).to.equal(0x010203);
  });

  it('never reach outside their bytes', () => {
    const reader = new ByteReader(new Uint8Array(3), 'big-endian');
    expect(() => reader.u32()).to.throw(ByteRangeError);
    expect(() => reader.take(4)).to.throw(ByteRangeError);
    expect(() => reader.seek(4)).to.throw(ByteRangeError);
    expect(() => reader.skip(-1)).to.throw(ByteRangeError);
    expect(reader.offset).to.equal(0);
  });

  it('refuse values that do not fit', () => {
    const writer = new ByteWriter(new Uint8Array(16), 'big-endian');
    expect(() => writer.u8(256)).to.throw(ByteRangeError);
    expect(() => writer.u16(-1)).to.throw(ByteRangeError);
    expect(() => writer.u32(1.5)).to.throw(ByteRangeError);
    expect(() => writer.u64(2 ** 53)).to.throw(ByteRangeError);
    expect(() => writer.ascii('toolong', 3)).to.throw(ByteRangeError);
    expect(() => writer.ascii('é', 3)).to.throw(ByteRangeError);
  });

  it('refuse a 64-bit number that JavaScript cannot hold', () => {
    expect(() => new ByteReader(new Uint8Array(8).fill(0xff), 'big-endian').u64()).to.throw(ByteRangeError);
  });

  it('read text without its padding', () => {
    expect(new ByteReader(bytesOf('AB  \0\0'), 'big-endian').ascii(6)).to.equal('AB');
  });
});

describe('SeededRandom', () => {
  it('repeats itself for a seed and differs between seeds', () => {
    const draw = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20 }, () => random.nextU32());
    };
    expect(draw(7)).to.deep.equal(draw(7));
    expect(draw(7)).to.not.deep.equal(draw(8));
  });

  it('reaches every value below a limit and none above', () => {
    const random = new SeededRandom(1);
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)));
    expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('SerialQueue', () => {
  it('runs tasks one after another, whatever became of the one before', async () => {
    const queue = new SerialQueue();
    const order: string[] = [];
    const task = (name: string, fails: boolean) => async (): Promise<string> => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([queue.run(task('a', true)), queue.run(task('b', false))]);
    expect(order).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(results.map((result) => result.status)).to.deep.equal(['rejected', 'fulfilled']);
  });

  it('does not begin the task of who waited no longer, and goes on with the next', async () => {
    const queue = new SerialQueue();
    const begun: string[] = [];
    let finish = (): void => undefined;
    const first = queue.run(async () => {
      begun.push('first');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const enough = new AbortController();
    const reason = new Error('enough');
    const second = queue.run(async () => begun.push('second'), enough.signal).catch((error: unknown) => error);
    const third = queue.run(async () => begun.push('third'), new AbortController().signal);
    enough.abort(reason);
    expect(await second).to.equal(reason);
    expect(begun).to.deep.equal(['first']);
    finish();
    await Promise.all([first, third]);
    expect(begun).to.deep.equal(['first', 'third']);
    const late = await queue.run(async () => begun.push('late'), enough.signal).catch((error: unknown) => error);
    expect(late).to.equal(reason);
    expect(begun).to.not.include('late');
  });

  it('does not leave a task that has begun when the signal aborts', async () => {
    const queue = new SerialQueue();
    const enough = new AbortController();
    const result = queue.run(async () => {
      enough.abort();
      await Promise.resolve();
      return 'done';
    }, enough.signal);
    expect(await result).to.equal('done');
  });
});
