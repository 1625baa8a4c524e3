/* Batch normalisation, on several ranks by the statistics of all their samples together. */
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "tensor/ranks.h"

namespace shim
{
namespace
{

const double MOMENTUM = 0.1;

struct Moments {
    at::Tensor mean, variance; /* (C) float32 */
    double count;              /* of values in each channel, on all ranks */
};

/* In double precision, where the difference of two large sums does no harm. */
Moments moments_over_ranks(const at::Tensor &x)
{
    /* Given fp32 buffers, libtorch returns fp32 statistics of bf16 values. */
    at::Tensor zeros = at::zeros({x.size(1)}, x.options().dtype(at::kFloat));
    auto [mean, variance] = at::batch_norm_update_stats(x, zeros, zeros.clone(), 0);
    double count = static_cast<double>(x.numel() / x.size(1));
    mean = mean.to(at::kDouble);
    at::Tensor square = variance.to(at::kDouble) + mean.square();
    at::Tensor sums = sum_ranks(at::stack({mean, square, at::ones_like(mean)}) * count);
    at::Tensor means = sums / sums[2];
    return {means[0].to(at::kFloat), (means[1] - means[0].square()).clamp_min(0).to(at::kFloat),
            sums[2][0].item().toDouble()};
}

void move_towards(const Moments &m, const BatchNorm &state)
{
    double unbiased = m.count > 1 ? m.count / (m.count - 1) : 1;
    state.mean->value.mul_(1 - MOMENTUM).add_(m.mean, MOMENTUM);
    state.variance->value.mul_(1 - MOMENTUM).add_(m.variance, MOMENTUM * unbiased);
}

/* y = (x - mean) / sqrt(variance + epsilon) * weight + bias, where mean and variance are the
 * batch's: going back, they pass on what all ranks' results ask of them. */
struct OverRanks : torch::autograd::Function<OverRanks> {
    static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x,
                              const at::Tensor &weight, const at::Tensor &bias, const Moments &m,
                              double epsilon)
    {
        context->save_for_backward({x, weight, m.mean, m.variance});
        context->saved_data["count"] = m.count;
        context->saved_data["epsilon"] = epsilon;
        return std::get<0>(
            at::native_batch_norm(x, weight, bias, m.mean, m.variance, false, 0, epsilon));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list gradients)
    {
        if (at::GradMode::is_enabled())
            throw std::runtime_error(
                "batch norm over several ranks cannot be differentiated twice");
        auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2];
        double epsilon = context->saved_data["epsilon"].toDouble();
        /* As if mean and variance were constants; dweight = sum dy (x - mean) / deviation. */
        auto [dx, dweight, dbias] = at::native_batch_norm_backward(
            gradients[0].contiguous(x.suggest_memory_format()), x, weight, mean, saved[3], {}, {},
            false, epsilon, {true, true, true});
        at::Tensor sums = sum_ranks(at::stack({dweight, dbias}).to(at::kDouble)) /
                          context->saved_data["count"].toDouble();
        at::Tensor rise = (saved[3].to(at::kDouble) + epsilon).rsqrt();
        at::Tensor factor = -weight.to(at::kDouble) * rise.square() * sums[0];
        at::Tensor offset = -weight.to(at::kDouble) * rise * sums[1] - factor * mean;
        auto of_channels = [&](const at::Tensor &t) {
            return t.to(x.scalar_type()).view({1, -1, 1, 1});
        };
        dx.addcmul_(x, of_channels(factor)).add_(of_channels(offset));
        return {dx, dweight, dbias, at::Tensor(), at::Tensor()};
    }
};

at::Tensor normalise_over_ranks(const at::Tensor &x, const at::Tensor &weight,
                                const at::Tensor &bias, const BatchNorm &state)
{
    Moments moments;
    {
        c10::NoGradGuard guard;
        moments = moments_over_ranks(x.detach());
        if (state.move)
            move_towards(moments, state);
    }
    return OverRanks::apply(x, weight, bias, moments, state.epsilon);
}

} // namespace

Tensor *tensor_batch_norm(Tensor *x, Tensor *weight, Tensor *bias, const BatchNorm *state)
{
    return make("tensor_batch_norm",
                {x, weight, bias, state->mean, state->variance, state->batches}, [&] {
                    bool move = state->of_batch && state->move;
                    if (move) {
                        c10::NoGradGuard guard;
                        state->batches->value.add_(1);
                    }
                    if (state->of_batch && host->ranks_size() > 1)
                        return normalise_over_ranks(x->value, weight->value, bias->value, *state);
                    bool needed = move || !state->of_batch;
                    return at::batch_norm(x->value, weight->value, bias->value,
                                          needed ? state->mean->value : at::Tensor(),
                                          needed ? state->variance->value : at::Tensor(),
                                          state->of_batch, MOMENTUM, state->epsilon, false);
                });
}

} // namespace shim
