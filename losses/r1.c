#include "losses/r1.h"

Tensor *loss_r1(Tensor *logits, Tensor *image, double share)
{
    Tensor *slope = tensor_gradient_with_graph(tensor_sum(logits), image);
    double samples = (double)tensor_extent(image, 0);
    return tensor_affine(tensor_sum(tensor_square(slope)), share / samples, 0);
}
