import { expect } from 'chai';
import fc from 'fast-check';
import { isSameSerial, matchDrives, type ServedDrive } from '../../../src/changer/drive-matching.js';

function drive(name: string, serial: string | null, changerDrive: number | null = null): ServedDrive {
  return { name, serial, changerDrive };
}

function match(serials: readonly (string | null)[], drives: readonly ServedDrive[]): readonly (string | null)[] {
  const names = matchDrives(
    serials.map((serial, number) => ({ number, serial })),
    drives,
  );
  return serials.map((_serial, number) => names.get(number) ?? null);
}

describe('serial numbers', () => {
  it('are the same whatever their padding and case', () => {
    expect(isSameSerial('HU1328WGF6', ' hu1328wgf6  ')).to.equal(true);
    expect(isSameSerial('0001068000073', '1068000073')).to.equal(true);
  });

  it('are not the same when one is not known, is empty or is only a part', () => {
    expect(isSameSerial(null, null)).to.equal(false);
    expect(isSameSerial('', '')).to.equal(false);
    expect(isSameSerial('000', '00')).to.equal(false);
    expect(isSameSerial('1068000073', '8000073')).to.equal(false);
  });
});

describe('matching drives', () => {
  it('believes a serial number that agrees more than the configured element', () => {
    expect(match(['A1', 'B2'], [drive('a', 'B2', 0), drive('b', 'A1', 1)])).to.deep.equal(['b', 'a']);
  });

  it('believes the configured element where no serial number agrees', () => {
    expect(match(['BAY0', 'BAY1'], [drive('a', 'S1', 1), drive('b', 'S2', 0)])).to.deep.equal(['b', 'a']);
    expect(match([null, null], [drive('a', 'S1', 1)])).to.deep.equal([null, 'a']);
  });

  it('gives no element to two drives, and no drive two elements', () => {
    expect(match(['A1', null], [drive('a', 'A1'), drive('b', null, 0)])).to.deep.equal(['a', null]);
    expect(match(['A1', 'A1'], [drive('a', 'A1')])).to.deep.equal([null, null]);
  });

  it('puts the only drive into the only element unless the serial numbers speak against it', () => {
    expect(match([null], [drive('a', 'S1')])).to.deep.equal(['a']);
    expect(match(['X9'], [drive('a', null)])).to.deep.equal(['a']);
    expect(match(['X9'], [drive('a', 'S1')])).to.deep.equal([null]);
    expect(match([null], [drive('a', 'S1', 3)])).to.deep.equal([null]);
    expect(match([null, null], [drive('a', 'S1')])).to.deep.equal([null, null]);
  });

  it('never gives a name twice, nor one against a serial number that another element has', () => {
    const serial = fc.option(fc.constantFrom('S1', 's1 ', 'S2', '0S3'));
    const drives = fc
      .array(fc.record({ serial, changerDrive: fc.option(fc.nat({ max: 4 })) }), { maxLength: 4 })
      .map((list) => list.map((one, n) => ({ name: `d${String(n)}`, ...one })));
    fc.assert(
      fc.property(fc.array(serial, { maxLength: 5 }), drives, (serials, served) => {
        const names = match(serials, served);
        const given = names.filter((name) => name !== null);
        expect(new Set(given).size).to.equal(given.length);
        for (const [number, name] of names.entries()) {
          const own = served.find((one) => one.name === name);
          if (own === undefined || isSameSerial(own.serial, serials[number] ?? null)) continue;
          // By configuration or as the only one: then no single other element may claim its serial number.
          const claims = serials.filter((one) => isSameSerial(one, own.serial));
          const rivals = served.filter((one) => isSameSerial(one.serial, own.serial));
          if (rivals.length === 1) expect(claims).to.not.have.length(1);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
