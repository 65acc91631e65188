import { expect } from 'chai';
import { isStorageError } from '../../../src/base/storage-error.js';
import type { Changer, ChangerElement } from '../../../src/changer/changer.js';
import { CHANGER_LIMITS } from '../../../src/changer/changer-limits.js';
import { ERRNO } from '../../../src/device/errno.js';
import { HOST_STATUS } from '../../../src/device/sg-io.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';
import { OPCODES } from '../../../src/scsi/cdb.js';
import { DEVICE_TYPES } from '../../../src/scsi/inquiry.js';
import { decodeMoveMediumCdb } from '../../../src/scsi/move-medium.js';
import { decodeReadElementStatusCdb, ELEMENT_TYPES } from '../../../src/scsi/read-element-status.js';
import { codeOf } from '../../support/rejection-code.js';
import { FAKE_ADDRESSES, type FakeAnswer } from '../../support/fake-changer.js';
import { barcodeOf } from '../../support/records.js';
import { makeScsiChanger } from '../../support/scsi-changer-fixture.js';

const A = barcodeOf(1);
const B = barcodeOf(2);
const signal = new AbortController().signal;
const { storage, drive, importExport, transport } = FAKE_ADDRESSES;

/** Answers the first `times` commands of that operation code. */
function first(times: number, opcode: number, answer: FakeAnswer): (opcode: number) => FakeAnswer | null {
  let left = times;
  return (asked) => (asked === opcode && left-- > 0 ? answer : null);
}

async function errorOf(action: Promise<unknown>): Promise<{ code: string; message: string; context: object }> {
  try {
    await action;
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  return expect.fail('it succeeded');
}

async function elementsOf(changer: Changer, kind: ChangerElement['kind']): Promise<readonly ChangerElement[]> {
  return (await changer.elements()).filter((element) => element.kind === kind);
}

describe('the device of a SCSI changer', () => {
  it('that cannot be opened is told by what hinders, and opened by the next call when that is gone', async () => {
    const { device, changer } = makeScsiChanger();
    for (const [errno, code] of [
      [ERRNO.ENOENT, 'DEVICE_OPEN_FAILED'],
      [ERRNO.ENXIO, 'DEVICE_OPEN_FAILED'],
      [ERRNO.EACCES, 'DEVICE_PERMISSION'],
      [ERRNO.EPERM, 'DEVICE_PERMISSION'],
      [ERRNO.EBUSY, 'DEVICE_BUSY'],
    ] as const) {
      device.openErrno = errno;
      expect(await codeOf(changer.open()), String(errno)).to.equal(code);
      expect(await codeOf(changer.load(A, 'tape0', signal)), String(errno)).to.equal(code);
    }
    device.openErrno = 0;
    await changer.load(A, 'tape0', signal);
    expect(device.whereIs(A)).to.equal(drive);
  });

  it('is opened for writing, without waiting, and not inherited', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    expect(device.openFlags).to.deep.equal([OPEN_FLAGS.readWrite | OPEN_FLAGS.nonBlocking | OPEN_FLAGS.closeOnExec]);
  });

  it('that is a tape drive is refused before anything is sent to it that could move', async () => {
    const { device, changer } = makeScsiChanger({ quirks: { deviceType: DEVICE_TYPES.sequentialAccess } });
    const error = await errorOf(changer.open());
    expect(error.code).to.equal('DEVICE_OPEN_FAILED');
    expect(error.message).to.match(/not a medium changer/);
    expect(device.log).to.deep.equal(['12']);
  });

  it('tells who it is', async () => {
    const { changer } = makeScsiChanger();
    expect(changer.identity).to.equal(null);
    await changer.open();
    expect(changer.identity).to.deep.equal({ vendor: 'TEST', product: 'CHANGER', revision: '1.0', serial: 'LIB0001' });
  });

  it('says which capability is missing when commands are not let through', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode) => (opcode === OPCODES.readElementStatus ? { errno: ERRNO.EPERM } : null);
    const error = await errorOf(changer.open());
    expect(error.code).to.equal('DEVICE_PERMISSION');
    expect(error.message).to.match(/CAP_SYS_RAWIO/);
  });

  it('that was unplugged is opened anew, and asked who it is, when it is back', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    device.hook = first(1, OPCODES.readElementStatus, { errno: ERRNO.ENODEV });
    expect(await codeOf(changer.elements())).to.equal('DEVICE_IO');
    expect(device.isOpen).to.equal(false);
    device.log.length = 0;
    await changer.load(A, 'tape0', signal);
    expect(device.log[0]).to.equal('12');
    expect(device.whereIs(A)).to.equal(drive);
  });

  it('that another host has reserved is busy', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode) => (opcode === OPCODES.moveMedium ? { status: 0x18 } : null);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('DEVICE_BUSY');
    expect(device.whereIs(A)).to.equal(storage);
  });

  it('is not used any more once the changer is closed', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    await changer.close();
    expect(device.isOpen).to.equal(false);
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_NOT_READY');
    await changer.open();
    await changer.load(A, 'tape0', signal);
    expect(device.whereIs(A)).to.equal(drive);
  });
});

