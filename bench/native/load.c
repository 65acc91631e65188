/*
 * The load generator: clients of the data door (docs/PROTOCOL.md), as cheap as they can be made, so that what is measured is the
 * daemon. One thread serves all connections. Payloads are the same bytes in each frame, so that their CRC is known; what comes
 * back is taken off the socket without being copied (MSG_TRUNC), but for the headers, whose order and length are checked.
 *
 *   load save    --port P --client NAME --token T --pool POOL --streams N LENGTH [--tls yes]
 *   load restore --port P --client NAME --token T --ids ID,ID,... [--tls yes]
 *   load raw     --port P --streams N LENGTH          frames without a conversation, to the floor
 *   load drain   --port P --streams N                 reads until the other side closes, from the floor
 *
 * LENGTH is --bytes BYTES_EACH, or --seconds S: all streams send for so long, once all of them are open.
 * --watch PID: tells the user and system seconds that process used, and the bytes that went, between half a second after all streams were
 * open and the end of the sending: the steady state, without what opening and closing streams costs.
 *
 * Prints one JSON object when all is done.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"
#include "frame.h"

enum { MAX_STREAMS = 1024, ID_CHARACTERS = 36, MAX_BLOCK_BYTES = 4 << 20, DISCARD_BYTES = 1 << 20 };

enum mode { MODE_SAVE, MODE_RESTORE, MODE_RAW, MODE_DRAIN };

struct client {
  int fd;
  void *ssl;
  int index;
  int wants_write;
  /* What is being sent: control bytes first, then the frame with its shared payload. */
  unsigned char control[2048];
  size_t control_bytes, control_sent;
  unsigned char header[FRAME_HEADER_BYTES];
  size_t frame_bytes, frame_sent;
  uint64_t offset;
  uint32_t frames, credit, crc;
  int streaming, end_sent, done;
  /* What is being received. */
  unsigned char in[FRAME_HEADER_BYTES + BODY_LIMIT_BYTES];
  size_t in_bytes;
  uint64_t skip;
  uint64_t received, announced;
  uint32_t received_frames, drained;
  char id[ID_CHARACTERS + 1];
};

static struct client *clients;
static struct {
  enum mode mode;
  int streams;
  uint64_t bytes_each;
  double seconds;
  int watched;
  const char *client, *token, *pool;
  int tls;
} plan;

static unsigned char *payload;
static size_t block_bytes = 1 << 20;
static uint32_t payload_crc;
static uint32_t advance_payload[32];
static int poll_fd;
static int open_clients;
static double first_byte, last_byte;
static uint64_t moved;

/* The steady state. */
enum { SETTLING_MS = 500 };
static int opened;
static double opened_at, deadline;
static struct {
  double time, cpu_seconds;
  uint64_t moved;
} steady_from, steady_to;

