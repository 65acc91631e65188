import { expect } from 'chai';
import { isIscsiPath, parseIscsiAddress } from '../../../src/device/iscsi-address.js';

const TARGET = 'iqn.2026-01.example.tapeloom:library';

describe('an iSCSI address', () => {
  for (const text of [
    '/dev/sg3',
    `iscsi://gateway/${TARGET}`,
    `iscsi://gateway/library/1`,
    `iscsi:///${TARGET}/1`,
    `iscsi://gateway:0/${TARGET}/1`,
    `iscsi://gateway:65536/${TARGET}/1`,
    `iscsi://gateway/${TARGET}/16384`,
    `iscsi://gateway/${TARGET}/1/2`,
    `iscsi://user%secret@gateway/${TARGET}/1`,
    ` iscsi://gateway/${TARGET}/1`,
  ])
    it(`is not ${text}`, () => {
      expect(parseIscsiAddress(text)).to.equal(null);
    });

  it('names a portal, a target and a logical unit; the port is 3260 unless told', () => {
    expect(parseIscsiAddress(`iscsi://gateway.example/${TARGET}/3`)).to.deep.equal({
      portal: 'gateway.example:3260',
      target: TARGET,
      lun: 3,
    });
    expect(parseIscsiAddress('iscsi://[fe80::1]:860/naa.52004567ba64678d/0')).to.deep.equal({
      portal: '[fe80::1]:860',
      target: 'naa.52004567ba64678d',
      lun: 0,
    });
  });

  it('is told from a path by its beginning', () => {
    expect([isIscsiPath('iscsi://x'), isIscsiPath('/dev/sg0')]).to.deep.equal([true, false]);
  });
});
