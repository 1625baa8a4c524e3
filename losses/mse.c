#include "losses/mse.h"

Tensor *loss_mse(Tensor *sr, Tensor *hr, double share)
{
    return tensor_affine(tensor_mean(tensor_square(tensor_subtract(sr, hr))), share, 0);
}
