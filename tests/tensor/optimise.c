/* Each optimiser against its formulas in double precision. */
#include <math.h>
#include <stddef.h>

#include "core/error.h"
#include "tensor/tensor.h"
#include "tests/unit.h"

enum { VALUES = 37, STEPS = 6 }; /* not a multiple of any vector */

/* Numbers that one step needs, of one value. */
typedef struct Scalar {
    double value, gradient, average, states[OPTIMISER_MOST_STATES];
} Scalar;

static void adam(Scalar *p, const OptimiserStep *s)
{
    double g = p->gradient + (s->kind == OPTIMISER_ADAM ? s->decay * p->value : 0);
    p->states[0] = s->beta1 * p->states[0] + (1 - s->beta1) * g;
    p->states[1] = s->beta2 * p->states[1] + (1 - s->beta2) * g * g;
    double first = p->states[0] / (1 - pow(s->beta1, (double)s->step));
    double second = p->states[1] / (1 - pow(s->beta2, (double)s->step));
    if (s->kind == OPTIMISER_ADAMW)
        p->value -= s->rate * s->decay * p->value;
    p->value -= s->rate * first / (sqrt(second) + s->epsilon);
}

static void adan(Scalar *p, const OptimiserStep *s)
{
    double g = p->gradient, change = s->step == 1 ? 0 : g - p->states[3];
    double ahead = g + s->beta2 * change;
    p->states[0] = s->beta1 * p->states[0] + (1 - s->beta1) * g;
    p->states[2] = s->beta2 * p->states[2] + (1 - s->beta2) * change;
    p->states[1] = s->beta3 * p->states[1] + (1 - s->beta3) * ahead * ahead;
    p->states[3] = g;
    double root = sqrt(p->states[1] / (1 - pow(s->beta3, (double)s->step))) + s->epsilon;
    p->value -= s->rate * p->states[0] / (1 - pow(s->beta1, (double)s->step)) / root;
    p->value -= s->rate * s->beta2 * p->states[2] / (1 - pow(s->beta2, (double)s->step)) / root;
    p->value /= 1 + s->rate * s->decay;
}

static void schedule_free(Scalar *p, const OptimiserStep *s)
{
    double g = p->gradient;
    p->states[0] = s->beta2 * p->states[0] + (1 - s->beta2) * g * g;
    p->states[1] -= s->rate * (g / (sqrt(p->states[0]) + s->epsilon) + s->decay * p->value);
    p->states[2] = (1 - s->mean_weight) * p->states[2] + s->mean_weight * p->states[1];
    p->value = (1 - s->beta1) * p->states[1] + s->beta1 * p->states[2];
}

static void expect(Scalar *p, const OptimiserStep *s)
{
    p->gradient *= s->gradient_scale;
    if (s->kind == OPTIMISER_SCHEDULE_FREE) {
        schedule_free(p, s);
        p->average = p->states[2];
        return;
    }
    (s->kind == OPTIMISER_ADAN ? adan : adam)(p, s);
    p->average = s->average_decay * p->average + (1 - s->average_decay) * p->value;
}

static double gradient_at(int i, int64_t step)
{
    return sin(0.7 * i + 1.3 * (double)step) * (1 + 0.1 * i);
}

static Tensor *column(const Scalar *all, size_t offset)
{
    float values[VALUES];
    for (int i = 0; i < VALUES; i++)
        values[i] = (float)*(const double *)((const char *)&all[i] + offset);
    return tensor_from_floats(values, 1, (int64_t[]){VALUES});
}

static void check_column(Tensor *t, const Scalar *all, size_t offset)
{
    float values[VALUES];
    CHECK(tensor_to_floats(t, values, VALUES) == 0);
    for (int i = 0; i < VALUES; i++)
        CHECK_NEAR(values[i], *(const double *)((const char *)&all[i] + offset), 2e-5);
}

static void take_steps(OptimiserKind kind)
{
    Scalar all[VALUES] = {{0}};
    for (int i = 0; i < VALUES; i++) {
        all[i].value = all[i].average = cos(0.4 * i);
        if (kind == OPTIMISER_SCHEDULE_FREE)
            all[i].states[1] = all[i].states[2] = all[i].value;
    }
    tensor_scope_begin();
    Tensor *value = column(all, offsetof(Scalar, value)), *states[OPTIMISER_MOST_STATES];
    Tensor *average = column(all, offsetof(Scalar, average));
    for (int i = 0; i < tensor_optimiser_states(kind); i++)
        states[i] = column(all, offsetof(Scalar, states) + (size_t)i * sizeof(double));
    for (int64_t step = 1; step <= STEPS; step++) {
        OptimiserStep s = {
            kind, 0.05, 0.9, 0.95, 0.99, 1e-8, 0.02, step, 0.9, 0.5, 1 / (double)step};
        for (int i = 0; i < VALUES; i++)
            all[i].gradient = gradient_at(i, step);
        Tensor *gradient = column(all, offsetof(Scalar, gradient));
        for (int i = 0; i < VALUES; i++)
            expect(&all[i], &s);
        CHECK(tensor_optimise(value, gradient, states, average, &s) == 0);
    }
    check_column(value, all, offsetof(Scalar, value));
    check_column(average, all, offsetof(Scalar, average));
    for (int i = 0; i < tensor_optimiser_states(kind); i++)
        check_column(states[i], all, offsetof(Scalar, states) + (size_t)i * sizeof(double));
    tensor_scope_end();
}

TEST(adam_takes_the_published_steps)
{
    take_steps(OPTIMISER_ADAM);
}

TEST(adamw_takes_the_published_steps)
{
    take_steps(OPTIMISER_ADAMW);
}

TEST(adan_takes_the_published_steps)
{
    take_steps(OPTIMISER_ADAN);
}

TEST(schedule_free_adamw_takes_the_published_steps)
{
    take_steps(OPTIMISER_SCHEDULE_FREE);
}

TEST(vectors_of_different_lengths_are_refused)
{
    tensor_scope_begin();
    Tensor *two = tensor_zeros(1, (int64_t[]){2}), *three = tensor_zeros(1, (int64_t[]){3});
    OptimiserStep s = {.kind = OPTIMISER_ADAM, .step = 1};
    CHECK(tensor_optimise(two, three, (Tensor *[]){two, two}, NULL, &s) == -1);
    CHECK_ERROR(ERROR_SHAPE, "different lengths");
    tensor_scope_end();
}

TEST(a_norm_is_exact_and_shows_what_is_not_finite)
{
    enum { MANY = 100003 };
    static float values[MANY];
    double sum = 0;
    for (int i = 0; i < MANY; i++) {
        values[i] = (float)sin(i);
        sum += (double)values[i] * (double)values[i];
    }
    tensor_scope_begin();
    CHECK_NEAR(tensor_norm(tensor_from_floats(values, 1, (int64_t[]){MANY})), sqrt(sum), 1e-9);
    values[77] = (float)NAN;
    CHECK(!isfinite(tensor_norm(tensor_from_floats(values, 1, (int64_t[]){MANY}))));
    values[77] = -(float)INFINITY;
    CHECK(!isfinite(tensor_norm(tensor_from_floats(values, 1, (int64_t[]){MANY}))));
    tensor_scope_end();
}
