import { expect } from 'chai';
import { LibraryBench } from '../../unit/sim/library-bench.js';
import { fromHex, toHex } from '../scsi/hex.js';

/** Worked out by hand from SMC-3 and SPC-4. */
describe('The bytes of a simulated library', () => {
  const bench = new LibraryBench();
  bench.stock('TPL001L9', 1);
  bench.stock('TPL002L9', 24);
  bench.move(bench.slot(24), bench.drive(1));

  const answer = (cdb: string, room = 0xffff): string => toHex(bench.command(fromHex(cdb), room).data);
  const text = (value: string, width: number): string => toHex(Buffer.from(value.padEnd(width)));

  it('INQUIRY: a removable medium changer, SPC-4', () => {
    expect(answer('12 00 00 00 60 00', 0x60)).to.equal(
      `08800602 1f000000${text('TPLOOM', 8)}${text('LIBRARY 2x24', 16)}${text('0001', 4)}`.replace(' ', ''),
    );
  });

  it('MODE SENSE(6) 1Dh: transport 1, 24 slots from 4096, 4 import/export slots from 16, 2 drives from 256', () => {
    expect(answer('1a 08 1d 00 ff 00', 0xff)).to.equal('170000001d12000100011000001800100004010000020000');
  });

  it('MODE SENSE(6) 1Fh: everything stores and moves, nothing is exchanged with the hand', () => {
    expect(answer('1a 08 1f 00 ff 00', 0xff)).to.equal('170000001f120f000f0f0f0f00000000000e0e0e00000000');
  });

  it('READ ELEMENT STATUS of one full slot with its tag', () => {
    const header = '1000 0001 00 00003c'.replaceAll(' ', '');
    const page = '02 80 0034 00 000034'.replaceAll(' ', '');
    const element = '1000 09 00 00 00 00 00 00 01 0000'.replaceAll(' ', '');
    const tag = `${text('TPL001L9', 32)}00000000`;
    expect(answer('b8 12 10 00 00 01 00 00 ff ff 00 00')).to.equal(`${header}${page}${element}${tag}00000000`);
  });

  it('READ ELEMENT STATUS of a full drive with its identifier, and the slot its cartridge came from', () => {
    const header = '0101 0001 00 00003a'.replaceAll(' ', '');
    const page = '04 00 0032 00 000032'.replaceAll(' ', '');
    const element = '0101 09 00 00 00 00 00 00 81 1017'.replaceAll(' ', '');
    const identifier = `02010022${text('TPLOOM', 8)}${text('ULTRIUM-TD9', 16)}${text('SIM0000001', 10)}`;
    expect(answer('b8 04 01 01 00 01 01 00 ff ff 00 00')).to.equal(`${header}${page}${element}${identifier}`);
  });
});
