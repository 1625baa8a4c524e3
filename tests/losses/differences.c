#include "differences.h"

#include <math.h>
#include <stdlib.h>

#include "core/random.h"

static const float STEP = 0x1p-18f;

Tensor *vector_of(const float *values, int count)
{
    const int64_t shape[] = {count};
    return tensor_to_type(tensor_from_floats(values, 1, shape), TENSOR_DOUBLE);
}

void draw_values(float *values, int count, int seed)
{
    Random random = random_stream((uint64_t)seed, RANDOM_TEST, 0, 0);
    for (int i = 0; i < count; i++)
        values[i] = (float)((int)random_below(&random, 4096) - 2048) / 1024;
}

static double loss_at(LossOf loss, const void *context, const float *values, int count)
{
    return tensor_item(loss(vector_of(values, count), context));
}

double gradient_error(LossOf loss, const void *context, const float *values, int count)
{
    double *analytic = malloc((size_t)count * sizeof *analytic), worst = 0, largest = 0;
    float *moved = malloc((size_t)count * sizeof *moved);
    tensor_scope_begin();
    Tensor *leaf = tensor_leaf(vector_of(values, count));
    tensor_backward(loss(leaf, context));
    tensor_to_doubles(tensor_gradient(leaf), analytic, count);
    for (int i = 0; i < count; i++)
        moved[i] = values[i];
    for (int i = 0; i < count; i++) {
        moved[i] = values[i] + STEP;
        double above = loss_at(loss, context, moved, count);
        moved[i] = values[i] - STEP;
        double below = loss_at(loss, context, moved, count);
        moved[i] = values[i];
        worst = fmax(worst, fabs(analytic[i] - (above - below) / (2 * (double)STEP)));
        largest = fmax(largest, fabs(analytic[i]));
    }
    tensor_scope_end();
    free(analytic);
    free(moved);
    return worst / largest;
}
