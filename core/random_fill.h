/* Whole rows of random numbers, fast: four Philox words a block, vectorised, the same bits on every
 * processor. */
#ifndef CORE_RANDOM_FILL_H
#define CORE_RANDOM_FILL_H

#include <stddef.h>
#include <stdint.h>

/* Fill `count` values from the stream of (seed, RANDOM_FILL, plane, 0). The first n values of a
 * longer fill are those of a shorter one. */
void random_fill_words(uint64_t seed, uint64_t plane, uint32_t *words, size_t count);
void random_fill_uniform(uint64_t seed, uint64_t plane, float *values,
                         size_t count); /* 0 <= v < 1 */
/* Mean 0, standard deviation 1; tails to at least 5 deviations, relative error below 1e-4. */
void random_fill_normal(uint64_t seed, uint64_t plane, float *values, size_t count);

#endif
