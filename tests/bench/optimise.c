/* Time of an optimiser's step: optimise_peer.py runs it beside PyTorch's.
 *
 *     bench_optimise VALUES THREADS
 *
 * Three steps of Adam with a moving average from made-up values and gradients, then the best time
 * of further ones. Prints the length of the values and of their average after three steps, and the
 * milliseconds of a step and of the gradient's length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/error.h"
#include "core/threads.h"
#include "tensor/tensor.h"
#include "tests/nets/formula.h"

enum { ROUNDS = 20 };

typedef struct Vectors {
    Tensor *value, *gradient, *states[2], *average;
} Vectors;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static Tensor *made_up(int64_t count, uint32_t number)
{
    float *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)formula_uniform((uint32_t)i, number);
    Tensor *t = tensor_from_floats(values, 1, &count);
    free(values);
    return t;
}

static int step(const Vectors *v, int64_t number)
{
    const OptimiserStep s = {.kind = OPTIMISER_ADAM,
                             .rate = 1e-3,
                             .beta1 = 0.9,
                             .beta2 = 0.99,
                             .epsilon = 1e-8,
                             .step = number,
                             .average_decay = 0.999,
                             .gradient_scale = 1};
    return tensor_optimise(v->value, v->gradient, v->states, v->average, &s);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const int64_t count = atoll(argv[1]);
    threads_set(atoi(argv[2]));
    tensor_begin(threads_count(), "cpu");
    const Vectors v = {made_up(count, 0),
                       made_up(count, 1),
                       {tensor_zeros(1, &count), tensor_zeros(1, &count)},
                       made_up(count, 0)};
    for (int64_t i = 1; i <= 3; i++)
        step(&v, i);
    printf("%.9g %.9g", tensor_norm(v.value), tensor_norm(v.average));
    double of_step = (double)INFINITY, of_norm = (double)INFINITY;
    for (int64_t i = 4; i < 4 + ROUNDS; i++) {
        double start = seconds();
        step(&v, i);
        double between = seconds();
        double norm = tensor_norm(v.gradient);
        of_step = fmin(of_step, between - start);
        of_norm = norm > 0 ? fmin(of_norm, seconds() - between) : of_norm;
    }
    printf(" %.4f %.4f\n", 1e3 * of_step, 1e3 * of_norm);
    if (error_pending())
        fprintf(stderr, "%s\n", error_message());
    return error_pending() ? 1 : 0;
}
