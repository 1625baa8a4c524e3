#include "eval/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/vector.h"

enum { DRAWS = 2000, LEAST = 3, TAIL = DRAWS * 25 / 1000 };

struct Bootstrap {
    int pictures;
    uint8_t *taken; /* [draw][picture]: how often */
};

Bootstrap *bootstrap_new(int pictures)
{
    Bootstrap *b = memory_new(sizeof *b);
    b->pictures = pictures;
    b->taken = memory_array((size_t)pictures * DRAWS + 1, sizeof *b->taken);
    for (int draw = 0; draw < DRAWS; draw++) {
        Random random = random_stream(0, RANDOM_BOOTSTRAP, (uint64_t)draw, 0);
        uint8_t *taken = b->taken + (size_t)draw * (size_t)pictures;
        for (int i = 0; i < pictures; i++)
            taken[random_below(&random, (uint32_t)pictures)]++;
    }
    return b;
}

void bootstrap_free(Bootstrap *bootstrap)
{
    if (bootstrap)
        free(bootstrap->taken);
    free(bootstrap);
}

/* The mean of one draw: of the values, 0 where undefined, and of how many it took. */
FOR_EVERY_PROCESSOR
static double drawn_mean(const uint8_t *taken, const double *values, const double *defined,
                         int count)
{
    enum { LANES = 8 };
    double sums[LANES] = {0}, counts[LANES] = {0}, sum = 0, of = 0;
    int i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane] += taken[i + lane] * values[i + lane];
            counts[lane] += taken[i + lane] * defined[i + lane];
        }
    for (; i < count; i++) {
        sum += taken[i] * values[i];
        of += taken[i] * defined[i];
    }
    for (int lane = 0; lane < LANES; lane++) {
        sum += sums[lane];
        of += counts[lane];
    }
    return of > 0 ? sum / of : NAN;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One value per picture and whether it is there. */
typedef struct Column {
    double *values, *defined;
    int count;
} Column;

static Column column_new(int pictures)
{
    return (Column){.values = memory_array((size_t)pictures + 1, sizeof(double)),
                    .defined = memory_array((size_t)pictures + 1, sizeof(double))};
}

static void column_set(Column *column, int i, double value)
{
    if (isnan(value))
        return;
    column->values[i] = value;
    column->defined[i] = 1;
    column->count++;
}

static Interval column_interval(const Bootstrap *b, const Column *column)
{
    double means[DRAWS];
    int count = 0;
    if (column->count < LEAST)
        return (Interval){NAN, NAN};
    for (int draw = 0; draw < DRAWS; draw++) {
        double mean = drawn_mean(b->taken + (size_t)draw * (size_t)b->pictures, column->values,
                                 column->defined, b->pictures);
        if (!isnan(mean)) /* a draw may take none of those that have a value */
            means[count++] = mean;
    }
    qsort(means, (size_t)count, sizeof *means, by_size);
    int tail = (int)((int64_t)TAIL * count / DRAWS);
    return (Interval){means[tail], means[count - 1 - tail]};
}

static void column_free(Column *column)
{
    free(column->values);
    free(column->defined);
}

Interval bootstrap_interval(const Bootstrap *b, const double *values, int stride)
{
    Column column = column_new(b->pictures);
    for (int i = 0; i < b->pictures; i++)
        column_set(&column, i, values[(size_t)i * (size_t)stride]);
    Interval interval = column_interval(b, &column);
    column_free(&column);
    return interval;
}

Paired bootstrap_compare(const Bootstrap *bootstrap, const double *a, const double *b, int stride)
{
    Column column = column_new(bootstrap->pictures);
    double sum = 0, wins = 0;
    for (int i = 0; i < bootstrap->pictures; i++) {
        double difference = b[(size_t)i * (size_t)stride] - a[(size_t)i * (size_t)stride];
        column_set(&column, i, difference);
        sum += column.values[i];
        wins += difference > 0 ? 1 : difference == 0 ? 0.5 : 0;
    }
    bool any = column.count > 0;
    Paired paired = {.pictures = column.count,
                     .difference = any ? sum / column.count : NAN,
                     .interval = column_interval(bootstrap, &column),
                     .wins = any ? wins / column.count : NAN};
    column_free(&column);
    return paired;
}
