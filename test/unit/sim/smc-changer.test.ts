import { expect } from 'chai';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { ERRNO } from '../../../src/device/errno.js';
import { encodeExchangeMediumCdb } from '../../../src/scsi/exchange-medium.js';
import {
  encodeInitializeElementRangeCdb,
  encodeInitializeElementStatusCdb,
} from '../../../src/scsi/initialize-element-status.js';
import { decodeStandardInquiry, encodeInquiryCdb } from '../../../src/scsi/inquiry.js';
import { encodeLogSenseCdb } from '../../../src/scsi/log-sense.js';
import { encodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { encodePositionToElementCdb } from '../../../src/scsi/position-to-element.js';
import { encodePreventAllowCdb } from '../../../src/scsi/prevent-allow.js';
import { encodeRequestSenseCdb } from '../../../src/scsi/request-sense.js';
import { decodeSense } from '../../../src/scsi/sense.js';
import { decodeTapeAlertLogPage } from '../../../src/scsi/tape-alert-log-page.js';
import { decodeUnitSerialNumber } from '../../../src/scsi/vpd-page.js';
import { RackError } from '../../../sim/rack.js';
import type { SimClock } from '../../../sim/sim-clock.js';
import { LibraryBench, CHANGER } from './library-bench.js';
import { senseText } from './sim-bench.js';

const NO_ELEMENT = '05/21/01';
const SOURCE_EMPTY = '05/3b/0e';
const DESTINATION_FULL = '05/3b/0d';
const INVALID_FIELD = '05/24/00';
const DOOR_OPEN = '02/04/18';
const BECOMING_READY = '02/04/01';
const MECHANICAL = '04/15/01';

describe('The simulated changer', () => {
  it('is there for as many as like, and only where there is a library', () => {
    const bench = new LibraryBench();
    expect(bench.port.open(CHANGER, OPEN_FLAGS.readWrite)).to.be.greaterThan(bench.fd);
    expect(bench.port.open('/dev/sg9', OPEN_FLAGS.readWrite)).to.equal(-ERRNO.ENOENT);
    expect(bench.port.read(bench.fd, new Uint8Array(1))).to.equal(-ERRNO.EINVAL);
    expect(bench.port.close(bench.fd)).to.equal(0);
    expect(bench.port.close(bench.fd)).to.equal(-ERRNO.EBADF);
  });

  it('says who it is', () => {
    const bench = new LibraryBench();
    const standard = bench.command(encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), 96);
    expect(decodeStandardInquiry(standard.data)).to.include({
      deviceType: 8,
      vendor: 'TPLOOM',
      product: 'LIBRARY 2x24',
    });
    const serial = bench.command(encodeInquiryCdb({ vpdPage: 0x80, allocationLength: 96 }), 96);
    expect(decodeUnitSerialNumber(serial.data)).to.equal('SIMLIB0000');
    expect(bench.command(encodeInquiryCdb({ vpdPage: 0xb0, allocationLength: 96 }), 96).sense).to.equal(INVALID_FIELD);
  });

  it('refuses commands it does not know, and drive commands', () => {
    const bench = new LibraryBench();
    for (const opcode of [0x08, 0x0a, 0x1b, 0xff])
      expect(bench.command(Uint8Array.of(opcode, 0, 0, 0, 0, 0)).sense).to.equal('05/20/00');
  });

  it('moves a cartridge from anywhere to anywhere, and knows from which slot it came', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 5);
    const way = [bench.drive(1), bench.slot(27), bench.slot(1), bench.hand, bench.drive(0), bench.slot(5)];
    let at = bench.slot(5);
    for (const next of way) {
      expect(bench.move(at, next)).to.equal(null);
      expect(bench.places).to.deep.equal([`TPL001L9@${String(next)}`]);
      at = next;
    }
    expect(bench.element(at).sourceAddress, 'through hand and drive').to.equal(bench.slot(1));
    expect(bench.move(at, at), 'a move to where it is').to.equal(null);
  });

  it('moves nothing when something is wrong with the move', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    const before = bench.places;
    const refused: readonly (readonly [string, string | null])[] = [
      [SOURCE_EMPTY, bench.move(bench.slot(3), bench.slot(4))],
      [SOURCE_EMPTY, bench.move(bench.drive(0), bench.slot(4))],
      [SOURCE_EMPTY, bench.move(bench.slot(3), bench.slot(1))],
      [DESTINATION_FULL, bench.move(bench.slot(1), bench.slot(2))],
      [NO_ELEMENT, bench.move(bench.slot(1), 5000)],
      [NO_ELEMENT, bench.move(5000, bench.slot(1))],
      [NO_ELEMENT, bench.move(bench.slot(1), bench.slot(4), bench.slot(1))],
    ];
    for (const [expected, sense] of refused) expect(sense).to.equal(expected);
    const invert = encodeMoveMediumCdb({
      transport: 0,
      source: bench.slot(1),
      destination: bench.slot(4),
      invert: true,
    });
    expect(bench.command(invert).sense, 'tapes have one side').to.equal(INVALID_FIELD);
    expect(bench.places).to.deep.equal(before);
  });

  it('does not take a second cartridge into its one hand', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    expect(bench.move(bench.slot(1), bench.hand)).to.equal(null);
    expect(bench.move(bench.slot(2), bench.slot(3))).to.equal('05/3b/a0');
    expect(bench.move(bench.hand, bench.slot(1))).to.equal(null);
    expect(bench.move(bench.slot(2), bench.slot(3))).to.equal(null);
  });

  it('takes no cartridge from a drive that has it loaded, until the drive has ejected it', () => {
    for (const [personality, sense] of [
      ['library', '05/53/03'],
      ['needs-unload', '05/3b/90'],
      ['auto-unload', '04/53/01'],
    ] as const) {
      const bench = new LibraryBench({ personality });
      bench.stock('TPL001L9', 1);
      expect(bench.move(bench.slot(1), bench.drive(0))).to.equal(null);
      expect(bench.element(bench.drive(0)).isAccessible, 'in the mouth').to.equal(true);
      const fd = bench.openDrive(0);
      expect(bench.awaitDrive(fd)).to.equal(null);
      expect(bench.element(bench.drive(0)).isAccessible).to.equal(personality === 'auto-unload');
      expect(bench.move(bench.drive(0), bench.slot(1)), personality).to.equal(sense);
      expect(bench.unloadDrive(fd)).to.equal(null);
      expect(bench.element(bench.drive(0)).isAccessible).to.equal(true);
      expect(bench.move(bench.drive(0), bench.slot(1))).to.equal(null);
    }
  });

  it('has an idle drive unload by itself where it can', () => {
    const bench = new LibraryBench({ personality: 'auto-unload' });
    bench.stock('TPL001L9', 1);
    bench.move(bench.slot(1), bench.drive(0));
    const fd = bench.openDrive(0);
    bench.awaitDrive(fd);
    bench.port.close(fd);
    expect(bench.move(bench.drive(0), bench.slot(1))).to.equal(null);
    expect(bench.awaitDrive(bench.openDrive(0)), 'the drive is empty').to.equal('02/3a/00');
  });

  it('exchanges by way of a third element, and swaps nothing with one hand', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.stock('TPL002L9', 2);
    const exchange = (source: number, firstDestination: number, secondDestination: number): string | null =>
      bench.command(
        encodeExchangeMediumCdb({
          transport: 0,
          source,
          firstDestination,
          secondDestination,
          invertFirst: false,
          invertSecond: false,
        }),
      ).sense;
    expect(exchange(bench.slot(1), bench.slot(2), bench.slot(1))).to.equal(DESTINATION_FULL);
    expect(exchange(bench.slot(3), bench.slot(2), bench.slot(4))).to.equal(SOURCE_EMPTY);
    expect(exchange(bench.slot(1), 9, bench.slot(4))).to.equal(NO_ELEMENT);
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.slot(1))}`, `TPL002L9@${String(bench.slot(2))}`]);
    expect(exchange(bench.slot(1), bench.slot(2), bench.slot(4))).to.equal(null);
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.slot(2))}`, `TPL002L9@${String(bench.slot(4))}`]);
  });

  it('tells after power on that it had none, becomes ready, and says so', () => {
    const bench = new LibraryBench({ powerOn: true });
    const senses: (string | null)[] = [];
    while (senses.at(-1) !== null) senses.push(bench.ready());
    expect(senses[0]).to.equal('06/29/00');
    expect(senses[1]).to.equal(BECOMING_READY);
    expect(senses.at(-2)).to.equal('06/28/00');
    // 20 s to start and 1.5 s for each of 31 elements.
    expect(bench.clock.seconds()).to.be.within(66, 72);
  });

  it('is ready at once where nothing takes time', () => {
    const bench = new LibraryBench({ powerOn: true, clock: 'off' });
    expect([bench.ready(), bench.ready(), bench.ready()]).to.deep.equal(['06/29/00', '06/28/00', null]);
  });

  it('needs minutes to become ready where that is its way', () => {
    const bench = new LibraryBench({ powerOn: true, personality: 'slow-ready' });
    while (bench.ready() !== null);
    expect(bench.clock.seconds()).to.be.greaterThan(240);
  });

  it('tells attention to REQUEST SENSE as well, and lets INQUIRY through', () => {
    const bench = new LibraryBench({ powerOn: true });
    expect(bench.command(encodeInquiryCdb({ vpdPage: null, allocationLength: 96 }), 96).sense).to.equal(null);
    const ask = (): string | null => {
      const { data } = bench.command(encodeRequestSenseCdb({ format: 'fixed', allocationLength: 32 }), 32);
      return senseText(decodeSense(data));
    };
    expect([ask(), ask()]).to.deep.equal(['06/29/00', BECOMING_READY]);
  });

  it('does nothing while its door is open, and takes its inventory when it is closed', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.front.open();
    expect(bench.ready()).to.equal(DOOR_OPEN);
    expect(bench.readStatus().sense).to.equal(DOOR_OPEN);
    expect(bench.command(encodeInitializeElementStatusCdb()).sense).to.equal(DOOR_OPEN);
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(DOOR_OPEN);
    bench.rack.create('TPL002L9');
    const [slot] = bench.library.shape.of('slot').slice(8);
    if (slot === undefined) throw new Error('no slot');
    bench.front.put('TPL002L9', slot);
    bench.front.close();
    const senses = new Set<string | null>();
    while (!senses.has(null)) senses.add(bench.ready());
    expect([...senses]).to.deep.equal([BECOMING_READY, '06/28/00', null]);
    expect(bench.element(slot.address).primaryTag?.identifier).to.equal('TPL002L9');
  });

  it('takes its inventory when a door is closed that was open at power on', () => {
    const bench = new LibraryBench();
    bench.front.open();
    bench.restart(true);
    expect([bench.ready(), bench.ready()]).to.deep.equal(['06/29/00', DOOR_OPEN]);
    while (bench.clock.seconds() < 100) bench.clock.spend(10);
    expect(bench.ready(), 'an open door keeps it from looking').to.equal(DOOR_OPEN);
    bench.front.close();
    expect(bench.ready()).to.equal(BECOMING_READY);
  });

  it('notices a door that was opened and closed between two commands', () => {
    const bench = new LibraryBench();
    bench.front.open();
    bench.front.close();
    expect(bench.ready()).to.equal(BECOMING_READY);
  });

  it('tells that somebody used the import/export slots', () => {
    const bench = new LibraryBench();
    bench.rack.create('TPL001L9');
    bench.front.put('TPL001L9', bench.front.firstEmptyMailslot());
    expect(bench.ready()).to.equal('06/28/01');
    while (bench.ready() !== null);
    const element = bench.element(bench.slot(25));
    expect(element).to.include({ isFull: true, placedByOperator: true, exportEnabled: true, importEnabled: true });
    expect(bench.move(bench.slot(25), bench.slot(3))).to.equal(null);
    expect(bench.move(bench.slot(3), bench.slot(25))).to.equal(null);
    expect(bench.element(bench.slot(25)).placedByOperator, 'the robot put it there').to.equal(false);
  });

  it('locks door and import/export slots for a host', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 25);
    const [mailslot] = bench.library.shape.of('mailslot');
    if (mailslot === undefined) throw new Error('no import/export slot');
    const prevent = (isPrevented: boolean): void => {
      expect(bench.command(encodePreventAllowCdb({ prevent: isPrevented })).sense).to.equal(null);
    };
    prevent(true);
    expect(() => {
      bench.front.open();
    }).to.throw(RackError);
    expect(() => bench.front.take(mailslot)).to.throw(RackError);
    expect(bench.ready(), 'nobody got in').to.equal(null);
    prevent(false);
    expect(bench.front.take(mailslot)).to.equal('TPL001L9');
    while (bench.ready() !== null);
    prevent(true);
    bench.restart(true);
    bench.front.open();
    expect(bench.library.view().panel.doorOpen, 'power on unlocks').to.equal(true);
  });

  it('cannot move while it is jammed, but still tells what is where; freed, it takes its inventory', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.front.jam();
    expect(bench.ready()).to.equal('02/04/03');
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(MECHANICAL);
    expect(bench.command(encodeInitializeElementStatusCdb()).sense).to.equal(MECHANICAL);
    expect(bench.element(bench.slot(1)).isFull).to.equal(true);
    bench.front.unjam();
    expect(bench.ready()).to.equal(BECOMING_READY);
    while (bench.ready() !== null);
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(null);
  });

  it('raises TapeAlert for a jam, an open door and a cartridge in its hand', () => {
    const bench = new LibraryBench();
    const alerts = (): readonly number[] => {
      const cdb = encodeLogSenseCdb({
        save: false,
        pageControl: 1,
        pageCode: 0x2e,
        subpageCode: 0,
        parameterPointer: 0,
        allocationLength: 0xffff,
      });
      return decodeTapeAlertLogPage(bench.command(cdb, 0xffff).data);
    };
    expect(alerts()).to.deep.equal([]);
    bench.stock('TPL001L9', 1);
    bench.move(bench.slot(1), bench.hand);
    bench.front.jam();
    bench.front.open();
    expect(alerts()).to.deep.equal([0x01, 0x0c, 0x10]);
  });

  it('needs time to look at its elements, and only for those it is to look at', () => {
    const bench = new LibraryBench();
    const spent = (cdb: Uint8Array): number => {
      const before = bench.clock.seconds();
      expect(bench.command(cdb).sense).to.equal(null);
      return bench.clock.seconds() - before;
    };
    expect(spent(encodeInitializeElementStatusCdb())).to.equal(31 * 1.5);
    const range = { first: bench.slot(25), count: 4 };
    expect(spent(encodeInitializeElementRangeCdb({ fast: false, range }))).to.equal(4 * 1.5);
    expect(spent(encodeInitializeElementRangeCdb({ fast: true, range }))).to.equal(0);
    const nowhere = { first: 9999, count: 1 };
    expect(bench.command(encodeInitializeElementRangeCdb({ fast: false, range: nowhere })).sense).to.equal(NO_ELEMENT);
  });

  it('needs time to move, more the further it goes', () => {
    const bench = new LibraryBench();
    const spent = (act: () => string | null): number => {
      const before = bench.clock.seconds();
      expect(act()).to.equal(null);
      return bench.clock.seconds() - before;
    };
    bench.stock('TPL001L9', 1);
    const near = spent(() => bench.move(bench.slot(1), bench.slot(2)));
    const far = spent(() => bench.move(bench.slot(2), bench.drive(1)));
    expect(near).to.be.within(8, 20);
    expect(far).to.be.greaterThan(near);
    const position = encodePositionToElementCdb({ transport: 0, destination: bench.slot(1), invert: false });
    expect(spent(() => bench.command(position).sense)).to.be.greaterThan(2);
  });
});

