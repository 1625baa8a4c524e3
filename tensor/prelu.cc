/* PReLU for channels-last tensors on the processor. libtorch 1.13's own backward took two fifths of
 * a bf16 training step of a compact network; here it is one pass over memory that also sums the
 * slopes' gradients, in fp32 and in an order that only the number of threads changes. */
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "core/vector.h"
#include "tensor/kernels/bf16.h"
#include "tensor/shim.h"

namespace shim
{
namespace
{

/* Rows are pixels: `channels` values each. */
FOR_EVERY_PROCESSOR
void forward_bf16(const uint16_t *x, const float *slopes, uint16_t *y, int64_t rows,
                  int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++) {
            float value = bf16_widen(x[c]);
            y[c] = bf16_narrow(value > 0 ? value : value * slopes[c]);
        }
}

FOR_EVERY_PROCESSOR
void forward_float(const float *x, const float *slopes, float *y, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] > 0 ? x[c] : x[c] * slopes[c];
}

FOR_EVERY_PROCESSOR
void backward_bf16(const uint16_t *x, const float *slopes, const uint16_t *dy, uint16_t *dx,
                   float *sums, int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++) {
            float value = bf16_widen(x[c]), gradient = bf16_widen(dy[c]);
            dx[c] = bf16_narrow(value > 0 ? gradient : gradient * slopes[c]);
            sums[c] += value > 0 ? 0 : gradient * value;
        }
}

FOR_EVERY_PROCESSOR
void backward_float(const float *x, const float *slopes, const float *dy, float *dx, float *sums,
                    int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++) {
            dx[c] = x[c] > 0 ? dy[c] : dy[c] * slopes[c];
            sums[c] += x[c] > 0 ? 0 : dy[c] * x[c];
        }
}

template <class Number> Number *data_of(const at::Tensor &t)
{
    return static_cast<Number *>(t.data_ptr());
}

/* Calls part(first row, rows, part's number) once per thread. */
template <class Part> void split_rows(int64_t rows, const Part &part)
{
    int64_t parts = at::get_num_threads();
    at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
            int64_t first = rows * i / parts;
            part(first, rows * (i + 1) / parts - first, i);
        }
    });
}

at::Tensor forward(const at::Tensor &x, const at::Tensor &slopes)
{
    at::Tensor y = at::empty_like(x);
    int64_t channels = x.size(1), rows = x.numel() / channels;
    split_rows(rows, [&](int64_t first, int64_t count, int64_t) {
        int64_t at = first * channels;
        if (x.scalar_type() == at::kFloat)
            forward_float(data_of<float>(x) + at, data_of<float>(slopes), data_of<float>(y) + at,
                          count, channels);
        else
            forward_bf16(data_of<uint16_t>(x) + at, data_of<float>(slopes),
                         data_of<uint16_t>(y) + at, count, channels);
    });
    return y;
}

std::pair<at::Tensor, at::Tensor> backward(const at::Tensor &x, const at::Tensor &slopes,
                                           const at::Tensor &dy)
{
    at::Tensor dx = at::empty_like(x);
    int64_t channels = x.size(1), rows = x.numel() / channels;
    at::Tensor sums = at::zeros({at::get_num_threads(), channels}, at::kFloat);
    split_rows(rows, [&](int64_t first, int64_t count, int64_t part) {
        int64_t at = first * channels;
        float *sum = data_of<float>(sums) + part * channels;
        if (x.scalar_type() == at::kFloat)
            backward_float(data_of<float>(x) + at, data_of<float>(slopes), data_of<float>(dy) + at,
                           data_of<float>(dx) + at, sum, count, channels);
        else
            backward_bf16(data_of<uint16_t>(x) + at, data_of<float>(slopes),
                          data_of<uint16_t>(dy) + at, data_of<uint16_t>(dx) + at, sum, count,
                          channels);
    });
    return {dx, sums.sum(0)};
}

at::Tensor wide(const at::Tensor &slopes)
{
    return slopes.to(at::kFloat).contiguous();
}

/* The same gradients by libtorch's operations. */
torch::autograd::variable_list recorded(const at::Tensor &x, const at::Tensor &slopes,
                                        const at::Tensor &dy)
{
    at::Tensor below = at::le(x, 0), none = at::zeros_like(x);
    at::Tensor slope = slopes.to(x.scalar_type()).view({1, -1, 1, 1});
    at::Tensor sums = at::where(below, dy * x, none).sum({0, 2, 3}, false, at::kFloat);
    return {at::where(below, dy * slope, dy), sums.to(slopes.scalar_type())};
}

struct Prelu : torch::autograd::Function<Prelu> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                              const at::Tensor &slopes)
    {
        context->save_for_backward({x, slopes});
        return shim::forward(x, wide(slopes));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list dy)
    {
        auto saved = context->get_saved_variables();
        if (at::GradMode::is_enabled()) /* recorded, for gradients of gradients */
            return recorded(saved[0], saved[1], dy[0]);
        at::Tensor gradient = dy[0].contiguous(at::MemoryFormat::ChannelsLast);
        auto [dx, dslopes] = shim::backward(saved[0], wide(saved[1]), gradient);
        return {dx, dslopes.to(saved[1].scalar_type())};
    }
};

bool fits(const at::Tensor &x, const at::Tensor &slopes)
{
    return x.device().is_cpu() && x.dim() == 4 && slopes.numel() == x.size(1) &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace

Tensor *tensor_prelu(Tensor *a, Tensor *slopes)
{
    return make("tensor_prelu", {a, slopes}, [&] {
        if (fits(a->value, slopes->value))
            return Prelu::apply(a->value, slopes->value);
        return at::prelu(a->value, slopes->value.to(a->value.scalar_type()));
    });
}

} // namespace shim
