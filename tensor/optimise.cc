/* Optimisers with their moving average over flat vectors: one pass over memory on the processor,
 * libtorch's element-wise operations elsewhere. */
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/vector.h"
#include "tensor/shim.h"

namespace shim
{
namespace
{

/* What the formulas need, in the arithmetic they are done in. */
struct Coefficients {
    float rate, beta1, beta2, beta3, epsilon, decay, keep, average, scale, mean;
    float first_correction, second_correction, difference_correction; /* 1 - beta^step */
};

float one_minus_power(double beta, int64_t step)
{
    return static_cast<float>(1 - std::pow(beta, static_cast<double>(step)));
}

Coefficients coefficients(const OptimiserStep &s)
{
    auto single = [](double value) { return static_cast<float>(value); };
    double square_memory = s.kind == OPTIMISER_ADAN ? s.beta3 : s.beta2;
    return {single(s.rate),
            single(s.beta1),
            single(s.beta2),
            single(s.beta3),
            single(s.epsilon),
            single(s.decay),
            single(s.kind == OPTIMISER_ADAMW ? 1 - s.rate * s.decay : 1),
            single(1 - s.average_decay),
            single(s.gradient_scale),
            single(s.mean_weight),
            one_minus_power(s.beta1, s.step),
            std::sqrt(one_minus_power(square_memory, s.step)),
            one_minus_power(s.beta2, s.step)};
}

/* The vectors of one step; states as OPTIMISER_STATES names them. */
struct Vectors {
    float *value, *gradient, *states[OPTIMISER_MOST_STATES], *average;
};

/* Coefficients by value: stores through pointers cannot change them, so that loops become vectors.
 */
FOR_EVERY_PROCESSOR
void adam(const Vectors &p, Coefficients k, bool couple_decay, int64_t begin, int64_t end)
{
    float *__restrict value = p.value, *__restrict first = p.states[0],
                      *__restrict second = p.states[1];
    const float *__restrict gradient = p.gradient;
    const float rate = k.rate / k.first_correction, root = 1 / k.second_correction;
    const float coupled = couple_decay ? k.decay : 0;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i] * k.scale + coupled * value[i];
        float m = k.beta1 * first[i] + (1 - k.beta1) * g;
        float v = k.beta2 * second[i] + (1 - k.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        value[i] = k.keep * value[i] - rate * m / (std::sqrt(v) * root + k.epsilon);
    }
}

FOR_EVERY_PROCESSOR
void adan(const Vectors &p, Coefficients k, bool is_first, int64_t begin, int64_t end)
{
    float *__restrict value = p.value, *__restrict first = p.states[0],
                      *__restrict second = p.states[1], *__restrict difference = p.states[2],
                      *__restrict previous = p.states[3];
    const float *__restrict gradient = p.gradient;
    const float by_first = k.rate / k.first_correction;
    const float by_difference = k.rate * k.beta2 / k.difference_correction;
    const float root = 1 / k.second_correction, shrink = 1 / (1 + k.rate * k.decay);
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i] * k.scale;
        float d = is_first ? 0 : g - previous[i];
        float ahead = g + k.beta2 * d;
        float m = k.beta1 * first[i] + (1 - k.beta1) * g;
        float n = k.beta2 * difference[i] + (1 - k.beta2) * d;
        float v = k.beta3 * second[i] + (1 - k.beta3) * ahead * ahead;
        first[i] = m;
        second[i] = v;
        difference[i] = n;
        previous[i] = g;
        float slope = by_first * m + by_difference * n;
        value[i] = (value[i] - slope / (std::sqrt(v) * root + k.epsilon)) * shrink;
    }
}

/* states: second, base (z), mean (x); value is the y between both. */
FOR_EVERY_PROCESSOR
void schedule_free(const Vectors &p, Coefficients k, int64_t begin, int64_t end)
{
    float *__restrict value = p.value, *__restrict second = p.states[0],
                      *__restrict base = p.states[1], *__restrict mean = p.states[2];
    const float *__restrict gradient = p.gradient;
    ROUNDS_ARE_INDEPENDENT
    for (int64_t i = begin; i < end; i++) {
        float g = gradient[i] * k.scale;
        float v = k.beta2 * second[i] + (1 - k.beta2) * g * g;
        second[i] = v;
        float slope = g / (std::sqrt(v) + k.epsilon) + k.decay * value[i];
        float z = base[i] - k.rate * slope;
        float x = mean[i] + k.mean * (z - mean[i]);
        base[i] = z;
        mean[i] = x;
        value[i] = z + k.beta1 * (x - z);
    }
}

FOR_EVERY_PROCESSOR
void follow(float *__restrict average, const float *__restrict value, float weight, int64_t begin,
            int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        average[i] += weight * (value[i] - average[i]);
}

/* So few values that the average finds them in the first cache. */
void block(const Vectors &p, const Coefficients &k, const OptimiserStep &s, int64_t begin,
           int64_t end)
{
    switch (s.kind) {
    case OPTIMISER_ADAM:
    case OPTIMISER_ADAMW:
        adam(p, k, s.kind == OPTIMISER_ADAM, begin, end);
        break;
    case OPTIMISER_ADAN:
        adan(p, k, s.step == 1, begin, end);
        break;
    case OPTIMISER_SCHEDULE_FREE:
        schedule_free(p, k, begin, end);
        break;
    }
    if (p.average)
        follow(p.average, s.kind == OPTIMISER_SCHEDULE_FREE ? p.states[2] : p.value,
               s.kind == OPTIMISER_SCHEDULE_FREE ? 1 : k.average, begin, end);
}

