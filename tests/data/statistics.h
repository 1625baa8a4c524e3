/* Whether numbers that a recipe drew have the distribution that it states. The draws are the same
 * in every run, so a test that passes once always does; the bounds are those that one right
 * distribution in a thousand exceeds. */
#ifndef TESTS_DATA_STATISTICS_H
#define TESTS_DATA_STATISTICS_H

/* How often each of `kinds` things came, against their weights: Pearson's chi-square. Weights need
 * not sum to 1. */
void check_counts(const char *what, const int *counts, const double *weights, int kinds);

/* How often something came out of `total` times, against its probability. */
void check_share(const char *what, int count, int total, double probability);

/* Numbers collected for a look at their distribution. */
typedef struct Numbers {
    double *values;
    int count, capacity;
} Numbers;
void numbers_add(Numbers *numbers, double value);

/* Against a mixture of uniform pieces [low, high] with weights: Kolmogorov and Smirnov's largest
 * distance, `more` added to its bound. Frees the numbers. */
typedef struct Uniform {
    double weight, low, high;
} Uniform;
void check_numbers(const char *what, Numbers *numbers, const Uniform *pieces, int count,
                   double more);

#endif
