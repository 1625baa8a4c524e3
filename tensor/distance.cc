/* The sum of absolute differences and its gradient, each one pass over memory where libtorch takes
 * three: L1 is a part of nearly every step. */
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/vector.h"
#include "tensor/kernels/bf16.h"
#include "tensor/shim.h"

namespace shim
{
namespace
{

constexpr int64_t PART = 65536; /* values that are added up on their own: threads do not matter */

inline float wide(float value)
{
    return value;
}

inline float wide(uint16_t value)
{
    return bf16_widen(value);
}

inline void set(float &to, float value)
{
    to = value;
}

inline void set(uint16_t &to, float value)
{
    to = bf16_narrow(value);
}

template <class Number>
inline __attribute__((always_inline)) double sum(const Number *a, const Number *b, int64_t count)
{
    double lanes[16] = {0}, rest = 0; /* so that the compiler may add in vectors */
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int lane = 0; lane < 16; lane++)
            lanes[lane] += static_cast<double>(std::fabs(wide(a[i + lane]) - wide(b[i + lane])));
    for (; i < count; i++)
        rest += static_cast<double>(std::fabs(wide(a[i]) - wide(b[i])));
    for (double lane : lanes)
        rest += lane;
    return rest;
}

/* y = scale * sign(a - b); NaNs stay NaNs. */
template <class Number>
inline __attribute__((always_inline)) void signs(const Number *a, const Number *b, float scale,
                                                 int64_t count, Number *__restrict y)
{
    for (int64_t i = 0; i < count; i++) {
        float difference = wide(a[i]) - wide(b[i]);
        float sign = difference > 0 ? scale : difference < 0 ? -scale : difference;
        set(y[i], sign);
    }
}

FOR_EVERY_PROCESSOR
double sum_part(const float *a, const float *b, int64_t count)
{
    return sum(a, b, count);
}

FOR_EVERY_PROCESSOR
double sum_part(const uint16_t *a, const uint16_t *b, int64_t count)
{
    return sum(a, b, count);
}

FOR_EVERY_PROCESSOR
void sign_part(const float *a, const float *b, float scale, int64_t count, float *y)
{
    signs(a, b, scale, count, y);
}

FOR_EVERY_PROCESSOR
void sign_part(const uint16_t *a, const uint16_t *b, float scale, int64_t count, uint16_t *y)
{
    signs(a, b, scale, count, y);
}

template <class Number> Number *data_of(const at::Tensor &t)
{
    return static_cast<Number *>(t.data_ptr());
}

/* Calls body(first, count) for every part. */
template <class Body> void for_parts(int64_t count, const Body &body)
{
    at::parallel_for(0, (count + PART - 1) / PART, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
            body(i * PART, std::min(PART, count - i * PART));
    });
}

template <class Number> double sum_all(const at::Tensor &a, const at::Tensor &b)
{
    std::vector<double> sums(static_cast<size_t>((a.numel() + PART - 1) / PART));
    for_parts(a.numel(), [&](int64_t first, int64_t count) {
        sums[static_cast<size_t>(first / PART)] =
            sum_part(data_of<Number>(a) + first, data_of<Number>(b) + first, count);
    });
    double all = 0;
    for (double one : sums)
        all += one;
    return all;
}

template <class Number>
void sign_all(const at::Tensor &a, const at::Tensor &b, float scale, const at::Tensor &y)
{
    for_parts(a.numel(), [&](int64_t first, int64_t count) {
        sign_part(data_of<Number>(a) + first, data_of<Number>(b) + first, scale, count,
                  data_of<Number>(y) + first);
    });
}

struct Distance : torch::autograd::Function<Distance> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &a,
                              const at::Tensor &b)
    {
        context->save_for_backward({a, b});
        double all = a.scalar_type() == at::kFloat ? sum_all<float>(a, b) : sum_all<uint16_t>(a, b);
        return at::scalar_tensor(all, a.options().dtype(at::kFloat));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list given)
    {
        auto saved = context->get_saved_variables();
        const at::Tensor &a = saved[0], &b = saved[1];
        at::Tensor da;
        if (at::GradMode::is_enabled()) { /* recorded, for gradients of gradients */
            da = at::sign(a - b) * given[0].to(a.scalar_type());
        } else {
            da = at::empty_like(a);
            float scale = given[0].item<float>();
            if (a.scalar_type() == at::kFloat)
                sign_all<float>(a, b, scale, da);
            else
                sign_all<uint16_t>(a, b, scale, da);
        }
        return {da, b.requires_grad() ? -da : at::Tensor()};
    }
};

/* Values of both lie in the same order, without gaps. */
bool fits(const at::Tensor &a, const at::Tensor &b)
{
    return a.device().is_cpu() && b.device().is_cpu() && a.sizes() == b.sizes() &&
           a.strides() == b.strides() && a.is_non_overlapping_and_dense() &&
           a.scalar_type() == b.scalar_type() &&
           (a.scalar_type() == at::kFloat || a.scalar_type() == at::kBFloat16);
}

} // namespace

Tensor *tensor_distance(Tensor *a, Tensor *b)
{
    return make("tensor_distance", {a, b}, [&] {
        if (fits(a->value, b->value))
            return Distance::apply(a->value, b->value);
        at::Tensor size = (a->value - b->value).abs();
        return size.scalar_type() == at::kBFloat16 ? size.sum(at::kFloat) : size.sum();
    });
}

} // namespace shim
