/*
 * Stands in for the kernel below tl_sg_io: defines ioctl() itself, looks at what arrives there, and fails at the first thing
 * that is not as it should be. For the tests, which have no SCSI device.
 */
#include <errno.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tl_sg_io(int fd, void *header, void *cdb, void *data, void *sense);

static unsigned char cdb[6], data[96], sense[32];
static int calls;
static int failure;

static void require(int condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "not so: %s\n", what);
  exit(1);
}

static int is_blocked(int signal_number) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  return sigismember(&mask, signal_number);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  struct sg_io_hdr *io = va_arg(arguments, struct sg_io_hdr *);
  va_end(arguments);
  calls++;
  require(fd == 42 && request == SG_IO, "the call is SG_IO on the descriptor given");
  require(io->cmdp == cdb, "cmdp points to the CDB");
  require(io->dxferp == (io->dxfer_len == 0 ? NULL : data), "dxferp points to the data, if there are any");
  require(io->sbp == (io->mx_sb_len == 0 ? NULL : sense), "sbp points to the sense, if there is room for any");
  require(is_blocked(SIGTERM) && is_blocked(SIGHUP) && is_blocked(SIGCHLD) && is_blocked(SIGUSR1), "signals are held back");
  require(!is_blocked(SIGSEGV) && !is_blocked(SIGBUS) && !is_blocked(SIGABRT), "signals of mistakes are not");
  /* errno means nothing after success: it is left behind to see that nobody looks. */
  errno = failure == 0 ? EAGAIN : failure;
  io->status = 2;
  sense[0] = 0x70;
  return failure == 0 ? 0 : -1;
}

static void send(unsigned data_bytes, unsigned sense_bytes, int fail_with) {
  struct sg_io_hdr io = {.interface_id = 'S', .cmd_len = 6, .dxfer_len = data_bytes, .mx_sb_len = (unsigned char)sense_bytes};
  failure = fail_with;
  require(tl_sg_io(42, &io, cdb, data, sense) == -fail_with, "the result is 0 or the negative errno");
  require(io.dxferp == NULL && io.cmdp == NULL && io.sbp == NULL, "no address stays in the header");
  require(io.status == 2 && sense[0] == 0x70, "what the kernel filled in is there");
  require(is_blocked(SIGUSR2) && !is_blocked(SIGTERM), "the thread's signals are as they were");
}

int main(void) {
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &own, NULL);
  send(sizeof data, sizeof sense, 0);
  send(0, sizeof sense, 0);
  send(sizeof data, 0, 0);
  send(sizeof data, sizeof sense, ENODEV);
  require(calls == 4, "each command is sent once");
  puts("good");
  return 0;
}
