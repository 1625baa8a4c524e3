#include "losses/focal_frequency.h"

#include <stdlib.h>

#include "core/memory.h"

static const double NO_DIVISION_BY_ZERO = 1e-20; /* of equal pictures */

/* For how many columns of the whole spectrum each one of its half stands: (1,1,1,W/2+1). */
static Tensor *multiplicities(int64_t width)
{
    int64_t count = width / 2 + 1;
    float *values = memory_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = i == 0 || 2 * i == width ? 1 : 2;
    Tensor *t = tensor_from_floats(values, 4, (const int64_t[]){1, 1, 1, count});
    free(values);
    return t;
}

static Tensor *weights_of(Tensor *power, int64_t width)
{
    tensor_no_grad_begin();
    Tensor *largest = tensor_affine(tensor_largest_pixel(power), 1, NO_DIVISION_BY_ZERO);
    Tensor *weights = tensor_root(tensor_divide(power, largest));
    weights = tensor_multiply(weights, multiplicities(width));
    tensor_no_grad_end();
    return weights;
}

Tensor *loss_focal_frequency(Tensor *sr, Tensor *hr, double share)
{
    /* F is linear: F(sr) - F(hr) = F(sr - hr). */
    Tensor *power = tensor_power_spectrum(tensor_subtract(sr, hr));
    int64_t width = tensor_extent(sr, 3);
    Tensor *sum = tensor_sum(tensor_multiply(power, weights_of(power, width)));
    return tensor_affine(sum, share / (double)tensor_count(sr), 0);
}
