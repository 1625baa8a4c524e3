/* Times sums over ranks: what a message costs between these hosts, for the cost model of
 * experiments/scaling and the size of the exchange's buckets.
 *   mpirun -n N build/bench_allreduce    prints "BYTES SECONDS" for sizes from 4 bytes to 16 MiB:
 * the median over repetitions of the slowest rank's time; then, of 16 MiB in buckets, "BUCKET_BYTES
 * SECONDS in buckets". */
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"

enum { MOST = 1 << 22, MOST_REPEATS = 51, MOST_BUCKETS = 1024 };

static float *own, *sum;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All at once in buckets of `bucket` values, as the exchange of gradients does. */
static int exchange(int count, int bucket)
{
    RanksSum *begun[MOST_BUCKETS];
    int used = 0, result = 0;
    for (int at = 0; at < count && used < MOST_BUCKETS; at += bucket) {
        int part = count - at < bucket ? count - at : bucket;
        begun[used++] = ranks_sum_begin(own + at, sum + at, part, RANKS_FLOAT, NULL, NULL);
    }
    for (int i = 0; i < used; i++)
        result |= ranks_sum_end(begun[i]);
    return result;
}

/* Seconds that the slowest rank takes, the median of several. */
static double measure(int count, int bucket)
{
    double times[MOST_REPEATS];
    int repeats = count > 1 << 19 ? 11 : MOST_REPEATS;
    for (int i = 0; i < repeats && !error_pending(); i++) {
        double together = 0;
        ranks_sum_doubles(&together, 1);
        double began = clock_seconds();
        exchange(count, bucket);
        double *all = memory_array((size_t)ranks_size(), sizeof *all);
        all[ranks_rank()] = clock_seconds() - began;
        ranks_sum_doubles(all, (size_t)ranks_size());
        times[i] = 0;
        for (int r = 0; r < ranks_size(); r++)
            times[i] = all[r] > times[i] ? all[r] : times[i];
        free(all);
    }
    qsort(times, (size_t)repeats, sizeof *times, compare);
    return times[repeats / 2];
}

static int verify(void)
{
    for (int i = 0; i < MOST; i++)
        own[i] = (float)(i % 1001 + ranks_rank());
    int n = ranks_size(), bad = 0;
    if (exchange(MOST, 1 << 18) != 0)
        return -1;
    for (int i = 0; i < MOST; i++)
        bad += sum[i] != (float)(n * (i % 1001) + n * (n - 1) / 2);
    return bad == 0 ? 0 : error_set(ERROR_RANK, "%d of %d sums are wrong", bad, MOST);
}

int main(void)
{
    own = memory_array(MOST, sizeof *own);
    sum = memory_array(MOST, sizeof *sum);
    if (ranks_begin() != 0 || verify() != 0)
        ranks_abort();
    for (int count = 1; count <= MOST; count *= 4) {
        double seconds = measure(count, MOST);
        if (ranks_rank() == 0)
            printf("%d %.3g\n", count * 4, seconds);
    }
    for (int bucket = 1 << 13; bucket <= MOST; bucket *= 4) {
        double seconds = measure(MOST, bucket);
        if (ranks_rank() == 0)
            printf("%d %.3g in buckets\n", bucket * 4, seconds);
    }
    if (error_pending())
        ranks_abort();
    ranks_end();
    free(own);
    free(sum);
    return 0;
}
