#include "losses/ldl.h"

#include <stddef.h>

#include "core/error.h"
#include "losses/planes.h"

enum { WINDOW = 7 };
static const double LEAST_VARIANCE = 1e-12; /* a fifth root has no slope at 0 */

/* sum over channels of |picture - hr|, (N,1,H,W). */
static Tensor *residual_of(Tensor *picture, Tensor *hr)
{
    return tensor_sum_axis(tensor_absolute(tensor_subtract(picture, hr)), 1);
}

static Tensor *sum_pixels(Tensor *t)
{
    return tensor_sum_axis(tensor_sum_axis(t, 3), 2);
}

/* Variances are unbiased. Values less their mean, for the difference of squares to stay exact. */
static Tensor *artifact_map(Tensor *residual)
{
    const double window = WINDOW * WINDOW;
    double pixels = (double)tensor_extent(residual, 2) * (double)tensor_extent(residual, 3);
    Tensor *mean = tensor_affine(sum_pixels(residual), 1 / pixels, 0);
    Tensor *centred = tensor_subtract(residual, mean), *square = tensor_square(centred);
    Tensor *variance = tensor_affine(sum_pixels(square), 1 / (pixels - 1), LEAST_VARIANCE);
    Tensor *local_mean = planes_map(centred, PLANES_BOX, WINDOW);
    Tensor *local =
        tensor_subtract(planes_map(square, PLANES_BOX, WINDOW), tensor_square(local_mean));
    local = tensor_affine(tensor_relu(local), window / (window - 1), 0);
    return tensor_multiply(local, tensor_power(variance, 0.2));
}

/* 0 where the average is nearer to the truth, else 1. */
static Tensor *worse_than(Tensor *average_residual, Tensor *residual)
{
    return tensor_affine(tensor_is_positive(tensor_subtract(average_residual, residual)), -1, 1);
}

Tensor *loss_ldl(Tensor *sr, Tensor *hr, Tensor *average, double share)
{
    Tensor *residual = residual_of(sr, hr);
    Tensor *mask = worse_than(residual_of(tensor_detach(average), hr), residual);
    Tensor *map = tensor_multiply(artifact_map(residual), mask);
    Tensor *sum = tensor_sum(tensor_multiply(map, residual));
    if (error_pending()) {
        error_note("LDL loss");
        return NULL;
    }
    return tensor_affine(sum, share / (double)tensor_count(sr), 0);
}
