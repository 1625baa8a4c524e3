#include "losses/l1.h"

Tensor *loss_l1(Tensor *sr, Tensor *hr, double share)
{
    Tensor *mean = tensor_mean(tensor_absolute(tensor_subtract(sr, hr)));
    return tensor_affine(mean, share, 0);
}
