#ifndef TAPELOOM_CRC32C_H
#define TAPELOOM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4) of `length` bytes at `bytes`, continuing from
 * `seed`: the CRC of the bytes before, 0 to begin. Uses the CPU's instructions when it has them.
 */
uint32_t crc32c(uint32_t seed, const void *bytes, size_t length);

/* The same by tables alone: what a CPU without such instructions runs. */
uint32_t crc32c_by_table(uint32_t seed, const void *bytes, size_t length);

/* Whether crc32c() uses the CPU's instructions. */
int crc32c_is_accelerated(void);

#endif
