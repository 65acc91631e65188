/*
 * The floor: what moving the bytes costs when there is nothing else. Two threads, as the daemon has: one receives blocks into a
 * ring, the other computes each one's CRC32C, compares it with the frame's and writes it with one write(2). Or the other way:
 * one reads blocks and computes their CRC32C, the other sends. No protocol, no books, no durability.
 *
 *   floor save    --streams N --read-blocks K --sink PATH [--rate BYTES/S] [--receive-buffer BYTES]
 *   floor restore --source PATH --bytes N
 *
 * Prints the port it listens on, serves one row of connections, prints what it used as JSON and ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"
#include "frame.h"

enum { BLOCK_BYTES = 1 << 20, RING_BLOCKS = 64, MAX_STREAMS = 256, MAX_READ_BLOCKS = 8 };

struct connection {
  int fd;
  int slots[MAX_READ_BLOCKS];
  int count;
  size_t filled;
};

static unsigned char *ring;
static int free_slots[MAX_STREAMS * MAX_READ_BLOCKS + RING_BLOCKS];
static int free_count;
static int full_slots[MAX_STREAMS * MAX_READ_BLOCKS + RING_BLOCKS];
static size_t slot_count, full_in, full_out;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ended;
static uint64_t moved_bytes;

static unsigned char *slot_bytes(int slot) {
  return ring + (size_t)slot * BLOCK_BYTES;
}

static void make_ring(size_t count) {
  slot_count = count;
  ring = mmap(NULL, count * BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(ring != MAP_FAILED, "the ring");
  for (size_t i = 0; i < count; i++) free_slots[free_count++] = (int)(count - 1 - i);
}

static int take_free(void) {
  pthread_mutex_lock(&mutex);
  while (free_count == 0) pthread_cond_wait(&changed, &mutex);
  int slot = free_slots[--free_count];
  pthread_mutex_unlock(&mutex);
  return slot;
}

static void give_free(int slot) {
  pthread_mutex_lock(&mutex);
  free_slots[free_count++] = slot;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void put_full(int slot) {
  pthread_mutex_lock(&mutex);
  full_slots[full_in++ % slot_count] = slot;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

/* -1 when no more come. */
static int take_full(void) {
  pthread_mutex_lock(&mutex);
  while (full_in == full_out && !ended) pthread_cond_wait(&changed, &mutex);
  int slot = full_in == full_out ? -1 : full_slots[full_out++ % slot_count];
  pthread_mutex_unlock(&mutex);
  return slot;
}

