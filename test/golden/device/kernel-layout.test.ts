import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { ERRNO } from '../../../src/device/errno.js';
import {
  encodeMtOperation,
  encodeMtPosition,
  encodeMtStatus,
  GMT,
  MT_OP,
  MT_ST,
  MT_ST_BOOLEAN,
  MT_TYPE,
  MTGET_BYTES,
  MTIO,
  MTOP_BYTES,
  MTPOS_BYTES,
  type MtStatus,
} from '../../../src/device/mtio.js';
import {
  decodeSgIoResult,
  encodeSgIoRequest,
  fillSgIoResult,
  SG_IO_HEADER_BYTES,
  SG_IOCTL,
} from '../../../src/device/sg-io.js';
import { OPEN_FLAGS } from '../../../src/device/syscall-port.js';

// Made by `npm run build:native` from the C headers of this machine. Tests run in the package's root.
const layout = JSON.parse(execFileSync('native/build/layout', { encoding: 'utf8' })) as Readonly<
  Record<string, number>
>;

/** Where two byte arrays first differ. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return a.findIndex((byte, i) => byte !== b[i]);
}

/** Compares constants of ours with the names they have in C; each of ours must be paired. */
function expectConstants<T extends Readonly<Record<string, number>>>(ours: T, names: Record<keyof T, string>): void {
  const theirs = Object.fromEntries(Object.entries<string>(names).map(([key, name]) => [key, layout[name]]));
  expect(theirs).to.deep.equal(ours);
}

