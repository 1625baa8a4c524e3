#include "losses/gradient.h"

/* mean |forward difference along an axis| */
static Tensor *mean_step(Tensor *t, int axis)
{
    int64_t count = tensor_extent(t, axis) - 1;
    Tensor *step =
        tensor_subtract(tensor_slice(t, axis, 1, count), tensor_slice(t, axis, 0, count));
    return tensor_mean(tensor_absolute(step));
}

Tensor *loss_gradient(Tensor *sr, Tensor *hr, double share)
{
    Tensor *difference = tensor_subtract(sr, hr);
    Tensor *sum = tensor_add(mean_step(difference, 2), mean_step(difference, 3));
    return tensor_affine(sum, share / 2, 0);
}