describe('the elements of a SCSI changer', () => {
  it('are numbered as mtx does: drives from 0, slots from 1, import/export slots after them', async () => {
    const { changer } = makeScsiChanger({ slots: 3, importExports: 2 });
    const named = (await changer.elements()).map(({ kind, number, address }) => [kind, number, address]);
    expect(named).to.deep.equal([
      ['transport', 0, transport],
      ['drive', 0, drive],
      ['drive', 1, drive + 1],
      ['slot', 1, storage],
      ['slot', 2, storage + 1],
      ['slot', 3, storage + 2],
      ['import-export', 4, importExport],
      ['import-export', 5, importExport + 1],
    ]);
  });

  it('are asked one type at a time, at most 1000 and 64 KiB at once, on from the last one that came whole', async () => {
    const { device, changer } = makeScsiChanger({ slots: 2500, quirks: { ignoresTopLengthByte: true } });
    const queries: { type: number; first: number; count: number; bytes: number; tags: boolean; ids: boolean }[] = [];
    device.hook = (opcode, cdb) => {
      if (opcode !== OPCODES.readElementStatus) return null;
      const command = decodeReadElementStatusCdb(cdb);
      queries.push({
        type: command.elementType,
        first: command.firstAddress,
        count: command.count,
        bytes: command.allocationLength,
        tags: command.withVolumeTags,
        ids: command.withDeviceIds,
      });
      return null;
    };
    expect(await elementsOf(changer, 'slot')).to.have.length(2500);
    expect(queries.map(({ type }) => type)).to.deep.equal([1, 4, 2, 2, 2, 3, 4]);
    expect(Math.max(...queries.map(({ count }) => count))).to.equal(1000);
    expect(Math.max(...queries.map(({ bytes }) => bytes))).to.be.at.most(0xffff);
    // Tags first, identifiers in a query of their own.
    for (const { tags, ids } of queries) expect(tags).to.equal(!ids);
    expect(queries.filter(({ ids }) => ids)).to.have.length(1);
  });

  it('with descriptors so long that a query does not hold them all come whole nevertheless', async () => {
    const { device, changer } = makeScsiChanger({ slots: 1000, importExports: 0 });
    for (const element of device.elements) if (element.address >= storage) device.put(element.address, null);
    // 1000 descriptors of 84 bytes would be more than 64 KiB: the fake sends as many whole ones as fit.
    device.quirks = { ...device.quirks, descriptorPadding: 32 };
    const slots = await elementsOf(changer, 'slot');
    expect(slots).to.have.length(1000);
    expect(slots.every(({ isFull }) => isFull)).to.equal(true);
  });

  it('with a short last descriptor are all there (FACTS 5.5)', async () => {
    const { device, changer } = makeScsiChanger({ slots: 3, quirks: { shortLastDescriptor: true } });
    expect((await elementsOf(changer, 'slot')).map(({ barcode }) => barcode)).to.deep.equal([A, B, barcodeOf(3)]);
    expect(device.log).to.include('b8');
  });

  it('that are full without voltag are full (bareos PR 2634), and what cannot be read is no barcode', async () => {
    for (const blankTagsAreSpaces of [true, false]) {
      const { device, changer } = makeScsiChanger({ cartridges: 0, quirks: { blankTagsAreSpaces } });
      device.put(storage, null);
      device.put(storage + 1, 'NOREAD');
      const [unlabelled, misread, empty] = await elementsOf(changer, 'slot');
      expect(unlabelled).to.include({ isFull: true, barcode: null, tag: '' });
      expect(misread).to.include({ isFull: true, barcode: null, tag: 'NOREAD' });
      expect(empty).to.include({ isFull: false, barcode: null });
      const cartridges = await changer.cartridges();
      expect(cartridges.map(({ barcode, tag }) => [barcode, tag])).to.deep.equal([
        [null, ''],
        [null, 'NOREAD'],
      ]);
    }
  });

  it('of a changer without a label reader are told without tags', async () => {
    const { changer } = makeScsiChanger({ quirks: { withoutTags: true } });
    const slots = await elementsOf(changer, 'slot');
    expect(slots.map(({ isFull }) => isFull)).to.deep.equal([true, true, true, false, false, false]);
    expect(slots.map(({ barcode }) => barcode)).to.deep.equal([null, null, null, null, null, null]);
  });

  it('of a changer that refuses tags of one type only are told with those of the others', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode, cdb) => {
      if (opcode !== OPCODES.readElementStatus) return null;
      const { elementType, withVolumeTags } = decodeReadElementStatusCdb(cdb);
      return elementType === ELEMENT_TYPES.transport && withVolumeTags ? { sense: [0x5, 0x24, 0x00] } : null;
    };
    expect((await elementsOf(changer, 'slot'))[0]?.barcode).to.equal(A);
    expect((await elementsOf(changer, 'slot'))[0]?.barcode).to.equal(A);
  });

  it('tell the slot a cartridge came from, what is out of reach, and what is wrong in words', async () => {
    const { device, changer } = makeScsiChanger();
    device.put(drive, 'TPL009L9', storage + 3);
    device.at(storage + 4).isAccessible = false;
    device.at(storage + 5).exception = [0x83, 0x02];
    const [first] = await elementsOf(changer, 'drive');
    expect(first).to.include({ sourceSlot: 4, isFull: true, driveSerial: 'SER0000000', drive: 'tape0' });
    const slots = await elementsOf(changer, 'slot');
    expect(slots[4]?.isAccessible).to.equal(false);
    expect(slots[5]?.exception).to.equal('changer, vendor: slot missing (83h/02h)');
  });

  it('that cannot be, such as two at one address, are refused', async () => {
    const { device, changer } = makeScsiChanger();
    device.elements.push({ ...device.at(storage), cartridge: null });
    expect(await codeOf(changer.open())).to.equal('SCSI_MALFORMED_REPLY');
  });
});

