/* Whole rows of random numbers, fast: Philox4x32-10 on many counters side by side, the same bits on
 * every processor. */
#ifndef CORE_RANDOM_FILL_H
#define CORE_RANDOM_FILL_H

#include <stddef.h>
#include <stdint.h>

/* Fill `count` values from the stream of (seed, RANDOM_FILL, plane, 0). The first n values of a
 * longer fill are those of a shorter one. Words come in groups of 64, from 16 consecutive counters:
 * the first word of each of them, then the second of each, and so on. */
void random_fill_words(uint64_t seed, uint64_t plane, uint32_t *words, size_t count);

/* 0 <= v < 1, multiples of 2^-24. */
void random_fill_uniform(uint64_t seed, uint64_t plane, float *values, size_t count);

/* Mean 0, standard deviation 1, at most 5.8 deviations: Box and Muller's method (1958), relative
 * error below 1e-5. */
void random_fill_normal(uint64_t seed, uint64_t plane, float *values, size_t count);

#endif
