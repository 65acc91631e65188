/*
 * CRC32C at the speed of memory.
 *
 * The CPU's CRC instruction takes 8 bytes and has a latency of 3 cycles but can start every cycle, so three independent
 * lanes keep it busy: the lane lengths below are split off the front, each lane gets its own CRC, and the lanes are joined
 * by advancing a CRC over a lane's length of zero bytes, which is linear and done with four table look-ups.
 */
#include "crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#define HAVE_INSTRUCTION 1
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))
#elif defined(__aarch64__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <sys/auxv.h>
#define HAVE_INSTRUCTION 1
#define WITH_INSTRUCTION
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#else
#define HAVE_INSTRUCTION 0
#endif

#define POLYNOMIAL 0x82f63b78u

/* Long lanes for blocks, short ones for what is left of them. Multiples of 8. */
#define LONG_LANE 8192u
#define SHORT_LANE 256u

/* Slicing by 8: tables[k][b] is the CRC state after byte b and k zero bytes. */
static uint32_t tables[8][256];

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    tables[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; byte++)
    for (int k = 1; k < 8; k++) tables[k][byte] = tables[0][tables[k - 1][byte] & 0xff] ^ tables[k - 1][byte] >> 8;
}

uint32_t crc32c_by_table(uint32_t seed, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  uint32_t crc = ~seed;
  for (; length >= 8; length -= 8, at += 8) {
    crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    crc = tables[7][crc & 0xff] ^ tables[6][crc >> 8 & 0xff] ^ tables[5][crc >> 16 & 0xff] ^ tables[4][crc >> 24] ^
          tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
  }
  for (; length > 0; length--) crc = tables[0][(crc ^ *at++) & 0xff] ^ crc >> 8;
  return ~crc;
}

#if HAVE_INSTRUCTION

static int accelerated;

/* shift[k][b]: the state whose byte k is b and whose others are 0, advanced over one lane of zero bytes. */
static uint32_t long_shift[4][256];
static uint32_t short_shift[4][256];

static void make_shift(uint32_t shift[4][256], unsigned lane) {
  uint32_t columns[32];
  for (int bit = 0; bit < 32; bit++) {
    uint32_t crc = 1u << bit;
    for (unsigned i = 0; i < lane; i++) crc = tables[0][crc & 0xff] ^ crc >> 8;
    columns[bit] = crc;
  }
  for (int k = 0; k < 4; k++)
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t sum = 0;
      for (int bit = 0; bit < 8; bit++)
        if (byte >> bit & 1) sum ^= columns[8 * k + bit];
      shift[k][byte] = sum;
    }
}

static inline uint32_t advance(uint32_t shift[4][256], uint32_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^ shift[3][crc >> 24];
}

#if defined(__x86_64__)

static int has_instruction(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}

WITH_INSTRUCTION static inline uint64_t step8(uint64_t crc, const unsigned char *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return __builtin_ia32_crc32di(crc, word);
}

WITH_INSTRUCTION static inline uint64_t step1(uint64_t crc, unsigned char byte) {
  return __builtin_ia32_crc32qi((uint32_t)crc, byte);
}

#else

static int has_instruction(void) {
  return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

/* Assembler, not <arm_acle.h>: whether that offers the intrinsics depends on compiler options and versions. */
static inline uint64_t step8(uint64_t crc, const unsigned char *at) {
  uint64_t word;
  uint32_t next;
  memcpy(&word, at, 8);
  __asm__(".arch_extension crc\n\tcrc32cx %w0, %w1, %x2" : "=r"(next) : "r"((uint32_t)crc), "r"(word));
  return next;
}

static inline uint64_t step1(uint64_t crc, unsigned char byte) {
  uint32_t next;
  __asm__(".arch_extension crc\n\tcrc32cb %w0, %w1, %w2" : "=r"(next) : "r"((uint32_t)crc), "r"((uint32_t)byte));
  return next;
}

#endif

WITH_INSTRUCTION static inline uint64_t three_lanes(uint64_t crc, const unsigned char *at, size_t lane,
                                                    uint32_t shift[4][256]) {
  uint64_t second = 0;
  uint64_t third = 0;
  for (const unsigned char *end = at + lane; at < end; at += 8) {
    crc = step8(crc, at);
    second = step8(second, at + lane);
    third = step8(third, at + 2 * lane);
  }
  crc = advance(shift, (uint32_t)crc) ^ second;
  return advance(shift, (uint32_t)crc) ^ third;
}

WITH_INSTRUCTION static uint32_t crc32c_by_instruction(uint32_t seed, const void *bytes, size_t length) {
  const unsigned char *at = bytes;
  uint64_t crc = ~seed;
  for (; length > 0 && ((uintptr_t)at & 7) != 0; length--) crc = step1(crc, *at++);
  for (; length >= 3 * LONG_LANE; length -= 3 * LONG_LANE, at += 3 * LONG_LANE)
    crc = three_lanes(crc, at, LONG_LANE, long_shift);
  for (; length >= 3 * SHORT_LANE; length -= 3 * SHORT_LANE, at += 3 * SHORT_LANE)
    crc = three_lanes(crc, at, SHORT_LANE, short_shift);
  for (; length >= 8; length -= 8, at += 8) crc = step8(crc, at);
  for (; length > 0; length--) crc = step1(crc, *at++);
  return ~(uint32_t)crc;
}

#endif

/* Before main() or inside dlopen(), so before any thread can call. */
__attribute__((constructor)) static void prepare(void) {
  make_tables();
#if HAVE_INSTRUCTION
  make_shift(long_shift, LONG_LANE);
  make_shift(short_shift, SHORT_LANE);
  accelerated = has_instruction();
#endif
}

int crc32c_is_accelerated(void) {
#if HAVE_INSTRUCTION
  return accelerated;
#else
  return 0;
#endif
}

uint32_t crc32c(uint32_t seed, const void *bytes, size_t length) {
#if HAVE_INSTRUCTION
  if (accelerated) return crc32c_by_instruction(seed, bytes, length);
#endif
  return crc32c_by_table(seed, bytes, length);
}
