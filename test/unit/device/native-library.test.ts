import { expect } from 'chai';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c as portableCrc32c } from '../../../src/base/crc32c.js';
import { StorageError } from '../../../src/base/storage-error.js';
import { findNativeLibrary, loadNativeLibrary, openNativeLibrary } from '../../../src/device/native-library.js';

const { crc32c } = loadNativeLibrary();

describe('the native CRC32C', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);

  // RFC 3720 appendix B.4 lists the CRCs as bytes on the wire, least significant first.
  for (const [what, bytes, expected] of [
    ['32 bytes of zeros', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['32 ascending bytes', ascending, 0x46dd_794e],
    ['32 descending bytes', ascending.slice().reverse(), 0x113f_db5c],
    [
      'an iSCSI read command',
      Buffer.from(
        '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000',
        'hex',
      ),
      0xd996_3a56,
    ],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe306_9283],
    ['nothing', new Uint8Array(0), 0],
  ] as const)
    it(`of ${what} is what RFC 3720 says`, () => {
      expect(crc32c(bytes)).to.equal(expected);
    });

  it('equals the portable one for any bytes, alignment, length and seed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 60_000, size: 'max' }),
        fc.nat(15),
        fc.nat(0xffff_ffff),
        (bytes, offset, seed) => {
          const part = bytes.subarray(Math.min(offset, bytes.length));
          expect(crc32c(part, seed)).to.equal(portableCrc32c(part, seed));
        },
      ),
    );
  });

  it('equals the portable one around the lengths where its loops change over', () => {
    const bytes = new Uint8Array(3 * 8192 + 3 * 256 + 64).map((_, i) => Math.imul(i, 0x9e37_79b1) >>> 24);
    for (const edge of [8, 16, 3 * 256, 3 * 8192, 3 * 8192 + 3 * 256])
      for (let length = edge - 9; length <= edge + 9; length++)
        for (const offset of [0, 1, 7]) {
          const part = bytes.subarray(offset, offset + Math.max(0, length));
          expect(crc32c(part, 0x1234_5678)).to.equal(portableCrc32c(part, 0x1234_5678));
        }
  });

  it('of a whole equals that of its parts, one after the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (bytes, cut) => {
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).to.equal(crc32c(bytes));
      }),
    );
  });

  it('reads shared memory in place', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(1 << 20), 24, 1_000_000);
    for (let i = 0; i < shared.length; i++) shared[i] = Math.imul(i, 0x85eb_ca6b) >>> 24;
    const before = crc32c(shared);
    expect(before).to.equal(portableCrc32c(shared));
    shared[999_999] = (shared[999_999] ?? 0) ^ 1;
    expect(crc32c(shared)).to.not.equal(before);
  });

  it('follows the definition by instruction and by table alike', () => {
    // The program compares both ways with the bitwise definition and fails at the first difference.
    expect(execFileSync('native/build/crc32c-check', { encoding: 'utf8' })).to.match(/^(instruction|table)\n$/);
  });
});

describe('loading the native library', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-native-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  /** Compiles a library with the functions of ours, from a C text. */
  function compile(text: string): string {
    const path = join(directory, 'library.so');
    writeFileSync(join(directory, 'library.c'), text);
    execFileSync('cc', ['-shared', '-fPIC', '-o', path, join(directory, 'library.c')]);
    return path;
  }

  const OTHERS = 'int tl_notify(const char *p, const char *m) { return 0; } int tl_sg_io() { return 0; }';

  it('finds it in the package that holds the caller, however deep, and not in a package further up', () => {
    const inner = join(directory, 'package');
    mkdirSync(join(inner, 'dist/src/device'), { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{}');
    expect(findNativeLibrary(join(inner, 'dist/src/device'))).to.equal(join(directory, 'native/build/libtapeloom.so'));
    writeFileSync(join(inner, 'package.json'), '{}');
    expect(findNativeLibrary(join(inner, 'dist/src/device'))).to.equal(join(inner, 'native/build/libtapeloom.so'));
  });

  it('says what to do when the library is missing', () => {
    expect(() => openNativeLibrary(join(directory, 'libtapeloom.so')))
      .to.throw(StorageError, /npm run build:native/)
      .with.property('code', 'DEVICE_NATIVE_MISSING');
  });

  it('refuses a file that is not a library', () => {
    writeFileSync(join(directory, 'libtapeloom.so'), 'not a library');
    expect(() => openNativeLibrary(join(directory, 'libtapeloom.so')))
      .to.throw(StorageError)
      .with.property('code', 'DEVICE_NATIVE_MISSING');
  });

  it('refuses a library without our functions', () => {
    expect(() => openNativeLibrary(compile('int something_else() { return 1; }')))
      .to.throw(StorageError)
      .with.property('code', 'DEVICE_NATIVE_MISSING');
  });

  it('refuses a library of another version', () => {
    const path = compile(`int tl_abi_version() { return 99; } unsigned tl_crc32c() { return 0xe3069283u; } ${OTHERS}`);
    expect(() => openNativeLibrary(path)).to.throw(StorageError, /version 99/);
  });

  it('refuses a library whose CRC is wrong', () => {
    const path = compile(`int tl_abi_version() { return 1; } unsigned tl_crc32c() { return 0xdeadbeefu; } ${OTHERS}`);
    expect(() => openNativeLibrary(path)).to.throw(StorageError, /0xdeadbeef/);
  });
});
