#include "losses/ssim_maps.h"

#include "losses/planes.h"

static const double C1 = 0.01 * 0.01, C2 = 0.03 * 0.03;

static Tensor *windowed(Tensor *x)
{
    return planes_map(x, PLANES_WINDOW, 0);
}

static Tensor *ratio(Tensor *twice, Tensor *squares, double constant)
{
    return tensor_divide(tensor_affine(twice, 2, constant), tensor_affine(squares, 1, constant));
}

SsimMaps ssim_maps(Tensor *a, Tensor *b)
{
    Tensor *mean_a = windowed(a), *mean_b = windowed(b);
    Tensor *product = tensor_multiply(mean_a, mean_b);
    Tensor *squares = tensor_add(tensor_square(mean_a), tensor_square(mean_b));
    /* Only the sum of the variances is asked for: one filter less. */
    Tensor *energy = windowed(tensor_add(tensor_square(a), tensor_square(b)));
    Tensor *covariance = tensor_subtract(windowed(tensor_multiply(a, b)), product);
    return (SsimMaps){ratio(product, squares, C1),
                      ratio(covariance, tensor_subtract(energy, squares), C2)};
}
