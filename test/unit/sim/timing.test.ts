import { expect } from 'chai';
import { MT_OP } from '../../../src/device/mtio.js';
import { personalityOf } from '../../../sim/generations.js';
import { DriveStatistics } from '../../../sim/drive-statistics.js';
import { createSimClock, type SimClock } from '../../../sim/sim-clock.js';
import { DriveTiming } from '../../../sim/timing.js';
import { SimBench } from './sim-bench.js';

const MB = 1_000_000;
const LTO9 = personalityOf('LTO-9');
const BUFFER = 1024 * 1024 * 1024;

describe('The time a simulated LTO-9 drive takes', () => {
  let clock: SimClock;
  let statistics: DriveStatistics;
  let timing: DriveTiming;

  beforeEach(() => {
    clock = createSimClock('virtual');
    statistics = new DriveStatistics();
    timing = new DriveTiming(LTO9, clock, statistics, BUFFER);
  });

  /** A source of a steady rate, in blocks of 1 MB. `Infinity` is one that never lets the drive wait. */
  function writeAt(bytesPerSecond: number, totalBytes: number): void {
    for (let bytes = 0; bytes < totalBytes; bytes += MB) {
      clock.spend(MB / bytesPerSecond);
      timing.write(MB);
    }
  }

  it('never backhitches while the source keeps up with the lowest speed, and follows its rate', () => {
    for (const rate of [180, 250, 400]) {
      timing = new DriveTiming(LTO9, clock, statistics, BUFFER);
      writeAt(rate * MB, 100_000 * MB);
      expect(statistics.get('backhitches'), `${String(rate)} MB/s`).to.equal(0);
      expect(statistics.get('secondsBufferFull'), 'nor does it hold the source up').to.equal(0);
    }
  });

  it('backhitches again and again when the source is slower, about as often as the model of a buffer says', () => {
    const rate = 100 * MB;
    const total = 200_000 * MB;
    writeAt(rate, total);
    // From the restart level the buffer empties at (177 - 100) MB/s; each time 177 MB/s of that was written.
    const restartBytes = BUFFER / 4;
    const bytesPerStop = (restartBytes / (177 - 100)) * 177;
    expect(statistics.get('backhitches')).to.be.closeTo(total / bytesPerStop, total / bytesPerStop / 5);
    expect(statistics.get('secondsRepositioning')).to.be.closeTo(3 * statistics.get('backhitches'), 3);
    expect(clock.seconds(), 'the host did not wait for it').to.be.closeTo(total / rate, 1);
  });

  it('holds a source that is too fast at the highest speed', () => {
    writeAt(Infinity, 100_000 * MB);
    expect(clock.seconds()).to.be.closeTo((100_000 * MB - BUFFER) / (408 * MB), 2);
    expect(statistics.get('backhitches')).to.equal(0);
    expect(statistics.get('secondsBufferFull')).to.be.closeTo(clock.seconds(), 1);
  });

  it('takes as long for a flush as the buffer needs to empty, and only the first time', () => {
    timing.write(80 * MB);
    expect(timing.bufferedBytes).to.equal(80 * MB);
    timing.flush();
    expect(statistics.get('secondsFlushing')).to.be.closeTo(80 / 177, 0.001);
    expect(timing.bufferedBytes).to.equal(0);
    timing.flush();
    expect(statistics.get('flushStops')).to.equal(1);
    expect(statistics.get('backhitches')).to.equal(0);
  });

  it('reads at the highest speed for a host that takes it, and stops when the host does not', () => {
    for (let i = 0; i < 50_000; i++) timing.read(MB);
    expect(clock.seconds()).to.be.closeTo(50_000 / 408, 2);
    expect(statistics.get('backhitches')).to.equal(0);
    for (let i = 0; i < 20_000; i++) {
      clock.spend(1 / 50);
      timing.read(MB);
    }
    expect(statistics.get('backhitches')).to.be.greaterThan(5);
  });

  it('locates in a time that grows with the distance along the tape, and takes none for where it stands', () => {
    const capacity = LTO9.capacityBytes;
    const wrap = capacity / LTO9.wraps;
    expect(timing.locateSeconds(wrap / 2, wrap / 2, capacity)).to.equal(0);
    const near = timing.locateSeconds(0, wrap / 10, capacity);
    const far = timing.locateSeconds(0, wrap, capacity);
    expect(far - near).to.be.closeTo(0.9 * 2 * LTO9.averageRewindSeconds, 0.1);
    expect(timing.locateSeconds(0, 1.9 * wrap, capacity), 'the next wrap comes back').to.be.closeTo(near, 0.1);
    expect(timing.rewindSeconds(wrap / 2, capacity)).to.be.closeTo(LTO9.averageRewindSeconds, 0.1);
  });

  it('comes out at the average locate of the generation over many places', () => {
    const places = Array.from({ length: 200 }, (_, i) => ((i * 7919) % 200) / 200 + 0.0013);
    let sum = 0;
    for (let i = 1; i < places.length; i++)
      sum += timing.locateSeconds(
        (places[i - 1] ?? 0) * LTO9.capacityBytes,
        (places[i] ?? 0) * LTO9.capacityBytes,
        LTO9.capacityBytes,
      );
    expect(sum / (places.length - 1)).to.be.closeTo(LTO9.averageLocateSeconds, LTO9.averageLocateSeconds / 4);
  });

  it('takes none when the clock is off', () => {
    const off = new DriveTiming(LTO9, createSimClock('off'), statistics, BUFFER);
    for (let i = 0; i < 5000; i++) off.write(MB);
    off.flush();
    off.locate(0, LTO9.capacityBytes / 2, LTO9.capacityBytes);
    off.load(15);
    expect(Object.entries(statistics.read()).filter(([name, value]) => name.startsWith('seconds') && value !== 0)).to.be
      .empty;
  });

  it('makes the calling thread wait when the clock is that of the wall, faster by its speed', () => {
    const sleeps: number[] = [];
    let nowMs = 5000;
    const wall = {
      monotonicMs: () => nowMs,
      sleepMs: (ms: number) => {
        sleeps.push(ms);
        nowMs += ms;
      },
    };
    const fast = new DriveTiming(LTO9, createSimClock('wall', 10, wall), statistics, BUFFER);
    fast.load(15);
    expect(sleeps).to.deep.equal([1500]);
    expect(statistics.get('secondsLoading')).to.equal(15);
  });
});

describe('The statistics of a simulated drive', () => {
  it('tell what was moved and how long the host waited, by cause, in memory that others can read', () => {
    const bench = new SimBench({ cartridge: { compressionRatio: 2 } });
    bench.open();
    for (let i = 0; i < 4; i++) bench.write(1000);
    bench.operate(MT_OP.writeFilemarks);
    bench.operate(MT_OP.rewind);
    bench.read();
    bench.operate(MT_OP.offline);
    const counts = bench.statistics.read();
    expect(counts).to.include({
      loads: 1,
      blocksWritten: 4,
      hostBytesWritten: 4000,
      nativeBytesWritten: 2000,
      filemarksWritten: 1,
      blocksRead: 1,
      hostBytesRead: 1000,
      nativeBytesRead: 500,
      flushStops: 1,
    });
    expect(counts.secondsUnloading).to.equal(LTO9.unloadSeconds);
    expect(counts.secondsFlushing).to.be.greaterThan(0);
    bench.dispose();
  });
});
