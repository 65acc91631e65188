/*
 * Compares both ways crc32c.c has of computing a CRC32C with the definition, bit by bit, over many lengths, alignments and
 * seeds. Prints "instruction" or "table", whichever crc32c() uses here. For the tests: a machine that has the instruction
 * would otherwise never run the tables.
 */
#include "crc32c.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned char bytes[70000];

static uint32_t by_definition(uint32_t seed, const unsigned char *at, size_t length) {
  uint32_t crc = ~seed;
  for (; length > 0; length--) {
    crc ^= *at++;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

static void compare(uint32_t seed, size_t offset, size_t length) {
  uint32_t expected = by_definition(seed, bytes + offset, length);
  uint32_t table = crc32c_by_table(seed, bytes + offset, length);
  uint32_t fast = crc32c(seed, bytes + offset, length);
  if (table == expected && fast == expected) return;
  fprintf(stderr, "seed %08x offset %zu length %zu: expected %08x, table %08x, fast %08x\n", seed, offset, length, expected,
          table, fast);
  exit(1);
}

int main(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < sizeof bytes; i++) {
    state = state * 1664525u + 1013904223u;
    bytes[i] = (unsigned char)(state >> 24);
  }
  for (size_t length = 0; length < 900; length++) compare(0, length % 8, length);
  for (int i = 0; i < 600; i++) {
    state = state * 1664525u + 1013904223u;
    size_t offset = state >> 8 & 15;
    compare(state, offset, (state >> 12) % (sizeof bytes - offset + 1));
  }
  puts(crc32c_is_accelerated() ? "instruction" : "table");
  return 0;
}