static double watched_cpu_seconds(void) {
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", plan.watched);
  FILE *file = fopen(path, "r");
  CHECK(file != NULL, path);
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  unsigned long user, system;
  const char *behind_name = strrchr(text, ')');
  if (behind_name == NULL || sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
    FAIL("%s: %s", path, text);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Looks at the clock: whether to begin watching, and whether sending is over. */
static void tick(void) {
  if (opened < plan.streams) return;
  double now = now_seconds();
  if (opened_at == 0) {
    opened_at = now;
    deadline = plan.seconds > 0 ? now + plan.seconds : 0;
  }
  if (plan.watched == 0) return;
  if (steady_from.time == 0 && now >= opened_at + SETTLING_MS / 1e3) {
    steady_from.time = now;
    steady_from.cpu_seconds = watched_cpu_seconds();
    steady_from.moved = moved;
  }
  if (steady_from.time > 0 && steady_to.time == 0 && deadline > 0 && now >= deadline) {
    steady_to.time = now;
    steady_to.cpu_seconds = watched_cpu_seconds();
    steady_to.moved = moved;
  }
}

/* CRC32C of A followed by one payload: linear, so a matrix over GF(2) (as base/crc32c.ts does it). */
static uint32_t times_vector(const uint32_t *matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (; vector != 0; vector >>= 1, matrix++)
    if (vector & 1) sum ^= *matrix;
  return sum;
}

static void make_advance(uint32_t *matrix, size_t length) {
  /* The columns of advancing over `length` zero bytes: what the CRC makes of each single bit. */
  static unsigned char zeros[MAX_BLOCK_BYTES];
  for (int bit = 0; bit < 32; bit++) matrix[bit] = ~crc32c(~(1u << bit), zeros, length);
  /* crc32c complements before and behind: what is left is the linear part. */
}

static void set_block_bytes(size_t bytes) {
  if (bytes > MAX_BLOCK_BYTES || bytes <= FRAME_HEADER_BYTES) FAIL("blocks of %zu bytes", bytes);
  if (payload != NULL && bytes == block_bytes) return;
  block_bytes = bytes;
  size_t length = bytes - FRAME_HEADER_BYTES;
  free(payload);
  payload = malloc(length);
  uint32_t state = 1;
  for (size_t i = 0; i < length; i++) payload[i] = (unsigned char)((state = state * 1664525u + 1013904223u) >> 24);
  payload_crc = crc32c(0, payload, length);
  make_advance(advance_payload, length);
}

/* TLS, by the library of OpenSSL 3 where it is: its headers need not be. */
static struct {
  void *(*context)(const void *);
  const void *(*method)(void);
  void *(*new)(void *);
  int (*set_fd)(void *, int);
  int (*connect)(void *);
  int (*read)(void *, void *, int);
  int (*write)(void *, const void *, int);
  int (*error)(const void *, int);
  long (*control)(void *, int, long, void *);
  void *shared;
} tls;
enum { TLS_WANT_READ = 2, TLS_WANT_WRITE = 3, TLS_ZERO_RETURN = 6, TLS_CTRL_MODE = 33, TLS_PARTIAL_WRITE = 1, TLS_MOVING_BUFFER = 2 };

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found == NULL) FAIL("libssl has no %s", name);
  return found;
}

static void load_tls(void) {
  void *library = dlopen("libssl.so.3", RTLD_NOW);
  if (library == NULL) FAIL("%s", dlerror());
  *(void **)&tls.context = symbol(library, "SSL_CTX_new");
  *(void **)&tls.method = symbol(library, "TLS_client_method");
  *(void **)&tls.new = symbol(library, "SSL_new");
  *(void **)&tls.set_fd = symbol(library, "SSL_set_fd");
  *(void **)&tls.connect = symbol(library, "SSL_connect");
  *(void **)&tls.read = symbol(library, "SSL_read");
  *(void **)&tls.write = symbol(library, "SSL_write");
  *(void **)&tls.error = symbol(library, "SSL_get_error");
  *(void **)&tls.control = symbol(library, "SSL_ctrl");
  tls.shared = tls.context(tls.method());
  if (tls.shared == NULL) FAIL("no TLS context");
}

