/* Training batches: sample k of step t is a pure function of (seed, attempt, t, k), whatever the
 * number of ranks, threads or interruptions. Worker threads read ahead. */
#ifndef DATA_BATCHES_H
#define DATA_BATCHES_H

#include <stdint.h>

#include "data/pairs.h"

typedef struct BatchPlan {
    uint64_t seed;
    uint32_t attempt;     /* mixed into the key: raised after a roll-back */
    int64_t batch;        /* samples of one step over all ranks, 1 .. 2^24 */
    int64_t first, count; /* this rank's samples of every step (see ranks_share); count may be 0 */
    int crop;             /* LR pixels; the HR crop is crop * scale */
    int64_t first_step;
} BatchPlan;

/* One store and how often it is drawn from, relative to the others. */
typedef struct BatchSource {
    PairStore *store; /* not owned */
    double weight;
} BatchSource;

typedef struct Batches Batches;

/* Starts reading ahead with `threads` workers. All stores must have the same scale and tiles of at
 * least crop + 4 LR pixels: crops keep off the outermost 2 LR pixels, which saw a mirrored edge.
 * ERROR_CONFIG names the store that does not fit. Crops are flipped and transposed at random. */
Batches *batches_open(const BatchSource *sources, int source_count, const BatchPlan *plan,
                      int threads);
void batches_close(Batches *batches);

/* The next step's samples of this rank: lr [count,crop,crop,3], hr [count,crop*s,crop*s,3], valid
 * until the next call. Waits if they are not ready; *waited (seconds, may be NULL) says how long.
 */
int batches_next(Batches *batches, const uint8_t **lr, const uint8_t **hr, double *waited);

#endif
