/* Element-wise operations, sums, shapes and types: each one libtorch operation. */
#include "tensor/shim.h"

namespace shim
{

#define UNARY(name, expression)                                                                    \
    Tensor *name(Tensor *a)                                                                        \
    {                                                                                              \
        return make(#name, {a}, [&] {                                                              \
            const at::Tensor &x = a->value;                                                        \
            return expression;                                                                     \
        });                                                                                        \
    }
#define BINARY(name, expression)                                                                   \
    Tensor *name(Tensor *a, Tensor *b)                                                             \
    {                                                                                              \
        return make(#name, {a, b}, [&] {                                                           \
            const at::Tensor &x = a->value, &y = b->value;                                         \
            return expression;                                                                     \
        });                                                                                        \
    }

BINARY(tensor_add, x + y)
BINARY(tensor_subtract, x - y)
BINARY(tensor_multiply, x *y)
BINARY(tensor_divide, x / y)
UNARY(tensor_absolute, x.abs())
UNARY(tensor_square, x.square())
UNARY(tensor_root, x.sqrt())
UNARY(tensor_is_positive, at::gt(x.detach(), 0).to(x.scalar_type()))
UNARY(tensor_largest_pixel, x.amax({2, 3}, true))
UNARY(tensor_softplus, at::softplus(x))
UNARY(tensor_relu, at::relu(x))
UNARY(tensor_sigmoid, at::sigmoid(x))
UNARY(tensor_silu, at::silu(x))
/* Before libtorch 2 there is no mish of bf16 on a CPU. */
UNARY(tensor_mish, x.scalar_type() == at::kBFloat16 && x.is_cpu()
                       ? at::mish(x.to(at::kFloat)).to(at::kBFloat16)
                       : at::mish(x))
UNARY(tensor_gelu, at::gelu(x))
UNARY(tensor_sum, x.scalar_type() == at::kBFloat16 ? x.sum(at::kFloat) : x.sum())
UNARY(tensor_mean, x.scalar_type() == at::kBFloat16 ? x.mean(at::kFloat) : x.mean())
UNARY(tensor_channels_last, x.contiguous(at::MemoryFormat::ChannelsLast))

Tensor *tensor_add_scaled(Tensor *a, Tensor *b, double scale)
{
    return make("tensor_add_scaled", {a, b}, [&] { return at::add(a->value, b->value, scale); });
}

Tensor *tensor_affine(Tensor *a, double scale, double shift)
{
    return make("tensor_affine", {a}, [&] {
        at::Tensor scaled = scale == 1 ? a->value : a->value * scale;
        return shift == 0 ? scaled : scaled + shift;
    });
}

Tensor *tensor_quantise(Tensor *a, double step, int zero)
{
    return make("tensor_quantise", {a}, [&] {
        at::Tensor levels = at::div(a->value.detach().to(at::kFloat), step);
        return levels.round_().add_(zero).clamp_(0, 255).sub_(zero).mul_(step);
    });
}

Tensor *tensor_power(Tensor *a, double exponent)
{
    return make("tensor_power", {a}, [&] { return a->value.pow(exponent); });
}

Tensor *tensor_power_spectrum(Tensor *x)
{
    return make("tensor_power_spectrum", {x}, [&] {
        const at::Tensor &value = x->value;
        bool narrow = value.scalar_type() == at::kBFloat16;
        at::Tensor transformed = at::fft_rfft2(narrow ? value.to(at::kFloat) : value,
                                               at::OptionalIntArrayRef(), {-2, -1}, "ortho");
        return at::view_as_real(transformed).square().sum(-1);
    });
}

Tensor *tensor_leaky_relu(Tensor *a, double slope)
{
    return make("tensor_leaky_relu", {a}, [&] { return at::leaky_relu(a->value, slope); });
}

Tensor *tensor_relu_in_place(Tensor *a)
{
    return make("tensor_relu_in_place", {a}, [&] { return at::relu_(a->value); });
}

Tensor *tensor_leaky_relu_in_place(Tensor *a, double slope)
{
    return make("tensor_leaky_relu_in_place", {a},
                [&] { return at::leaky_relu_(a->value, slope); });
}

Tensor *tensor_sum_axis(Tensor *a, int axis)
{
    return make("tensor_sum_axis", {a}, [&] { return a->value.sum({axis}, true); });
}

Tensor *tensor_concat(Tensor *const *parts, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (failed() || !present("tensor_concat", {parts[i]}))
            return nullptr;
    return make("tensor_concat", {}, [&] {
        std::vector<at::Tensor> values;
        for (int i = 0; i < count; i++)
            values.push_back(parts[i]->value);
        return at::cat(values, axis);
    });
}

Tensor *tensor_slice(Tensor *a, int axis, int64_t first, int64_t count)
{
    return make("tensor_slice", {a}, [&] { return a->value.narrow(axis, first, count); });
}

Tensor *tensor_reshape(Tensor *a, int rank, const int64_t *shape)
{
    return make("tensor_reshape", {a}, [&] { return a->value.reshape(extents(rank, shape)); });
}

Tensor *tensor_to_type(Tensor *a, TensorType type)
{
    return make("tensor_to_type", {a}, [&] {
        switch (type) {
        case TENSOR_FLOAT:
            return a->value.to(at::kFloat);
        case TENSOR_BF16:
            return a->value.to(at::kBFloat16);
        case TENSOR_DOUBLE:
            return a->value.to(at::kDouble);
        }
        return a->value;
    });
}

} // namespace shim