/* As send and recv: -1 with EAGAIN when it would wait; 0 from receiving at the end. */
static ssize_t tls_result(struct client *client, int result) {
  if (result > 0) return result;
  int error = tls.error(client->ssl, result);
  if (error == TLS_ZERO_RETURN) return 0;
  errno = error == TLS_WANT_READ || error == TLS_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

static ssize_t send_parts(struct client *client, const struct iovec *parts, int count) {
  if (client->ssl != NULL) return tls_result(client, tls.write(client->ssl, parts[0].iov_base, (int)parts[0].iov_len));
  struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
  return sendmsg(client->fd, &message, MSG_NOSIGNAL);
}

static ssize_t receive(struct client *client, void *into, size_t length) {
  if (client->ssl != NULL) return tls_result(client, tls.read(client->ssl, into, (int)length));
  return recv(client->fd, into, length, 0);
}

/* Takes bytes off the socket and drops them. */
static ssize_t discard(struct client *client, size_t length) {
  static unsigned char bin[DISCARD_BYTES];
  if (length > sizeof bin) length = sizeof bin;
  if (client->ssl != NULL) return receive(client, bin, length);
  return recv(client->fd, bin, length, MSG_TRUNC);
}

static void finish(struct client *client) {
  client->done = 1;
  open_clients--;
  close(client->fd);
}

static void queue(struct client *client, unsigned type, uint64_t offset, const char *body) {
  size_t length = strlen(body);
  if (client->control_sent == client->control_bytes) client->control_sent = client->control_bytes = 0;
  if (client->control_bytes + FRAME_HEADER_BYTES + length > sizeof client->control) {
    memmove(client->control, client->control + client->control_sent, client->control_bytes - client->control_sent);
    client->control_bytes -= client->control_sent;
    client->control_sent = 0;
  }
  if (client->control_bytes + FRAME_HEADER_BYTES + length > sizeof client->control) FAIL("too much to say");
  struct frame frame = {
      .type = type, .offset = offset, .payload_bytes = (uint32_t)length, .payload_crc = length ? crc32c(0, body, length) : 0};
  encode_frame(client->control + client->control_bytes, &frame);
  memcpy(client->control + client->control_bytes + FRAME_HEADER_BYTES, body, length);
  client->control_bytes += FRAME_HEADER_BYTES + length;
}

/* The next DATA frame, or END behind the last. Nothing without credit. */
static int prepare_frame(struct client *client) {
  if (!client->streaming || client->end_sent || opened < plan.streams) return 0;
  tick();
  uint64_t left = deadline > 0 && now_seconds() >= deadline ? 0 : plan.bytes_each - client->offset;
  if (left > 0) {
    if (client->frames >= client->credit) return 0;
    size_t length = left < block_bytes - FRAME_HEADER_BYTES ? (size_t)left : block_bytes - FRAME_HEADER_BYTES;
    int whole = length == block_bytes - FRAME_HEADER_BYTES;
    uint32_t crc = whole ? payload_crc : crc32c(0, payload, length);
    struct frame frame = {
        .type = DATA, .offset = client->offset, .payload_bytes = (uint32_t)length, .number = client->frames++, .payload_crc = crc};
    encode_frame(client->header, &frame);
    client->crc = whole ? times_vector(advance_payload, client->crc) ^ crc : crc32c(client->crc, payload, length);
    client->offset += length;
    client->frame_bytes = FRAME_HEADER_BYTES + length;
    client->frame_sent = 0;
    if (first_byte == 0) first_byte = now_seconds();
    return 1;
  }
  client->end_sent = 1;
  if (plan.mode == MODE_RAW) {
    shutdown(client->fd, SHUT_WR);
    return 0;
  }
  char body[128];
  snprintf(body, sizeof body, "{\"length\":%llu,\"crc32c\":%u}", (unsigned long long)client->offset, client->crc);
  queue(client, END, 0, body);
  return 1;
}

/* Returns whether it could send more at once. */
static int send_some(struct client *client) {
  struct iovec parts[2];
  int count = 0;
  int is_frame = client->frame_sent < client->frame_bytes;
  /* A frame begun is ended first. */
  if (client->control_sent < client->control_bytes && (!is_frame || client->frame_sent == 0)) {
    parts[count++] = (struct iovec){client->control + client->control_sent, client->control_bytes - client->control_sent};
    is_frame = 0;
  } else if (is_frame) {
    size_t sent = client->frame_sent;
    if (sent < FRAME_HEADER_BYTES) parts[count++] = (struct iovec){client->header + sent, FRAME_HEADER_BYTES - sent};
    size_t at = sent < FRAME_HEADER_BYTES ? 0 : sent - FRAME_HEADER_BYTES;
    parts[count++] = (struct iovec){payload + at, client->frame_bytes - FRAME_HEADER_BYTES - at};
  } else
    return prepare_frame(client);
  ssize_t sent = send_parts(client, parts, count);
  if (sent < 0) {
    if (errno == EAGAIN) {
      client->wants_write = 1;
      return 0;
    }
    FAIL("stream %d: sending: %s", client->index, strerror(errno));
  }
  if (is_frame) {
    client->frame_sent += (size_t)sent;
    if (client->frame_sent == client->frame_bytes) {
      moved += client->frame_bytes - FRAME_HEADER_BYTES;
      last_byte = now_seconds();
      client->frame_bytes = client->frame_sent = 0;
    }
  } else
    client->control_sent += (size_t)sent;
  return 1;
}

static const char *value_of(const char *body, const char *key) {
  const char *found = strstr(body, key);
  if (found == NULL) FAIL("no %s in %s", key, body);
  return found + strlen(key);
}

static void take_frame(struct client *client, const struct frame *frame, const char *body) {
  switch (frame->type) {
    case WELCOME: {
      set_block_bytes(strtoul(value_of(body, "\"blockSize\":"), NULL, 10));
      char text[1024];
      if (plan.mode == MODE_SAVE) {
        snprintf(text, sizeof text,
                 "{\"name\":\"bench-%d\",\"pool\":\"%s\",\"level\":\"full\",\"basedOn\":null,\"timeMs\":0,\"retentionDays\":null,"
                 "\"attributes\":{}}",
                 client->index, plan.pool);
        queue(client, SAVE, 0, text);
      } else {
        snprintf(text, sizeof text, "{\"streamId\":\"%s\",\"offset\":0,\"length\":null,\"partial\":false}", client->id);
        queue(client, RESTORE, 0, text);
      }
      break;
    }
    case SAVING:
      memcpy(client->id, value_of(body, "\"streamId\":\""), ID_CHARACTERS);
      client->streaming = 1;
      opened++;
      break;
    case CREDIT:
      client->credit = (uint32_t)frame->offset;
      break;
    case DURABLE:
    case HEARTBEAT:
    case WAITING:
      break;
    case SAVED:
      if (strtoull(value_of(body, "\"length\":"), NULL, 10) != client->offset) FAIL("SAVED another length: %s", body);
      if (strtoul(value_of(body, "\"crc32c\":"), NULL, 10) != client->crc) FAIL("SAVED another CRC: %s", body);
      finish(client);
      break;
    case RESTORING:
      client->announced = strtoull(value_of(body, "\"length\":"), NULL, 10);
      break;
    case RESTORED:
      if (client->received != client->announced) FAIL("RESTORED after %llu bytes", (unsigned long long)client->received);
      finish(client);
      break;
    default:
      FAIL("stream %d: frame %u: %s", client->index, frame->type, body);
  }
}

static void take_data(struct client *client, const struct frame *frame) {
  if (frame->offset != client->received || frame->number != client->received_frames) FAIL("DATA out of order");
  if (first_byte == 0) first_byte = now_seconds();
  client->received += frame->payload_bytes;
  client->received_frames++;
  client->skip = frame->payload_bytes;
}

/* A payload is whole. DRAINED is told each second time: half of the window of 8 stays open. */
static void payload_passed(struct client *client) {
  last_byte = now_seconds();
  if (client->received_frames - client->drained < 2 && client->received < client->announced) return;
  client->drained = client->received_frames;
  queue(client, DRAINED, client->drained, "");
}

/* Returns whether more might be had at once. */
static int receive_some(struct client *client) {
  ssize_t got;
  if (client->skip > 0) {
    got = discard(client, client->skip);
    if (got > 0) {
      moved += (uint64_t)got;
      client->skip -= (uint64_t)got;
      if (client->skip == 0) payload_passed(client);
      return 1;
    }
  } else {
    size_t wanted = FRAME_HEADER_BYTES;
    struct frame frame = {0};
    if (client->in_bytes >= FRAME_HEADER_BYTES) {
      if (!decode_frame(client->in, &frame)) FAIL("stream %d: no frame", client->index);
      wanted += frame.payload_bytes;
    }
    if (wanted > sizeof client->in) FAIL("stream %d: a frame too long", client->index);
    got = client->in_bytes < wanted ? receive(client, client->in + client->in_bytes, wanted - client->in_bytes) : 1;
    if (got > 0) {
      if (client->in_bytes < wanted) client->in_bytes += (size_t)got;
      if (client->in_bytes < FRAME_HEADER_BYTES) return 1;
      if (!decode_frame(client->in, &frame)) FAIL("stream %d: no frame", client->index);
      if (frame.type == DATA) {
        client->in_bytes = 0;
        take_data(client, &frame);
        return 1;
      }
      if (client->in_bytes < FRAME_HEADER_BYTES + frame.payload_bytes) return 1;
      char body[BODY_LIMIT_BYTES + 1];
      memcpy(body, client->in + FRAME_HEADER_BYTES, frame.payload_bytes);
      body[frame.payload_bytes] = '\0';
      client->in_bytes = 0;
      take_frame(client, &frame, body);
      return !client->done;
    }
  }
  if (got == 0) FAIL("stream %d: the daemon closed the connection", client->index);
  if (errno != EAGAIN) FAIL("stream %d: receiving: %s", client->index, strerror(errno));
  return 0;
}

static void drain_some(struct client *client) {
  ssize_t got = discard(client, DISCARD_BYTES);
  if (got < 0 && errno == EAGAIN) return;
  CHECK(got >= 0, "receiving");
  if (got == 0) {
    finish(client);
    return;
  }
  if (first_byte == 0) first_byte = now_seconds();
  moved += (uint64_t)got;
  last_byte = now_seconds();
}

static void serve(struct client *client, unsigned events) {
  client->wants_write = 0;
  if (plan.mode == MODE_DRAIN) drain_some(client);
  else {
    if (plan.mode != MODE_RAW) {
      /* A turn each: one that never runs dry must not keep the others waiting. What libssl holds no epoll tells of. */
      for (int turns = 0; (turns < 16 || client->ssl != NULL) && receive_some(client); turns++) continue;
      if (client->done) return;
    } else if (events & EPOLLIN && client->end_sent) {
      unsigned char byte;
      if (recv(client->fd, &byte, 1, 0) == 0) {
        finish(client);
        return;
      }
    }
    for (int turns = 0; turns < 4 && send_some(client); turns++) continue;
    int more = client->frame_sent < client->frame_bytes || client->control_sent < client->control_bytes;
    int could = client->streaming && !client->end_sent && client->frames < client->credit;
    client->wants_write = more || could;
  }
  if (client->done) return;
  struct epoll_event event = {.events = EPOLLIN | (client->wants_write ? EPOLLOUT : 0), .data.ptr = client};
  static unsigned char registered[MAX_STREAMS];
  unsigned char now = (unsigned char)(1 + client->wants_write);
  if (registered[client->index] == now) return;
  CHECK(epoll_ctl(poll_fd, registered[client->index] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, client->fd, &event) == 0, "epoll_ctl");
  registered[client->index] = now;
}

static void connect_client(struct client *client, int port) {
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(client->fd >= 0, "socket");
  int on = 1;
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CHECK(connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  if (plan.tls) {
    client->ssl = tls.new(tls.shared);
    tls.control(client->ssl, TLS_CTRL_MODE, TLS_PARTIAL_WRITE | TLS_MOVING_BUFFER, NULL);
    if (tls.set_fd(client->ssl, client->fd) != 1 || tls.connect(client->ssl) != 1) FAIL("the TLS handshake failed");
  }
  CHECK(fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
  if (plan.mode == MODE_RAW) {
    opened++;
    client->streaming = 1;
    client->credit = UINT32_MAX;
  } else if (plan.mode != MODE_DRAIN) {
    char body[512];
    snprintf(body, sizeof body, "{\"protocol\":1,\"client\":\"%s\",\"token\":\"%s\",\"software\":\"bench\"}", plan.client, plan.token);
    queue(client, HELLO, 0, body);
  }
}

static void name_streams(const char *ids) {
  for (const char *at = ids; *at != '\0'; at += *at == ',') {
    if (plan.streams == MAX_STREAMS || strlen(at) < ID_CHARACTERS) FAIL("ids: %s", ids);
    memcpy(clients[plan.streams++].id, at, ID_CHARACTERS);
    at += ID_CHARACTERS;
  }
}

int main(int argc, char **argv) {
  static const char *const MODES[] = {"save", "restore", "raw", "drain"};
  int mode = 0;
  while (mode < 4 && (argc < 2 || strcmp(argv[1], MODES[mode]) != 0)) mode++;
  if (mode == 4) FAIL("usage: load save|restore|raw|drain ...");
  plan.mode = (enum mode)mode;
  plan.tls = strcmp(option(argc, argv, "--tls", "no"), "yes") == 0;
  int port = (int)number_option(argc, argv, "--port", NULL);
  clients = calloc(MAX_STREAMS, sizeof *clients);
  if (plan.mode == MODE_SAVE || plan.mode == MODE_RESTORE) {
    plan.client = option(argc, argv, "--client", NULL);
    plan.token = option(argc, argv, "--token", NULL);
  }
  if (plan.mode == MODE_SAVE) plan.pool = option(argc, argv, "--pool", NULL);
  if (plan.mode == MODE_RESTORE) name_streams(option(argc, argv, "--ids", NULL));
  else plan.streams = (int)number_option(argc, argv, "--streams", "1");
  if (plan.mode == MODE_SAVE || plan.mode == MODE_RAW) {
    plan.seconds = strtod(option(argc, argv, "--seconds", "0"), NULL);
    plan.bytes_each = plan.seconds > 0 ? UINT64_MAX / 4 : number_option(argc, argv, "--bytes", NULL);
    plan.watched = (int)number_option(argc, argv, "--watch", "0");
    set_block_bytes(block_bytes);
  }
  if (plan.mode == MODE_RAW) {
    /* Whole blocks only. */
    size_t length = block_bytes - FRAME_HEADER_BYTES;
    plan.bytes_each = (plan.bytes_each + length - 1) / length * length;
  }
  if (plan.streams < 1 || plan.streams > MAX_STREAMS) FAIL("%d streams", plan.streams);
  if (plan.tls) load_tls();

  poll_fd = epoll_create1(0);
  double started = now_seconds();
  for (int i = 0; i < plan.streams; i++) {
    clients[i].index = i;
    open_clients++;
    connect_client(&clients[i], port);
    serve(&clients[i], 0);
  }
  int were_opened = 0;
  while (open_clients > 0) {
    struct epoll_event events[64];
    /* Some clients wait for nothing but the clock or each other. */
    int ready = epoll_wait(poll_fd, events, 64, plan.mode == MODE_SAVE || plan.mode == MODE_RAW ? 20 : -1);
    CHECK(ready >= 0, "epoll_wait");
    tick();
    int all = opened == plan.streams && !were_opened;
    int over = deadline > 0 && now_seconds() >= deadline;
    if (all || over)
      for (int i = 0; i < plan.streams; i++)
        if (!clients[i].done && !clients[i].end_sent) serve(&clients[i], 0);
    were_opened |= all;
    for (int i = 0; i < ready; i++) serve(events[i].data.ptr, events[i].events);
  }
  double ended = now_seconds();
  printf("{\"streams\":%d,\"bytes\":%llu,\"movingSeconds\":%.6f,\"seconds\":%.6f,\"cpuSeconds\":%.6f,", plan.streams,
         (unsigned long long)moved, last_byte - first_byte, ended - started, cpu_seconds());
  if (steady_to.time > 0)
    printf("\"steady\":{\"bytes\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f},",
           (unsigned long long)(steady_to.moved - steady_from.moved), steady_to.time - steady_from.time,
           steady_to.cpu_seconds - steady_from.cpu_seconds);
  printf("\"ids\":[");
  for (int i = 0; i < plan.streams; i++) printf("%s\"%s\"", i == 0 ? "" : ",", clients[i].id);
  printf("]}\n");
  return 0;
}
