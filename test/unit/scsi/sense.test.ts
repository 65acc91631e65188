import { expect } from 'chai';
import { additionalSenseName } from '../../../src/scsi/additional-sense.js';
import { decodeSense, encodeSense, formatSense, makeSense, senseKeyName } from '../../../src/scsi/sense.js';
import { bytesOf, expectMalformed } from './bytes.js';

describe('sense data', () => {
  it('keep the key however early fixed sense is cut', () => {
    const whole = encodeSense(makeSense(0x3, 0x0c, 0x00, { endOfMedium: true, information: 5 }));
    for (let length = 3; length <= whole.length; length++) {
      const sense = decodeSense(whole.subarray(0, length));
      expect(sense.key, `cut to ${String(length)}`).to.equal(0x3);
      expect(sense.endOfMedium).to.equal(true);
      expect(sense.information).to.equal(length < 7 ? null : 5);
      expect(sense.asc).to.equal(length < 13 ? 0 : 0x0c);
    }
  });

  it('keep the key however early descriptor sense is cut', () => {
    const whole = encodeSense(makeSense(0x0, 0x00, 0x01, { filemark: true, information: 5 }), 'descriptor');
    for (let length = 2; length <= whole.length; length++) {
      const sense = decodeSense(whole.subarray(0, length));
      expect(sense.key).to.equal(0x0);
      expect(sense.information, `cut to ${String(length)}`).to.equal(length < 20 ? null : 5);
      expect(sense.filemark).to.equal(length === whole.length);
    }
  });

  it('are refused without a key, and with a response code of no known format', () => {
    expectMalformed(() => decodeSense(bytesOf('')), /sense data/);
    expectMalformed(() => decodeSense(bytesOf('70 00')), /sense data/);
    expectMalformed(() => decodeSense(bytesOf('72')), /sense data/);
    expectMalformed(() => decodeSense(bytesOf('7f 00 03 00 00 00 00 00')), /7Fh/);
    expectMalformed(() => decodeSense(new Uint8Array(96)), /00h/);
  });

  it('end where the additional length says, whatever is in the buffer behind', () => {
    // Additional length 4: command specific is there; ASC and ASCQ are leftovers of the buffer.
    const sense = decodeSense(bytesOf('70 00 03 00000000 04 00000000 3a 00 00 000000'));
    expect(sense.asc).to.equal(0);
    expect(sense.key).to.equal(0x3);
  });

  it('take no INFORMATION that is not marked valid', () => {
    expect(decodeSense(bytesOf('70 00 00 00000010 0a 00000000 00 00 00 000000')).information).to.equal(null);
  });

  it('do not lose the key for a descriptor that is too short, unknown or longer than the data', () => {
    expect(decodeSense(bytesOf('72 03 11 00 000000 05  00 03 80 00 00'))).to.deep.equal(makeSense(3, 0x11, 0x00));
    expect(decodeSense(bytesOf('72 03 11 00 000000 04  80 02 ff ff'))).to.deep.equal(makeSense(3, 0x11, 0x00));
    expect(decodeSense(bytesOf('72 03 11 00 000000 04  04 ff 00 80'))).to.deep.equal(makeSense(3, 0x11, 0x00));
  });

  it('read the descriptors behind an unknown one', () => {
    const sense = decodeSense(bytesOf('72 00 00 01 000000 0a  80 04 01020304  04 02 00 a0'));
    expect(sense.filemark).to.equal(true);
    expect(sense.incorrectLength).to.equal(true);
  });

  it('read progress from a descriptor of its own', () => {
    const sense = decodeSense(bytesOf('72 06 29 00 000000 08  0a 06 02 04 04 00 2000'));
    expect(sense.progress).to.equal(0x2000);
  });

  it('read an INFORMATION that no number can hold as not told', () => {
    const sense = decodeSense(bytesOf('72 00 00 00 000000 0c  00 0a 80 00 7fffffffffffffff'));
    expect(sense.information).to.equal(null);
  });

  it('in fixed format send an INFORMATION beyond 32 bits as not valid, rather than a wrong one', () => {
    const sense = decodeSense(encodeSense(makeSense(0x0, 0x00, 0x01, { filemark: true, information: 0x1_0000_0000 })));
    expect(sense.information).to.equal(null);
    expect(sense.filemark).to.equal(true);
  });

  it('take sense-key specific bytes only for the keys that have them, and only when marked valid', () => {
    const specific = (key: string, bytes: string): Uint8Array =>
      bytesOf(`70 00 ${key} 00000000 0a 00000000 00 00 00 ${bytes}`);
    expect(decodeSense(specific('02', '00 8000')).progress).to.equal(null);
    expect(decodeSense(specific('03', '80 8000')).progress).to.equal(null);
    expect(decodeSense(specific('05', '80 0002')).fieldPointer).to.deep.equal({ inCdb: false, byte: 2, bit: null });
    expect(decodeSense(specific('05', '00 0002')).fieldPointer).to.equal(null);
  });
});

describe('sense text', () => {
  it('names key, codes and what comes with them', () => {
    expect(formatSense(makeSense(0x3, 0x0c, 0x00))).to.equal('medium error 3/0C/00 (write error)');
    expect(formatSense(makeSense(0xd, 0x00, 0x02, { endOfMedium: true, deferred: true, information: 512 }))).to.equal(
      'volume overflow D/00/02 (end of partition or medium detected), deferred: about an earlier command, end of medium, information 512',
    );
    expect(formatSense(makeSense(0x2, 0x04, 0x01, { progress: 0x8000 }))).to.match(/becoming ready\), 50 % done$/);
    expect(formatSense(makeSense(0x5, 0x24, 0x00, { fieldPointer: { inCdb: true, byte: 1, bit: 3 } }))).to.match(
      /byte 1 bit 3 of the CDB$/,
    );
    expect(formatSense(makeSense(0x5, 0x26, 0x00, { fieldPointer: { inCdb: false, byte: 4, bit: null } }))).to.match(
      /byte 4 of the parameters$/,
    );
    expect(formatSense(makeSense(0, 0, 1, { filemark: true, incorrectLength: true }))).to.match(
      /filemark, incorrect length$/,
    );
  });

  it('has a name for every key and every pair of codes', () => {
    for (let key = 0; key < 16; key++) expect(senseKeyName(key)).to.not.equal('');
    for (let code = 0; code < 0x10000; code++)
      if (additionalSenseName(code >> 8, code & 0xff) === '') expect.fail(`no name for ${code.toString(16)}`);
  });

  it('knows the codes an operator of tapes meets', () => {
    expect(additionalSenseName(0x3b, 0x0d)).to.equal('destination element full');
    expect(additionalSenseName(0x3b, 0x0e)).to.equal('source element empty');
    expect(additionalSenseName(0x30, 0x03)).to.equal('cleaning cartridge installed');
    expect(additionalSenseName(0x40, 0x85)).to.equal('diagnostic failure on component 85h');
    expect(additionalSenseName(0x82, 0x83)).to.equal('vendor specific');
    expect(additionalSenseName(0x7e, 0x01)).to.match(/not a code/);
  });
});
