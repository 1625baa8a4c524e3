/* Times sums over ranks: what a message costs between these hosts, for the cost model of
 * experiments/scaling and the size of the exchange's buckets.
 *   mpirun -n N build/bench_allreduce
 *     "BYTES SECONDS" for sizes from 4 bytes to 16 MiB: the median over repetitions of the slowest
 *     rank's time; then, of 16 MiB in buckets, "BUCKET_BYTES SECONDS in buckets"
 *   mpirun -n N build/bench_allreduce VALUES BUCKET_VALUES SECONDS
 *     "SECONDS WAITED": medians of steps that compute for the given time, asleep, as on hosts with
 *     processors of their own; two thirds of it go back, and buckets leave evenly on the way
 *   mpirun -n N build/bench_allreduce SECONDS
 *     "SHARE": how much more processor time rank 0 takes that computes, about the given time, while
 *     it has to look after a sum that the others have not begun: the median of several */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"

enum { MOST = 1 << 22, MOST_REPEATS = 51, MOST_BUCKETS = 1024, STEPS = 21 };

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

static void sleep_for(double seconds)
{
    struct timespec time = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};
    nanosleep(&time, NULL);
}

/* One step that computes for `seconds` alone. Returns how long it waited. */
static double step(int count, int bucket, double seconds)
{
    RanksSum *begun[MOST_BUCKETS];
    int used = 0, buckets = (count + bucket - 1) / bucket;
    double waited = ranks_waited(), one = 1;
    sleep_for(seconds / 3);
    for (int at = 0; at < count && used < MOST_BUCKETS; at += bucket) {
        sleep_for(seconds * 2 / 3 / buckets);
        int part = count - at < bucket ? count - at : bucket;
        begun[used++] = ranks_sum_begin(own + at, sum + at, part, RANKS_FLOAT, NULL, NULL);
    }
    ranks_sum_doubles(&one, 1);
    for (int i = 0; i < used; i++)
        ranks_sum_end(begun[i]);
    return ranks_waited() - waited;
}

static void measure_steps(int count, int bucket, double seconds)
{
    double times[STEPS], waits[STEPS];
    for (int i = 0; i < STEPS && !error_pending(); i++) {
        double began = clock_seconds();
        waits[i] = step(count, bucket, seconds);
        times[i] = clock_seconds() - began;
    }
    qsort(times, STEPS, sizeof *times, compare);
    qsort(waits, STEPS, sizeof *waits, compare);
    if (ranks_rank() == 0)
        printf("%.4f %.4f\n", times[STEPS / 2], waits[STEPS / 2]);
}

/* Keeps a processor busy for as many rounds. */
static void work(long rounds)
{
    volatile double x = 1;
    for (long i = 0; i < rounds; i++)
        x = x * 0.999 + 0.001;
}

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Processor time of work, on all ranks at once; with a sum that rank 0 begins before and others
 * after. */
static double work_beside(long rounds, bool sum_is_under_way)
{
    double one = 1;
    RanksSum *begun = NULL;
    ranks_sum_doubles(&one, 1);
    if (sum_is_under_way && ranks_rank() == 0)
        begun = ranks_sum_begin(own, sum, MOST, RANKS_FLOAT, NULL, NULL);
    double began = processor_seconds();
    work(rounds);
    double seconds = processor_seconds() - began;
    ranks_sum_doubles(&one, 1);
    if (sum_is_under_way && ranks_rank() != 0)
        begun = ranks_sum_begin(own, sum, MOST, RANKS_FLOAT, NULL, NULL);
    if (sum_is_under_way)
        ranks_sum_end(begun);
    return seconds;
}

static void measure_looks(double seconds)
{
    enum { TRIAL = 1000000, PAIRS = 51 };
    double shares[PAIRS];
    long rounds = (long)(seconds / work_beside(TRIAL, false) * TRIAL);
    for (int i = 0; i < PAIRS && !error_pending(); i++) {
        double alone = work_beside(rounds, false);
        shares[i] = work_beside(rounds, true) / alone - 1;
    }
    qsort(shares, PAIRS, sizeof *shares, compare);
    if (ranks_rank() == 0)
        printf("%.4f\n", shares[PAIRS / 2]);
}

static void measure_messages(void)
{
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
}

int main(int argc, char **argv)
{
    own = memory_array(MOST, sizeof *own);
    sum = memory_array(MOST, sizeof *sum);
    if (ranks_begin() != 0 || verify() != 0)
        ranks_abort();
    if (argc == 4 && atoi(argv[1]) <= MOST)
        measure_steps(atoi(argv[1]), atoi(argv[2]), atof(argv[3]));
    else if (argc == 2)
        measure_looks(atof(argv[1]));
    else
        measure_messages();
    if (error_pending())
        ranks_abort();
    ranks_end();
    free(own);
    free(sum);
    return 0;
}
