/* Values in and out of tensors. */
#include <cmath>
#include <cstring>

#include "tensor/shim.h"

namespace shim
{
namespace
{

at::Tensor on_host(const Tensor *t, at::ScalarType type)
{
    return t->value.detach().to(at::kCPU, type).contiguous();
}

/* Values on their way to where tensors live: to a GPU from pinned memory, so that nobody waits for
 * the work it still has to do. libtorch keeps that memory until they have left. */
at::Tensor staging(at::IntArrayRef sizes, at::ScalarType type)
{
    return at::empty(sizes, at::dtype(type).pinned_memory(device.is_cuda()));
}

at::Tensor sent(const at::Tensor &values)
{
    const bool asynchronous = true;
    return values.to(device, asynchronous);
}

template <class Number>
int copy_out(const char *operation, const Tensor *t, at::ScalarType type, Number *values,
             int64_t count)
{
    return run(operation, {t}, -1, [&] {
        if (t->value.numel() != count)
            return host->error_set(ERROR_SHAPE, "%s: %lld values asked for, %lld there", operation,
                                   static_cast<long long>(count),
                                   static_cast<long long>(t->value.numel()));
        at::Tensor plain = on_host(t, type);
        std::memcpy(values, plain.data_ptr(), static_cast<size_t>(count) * sizeof *values);
        return 0;
    });
}

} // namespace

Tensor *tensor_zeros(int rank, const int64_t *shape)
{
    return make("tensor_zeros", {}, [&] {
        return at::zeros(extents(rank, shape), at::device(device).dtype(at::kFloat));
    });
}

Tensor *tensor_from_floats(const float *values, int rank, const int64_t *shape)
{
    return make("tensor_from_floats", {}, [&] {
        at::Tensor t = staging(extents(rank, shape), at::kFloat);
        std::memcpy(t.data_ptr(), values, static_cast<size_t>(t.numel()) * sizeof *values);
        return sent(t);
    });
}

Tensor *tensor_from_rgb(const uint8_t *rgb, int64_t n, int64_t h, int64_t w)
{
    return make("tensor_from_rgb", {}, [&] {
        /* (N,H,W,3) bytes are a channels-last (N,3,H,W) already: permute only relabels. */
        at::Tensor bytes = staging({n, h, w, 3}, at::kByte);
        std::memcpy(bytes.data_ptr(), rgb, static_cast<size_t>(bytes.numel()));
        return sent(bytes).permute({0, 3, 1, 2}).to(at::kFloat).mul_(1.0 / 255);
    });
}

int tensor_to_rgb(const Tensor *t, uint8_t *rgb)
{
    return run("tensor_to_rgb", {t}, -1, [&] {
        c10::NoGradGuard guard;
        at::Tensor bytes =
            t->value.detach().to(at::kFloat).mul(255.0).add_(0.5).floor_().clamp_(0, 255);
        bytes = bytes.permute({0, 2, 3, 1}).to(at::kCPU, at::kByte).contiguous();
        std::memcpy(rgb, bytes.data_ptr(), static_cast<size_t>(bytes.numel()));
        return 0;
    });
}

int tensor_to_floats(const Tensor *t, float *values, int64_t count)
{
    return copy_out("tensor_to_floats", t, at::kFloat, values, count);
}

int tensor_to_doubles(const Tensor *t, double *values, int64_t count)
{
    return copy_out("tensor_to_doubles", t, at::kDouble, values, count);
}

int tensor_set_floats(Tensor *t, const float *values, int64_t count)
{
    return run("tensor_set_floats", {t}, -1, [&] {
        if (t->value.numel() != count)
            return host->error_set(ERROR_SHAPE, "tensor_set_floats: %lld values for %lld places",
                                   static_cast<long long>(count),
                                   static_cast<long long>(t->value.numel()));
        c10::NoGradGuard guard;
        at::Tensor source = at::empty(t->value.sizes(), at::kFloat);
        std::memcpy(source.data_ptr(), values, static_cast<size_t>(count) * sizeof *values);
        t->value.copy_(source);
        return 0;
    });
}

float *tensor_data(Tensor *t)
{
    return run("tensor_data", {t}, static_cast<float *>(nullptr), [&]() -> float * {
        const at::Tensor &value = t->value;
        bool plain =
            value.device().is_cpu() && value.scalar_type() == at::kFloat && value.is_contiguous();
        return plain ? static_cast<float *>(value.data_ptr()) : nullptr;
    });
}

double tensor_item(const Tensor *t)
{
    return run("tensor_item", {t}, std::nan(""),
               [&] { return t->value.detach().item().toDouble(); });
}

int64_t tensor_extent(const Tensor *t, int axis)
{
    return run("tensor_extent", {t}, int64_t{0}, [&] { return t->value.size(axis); });
}

int64_t tensor_count(const Tensor *t)
{
    return run("tensor_count", {t}, int64_t{0}, [&] { return t->value.numel(); });
}

} // namespace shim
