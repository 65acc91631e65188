import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssertionError } from '../../../src/base/assert.js';
import { FileError, type FilePortModule } from '../../../src/device/file-port.js';
import { createFilePort } from '../../../src/device/linux-files.js';

({ createFilePort }) satisfies FilePortModule;

describe('real files', () => {
  const files = createFilePort();
  let directory = '';
  const path = (name: string): string => join(directory, name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tapeloom-files-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function expectErrno(errno: string, call: () => unknown): void {
    expect(call).to.throw(FileError).with.property('errno', errno);
  }

  it('give back at any offset what was written there', () => {
    const file = files.open(path('volume'), 'create');
    file.writeAt(Buffer.from('world'), 6);
    file.writeAt(Buffer.from('hello '), 0);
    const into = new Uint8Array(11);
    expect(file.readAt(into, 0)).to.equal(11);
    expect(Buffer.from(into).toString()).to.equal('hello world');
    file.sync();
    file.close();
    expect(readFileSync(path('volume'), 'utf8')).to.equal('hello world');
  });

  it('read fewer bytes than asked only at the end', () => {
    writeFileSync(path('volume'), 'abc');
    const file = files.open(path('volume'), 'read');
    const into = new Uint8Array(8).fill(0xee);
    expect(file.readAt(into, 1)).to.equal(2);
    expect([...into.subarray(0, 3)]).to.deep.equal([0x62, 0x63, 0xee]);
    expect(file.readAt(into, 3)).to.equal(0);
    expect(file.readAt(into, 1000)).to.equal(0);
    file.close();
  });

  it('move bytes of shared memory', () => {
    const memory = new Uint8Array(new SharedArrayBuffer(32));
    memory.set([1, 2, 3], 4);
    const file = files.open(path('volume'), 'create');
    file.writeAt(memory.subarray(4, 7), 10);
    expect(file.readAt(memory.subarray(20, 23), 10)).to.equal(3);
    expect([...memory.subarray(20, 24)]).to.deep.equal([1, 2, 3, 0]);
    file.close();
  });

  it('reach beyond 4 GiB', () => {
    const file = files.open(path('volume'), 'create');
    const far = 5 * 2 ** 32 + 17;
    file.writeAt(Uint8Array.of(42), far);
    expect(file.size()).to.equal(far + 1);
    const into = new Uint8Array(1);
    file.readAt(into, far);
    expect(into[0]).to.equal(42);
    file.close();
  });

  it('are cut and lengthened with zeros by truncate', () => {
    const file = files.open(path('volume'), 'create');
    file.writeAt(Buffer.from('abcdef'), 0);
    file.truncate(2);
    file.truncate(4);
    expect(file.size()).to.equal(4);
    expect(readFileSync(path('volume'), 'latin1')).to.equal('ab\0\0');
    file.close();
  });

  it('are created once: a second creation is EEXIST and leaves the first as it was', () => {
    const file = files.open(path('volume'), 'create');
    file.writeAt(Buffer.from('precious'), 0);
    file.close();
    expectErrno('EEXIST', () => files.open(path('volume'), 'create'));
    expect(readFileSync(path('volume'), 'utf8')).to.equal('precious');
  });

  it('are not readable for everybody', () => {
    files.open(path('volume'), 'create').close();
    files.makeDirectory(path('directory'));
    expect(statSync(path('volume')).mode & 0o007).to.equal(0);
    expect(statSync(path('directory')).mode & 0o007).to.equal(0);
  });

  it('are not made by opening: ENOENT', () => {
    expectErrno('ENOENT', () => files.open(path('nothing'), 'read'));
    expectErrno('ENOENT', () => files.open(path('nothing'), 'read-write'));
    expect(files.exists(path('nothing'))).to.equal(false);
  });

  it('opened for reading cannot be written: EBADF', () => {
    writeFileSync(path('volume'), 'abc');
    const file = files.open(path('volume'), 'read');
    expectErrno('EBADF', () => {
      file.writeAt(Uint8Array.of(1), 0);
    });
    file.close();
  });

  it('tell ENOSPC with the path and the call when the disk is full', () => {
    const file = files.open('/dev/full', 'read-write');
    expect(() => {
      file.writeAt(new Uint8Array(4096), 0);
    })
      .to.throw(FileError, /write \/dev\/full: ENOSPC/)
      .with.property('errno', 'ENOSPC');
    file.close();
  });

  it('close once more without harm to the file that has got the descriptor since', () => {
    const first = files.open(path('first'), 'create');
    first.close();
    const second = files.open(path('second'), 'create');
    first.close();
    second.writeAt(Uint8Array.of(1), 0);
    second.close();
    expect(statSync(path('second')).size).to.equal(1);
  });

  it('are not used after close', () => {
    const file = files.open(path('volume'), 'create');
    file.close();
    expect(() => file.size()).to.throw(AssertionError);
    expect(() => {
      file.writeAt(Uint8Array.of(1), 0);
    }).to.throw(AssertionError);
  });

  it('are listed in the same order everywhere', () => {
    for (const name of ['b', 'a', 'B', 'a10', 'a2']) writeFileSync(path(name), '');
    expect(files.list(directory)).to.deep.equal(['B', 'a', 'a10', 'a2', 'b']);
    expectErrno('ENOENT', () => files.list(path('nothing')));
    expectErrno('ENOTDIR', () => files.list(path('a')));
  });

  it('are renamed, removed, and their directory synced', () => {
    writeFileSync(path('old'), 'x');
    files.rename(path('old'), path('new'));
    expect(files.exists(path('old'))).to.equal(false);
    expect(files.exists(path('new'))).to.equal(true);
    files.remove(path('new'));
    files.syncDirectory(directory);
    expect(files.list(directory)).to.deep.equal([]);
    expectErrno('ENOENT', () => {
      files.remove(path('new'));
    });
    expectErrno('ENOENT', () => {
      files.rename(path('old'), path('new'));
    });
    expectErrno('ENOENT', () => {
      files.syncDirectory(path('nothing'));
    });
  });

  it('and directories are made one level at a time', () => {
    expectErrno('ENOENT', () => {
      files.makeDirectory(path('a/b'));
    });
    files.makeDirectory(path('a'));
    expectErrno('EEXIST', () => {
      files.makeDirectory(path('a'));
    });
    expectErrno('EISDIR', () => files.open(path('a'), 'read-write'));
    expectErrno('ENOTDIR', () => {
      writeFileSync(path('file'), '');
      files.syncDirectory(path('file'));
    });
  });

  it('exist or not, and a path that cannot be looked at is neither', () => {
    writeFileSync(path('file'), '');
    expect(files.exists(path('file/below'))).to.equal(false);
    symlinkSync('loop', path('loop'));
    expectErrno('ELOOP', () => files.exists(path('loop')));
  });
});
