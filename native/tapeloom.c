/*
 * libtapeloom: what the daemon needs from C beyond the C library's own calls. Loaded by src/device/native-library.ts, which
 * refuses another TL_ABI_VERSION: raise it with any change of a signature or meaning here.
 *
 * Functions that can fail return 0 or a negative errno.
 */
#include "crc32c.h"

#include <errno.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TL_ABI_VERSION 1
#define TL_EXPORT __attribute__((visibility("default")))

TL_EXPORT int tl_abi_version(void) {
  return TL_ABI_VERSION;
}

TL_EXPORT uint32_t tl_crc32c(uint32_t seed, const void *bytes, size_t length) {
  return crc32c(seed, bytes, length);
}

/*
 * SG_IO with the header's pointers set to the three buffers. The caller has made sure that the buffers are as long as the
 * header says.
 *
 * Signals stay pending meanwhile. On an sg node the wait for the command's end is interruptible; the command itself goes on,
 * and the kernel would start the call again and so send the command, perhaps a MOVE MEDIUM, twice.
 */
TL_EXPORT int tl_sg_io(int fd, void *header, void *cdb, void *data, void *sense) {
  struct sg_io_hdr *io = header;
  io->dxferp = io->dxfer_len == 0 ? NULL : data;
  io->cmdp = cdb;
  io->sbp = io->mx_sb_len == 0 ? NULL : sense;

  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  /* Those that a mistake raises in this very thread must not be held back. */
  const int synchronous[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof synchronous / sizeof synchronous[0]; i++) sigdelset(&all, synchronous[i]);
  int refused = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (refused != 0) return -refused;

  int result = ioctl(fd, SG_IO, io) < 0 ? -errno : 0;

  pthread_sigmask(SIG_SETMASK, &before, NULL);
  /* Addresses of memory that may be gone tomorrow have no business in a buffer the caller keeps. */
  io->dxferp = NULL;
  io->cmdp = NULL;
  io->sbp = NULL;
  return result;
}

/*
 * Sends one datagram to systemd's notification socket: sd_notify(3) without libsystemd. `path` is NOTIFY_SOCKET: an absolute
 * path, or '@' and the name of an abstract socket. Never waits: -EAGAIN when the socket's queue is full.
 */
TL_EXPORT int tl_notify(const char *path, const char *message) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length < 2 || (path[0] != '/' && path[0] != '@')) return -EINVAL;
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, path, length);
  socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  else
    address_length++;

  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  ssize_t sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address,
                        address_length);
  int result = sent < 0 ? -errno : 0;
  close(fd);
  return result;
}