void part(const Vectors &p, const Coefficients &k, const OptimiserStep &s, int64_t begin,
          int64_t end)
{
    constexpr int64_t BLOCK = 1024;
    for (int64_t i = begin; i < end; i += BLOCK)
        block(p, k, s, i, std::min(i + BLOCK, end));
}

FOR_EVERY_PROCESSOR
double sum_of_squares(const float *values, int64_t count)
{
    double lanes[16] = {0}, sum = 0; /* so that the compiler may add in vectors */
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int lane = 0; lane < 16; lane++)
            lanes[lane] +=
                static_cast<double>(values[i + lane]) * static_cast<double>(values[i + lane]);
    for (; i < count; i++)
        sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    for (double lane : lanes)
        sum += lane;
    return sum;
}

/* By parts that do not depend on the number of threads, added up in their order. */
double sum_of_squares_by_parts(const float *values, int64_t count)
{
    constexpr int64_t PART = 65536;
    std::vector<double> sums(static_cast<size_t>((count + PART - 1) / PART));
    at::parallel_for(0, static_cast<int64_t>(sums.size()), 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++)
            sums[static_cast<size_t>(i)] =
                sum_of_squares(values + i * PART, std::min(PART, count - i * PART));
    });
    double sum = 0;
    for (double part_sum : sums)
        sum += part_sum;
    return sum;
}

/* The same where memory is out of the processor's reach. */
void elsewhere(const at::Tensor &value, const at::Tensor &gradient, Tensor *const *states,
               const Tensor *average, const Coefficients &k, const OptimiserStep &s)
{
    at::Tensor g = gradient * k.scale;
    if (s.kind == OPTIMISER_SCHEDULE_FREE) {
        at::Tensor second = states[0]->value, base = states[1]->value, mean = states[2]->value;
        second.mul_(k.beta2).addcmul_(g, g, 1 - k.beta2);
        base.sub_((g / (second.sqrt() + k.epsilon)).add_(value, k.decay), k.rate);
        mean.lerp_(base, k.mean);
        value.copy_(base).lerp_(mean, k.beta1);
        if (average)
            average->value.copy_(mean);
        return;
    }
    at::Tensor first = states[0]->value, second = states[1]->value;
    if (s.kind == OPTIMISER_ADAN) {
        at::Tensor difference = states[2]->value, previous = states[3]->value;
        at::Tensor d = s.step == 1 ? at::zeros_like(g) : g - previous;
        at::Tensor ahead = g + d * k.beta2;
        first.mul_(k.beta1).add_(g, 1 - k.beta1);
        difference.mul_(k.beta2).add_(d, 1 - k.beta2);
        second.mul_(k.beta3).addcmul_(ahead, ahead, 1 - k.beta3);
        previous.copy_(g);
        at::Tensor slope = first * (k.rate / k.first_correction) +
                           difference * (k.rate * k.beta2 / k.difference_correction);
        value.addcdiv_(slope, second.sqrt().div_(k.second_correction).add_(k.epsilon), -1)
            .div_(1 + k.rate * k.decay);
    } else {
        if (s.kind == OPTIMISER_ADAM)
            g.add_(value, k.decay);
        first.mul_(k.beta1).add_(g, 1 - k.beta1);
        second.mul_(k.beta2).addcmul_(g, g, 1 - k.beta2);
        value.mul_(k.keep).addcdiv_(first, second.sqrt().div_(k.second_correction).add_(k.epsilon),
                                    -k.rate / k.first_correction);
    }
    if (average)
        average->value.lerp_(value, k.average);
}

} // namespace

int tensor_optimise(Tensor *value, Tensor *gradient, Tensor *const *states, Tensor *average,
                    const OptimiserStep *step)
{
    return run("tensor_optimise", {value, gradient}, -1, [&] {
        c10::NoGradGuard guard;
        Coefficients k = coefficients(*step);
        const int count = shim::tensor_optimiser_states(step->kind);
        Vectors p = {shim::tensor_data(value),
                     shim::tensor_data(gradient),
                     {nullptr},
                     average ? shim::tensor_data(average) : nullptr};
        bool here = p.value && p.gradient && (!average || p.average);
        int64_t length = value->value.numel();
        bool same =
            gradient->value.numel() == length && (!average || average->value.numel() == length);
        for (int i = 0; i < count; i++) {
            if (!present("tensor_optimise", {states[i]}))
                return -1;
            same = same && states[i]->value.numel() == length;
            p.states[i] = shim::tensor_data(states[i]);
            here = here && p.states[i];
        }
        if (!same)
            return host->error_set(ERROR_SHAPE, "tensor_optimise: vectors of different lengths");
        if (here)
            at::parallel_for(0, length, 16384,
                             [&](int64_t begin, int64_t end) { part(p, k, *step, begin, end); });
        else
            elsewhere(value->value, gradient->value, states, average, k, *step);
        return 0;
    });
}

int tensor_optimiser_states(OptimiserKind kind)
{
    static const int COUNTS[] = {2, 2, 4, 3};
    return COUNTS[kind];
}

double tensor_norm(Tensor *t)
{
    return run("tensor_norm", {t}, static_cast<double>(NAN), [&] {
        c10::NoGradGuard guard;
        const float *values = shim::tensor_data(t);
        if (!values)
            return at::linalg_vector_norm(t->value, 2, at::OptionalIntArrayRef(), false,
                                          at::kDouble)
                .item()
                .toDouble();
        return std::sqrt(sum_of_squares_by_parts(values, t->value.numel()));
    });
}

} // namespace shim
