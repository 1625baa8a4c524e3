#include "losses/l1.h"

#include <stddef.h>

Tensor *loss_l1(Tensor *sr, Tensor *hr, double share)
{
    Tensor *sum = tensor_distance(sr, hr);
    return sum ? tensor_affine(sum, share / (double)tensor_count(sr), 0) : NULL;
}
