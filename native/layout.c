/*
 * Prints, as JSON, the sizes, offsets and numbers of <linux/mtio.h>, <scsi/sg.h> and <errno.h> on this machine: what the
 * TypeScript codecs in src/device are tested against.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mtio.h>
#include <scsi/sg.h>
#include <stddef.h>
#include <stdio.h>

static const char *separator = "\n";

static void number(const char *name, long long value) {
  printf("%s  \"%s\": %lld", separator, name, value);
  separator = ",\n";
}

#define SIZE(type) number("sizeof " #type, (long long)sizeof(struct type))
#define FIELD(type, field) number(#type "." #field, (long long)offsetof(struct type, field))
#define CONSTANT(name) number(#name, (long long)(name))
/* Of flag macros that take the word to test: the bits they look at. */
#define FLAG(name) number(#name, (long long)name(0xffffffffLL))

static void mtio(void) {
  SIZE(mtop), FIELD(mtop, mt_op), FIELD(mtop, mt_count);
  SIZE(mtget), FIELD(mtget, mt_type), FIELD(mtget, mt_resid), FIELD(mtget, mt_dsreg), FIELD(mtget, mt_gstat);
  FIELD(mtget, mt_erreg), FIELD(mtget, mt_fileno), FIELD(mtget, mt_blkno);
  SIZE(mtpos), FIELD(mtpos, mt_blkno);
  CONSTANT(MTIOCTOP), CONSTANT(MTIOCGET), CONSTANT(MTIOCPOS);

  CONSTANT(MTRESET), CONSTANT(MTFSF), CONSTANT(MTBSF), CONSTANT(MTFSR), CONSTANT(MTBSR), CONSTANT(MTWEOF);
  CONSTANT(MTREW), CONSTANT(MTOFFL), CONSTANT(MTNOP), CONSTANT(MTRETEN), CONSTANT(MTBSFM), CONSTANT(MTFSFM);
  CONSTANT(MTEOM), CONSTANT(MTERASE), CONSTANT(MTSETBLK), CONSTANT(MTSETDENSITY), CONSTANT(MTSEEK), CONSTANT(MTTELL);
  CONSTANT(MTSETDRVBUFFER), CONSTANT(MTFSS), CONSTANT(MTBSS), CONSTANT(MTWSM), CONSTANT(MTLOCK), CONSTANT(MTUNLOCK);
  CONSTANT(MTLOAD), CONSTANT(MTUNLOAD), CONSTANT(MTCOMPRESSION), CONSTANT(MTSETPART), CONSTANT(MTMKPART);
  CONSTANT(MTWEOFI);

  CONSTANT(MT_ISSCSI1), CONSTANT(MT_ISSCSI2);
  CONSTANT(MT_ST_BLKSIZE_SHIFT), CONSTANT(MT_ST_BLKSIZE_MASK), CONSTANT(MT_ST_DENSITY_SHIFT);
  CONSTANT(MT_ST_DENSITY_MASK), CONSTANT(MT_ST_SOFTERR_SHIFT), CONSTANT(MT_ST_SOFTERR_MASK);

  FLAG(GMT_EOF), FLAG(GMT_BOT), FLAG(GMT_EOT), FLAG(GMT_SM), FLAG(GMT_EOD), FLAG(GMT_WR_PROT), FLAG(GMT_ONLINE);
  FLAG(GMT_D_6250), FLAG(GMT_D_1600), FLAG(GMT_D_800), FLAG(GMT_DR_OPEN), FLAG(GMT_IM_REP_EN), FLAG(GMT_CLN);
}

static void st_options(void) {
  CONSTANT(MT_ST_BOOLEANS), CONSTANT(MT_ST_WRITE_THRESHOLD), CONSTANT(MT_ST_SETBOOLEANS), CONSTANT(MT_ST_CLEARBOOLEANS);
  CONSTANT(MT_ST_DEF_BLKSIZE), CONSTANT(MT_ST_DEF_DENSITY), CONSTANT(MT_ST_DEF_COMPRESSION), CONSTANT(MT_ST_DEF_DRVBUFFER);
  CONSTANT(MT_ST_SET_TIMEOUT), CONSTANT(MT_ST_SET_LONG_TIMEOUT);
  /* As mt_count holds it. */
  number("MT_ST_SET_CLN", (int)MT_ST_SET_CLN);
  CONSTANT(MT_ST_BUFFER_WRITES), CONSTANT(MT_ST_ASYNC_WRITES), CONSTANT(MT_ST_READ_AHEAD), CONSTANT(MT_ST_DEBUGGING);
  CONSTANT(MT_ST_TWO_FM), CONSTANT(MT_ST_FAST_MTEOM), CONSTANT(MT_ST_AUTO_LOCK), CONSTANT(MT_ST_DEF_WRITES);
  CONSTANT(MT_ST_CAN_BSR), CONSTANT(MT_ST_NO_BLKLIMS), CONSTANT(MT_ST_CAN_PARTITIONS), CONSTANT(MT_ST_SCSI2LOGICAL);
  CONSTANT(MT_ST_SYSV), CONSTANT(MT_ST_NOWAIT), CONSTANT(MT_ST_SILI), CONSTANT(MT_ST_NOWAIT_EOF);
}

