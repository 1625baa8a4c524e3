/* How many training crops a second the loader hands over: crops of 32 low-resolution pixels at
 * scale 4 from a store given on the command line, or one made by `unmush pairs --scale=4`.
 *     bench_batches STORE.h5 [THREADS]
 * First checks that one thread and many hand over the same samples, then times. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "data/batches.h"

enum { BATCH = 16, CROP = 32, WARM_UP = 100, STEPS = 1000, REPEATS = 7, COMPARED = 50 };

static int fail(void)
{
    fprintf(stderr, "bench_batches: %s\n", error_message());
    return 1;
}

static Batches *open_batches(PairSource *store, int threads)
{
    BatchSource source = {store, 1};
    BatchPlan plan = {.seed = 1, .batch = BATCH, .count = BATCH, .crop = CROP};
    return batches_open(&source, 1, &plan, threads);
}

/* 0 if both loaders hand over the same bytes. */
static int verify(PairSource *store, int threads)
{
    Batches *one = open_batches(store, 1), *many = open_batches(store, threads);
    int scale = pair_source_scale(store);
    size_t lr_bytes = (size_t)BATCH * CROP * CROP * 3;
    size_t hr_bytes = lr_bytes * (size_t)(scale * scale);
    const uint8_t *lr[2], *hr[2];
    int result = one && many ? 0 : -1;
    for (int step = 0; result == 0 && step < COMPARED; step++) {
        result = batches_next(one, &lr[0], &hr[0], NULL) | batches_next(many, &lr[1], &hr[1], NULL);
        if (result == 0 &&
            (memcmp(lr[0], lr[1], lr_bytes) != 0 || memcmp(hr[0], hr[1], hr_bytes) != 0))
            result =
                error_set(ERROR_SHAPE, "step %d differs between 1 and %d threads", step, threads);
    }
    batches_close(one);
    batches_close(many);
    return result;
}

static int take_steps(Batches *batches, int steps)
{
    const uint8_t *lr, *hr;
    for (int step = 0; step < steps; step++)
        if (batches_next(batches, &lr, &hr, NULL) != 0)
            return -1;
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(PairSource *store, int threads)
{
    double rates[REPEATS];
    Batches *batches = open_batches(store, threads);
    int result = batches ? take_steps(batches, WARM_UP) : -1;
    for (int i = 0; result == 0 && i < REPEATS; i++) {
        double began = clock_seconds();
        result = take_steps(batches, STEPS);
        rates[i] = STEPS * BATCH / (clock_seconds() - began);
    }
    batches_close(batches);
    if (result != 0)
        return -1;
    qsort(rates, REPEATS, sizeof *rates, compare);
    printf("%d threads: %.0f crops/s (%.0f to %.0f in %d repeats)\n", threads, rates[REPEATS / 2],
           rates[0], rates[REPEATS - 1], REPEATS);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_batches STORE.h5 [THREADS]\n");
        return 2;
    }
    int threads = argc > 2 ? atoi(argv[2]) : 2;
    PairSource *store = pair_source_stored(argv[1]);
    if (!store || verify(store, threads > 1 ? threads : 2) != 0 || measure(store, 1) != 0 ||
        measure(store, threads) != 0)
        return fail();
    pair_source_close(store);
    return 0;
}