describe('the drives of a SCSI changer', () => {
  it('are told by serial number, whatever its case and padding', async () => {
    const { changer } = makeScsiChanger({
      drives: [
        { name: 'right', serial: '  ser0000001 ', changerDrive: null },
        { name: 'left', serial: '00SER0000000', changerDrive: null },
      ],
    });
    expect((await elementsOf(changer, 'drive')).map((element) => element.drive)).to.deep.equal(['left', 'right']);
  });

  it('are told by the serial number alone as well (Quantum SuperLoader 3)', async () => {
    const { changer } = makeScsiChanger({ quirks: { serialNumberOnly: true } });
    expect((await elementsOf(changer, 'drive')).map((element) => element.drive)).to.deep.equal(['tape0', 'tape1']);
  });

  it('without identifiers are told by the configuration, and none is guessed', async () => {
    const { changer } = makeScsiChanger({
      quirks: { withoutDeviceIds: true },
      drives: [
        { name: 'tape0', serial: 'SER0000000', changerDrive: 1 },
        { name: 'tape1', serial: 'SER0000001', changerDrive: null },
      ],
    });
    expect((await elementsOf(changer, 'drive')).map((element) => element.drive)).to.deep.equal([null, 'tape0']);
    expect(await codeOf(changer.load(A, 'tape1', signal))).to.equal('DRIVE_UNKNOWN');
  });

  it('that nobody configured hold cartridges that are told with changer and number', async () => {
    const { device, changer } = makeScsiChanger({
      drives: [{ name: 'tape0', serial: 'SER0000000', changerDrive: null }],
    });
    device.put(drive + 1, 'TPL009L9');
    const found = (await changer.cartridges()).find(({ barcode }) => barcode === barcodeOf(9));
    expect(found).to.deep.include({ location: { kind: 'drive', drive: 'library/1' }, reachableBy: [] });
  });
});

