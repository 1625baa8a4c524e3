#include "losses/charbonnier.h"

static const double EPSILON = 1e-3;

Tensor *loss_charbonnier(Tensor *sr, Tensor *hr, double share)
{
    Tensor *square = tensor_square(tensor_subtract(sr, hr));
    Tensor *mean = tensor_mean(tensor_root(tensor_affine(square, 1, EPSILON * EPSILON)));
    return tensor_affine(mean, share, 0);
}