describe('struct mtop, mtget and mtpos of <linux/mtio.h>', () => {
  const zero: MtStatus = {
    type: 0,
    partition: 0,
    blockSizeBytes: 0,
    densityCode: 0,
    flags: 0,
    softErrors: 0,
    fileNumber: 0,
    blockNumber: 0,
  };

  it('have the sizes the codecs use', () => {
    expect(MTOP_BYTES).to.equal(layout['sizeof mtop']);
    expect(MTGET_BYTES).to.equal(layout['sizeof mtget']);
    expect(MTPOS_BYTES).to.equal(layout['sizeof mtpos']);
  });

  it('have their fields where the codecs put them', () => {
    const at = (field: Partial<MtStatus>): number =>
      firstDifference(encodeMtStatus({ ...zero, ...field }), encodeMtStatus(zero));
    expect(at({ type: 1 })).to.equal(layout['mtget.mt_type']);
    expect(at({ partition: 1 })).to.equal(layout['mtget.mt_resid']);
    expect(at({ blockSizeBytes: 1 })).to.equal(layout['mtget.mt_dsreg']);
    expect(at({ flags: 1 })).to.equal(layout['mtget.mt_gstat']);
    expect(at({ softErrors: 1 })).to.equal(layout['mtget.mt_erreg']);
    expect(at({ fileNumber: 1 })).to.equal(layout['mtget.mt_fileno']);
    expect(at({ blockNumber: 1 })).to.equal(layout['mtget.mt_blkno']);

    const nothing = encodeMtOperation({ op: 0, count: 0 });
    expect(firstDifference(encodeMtOperation({ op: 1, count: 0 }), nothing)).to.equal(layout['mtop.mt_op']);
    expect(firstDifference(encodeMtOperation({ op: 0, count: 1 }), nothing)).to.equal(layout['mtop.mt_count']);
    expect(firstDifference(encodeMtPosition(1), encodeMtPosition(0))).to.equal(layout['mtpos.mt_blkno']);
  });

  it('pack block size, density and soft errors into the registers as the MT_ST masks say', () => {
    const view = (status: MtStatus): DataView => new DataView(encodeMtStatus(status).buffer);
    const full = view({ ...zero, blockSizeBytes: 0xff_ffff });
    expect(full.getUint32(16, true)).to.equal(layout['MT_ST_BLKSIZE_MASK']);
    expect(view({ ...zero, densityCode: 0xff }).getUint32(16, true)).to.equal(layout['MT_ST_DENSITY_MASK']);
    expect(view({ ...zero, densityCode: 1 }).getUint32(16, true)).to.equal(2 ** (layout['MT_ST_DENSITY_SHIFT'] ?? 0));
    expect(view({ ...zero, softErrors: 0xffff }).getUint32(32, true)).to.equal(layout['MT_ST_SOFTERR_MASK']);
  });

  it('go with the ioctl numbers', () => {
    expectConstants(MTIO, { operate: 'MTIOCTOP', getStatus: 'MTIOCGET', getPosition: 'MTIOCPOS' });
  });

  it('have the operations the drive and the simulator know', () => {
    expectConstants(MT_OP, {
      reset: 'MTRESET',
      forwardSpaceFilemarks: 'MTFSF',
      backwardSpaceFilemarks: 'MTBSF',
      forwardSpaceBlocks: 'MTFSR',
      backwardSpaceBlocks: 'MTBSR',
      writeFilemarks: 'MTWEOF',
      rewind: 'MTREW',
      offline: 'MTOFFL',
      noOperation: 'MTNOP',
      retension: 'MTRETEN',
      backwardSpaceFilemarksBeyond: 'MTBSFM',
      forwardSpaceFilemarksBefore: 'MTFSFM',
      endOfData: 'MTEOM',
      erase: 'MTERASE',
      setBlockSize: 'MTSETBLK',
      setDensity: 'MTSETDENSITY',
      seek: 'MTSEEK',
      tell: 'MTTELL',
      setDriveBuffer: 'MTSETDRVBUFFER',
      forwardSpaceSetmarks: 'MTFSS',
      backwardSpaceSetmarks: 'MTBSS',
      writeSetmarks: 'MTWSM',
      lock: 'MTLOCK',
      unlock: 'MTUNLOCK',
      load: 'MTLOAD',
      unload: 'MTUNLOAD',
      setCompression: 'MTCOMPRESSION',
      setPartition: 'MTSETPART',
      makePartition: 'MTMKPART',
      writeFilemarksImmediate: 'MTWEOFI',
    });
  });

  it('have the flags of mt_gstat', () => {
    expectConstants(GMT, {
      filemark: 'GMT_EOF',
      beginningOfTape: 'GMT_BOT',
      endOfTape: 'GMT_EOT',
      setmark: 'GMT_SM',
      endOfData: 'GMT_EOD',
      writeProtected: 'GMT_WR_PROT',
      online: 'GMT_ONLINE',
      density6250: 'GMT_D_6250',
      density1600: 'GMT_D_1600',
      density800: 'GMT_D_800',
      noMedium: 'GMT_DR_OPEN',
      immediateReports: 'GMT_IM_REP_EN',
      cleaningRequested: 'GMT_CLN',
    });
    expectConstants(MT_TYPE, { scsi1: 'MT_ISSCSI1', scsi2: 'MT_ISSCSI2' });
  });

  it('have the options of the st driver', () => {
    expectConstants(MT_ST, {
      booleans: 'MT_ST_BOOLEANS',
      writeThreshold: 'MT_ST_WRITE_THRESHOLD',
      setBooleans: 'MT_ST_SETBOOLEANS',
      clearBooleans: 'MT_ST_CLEARBOOLEANS',
      defaultBlockSize: 'MT_ST_DEF_BLKSIZE',
      defaultDensity: 'MT_ST_DEF_DENSITY',
      defaultCompression: 'MT_ST_DEF_COMPRESSION',
      defaultDriveBuffer: 'MT_ST_DEF_DRVBUFFER',
      setTimeout: 'MT_ST_SET_TIMEOUT',
      setLongTimeout: 'MT_ST_SET_LONG_TIMEOUT',
      setCleaning: 'MT_ST_SET_CLN',
    });
    expectConstants(MT_ST_BOOLEAN, {
      bufferWrites: 'MT_ST_BUFFER_WRITES',
      asyncWrites: 'MT_ST_ASYNC_WRITES',
      readAhead: 'MT_ST_READ_AHEAD',
      debugging: 'MT_ST_DEBUGGING',
      twoFilemarks: 'MT_ST_TWO_FM',
      fastEndOfData: 'MT_ST_FAST_MTEOM',
      autoLock: 'MT_ST_AUTO_LOCK',
      defaultsForWrites: 'MT_ST_DEF_WRITES',
      canBackspaceBlocks: 'MT_ST_CAN_BSR',
      noBlockLimits: 'MT_ST_NO_BLKLIMS',
      canPartitions: 'MT_ST_CAN_PARTITIONS',
      logicalBlockAddresses: 'MT_ST_SCSI2LOGICAL',
      systemV: 'MT_ST_SYSV',
      noWait: 'MT_ST_NOWAIT',
      sili: 'MT_ST_SILI',
      noWaitForFilemarks: 'MT_ST_NOWAIT_EOF',
    });
  });
});

