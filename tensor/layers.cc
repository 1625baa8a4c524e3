/* The operations of networks. */
#include "tensor/shim.h"

namespace shim
{

Tensor *tensor_conv(Tensor *x, Tensor *weight, Tensor *bias, int stride, int padding)
{
    return make("tensor_conv", {x, weight}, [&] {
        return at::conv2d(x->value, weight->value, bias ? bias->value : at::Tensor(), stride,
                          padding);
    });
}

Tensor *tensor_compose_kernel(Tensor *beside, Tensor *in, Tensor *middle, Tensor *out)
{
    return make("tensor_compose_kernel", {beside, in, middle, out}, [&] {
        int64_t o = out->value.size(0), k = in->value.size(0), i = in->value.size(1);
        int64_t side = middle->value.size(2), taps = side * side;
        at::Tensor half = at::mm(out->value.flatten(1), middle->value.flatten(1));
        half = half.view({o, k, taps}).transpose(1, 2).reshape({o * taps, k});
        at::Tensor chain = at::mm(half, in->value.flatten(1)).view({o, taps, i});
        chain = chain.transpose(1, 2).reshape({o, i, side, side});
        int64_t margin = side / 2;
        at::Tensor sum = chain + at::constant_pad_nd(beside->value, {margin, margin, margin, margin});
        return sum.contiguous();
    });
}

Tensor *tensor_compose_bias(Tensor *beside, Tensor *in, Tensor *middle, Tensor *out,
                            Tensor *middle_kernel, Tensor *out_kernel)
{
    return make("tensor_compose_bias", {beside, in, middle, out, middle_kernel, out_kernel}, [&] {
        at::Tensor inner = at::mv(middle_kernel->value.sum({2, 3}), in->value) + middle->value;
        return at::mv(out_kernel->value.flatten(1), inner) + out->value + beside->value;
    });
}

Tensor *tensor_spectral(Tensor *weight, Tensor *u, Tensor *v, bool update)
{
    return make("tensor_spectral", {weight, u, v}, [&] {
        at::Tensor matrix = weight->value.flatten(1);
        if (update) {
            c10::NoGradGuard guard;
            at::Tensor right = at::mv(matrix.t(), u->value);
            v->value.copy_(right / right.norm().clamp_min(1e-12));
            at::Tensor left = at::mv(matrix, v->value);
            u->value.copy_(left / left.norm().clamp_min(1e-12));
        }
        /* Copies, as a later update must not change what the gradient of this pass needs. */
        at::Tensor sigma = at::dot(u->value.clone(), at::mv(matrix, v->value.clone()));
        return weight->value / sigma;
    });
}

Tensor *tensor_repeat_channels(Tensor *x, int times)
{
    return make("tensor_repeat_channels", {x}, [&] {
        /* By way of (N,H,W,C), so that the result is channels last as its neighbours are. */
        at::Tensor pixels = x->value.permute({0, 2, 3, 1}).unsqueeze(4);
        at::Tensor repeated = pixels.expand({-1, -1, -1, -1, times}).flatten(3);
        return repeated.permute({0, 3, 1, 2});
    });
}

Tensor *tensor_pixel_shuffle(Tensor *x, int factor)
{
    return make("tensor_pixel_shuffle", {x}, [&] { return at::pixel_shuffle(x->value, factor); });
}

Tensor *tensor_pixel_unshuffle(Tensor *x, int factor)
{
    return make("tensor_pixel_unshuffle", {x},
                [&] { return at::pixel_unshuffle(x->value, factor); });
}

Tensor *tensor_nearest(Tensor *x, int factor)
{
    return make("tensor_nearest", {x}, [&] {
        return at::upsample_nearest2d(x->value,
                                      {x->value.size(2) * factor, x->value.size(3) * factor});
    });
}

Tensor *tensor_bilinear(Tensor *x, int factor)
{
    return make("tensor_bilinear", {x}, [&] {
        return at::upsample_bilinear2d(
            x->value, {x->value.size(2) * factor, x->value.size(3) * factor}, false);
    });
}

Tensor *tensor_max_pool(Tensor *x, int kernel, int stride, bool ceil_mode)
{
    return make("tensor_max_pool", {x}, [&] {
        return at::max_pool2d(x->value, {kernel, kernel}, {stride, stride}, {0, 0}, {1, 1},
                              ceil_mode);
    });
}

} // namespace shim