describe('a move of a SCSI changer', () => {
  it('names the transport element, source and destination', async () => {
    const { device, changer } = makeScsiChanger();
    const moves: unknown[] = [];
    device.hook = (opcode, cdb) => {
      if (opcode === OPCODES.moveMedium) moves.push(decodeMoveMediumCdb(cdb));
      return null;
    };
    await changer.load(A, 'tape1', signal);
    expect(moves).to.deep.equal([{ transport, source: storage, destination: drive + 1, invert: false }]);
  });

  it('out of a drive that has not ejected is refused by the changer, and told as that', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.load(A, 'tape0', signal);
    device.at(drive).isLoaded = true;
    const error = await errorOf(changer.unload('tape0', signal));
    expect(error.code).to.equal('CHANGER_CARTRIDGE_LOADED');
    expect(error.message).to.match(/It was seen in drive tape0 \(number 0\)/);
    expect(device.whereIs(A)).to.equal(drive);
  });

  it('back goes to the slot it came from, and to the first empty one when that is taken or unknown', async () => {
    const { device, changer } = makeScsiChanger({ slots: 6, cartridges: 3 });
    await changer.load(B, 'tape0', signal);
    expect(await changer.unload('tape0', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 2 });
    await changer.load(B, 'tape0', signal);
    device.put(storage + 1, 'TPL008L9');
    expect(await changer.unload('tape0', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 4 });
    device.put(drive, 'TPL009L9');
    expect(await changer.unload('tape0', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 5 });
  });

  it('back does not take the home of a cartridge in another drive while there is another slot', async () => {
    const { device, changer } = makeScsiChanger({ slots: 4, cartridges: 3 });
    await changer.load(A, 'tape0', signal);
    device.put(drive + 1, 'TPL009L9');
    expect(await changer.unload('tape1', signal)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 4 });
  });

  it('back goes to the slot that was asked for, and to none that is full or that there is not', async () => {
    const { changer } = makeScsiChanger();
    await changer.load(A, 'tape0', signal);
    expect(await codeOf(changer.unload('tape0', signal, 2))).to.equal('CHANGER_OCCUPIED');
    expect(await codeOf(changer.unload('tape0', signal, 99))).to.equal('CHANGER_ELEMENT_UNKNOWN');
    expect(await changer.unload('tape0', signal, 6)).to.deep.equal({ kind: 'slot', changer: 'library', slot: 6 });
  });

  it('back has nowhere to go in a full changer', async () => {
    const { device, changer } = makeScsiChanger({ slots: 3, importExports: 0, cartridges: 3 });
    await changer.load(A, 'tape0', signal);
    device.put(storage, 'TPL009L9');
    expect(await codeOf(changer.unload('tape0', signal))).to.equal('CHANGER_NO_FREE_SLOT');
  });

  it('of a barcode that two cartridges have is refused, naming both places; others are moved', async () => {
    const { device, changer } = makeScsiChanger();
    device.put(storage + 5, A);
    const error = await errorOf(changer.load(A, 'tape0', signal));
    expect(error.code).to.equal('CHANGER_DUPLICATE_BARCODE');
    expect(error.message).to.match(/one in slot 1, one in slot 6/);
    expect(await codeOf(changer.eject(A, signal))).to.equal('CHANGER_DUPLICATE_BARCODE');
    await changer.load(B, 'tape0', signal);
    await changer.transfer({ kind: 'slot', number: 6 }, { kind: 'import-export', number: 7 }, signal);
    expect(device.at(importExport).cartridge?.tag).to.equal(A);
  });

  it('into the operator’s reach goes to an import/export slot, of which none may be free', async () => {
    const { device, changer } = makeScsiChanger({ importExports: 1 });
    expect(await changer.eject(A, signal)).to.deep.equal({ kind: 'import-export', changer: 'library', slot: 7 });
    expect(await changer.eject(A, signal)).to.deep.equal({ kind: 'import-export', changer: 'library', slot: 7 });
    expect(await codeOf(changer.eject(B, signal))).to.equal('CHANGER_NO_FREE_SLOT');
    device.at(importExport).cartridge = null;
    device.at(importExport).isAccessible = false;
    expect(await codeOf(changer.eject(B, signal))).to.equal('CHANGER_NO_FREE_SLOT');
    await changer.load(B, 'tape0', signal);
    expect(await codeOf(changer.eject(B, signal))).to.equal('CHANGER_CARTRIDGE_LOADED');
  });

  it('into the operator’s reach works with a changer that does not say what may leave by an import/export slot', async () => {
    const { device, changer } = makeScsiChanger({ quirks: { withoutExportFlags: true } });
    await changer.eject(A, signal);
    expect(device.whereIs(A)).to.equal(importExport);
  });

  it('of a cartridge that hangs in the robot’s hand ends where it should have been', async () => {
    const { device, changer } = makeScsiChanger();
    device.put(transport, 'TPL009L9');
    expect((await changer.cartridges())[0]?.location).to.deep.equal({ kind: 'transport', changer: 'library' });
    await changer.load(barcodeOf(9), 'tape0', signal);
    expect(device.whereIs('TPL009L9')).to.equal(drive);
  });
});

