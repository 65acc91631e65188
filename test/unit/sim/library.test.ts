import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createFilePort } from '../../../src/device/linux-files.js';
import { openLibrary, makeLibrary, type Library } from '../../../sim/library/library.js';
import { libraryPersonality } from '../../../sim/library/library-personality.js';
import { StateLock } from '../../../sim/library/state-lock.js';
import { RackError } from '../../../sim/rack.js';
import { VirtualBlockingClock } from '../../support/st-drive-fixture.js';
import { MemoryFiles } from '../../support/memory-files.js';
import { LibraryBench, RACK } from './library-bench.js';

/** Where a cartridge is, in words that count: exactly one. */
function placesOf(library: Library, cartridge: string): readonly number[] {
  return [...library.view().contents].filter(([, one]) => one.cartridge === cartridge).map(([address]) => address);
}

describe('The state of a simulated library', () => {
  it('is that of the rack, for whoever opens it', () => {
    const bench = new LibraryBench({ personality: 'autoloader' });
    bench.stock('TPL001L9', 3);
    const other = openLibrary(bench.files, RACK);
    expect(other?.personality.name).to.equal('autoloader');
    expect(other?.placeOf('TPL001L9')).to.equal(bench.slot(3));
    expect(openLibrary(new MemoryFiles(), RACK), 'a rack without a library').to.equal(null);
  });

  it('counts slots as people do, import/export slots behind the others', () => {
    const { shape } = new LibraryBench().library;
    const named = [0, 1, 24, 25, 28, 29, 1.5].map((number) => shape.slotNumbered(number)?.address ?? null);
    expect(named).to.deep.equal([null, 4096, 4119, 16, 19, null, null]);
    expect(shape.elements.map((element) => shape.numberOf(element)).filter((number) => number !== null)).to.deep.equal(
      Array.from({ length: 28 }, (_, index) => index + 1),
    );
  });

  it('has each cartridge in exactly one place at every moment of a move, whichever write is the last', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    bench.library.pick(bench.slot(2), bench.drive(1));
    bench.library.place(bench.drive(1));
    const journeys: readonly (readonly [string, number, number])[] = [
      ['TPL001L9', bench.slot(1), bench.drive(0)],
      ['TPL001L9', bench.drive(0), bench.slot(9)],
      ['TPL001L9', bench.slot(9), bench.slot(25)],
      ['TPL001L9', bench.slot(25), bench.drive(0)],
    ];
    for (const [cartridge, from, to] of journeys) {
      const before = bench.files.changes.length;
      bench.library.pick(from, to);
      bench.library.place(to);
      for (let cut = before; cut <= bench.files.changes.length; cut++) {
        const library = openLibrary(MemoryFiles.withChanges(bench.files.changes.slice(0, cut)), RACK);
        if (library === null) throw new Error('the library is gone');
        const [place, ...more] = placesOf(library, cartridge);
        expect(more, `${String(cut - before)} writes`).to.deep.equal([]);
        expect([from, bench.hand, to], `${String(cut - before)} writes`).to.include(place);
        expect(placesOf(library, 'TPL002L9')).to.deep.equal([bench.drive(1)]);
      }
    }
  });

  it('has a robot that ends what it began when the host that asked for it was killed', () => {
    for (const to of ['slot', 'drive'] as const) {
      const bench = new LibraryBench();
      bench.stock('TPL001L9', 1);
      const goal = to === 'slot' ? bench.slot(7) : bench.drive(1);
      bench.library.pick(bench.slot(1), goal);
      bench.restart(true);
      expect(bench.places).to.deep.equal([`TPL001L9@${String(goal)}`]);
    }
  });

  it('leaves in the hand what has nowhere to go', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    bench.library.pick(bench.slot(1), bench.slot(2));
    bench.restart(true);
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.hand)}`, `TPL002L9@${String(bench.slot(2))}`]);
    expect(bench.library.view().goal).to.equal(null);
  });
});

describe('The front of a simulated library', () => {
  it('refuses what no hand can do, and does nothing of it', () => {
    const bench = new LibraryBench();
    const { front, library } = bench;
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 25);
    bench.rack.create('TPL003L9');
    const element = (address: number) => {
      const found = library.shape.at(address);
      if (found === null) throw new Error('no such element');
      return found;
    };
    const before = library.view();
    const nonsense: readonly (() => unknown)[] = [
      () => {
        front.close();
      },
      () => {
        front.unjam();
      },
      () => {
        front.put('TPL777L9', element(bench.slot(26)));
      },
      () => {
        front.put('TPL001L9', element(bench.slot(26)));
      },
      () => {
        front.put('TPL003L9', element(bench.slot(25)));
      },
      () => {
        front.put('TPL003L9', element(bench.hand));
      },
      () => front.take(element(bench.slot(5))),
    ];
    for (const act of nonsense) expect(act).to.throw(RackError);
    expect(library.view()).to.deep.equal(before);
    front.open();
    expect(() => {
      front.open();
    }).to.throw(RackError);
  });

  it('is locked as long as the host that locked it lives', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tapeloom-sim-'));
    const files = createFilePort();
    const personality = libraryPersonality('library');
    if (personality === null) throw new Error('no library');
    const library = makeLibrary(files, directory, personality);
    library.setPrevented(true);
    expect(library.view().isPrevented).to.equal(true);
    const places = { version: 9, places: [], goal: null, preventedBy: { pid: process.pid, started: '1' } };
    writeFileSync(join(directory, 'library/places.json'), JSON.stringify(places));
    expect(library.view().isPrevented, 'the number was given to another process since').to.equal(false);
    rmSync(directory, { recursive: true });
  });

  it('gives back what the robot holds, and what an idle drive holds, not what a drive has loaded', () => {
    const bench = new LibraryBench();
    const { front, library } = bench;
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    library.pick(bench.slot(1), bench.drive(0));
    library.place(bench.drive(0));
    library.pick(bench.slot(2), bench.slot(3));
    const drive = library.shape.at(bench.drive(0));
    const hand = library.shape.at(bench.hand);
    if (drive === null || hand === null) throw new Error('no such element');
    const fd = bench.openDrive(0);
    expect(bench.awaitDrive(fd)).to.equal(null);
    expect(() => front.take(drive)).to.throw(RackError);
    expect(front.take(hand)).to.equal('TPL002L9');
    expect(bench.unloadDrive(fd)).to.equal(null);
    expect(front.take(drive)).to.equal('TPL001L9');
    expect(bench.places).to.deep.equal([]);
    expect(bench.rack.list().map(({ barcode }) => barcode)).to.deep.equal(['TPL001L9', 'TPL002L9']);
  });
});

describe('The lock of a library', () => {
  const PATH = '/lock';
  const PID = 42;

  it('is taken over when its holder is dead, and waited for while it lives', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tapeloom-sim-'));
    const files = createFilePort();
    const path = join(directory, 'lock');
    const clock = new VirtualBlockingClock();
    const lock = new StateLock(files, path, process.pid, clock);
    writeFileSync(path, JSON.stringify({ pid: 4_194_305, started: '1' }));
    expect(lock.run(() => 'done')).to.equal('done');
    expect(files.exists(path), 'given back').to.equal(false);
    const nested = (): string => lock.run(() => lock.run(() => 'never'));
    expect(nested, 'this process holds it and does not end').to.throw('stays locked');
    expect(lock.run(() => 'again')).to.equal('again');
    rmSync(directory, { recursive: true });
  });

  it('does not outlive a kill between making it and writing its name into it', () => {
    const files = new MemoryFiles();
    const clock = new VirtualBlockingClock();
    files.open(PATH, 'create').close();
    expect(new StateLock(files, PATH, PID, clock).run(() => clock.monotonicMs())).to.be.greaterThan(900);
  });

  it('is given back when what is done under it fails', () => {
    const files = new MemoryFiles();
    const lock = new StateLock(files, PATH, PID, new VirtualBlockingClock());
    const fail = (): never =>
      lock.run(() => {
        throw new Error('as planned');
      });
    expect(fail).to.throw('as planned');
    expect(lock.run(() => 1)).to.equal(1);
  });
});
