/* A counter-based generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011). A stream is a pure function of its key, so sample k of step t draws the same
 * numbers on any rank, in any thread and after any interruption. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stdint.h>

typedef struct Random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int left; /* unused words of block */
} Random;

/* What a stream is for: the same (seed, a, b) gives unrelated streams for different purposes. */
typedef enum RandomPurpose {
    RANDOM_SYNTH = 1,
    RANDOM_TILE,
    RANDOM_DEGRADE,
    RANDOM_SAMPLE,
    RANDOM_INITIALISE,
    RANDOM_SPLIT,
    RANDOM_TEST,
    RANDOM_OPERATION, /* what one operation of a degradation draws */
    RANDOM_FILL,
    RANDOM_PICTURE,  /* which picture a training sample is cut from */
    RANDOM_BOOTSTRAP /* which pictures a draw takes */
} RandomPurpose;

/* The stream of (seed, purpose, a, b); for training samples a is the step and b the sample. At most
 * 2^32 words may be drawn from one stream; b is used modulo 2^24. */
Random random_stream(uint64_t seed, RandomPurpose purpose, uint64_t a, uint32_t b);

uint32_t random_word(Random *r);  /* 0 .. 2^32-1 */
double random_uniform(Random *r); /* 0 <= x < 1, 53 bits */
double random_range(Random *r, double low, double high);
uint32_t random_below(Random *r, uint32_t limit); /* 0 .. limit-1, unbiased; limit >= 1 */
double random_normal(Random *r);                  /* mean 0, standard deviation 1 */

/* One Philox4x32-10 block, exposed for its known-answer test. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

#endif