describe('a move that fails', () => {
  it('says where the cartridge was seen', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode) => {
      if (opcode !== OPCODES.moveMedium) return null;
      device.at(transport).cartridge = device.at(storage).cartridge;
      device.at(storage).cartridge = null;
      return { sense: [0x4, 0x15, 0x01] };
    };
    const error = await errorOf(changer.load(A, 'tape0', signal));
    expect(error.code).to.equal('CHANGER_HARDWARE');
    expect(error.message).to.match(/from slot 1 to drive tape0 \(number 0\) failed.*It was seen in the robot's hand/);
    expect(error.context).to.include({ seen: "the robot's hand", barcode: A });
  });

  it('of a cartridge without a label says where it must be', async () => {
    const { device, changer } = makeScsiChanger({ cartridges: 0 });
    device.put(storage, null);
    device.hook = first(1, OPCODES.moveMedium, { sense: [0x4, 0x53, 0x00] });
    const move = changer.transfer({ kind: 'slot', number: 1 }, { kind: 'drive', number: 0 }, signal);
    expect((await errorOf(move)).message).to.match(/seen in slot 1/);
  });

  it('and after which the changer tells nothing says so', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    let broken = false;
    device.hook = (opcode) => {
      if (opcode === OPCODES.moveMedium) broken = true;
      return broken ? { sense: [0x4, 0x44, 0x00] } : null;
    };
    const error = await errorOf(changer.load(A, 'tape0', signal));
    expect(error.code).to.equal('CHANGER_HARDWARE');
    expect(error.message).to.match(/Where it is now the changer does not tell/);
  });

  it('only by its answer was made, if the changer says so', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = first(1, OPCODES.moveMedium, { hostStatus: HOST_STATUS.timedOut, carriedOut: true });
    await changer.load(A, 'tape0', signal);
    expect(device.whereIs(A)).to.equal(drive);
    device.hook = first(1, OPCODES.moveMedium, { hostStatus: HOST_STATUS.timedOut, carriedOut: false });
    const error = await errorOf(changer.unload('tape0', signal));
    expect(error.code).to.equal('SCSI_TRANSPORT');
    expect(error.message).to.match(/seen in drive tape0/);
  });

  it('for an open door asks for the door', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = first(1, OPCODES.moveMedium, { sense: [0x2, 0x04, 0x18] });
    expect(await codeOf(changer.load(A, 'tape0', signal))).to.equal('CHANGER_DOOR_OPEN');
  });
});

