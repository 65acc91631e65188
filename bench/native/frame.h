/* The data door's frames (docs/PROTOCOL.md) as the load generator and the floor need them. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../native/crc32c.h"

enum { FRAME_HEADER_BYTES = 128, BODY_LIMIT_BYTES = 65536 };

enum frame_type {
  HELLO = 1, WELCOME, SAVE, SAVING, CREDIT, DATA, END, DURABLE, SAVED, RESTORE, RESTORING, DRAINED, RESTORED, ABORT, ERROR,
  HEARTBEAT, WAITING,
};

struct frame {
  unsigned type;
  uint64_t offset;
  uint32_t payload_bytes;
  uint32_t number;
  uint32_t payload_crc;
};

static inline void put_le(unsigned char *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(value >> 8 * i);
}

static inline uint64_t get_le(const unsigned char *at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
  return value;
}

static inline void encode_frame(unsigned char *header, const struct frame *frame) {
  memset(header, 0, FRAME_HEADER_BYTES);
  memcpy(header, "TLFRAME1", 8);
  put_le(header + 8, 1, 2);
  put_le(header + 10, frame->type, 2);
  put_le(header + 72, frame->offset, 8);
  put_le(header + 80, frame->payload_bytes, 4);
  put_le(header + 84, frame->number, 4);
  put_le(header + 88, frame->payload_crc, 4);
  put_le(header + 124, crc32c(0, header, 124), 4);
}

/* 0 when the 128 bytes are no frame of this protocol. */
static inline int decode_frame(const unsigned char *header, struct frame *frame) {
  if (memcmp(header, "TLFRAME1", 8) != 0 || get_le(header + 8, 2) != 1) return 0;
  if (get_le(header + 124, 4) != crc32c(0, header, 124)) return 0;
  frame->type = (unsigned)get_le(header + 10, 2);
  frame->offset = get_le(header + 72, 8);
  frame->payload_bytes = (uint32_t)get_le(header + 80, 4);
  frame->number = (uint32_t)get_le(header + 84, 4);
  frame->payload_crc = (uint32_t)get_le(header + 88, 4);
  return 1;
}

#endif