static void sg(void) {
  SIZE(sg_io_hdr), FIELD(sg_io_hdr, interface_id), FIELD(sg_io_hdr, dxfer_direction), FIELD(sg_io_hdr, cmd_len);
  FIELD(sg_io_hdr, mx_sb_len), FIELD(sg_io_hdr, iovec_count), FIELD(sg_io_hdr, dxfer_len), FIELD(sg_io_hdr, dxferp);
  FIELD(sg_io_hdr, cmdp), FIELD(sg_io_hdr, sbp), FIELD(sg_io_hdr, timeout), FIELD(sg_io_hdr, flags);
  FIELD(sg_io_hdr, pack_id), FIELD(sg_io_hdr, usr_ptr), FIELD(sg_io_hdr, status), FIELD(sg_io_hdr, masked_status);
  FIELD(sg_io_hdr, msg_status), FIELD(sg_io_hdr, sb_len_wr), FIELD(sg_io_hdr, host_status);
  FIELD(sg_io_hdr, driver_status), FIELD(sg_io_hdr, resid), FIELD(sg_io_hdr, duration), FIELD(sg_io_hdr, info);
  CONSTANT(SG_IO), CONSTANT(SG_SET_RESERVED_SIZE), CONSTANT(SG_GET_RESERVED_SIZE), CONSTANT(SG_GET_VERSION_NUM);
  CONSTANT(SG_DXFER_NONE), CONSTANT(SG_DXFER_TO_DEV), CONSTANT(SG_DXFER_FROM_DEV), CONSTANT(SG_INFO_CHECK);
}

static void open_flags(void) {
  CONSTANT(O_RDONLY), CONSTANT(O_RDWR), CONSTANT(O_NONBLOCK), CONSTANT(O_CLOEXEC);
}

static void errnos(void) {
  CONSTANT(EPERM), CONSTANT(ENOENT), CONSTANT(EINTR), CONSTANT(EIO), CONSTANT(ENXIO), CONSTANT(E2BIG), CONSTANT(EBADF);
  CONSTANT(EAGAIN), CONSTANT(ENOMEM), CONSTANT(EACCES), CONSTANT(EFAULT), CONSTANT(EBUSY), CONSTANT(EEXIST);
  CONSTANT(EXDEV), CONSTANT(ENODEV), CONSTANT(ENOTDIR), CONSTANT(EISDIR), CONSTANT(EINVAL), CONSTANT(ENFILE);
  CONSTANT(EMFILE), CONSTANT(ENOTTY), CONSTANT(ETXTBSY), CONSTANT(EFBIG), CONSTANT(ENOSPC), CONSTANT(ESPIPE);
  CONSTANT(EROFS), CONSTANT(EMLINK), CONSTANT(EPIPE), CONSTANT(EDOM), CONSTANT(ERANGE), CONSTANT(ENAMETOOLONG);
  CONSTANT(ENOSYS), CONSTANT(ENOTEMPTY), CONSTANT(ELOOP), CONSTANT(ENODATA), CONSTANT(EPROTO), CONSTANT(EBADMSG);
  CONSTANT(EOVERFLOW), CONSTANT(EILSEQ), CONSTANT(EMSGSIZE), CONSTANT(EOPNOTSUPP), CONSTANT(ENOBUFS);
  CONSTANT(ETIMEDOUT), CONSTANT(ECONNREFUSED), CONSTANT(EHOSTDOWN), CONSTANT(EALREADY), CONSTANT(ESTALE);
  CONSTANT(EREMOTEIO), CONSTANT(EDQUOT), CONSTANT(ENOMEDIUM), CONSTANT(EMEDIUMTYPE), CONSTANT(ECANCELED);
}

int main(void) {
  printf("{");
  mtio();
  st_options();
  sg();
  open_flags();
  errnos();
  printf("\n}\n");
  return 0;
}