describe('a unit attention of a SCSI changer', () => {
  for (const [name, asc, ascq] of [
    ['an opened and closed door', 0x28, 0x00],
    ['an accessed import/export station', 0x28, 0x01],
    ['a reset', 0x29, 0x00],
    ['changed mode parameters', 0x2a, 0x01],
  ] as const)
    it(`of ${name} is answered by looking again, and the move is made`, async () => {
      const { device, changer } = makeScsiChanger();
      await changer.open();
      device.attentions.push([asc, ascq]);
      await changer.load(A, 'tape0', signal);
      expect(device.whereIs(A)).to.equal(drive);
    });

  it('at the move itself has the plan made anew: the cartridge may be gone, or elsewhere', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    let moves = 0;
    device.hook = (opcode) => {
      if (opcode !== OPCODES.moveMedium || moves++ > 0) return null;
      // While the door was open somebody has put it somewhere else.
      device.put(storage + 5, A);
      device.at(storage).cartridge = null;
      return { sense: [0x6, 0x28, 0x00] };
    };
    await changer.load(A, 'tape0', signal);
    expect(device.whereIs(A)).to.equal(drive);
    expect(device.at(drive).cartridge?.source).to.equal(storage + 5);

    moves = 0;
    device.hook = (opcode) => {
      if (opcode !== OPCODES.moveMedium || moves++ > 0) return null;
      device.at(storage + 1).cartridge = null;
      return { sense: [0x6, 0x28, 0x00] };
    };
    expect(await codeOf(changer.load(B, 'tape1', signal))).to.equal('CHANGER_NO_CARTRIDGE');
  });

  it('on every command is a broken changer', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode) => (opcode === OPCODES.inquiry ? null : { sense: [0x6, 0x29, 0x00] });
    expect(await codeOf(changer.open())).to.equal('CHANGER_NOT_READY');
  });

  it('of changed parameters has the addresses asked again', async () => {
    const { device, changer } = makeScsiChanger({ slots: 2, cartridges: 1 });
    await changer.open();
    const wider = makeScsiChanger({ slots: 4 }).device;
    device.elements.splice(0, device.elements.length, ...wider.elements);
    device.attentions.push([0x2a, 0x01]);
    expect(await elementsOf(changer, 'slot')).to.have.length(4);
  });
});

