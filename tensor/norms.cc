/* Normalisation by statistics of each picture, channels last. */
#include "tensor/shim.h"

namespace shim
{

Tensor *tensor_group_norm(Tensor *x, Tensor *weight, Tensor *bias, int groups, double epsilon)
{
    return make("tensor_group_norm", {x, weight, bias}, [&] {
        auto type = x->value.scalar_type();
        return at::group_norm(x->value, groups, weight->value.to(type), bias->value.to(type),
                              epsilon);
    });
}

Tensor *tensor_layer_norm(Tensor *x, Tensor *weight, Tensor *bias, double epsilon)
{
    return make("tensor_layer_norm", {x, weight, bias}, [&] {
        auto type = x->value.scalar_type();
        at::Tensor pixels = x->value.permute({0, 2, 3, 1});
        return at::layer_norm(pixels, {pixels.size(3)}, weight->value.to(type),
                              bias->value.to(type), epsilon)
            .permute({0, 3, 1, 2});
    });
}

} // namespace shim
