/* Adam with its moving average over flat vectors: one pass over memory on the processor, libtorch's
 * element-wise operations elsewhere. */
#include <ATen/Parallel.h>

#include <cmath>

#include "tensor/shim.h"

namespace shim
{
namespace
{

struct Coefficients {
    float rate, beta1, beta2, epsilon, keep, root_correction, average, scale;
};

Coefficients coefficients(const AdamStep &s)
{
    double correction1 = 1 - std::pow(s.beta1, static_cast<double>(s.step));
    double correction2 = 1 - std::pow(s.beta2, static_cast<double>(s.step));
    return {static_cast<float>(s.rate / correction1),
            static_cast<float>(s.beta1),
            static_cast<float>(s.beta2),
            static_cast<float>(s.epsilon),
            static_cast<float>(1 - s.rate * s.decay),
            static_cast<float>(1 / std::sqrt(correction2)),
            static_cast<float>(1 - s.average_decay),
            static_cast<float>(s.gradient_scale)};
}

struct Vectors {
    float *__restrict value;
    const float *__restrict gradient;
    float *__restrict first;
    float *__restrict second;
    float *__restrict average;
};

void adam_part(const Vectors &p, const Coefficients &k, int64_t begin, int64_t end)
{
    float *__restrict value = p.value, *__restrict first = p.first, *__restrict second = p.second;
    const float *__restrict gradient = p.gradient;
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i] * k.scale;
        float m = k.beta1 * first[i] + (1 - k.beta1) * g;
        float v = k.beta2 * second[i] + (1 - k.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        value[i] = k.keep * value[i] - k.rate * m / (std::sqrt(v) * k.root_correction + k.epsilon);
    }
    if (!p.average)
        return;
    float *__restrict average = p.average;
    for (int64_t i = begin; i < end; i++)
        average[i] += k.average * (value[i] - average[i]);
}

void adam_elsewhere(const at::Tensor &value, const at::Tensor &gradient, const at::Tensor &first,
                    const at::Tensor &second, const Tensor *average, const Coefficients &k)
{
    at::Tensor g = gradient * k.scale;
    first.mul_(k.beta1).add_(g, 1 - k.beta1);
    second.mul_(k.beta2).addcmul_(g, g, 1 - k.beta2);
    value.mul_(k.keep).addcdiv_(first, second.sqrt().mul_(k.root_correction).add_(k.epsilon),
                                -k.rate);
    if (average)
        average->value.lerp_(value, k.average);
}

} // namespace

int tensor_adam(Tensor *value, Tensor *gradient, Tensor *first, Tensor *second, Tensor *average,
                const AdamStep *step)
{
    return run("tensor_adam", {value, gradient, first, second}, -1, [&] {
        c10::NoGradGuard guard;
        Coefficients k = coefficients(*step);
        int64_t count = value->value.numel();
        for (const Tensor *t : {gradient, first, second, average})
            if (t && t->value.numel() != count)
                return host->error_set(ERROR_SHAPE, "tensor_adam: vectors of different lengths");
        Vectors p = {shim::tensor_data(value), shim::tensor_data(gradient),
                     shim::tensor_data(first), shim::tensor_data(second),
                     average ? shim::tensor_data(average) : nullptr};
        if (p.value && p.gradient && p.first && p.second && (!average || p.average))
            at::parallel_for(0, count, 16384,
                             [&](int64_t begin, int64_t end) { adam_part(p, k, begin, end); });
        else
            adam_elsewhere(value->value, gradient->value, first->value, second->value, average, k);
        return 0;
    });
}

} // namespace shim