describe('a SCSI changer that is not ready', () => {
  it('is waited for while it becomes ready, and then the move is made', async () => {
    const { device, changer, clock } = makeScsiChanger();
    device.hook = first(3, OPCODES.moveMedium, { sense: [0x2, 0x04, 0x01] });
    const loading = changer.load(A, 'tape0', signal);
    for (let n = 0; n < 3; n++) {
      await clock.untilAsleep(CHANGER_LIMITS.becomingReadyPollMs);
      await clock.advance(CHANGER_LIMITS.becomingReadyPollMs);
    }
    await loading;
    expect(device.whereIs(A)).to.equal(drive);
  });

  it('is given up after five minutes', async () => {
    const { device, changer, clock } = makeScsiChanger();
    device.hook = (opcode) => (opcode === OPCODES.modeSense6 ? { sense: [0x2, 0x04, 0x01] } : null);
    const opening = codeOf(changer.open());
    await clock.untilAsleep(CHANGER_LIMITS.becomingReadyPollMs);
    await clock.advance(CHANGER_LIMITS.becomingReadyMs - 1);
    expect(clock.asleep).to.equal(1);
    await clock.advance(CHANGER_LIMITS.becomingReadyPollMs + 1);
    expect(await opening).to.equal('CHANGER_NOT_READY');
  });

  it('is waited for no longer than the signal allows, and then nothing is moved', async () => {
    const { device, changer, clock } = makeScsiChanger();
    await changer.open();
    device.hook = (opcode) => (opcode === OPCODES.readElementStatus ? { status: 0x08 } : null);
    const enough = new AbortController();
    const loading = changer.load(A, 'tape0', enough.signal).then(
      () => 'loaded',
      (error: unknown) => error,
    );
    await clock.untilAsleep(CHANGER_LIMITS.becomingReadyPollMs);
    const reason = new Error('the job was cancelled');
    enough.abort(reason);
    expect(await loading).to.equal(reason);
    expect(device.whereIs(A)).to.equal(storage);
  });

  it('holds up whoever waits for his turn no longer than his signal allows', async () => {
    const { device, changer, clock } = makeScsiChanger();
    await changer.open();
    device.hook = first(1, OPCODES.moveMedium, { sense: [0x2, 0x04, 0x01] });
    const first_ = changer.load(A, 'tape0', signal);
    const enough = new AbortController();
    const second = changer.load(B, 'tape1', enough.signal).then(
      () => 'loaded',
      (error: unknown) => error,
    );
    await clock.untilAsleep(CHANGER_LIMITS.becomingReadyPollMs);
    const reason = new Error('the job was cancelled');
    enough.abort(reason);
    expect(await second).to.equal(reason);
    await clock.advance(CHANGER_LIMITS.becomingReadyPollMs);
    await first_;
    expect([device.whereIs(A), device.whereIs(B)]).to.deep.equal([drive, storage + 1]);
  });

  it('because it does not know its elements is told to look at them, once', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = first(1, OPCODES.readElementStatus, { sense: [0x2, 0x04, 0x02] });
    await changer.load(A, 'tape0', signal);
    expect(device.initialized).to.deep.equal(['all']);
    device.hook = (opcode) => (opcode === OPCODES.readElementStatus ? { sense: [0x2, 0x04, 0x02] } : null);
    expect(await codeOf(changer.elements())).to.equal('CHANGER_NOT_READY');
  });
});

describe('looking again at a SCSI changer', () => {
  it('asks for all elements, or only for the range of those slots', async () => {
    const { device, changer } = makeScsiChanger({ slots: 6, importExports: 2 });
    await changer.rescan(signal);
    await changer.rescan(signal, { first: 2, count: 3 });
    await changer.rescan(signal, { first: 6, count: 2 });
    expect(device.initialized).to.deep.equal([
      'all',
      `${String(storage + 1)}+3`,
      `${String(storage + 5)}+1`,
      `${String(importExport)}+1`,
    ]);
    expect(await codeOf(changer.rescan(signal, { first: 6, count: 9 }))).to.equal('CHANGER_ELEMENT_UNKNOWN');
  });

  it('asks for all where the changer knows no ranges', async () => {
    const { device, changer } = makeScsiChanger({ quirks: { withoutRange: true } });
    await changer.rescan(signal, { first: 2, count: 3 });
    expect(device.initialized).to.deep.equal(['all']);
  });
});

describe('the lock of a SCSI changer', () => {
  it('is closed and opened, also after a unit attention', async () => {
    const { device, changer } = makeScsiChanger();
    await changer.open();
    device.attentions.push([0x29, 0x00]);
    await changer.lock(true);
    expect(device.isLocked).to.equal(true);
    await changer.lock(false);
    expect(device.isLocked).to.equal(false);
  });

  it('that there is not is no failure', async () => {
    const { device, changer } = makeScsiChanger();
    device.hook = (opcode) => (opcode === OPCODES.preventAllow ? { sense: [0x5, 0x20, 0x00] } : null);
    expect(await codeOf(changer.lock(true))).to.equal('none');
  });
});
