/* Training batches: sample k of step t is a pure function of (seed, attempt, t, k), whatever the
 * number of ranks, threads or interruptions. Worker threads read ahead. */
#ifndef DATA_BATCHES_H
#define DATA_BATCHES_H

#include <stdint.h>

#include "data/pair_source.h"

typedef struct BatchPlan {
    uint64_t seed;
    uint32_t attempt;     /* mixed into the key: raised after a roll-back */
    int64_t batch;        /* samples of one step over all ranks, 1 .. 2^24 */
    int64_t first, count; /* this rank's samples of every step (see ranks_share); count may be 0 */
    int crop;             /* LR pixels; the HR crop is crop * scale */
    int64_t first_step;
    double mixup;   /* probability that a sample is mixed with another (data/augment.h) */
    double cutblur; /* probability that a rectangle of LR is HR brought down */
} BatchPlan;

/* A source and how often it is drawn from, relative to the others. */
typedef struct BatchSource {
    PairSource *source; /* not owned */
    double weight;
} BatchSource;

typedef struct Batches Batches;

/* Whether the sources, which must all have the same scale, provide what the plan asks for.
 * ERROR_CONFIG names the one that does not fit. */
int batches_check(const BatchSource *sources, int source_count, const BatchPlan *plan);

/* Checks, then starts reading ahead with `threads` workers, which run at a lower priority than the
 * caller. */
Batches *batches_open(const BatchSource *sources, int source_count, const BatchPlan *plan,
                      int threads);
void batches_close(Batches *batches);

/* Bytes that are held of steps read ahead, of `count` samples each. */
int64_t batches_ahead_bytes(int64_t count, int crop, int scale);

/* The next step's samples of this rank: lr [count,crop,crop,3], hr [count,crop*s,crop*s,3], valid
 * until the next call. Waits if they are not ready; *waited (seconds, may be NULL) says how long.
 */
int batches_next(Batches *batches, const uint8_t **lr, const uint8_t **hr, double *waited);

#endif
