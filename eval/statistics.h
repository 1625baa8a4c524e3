/* How sure means over few pictures are: intervals by the bootstrap, and methods compared picture by
 * picture. Deterministic: the same values give the same numbers everywhere. */
#ifndef EVAL_STATISTICS_H
#define EVAL_STATISTICS_H

/* Which pictures each of 2000 draws with replacement takes: the same for every method and measure,
 * so that pictures on which all do badly do not blur what sets them apart. Efron 1979. */
typedef struct Bootstrap Bootstrap;

Bootstrap *bootstrap_new(int pictures);
void bootstrap_free(Bootstrap *bootstrap);

/* 95 % of the means of the draws lie between these; NAN where fewer than three pictures have a
 * value. */
typedef struct Interval {
    double low, high;
} Interval;

/* Of the mean of one value per picture, `stride` apart; NAN ones are left out. */
Interval bootstrap_interval(const Bootstrap *bootstrap, const double *values, int stride);

/* Two methods on the same pictures. */
typedef struct Paired {
    int pictures;      /* where both have a value */
    double difference; /* mean of b - a */
    Interval interval; /* of that mean */
    double wins;       /* share of the pictures where b's value is greater; ties count half */
} Paired;

Paired bootstrap_compare(const Bootstrap *bootstrap, const double *a, const double *b, int stride);

#endif
