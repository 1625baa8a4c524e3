#include "tests/data/statistics.h"

#include <stdio.h>

#include "core/memory.h"
#include "tests/unit.h"

enum { LEAST = 100 /* numbers that a look at their distribution needs */ };

static void check_below(const char *what, double value, double bound)
{
    if (!(value <= bound))
        printf("%s: %g is more than %g\n", what, value, bound);
    CHECK(value <= bound);
}

/* The 99.9th percentile of chi-square, after Wilson and Hilferty. */
static double most_chi_square(int freedom)
{
    double f = 2.0 / (9.0 * freedom);
    return freedom * pow(1 - f + 3.0902 * sqrt(f), 3);
}

void check_counts(const char *what, const int *counts, const double *weights, int kinds)
{
    double total = 0, weight = 0, sum = 0;
    for (int i = 0; i < kinds; i++) {
        total += counts[i];
        weight += weights[i];
    }
    for (int i = 0; i < kinds; i++) {
        double expected = total * weights[i] / weight;
        CHECK(expected >= 5);
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    check_below(what, sum, most_chi_square(kinds - 1));
}

void check_share(const char *what, int count, int total, double probability)
{
    check_counts(what, (int[]){count, total - count}, (double[]){probability, 1 - probability}, 2);
}

void numbers_add(Numbers *n, double value)
{
    memory_grow(&n->values, n->count, &n->capacity, sizeof *n->values);
    n->values[n->count++] = value;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double share_below(const Uniform *pieces, int count, double value)
{
    double sum = 0, weight = 0;
    for (int i = 0; i < count; i++) {
        const Uniform *p = &pieces[i];
        sum += p->weight * fmin(fmax((value - p->low) / (p->high - p->low), 0), 1);
        weight += p->weight;
    }
    return sum / weight;
}

void check_numbers(const char *what, Numbers *n, const Uniform *pieces, int count, double more)
{
    double distance = 0;
    CHECK(n->count >= LEAST);
    qsort(n->values, (size_t)n->count, sizeof *n->values, ascending);
    for (int i = 0; i < n->count; i++) {
        double share = share_below(pieces, count, n->values[i]);
        distance =
            fmax(distance, fmax(share - (double)i / n->count, (double)(i + 1) / n->count - share));
    }
    check_below(what, distance, 1.949 / sqrt(n->count) + more);
    free(n->values);
    *n = (Numbers){0};
}