describe('A move that goes wrong', () => {
  it('leaves the cartridge where it was, or in the hand, as the plan says', () => {
    for (const [what, at] of [
      ['fails-before-pick', 'source'],
      ['fails-after-pick', 'hand'],
    ] as const) {
      const bench = new LibraryBench({ faults: [{ kind: 'move', what, nth: 2 }] });
      bench.stock('TPL001L9', 1);
      expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(null);
      expect(bench.move(bench.slot(2), bench.drive(0))).to.equal(MECHANICAL);
      const place = at === 'hand' ? bench.hand : bench.slot(2);
      expect(bench.places).to.deep.equal([`TPL001L9@${String(place)}`]);
      expect(bench.element(place)).to.include({ isFull: true });
      bench.restart(true);
      expect(bench.places, 'the robot does not know where it was to go').to.deep.equal([`TPL001L9@${String(place)}`]);
      while (bench.ready() !== null);
      expect(bench.move(place, bench.slot(3)), 'and takes it away when it is told to').to.equal(null);
    }
  });

  it('stops when somebody opens the door, with the cartridge in the hand', () => {
    const bench = new LibraryBench({ faults: [{ kind: 'move', what: 'opens-door', nth: 1 }] });
    bench.stock('TPL001L9', 1);
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(DOOR_OPEN);
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.hand)}`]);
    expect(bench.ready()).to.equal(DOOR_OPEN);
    bench.front.close();
    while (bench.ready() !== null);
    expect(bench.move(bench.hand, bench.slot(2))).to.equal(null);
  });

  it('stops for a door that was opened and closed again on its way, before or behind the pick', () => {
    for (const [look, place] of [
      [3, 'source'],
      [11, 'hand'],
    ] as const) {
      let seconds = 0;
      let looks = 0;
      const clock: SimClock = {
        mode: 'wall',
        seconds: () => seconds,
        spend: (more) => {
          seconds += more;
          if (++looks !== look) return;
          bench.front.open();
          bench.front.close();
        },
      };
      const bench = new LibraryBench({ clock });
      bench.stock('TPL001L9', 1);
      expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(DOOR_OPEN);
      const address = place === 'source' ? bench.slot(1) : bench.hand;
      expect(bench.places).to.deep.equal([`TPL001L9@${String(address)}`]);
      expect(bench.ready(), 'then it takes its inventory').to.equal(BECOMING_READY);
    }
  });

  it('is spoilt once by the operator', () => {
    const bench = new LibraryBench();
    bench.stock('TPL001L9', 1);
    bench.library.changePanel(() => ({ nextMove: 'fails-before-pick' }));
    expect(bench.move(bench.slot(5), bench.slot(2)), 'no move at all').to.equal(SOURCE_EMPTY);
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(MECHANICAL);
    expect(bench.move(bench.slot(1), bench.slot(2))).to.equal(null);
  });
});

describe('A changer with faults', () => {
  it('fails system calls, commands and answers as planned, by their count', () => {
    const bench = new LibraryBench({
      faults: [
        { kind: 'errno', call: 'sg-io', errno: 'EIO', nth: 2 },
        { kind: 'sense', command: 'move', sense: { key: 0xb, asc: 0x08, ascq: 0x00 }, nth: 1 },
        { kind: 'sense', command: 'move', sense: { key: 0xb, asc: 0x08, ascq: 0x01 }, nth: 2, performed: true },
        { kind: 'transport', command: 'status', hostStatus: 7, nth: 1 },
      ],
    });
    bench.stock('TPL001L9', 1);
    expect(bench.move(bench.slot(1), bench.slot(2)), 'not performed').to.equal('0b/08/00');
    expect(() => bench.ready()).to.throw(String(-ERRNO.EIO));
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.slot(1))}`]);
    expect(bench.move(bench.slot(1), bench.slot(2)), 'performed').to.equal('0b/08/01');
    expect(bench.places).to.deep.equal([`TPL001L9@${String(bench.slot(2))}`]);
    expect(bench.readStatus()).to.include({ hostStatus: 7, sense: null });
    expect(bench.readStatus()).to.include({ hostStatus: 0, sense: null });
  });

  it('answers nonsense, the same for the same seed', () => {
    const answers = [1, 2].map(() => {
      const bench = new LibraryBench({ faults: [{ kind: 'nonsense', command: 'status', nth: 1, times: 3 }] });
      return [1, 2, 3].map(() => Buffer.from(bench.readStatus().data).toString('hex'));
    });
    expect(answers[0]).to.deep.equal(answers[1]);
    expect(new Set(answers[0]).size).to.equal(3);
  });
});
