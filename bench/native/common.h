/* What the programs of the benchmark share. They end with a message at the first thing that is not as it should be. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FAIL(...)                       \
  do {                                  \
    fprintf(stderr, __VA_ARGS__);       \
    fputc('\n', stderr);                \
    exit(1);                            \
  } while (0)

#define CHECK(condition, what)                                        \
  do {                                                                \
    if (!(condition)) FAIL("%s: %s", (what), strerror(errno));        \
  } while (0)

static inline double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* User and system time of this process. */
static inline double cpu_seconds(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* The value behind `name` among the arguments, or `otherwise`. */
static inline const char *option(int argc, char **argv, const char *name, const char *otherwise) {
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  if (otherwise == NULL) FAIL("%s is missing", name);
  return otherwise;
}

static inline uint64_t number_option(int argc, char **argv, const char *name, const char *otherwise) {
  return strtoull(option(argc, argv, name, otherwise), NULL, 10);
}

#endif
