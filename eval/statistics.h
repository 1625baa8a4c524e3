/* How sure means over few pictures are: intervals by the bootstrap, and methods compared picture by
 * picture. Deterministic: the same values give the same numbers everywhere. */
#ifndef EVAL_STATISTICS_H
#define EVAL_STATISTICS_H

/* 95 % of the means over pictures drawn with replacement lie between these; NAN where fewer than
 * three pictures have a value. Efron 1979. */
typedef struct Interval {
    double low, high;
} Interval;

/* Of the mean of `count` values, `stride` apart; NAN ones are left out. */
Interval interval_of_mean(const double *values, int count, int stride);

/* Two methods on the same pictures. */
typedef struct Paired {
    int pictures;      /* where both have a value */
    double difference; /* mean of b - a */
    Interval interval; /* of that mean */
    double wins;       /* share of the pictures where b's value is greater; ties count half */
} Paired;

Paired paired_compare(const double *a, const double *b, int count, int stride);

#endif