describe('struct sg_io_hdr of <scsi/sg.h>', () => {
  const request = { direction: 'from-device', cdbBytes: 6, dataBytes: 1, senseBytes: 0, timeoutMs: 0 } as const;
  const plain = encodeSgIoRequest(request);

  it('has the size the codec uses', () => {
    expect(SG_IO_HEADER_BYTES).to.equal(layout['sizeof sg_io_hdr']);
  });

  it("has the request's fields where the codec puts them", () => {
    const at = (field: object): number => firstDifference(encodeSgIoRequest({ ...request, ...field }), plain);
    expect(plain[layout['sg_io_hdr.interface_id'] ?? -1]).to.equal('S'.charCodeAt(0));
    expect(at({ direction: 'to-device' })).to.equal(layout['sg_io_hdr.dxfer_direction']);
    expect(at({ cdbBytes: 10 })).to.equal(layout['sg_io_hdr.cmd_len']);
    expect(at({ senseBytes: 1 })).to.equal(layout['sg_io_hdr.mx_sb_len']);
    expect(at({ dataBytes: 2 })).to.equal(layout['sg_io_hdr.dxfer_len']);
    expect(at({ timeoutMs: 1 })).to.equal(layout['sg_io_hdr.timeout']);
  });

  it('has the directions of the codec', () => {
    const code = (direction: 'none' | 'to-device' | 'from-device'): number =>
      new DataView(
        encodeSgIoRequest({ ...request, direction, dataBytes: direction === 'none' ? 0 : 1 }).buffer,
      ).getInt32(layout['sg_io_hdr.dxfer_direction'] ?? -1, true);
    expect(code('none')).to.equal(layout['SG_DXFER_NONE']);
    expect(code('to-device')).to.equal(layout['SG_DXFER_TO_DEV']);
    expect(code('from-device')).to.equal(layout['SG_DXFER_FROM_DEV']);
  });

  it("has the result's fields where the codec finds and puts them", () => {
    const fields = {
      status: 'status',
      maskedStatus: 'masked_status',
      messageStatus: 'msg_status',
      senseBytes: 'sb_len_wr',
      hostStatus: 'host_status',
      driverStatus: 'driver_status',
      residualBytes: 'resid',
      durationMs: 'duration',
      info: 'info',
    } as const;
    for (const [ours, theirs] of Object.entries(fields)) {
      const header = encodeSgIoRequest(request);
      header[layout[`sg_io_hdr.${theirs}`] ?? -1] = 1;
      expect(decodeSgIoResult(header)[ours as keyof typeof fields], theirs).to.equal(1);
    }
    for (const ours of ['senseBytes', 'hostStatus', 'driverStatus', 'residualBytes', 'durationMs'] as const) {
      const header = encodeSgIoRequest(request);
      fillSgIoResult(header, { status: 0, [ours]: 1 });
      expect(firstDifference(header, plain), ours).to.equal(layout[`sg_io_hdr.${fields[ours]}`]);
    }
  });

  it('goes with the ioctl numbers and the flag of info', () => {
    expectConstants(SG_IOCTL, {
      io: 'SG_IO',
      setReservedSize: 'SG_SET_RESERVED_SIZE',
      getReservedSize: 'SG_GET_RESERVED_SIZE',
      getVersion: 'SG_GET_VERSION_NUM',
    });
    const header = encodeSgIoRequest(request);
    fillSgIoResult(header, { status: 2 });
    expect(decodeSgIoResult(header).info).to.equal(layout['SG_INFO_CHECK']);
  });
});

describe('numbers of the C library', () => {
  it('are those of the errno table', () => {
    expectConstants(
      ERRNO,
      Object.fromEntries(Object.keys(ERRNO).map((name) => [name, name])) as Record<keyof typeof ERRNO, string>,
    );
  });

  it('are those of the open flags', () => {
    expectConstants(OPEN_FLAGS, {
      readOnly: 'O_RDONLY',
      readWrite: 'O_RDWR',
      nonBlocking: 'O_NONBLOCK',
      closeOnExec: 'O_CLOEXEC',
    });
  });
});