static int listen_on_loopback(size_t receive_buffer) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listener >= 0, "socket");
  int bytes = (int)receive_buffer;
  if (bytes > 0) setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  CHECK(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
  CHECK(listen(listener, MAX_STREAMS) == 0, "listen");
  CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

struct sink {
  int fd;
  double bytes_per_second;
};

/* Takes blocks as they come; with a rate, not faster than that from the first one on. */
static void *write_all(void *argument) {
  const struct sink *sink = argument;
  double started = 0;
  uint64_t written = 0;
  for (int slot; (slot = take_full()) >= 0; give_free(slot)) {
    unsigned char *block = slot_bytes(slot);
    struct frame frame;
    if (!decode_frame(block, &frame)) FAIL("a block that is no frame");
    if (crc32c(0, block + FRAME_HEADER_BYTES, BLOCK_BYTES - FRAME_HEADER_BYTES) != frame.payload_crc) FAIL("a wrong CRC");
    CHECK(write(sink->fd, block, BLOCK_BYTES) == BLOCK_BYTES, "write");
    written += BLOCK_BYTES;
    if (sink->bytes_per_second <= 0) continue;
    if (started == 0) started = now_seconds();
    double wait = started + (double)written / sink->bytes_per_second - now_seconds();
    struct timespec pause = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
    if (wait > 0) nanosleep(&pause, NULL);
  }
  return NULL;
}

/* Reads once into what is free of the connection's blocks; passes the full ones on. 0 at the end. */
static int receive_some(struct connection *connection, int read_blocks) {
  while (connection->count < read_blocks) connection->slots[connection->count++] = take_free();
  struct iovec parts[MAX_READ_BLOCKS];
  for (int i = 0; i < read_blocks; i++) {
    size_t skip = i == 0 ? connection->filled : 0;
    parts[i] = (struct iovec){slot_bytes(connection->slots[i]) + skip, BLOCK_BYTES - skip};
  }
  ssize_t got = readv(connection->fd, parts, read_blocks);
  CHECK(got >= 0, "readv");
  if (got == 0) return 0;
  connection->filled += (size_t)got;
  moved_bytes += (uint64_t)got;
  int whole = (int)(connection->filled / BLOCK_BYTES);
  for (int i = 0; i < whole; i++) put_full(connection->slots[i]);
  connection->count -= whole;
  memmove(connection->slots, connection->slots + whole, (size_t)connection->count * sizeof connection->slots[0]);
  connection->filled -= (size_t)whole * BLOCK_BYTES;
  return 1;
}

static void save(int argc, char **argv) {
  int streams = (int)number_option(argc, argv, "--streams", "1");
  int read_blocks = (int)number_option(argc, argv, "--read-blocks", "1");
  if (streams < 1 || streams > MAX_STREAMS || read_blocks < 1 || read_blocks > MAX_READ_BLOCKS) FAIL("out of range");
  struct sink sink = {.fd = open(option(argc, argv, "--sink", "/dev/null"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
                      .bytes_per_second = (double)number_option(argc, argv, "--rate", "0")};
  CHECK(sink.fd >= 0, "the sink");
  make_ring((size_t)(streams * read_blocks + RING_BLOCKS));
  int listener = listen_on_loopback((size_t)number_option(argc, argv, "--receive-buffer", "4194304"));

  static struct connection connections[MAX_STREAMS];
  int poll = epoll_create1(0);
  for (int i = 0; i < streams; i++) {
    connections[i].fd = accept(listener, NULL, NULL);
    CHECK(connections[i].fd >= 0, "accept");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
    CHECK(epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event) == 0, "epoll_ctl");
  }
  pthread_t writer;
  CHECK(pthread_create(&writer, NULL, write_all, &sink) == 0, "pthread_create");
  double started = now_seconds();
  for (int open_streams = streams; open_streams > 0;) {
    struct epoll_event events[MAX_STREAMS];
    int ready = epoll_wait(poll, events, MAX_STREAMS, -1);
    CHECK(ready >= 0, "epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      if (receive_some(connection, read_blocks)) continue;
      close(connection->fd);
      open_streams--;
    }
  }
  pthread_mutex_lock(&mutex);
  ended = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  pthread_join(writer, NULL);
  printf("{\"bytes\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", (unsigned long long)moved_bytes, now_seconds() - started,
         cpu_seconds());
}

struct source {
  int fd;
  uint64_t bytes;
};

static void *read_all(void *argument) {
  const struct source *source = argument;
  uint32_t sum = 0;
  for (uint64_t at = 0; at < source->bytes; at += BLOCK_BYTES) {
    int slot = take_free();
    CHECK(pread(source->fd, slot_bytes(slot), BLOCK_BYTES, (off_t)at) == BLOCK_BYTES, "pread");
    sum ^= crc32c(0, slot_bytes(slot), BLOCK_BYTES);
    put_full(slot);
  }
  pthread_mutex_lock(&mutex);
  ended = 1 + (int)(sum & 0);
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  return NULL;
}

static void restore(int argc, char **argv) {
  struct source source = {.fd = open(option(argc, argv, "--source", NULL), O_RDONLY),
                          .bytes = number_option(argc, argv, "--bytes", NULL) / BLOCK_BYTES * BLOCK_BYTES};
  CHECK(source.fd >= 0, "the source");
  make_ring(RING_BLOCKS / 2);
  int listener = listen_on_loopback(0);
  int receiver = accept(listener, NULL, NULL);
  CHECK(receiver >= 0, "accept");
  pthread_t reader;
  double started = now_seconds();
  CHECK(pthread_create(&reader, NULL, read_all, &source) == 0, "pthread_create");
  for (int slot; (slot = take_full()) >= 0; give_free(slot))
    for (size_t sent = 0; sent < BLOCK_BYTES;) {
      ssize_t count = send(receiver, slot_bytes(slot) + sent, BLOCK_BYTES - sent, MSG_NOSIGNAL);
      CHECK(count > 0, "send");
      sent += (size_t)count;
      moved_bytes += (uint64_t)count;
    }
  pthread_join(reader, NULL);
  close(receiver);
  printf("{\"bytes\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", (unsigned long long)moved_bytes, now_seconds() - started,
         cpu_seconds());
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "save") == 0) save(argc, argv);
  else if (argc > 1 && strcmp(argv[1], "restore") == 0) restore(argc, argv);
  else FAIL("usage: floor save|restore ...");
  return 0;
}
