/* Which tiles of a store: "7", "3,7,20-29", "all", "random:1000". */
#ifndef DATA_PAIRS_INDICES_H
#define DATA_PAIRS_INDICES_H

#include <stdint.h>

/* The tiles that `text` names of `total`, ascending for "all" and "random:N" (N different ones, or
 * all; drawn by the seed), else in its order. The caller frees them; NULL with ERROR_USAGE. */
int64_t *pairs_indices(const char *text, int64_t total, uint64_t seed, int64_t *count);

/* N different ones of `total`, or all if there are no more, ascending. */
int64_t *pairs_random_indices(int64_t n, int64_t total, uint64_t seed, int64_t *count);

#endif
