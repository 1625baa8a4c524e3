/* Sums over ranks that autograd goes back through. */
#include "tensor/ranks.h"

#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

namespace shim
{
namespace
{

/* The host has recorded why. */
void check(int result)
{
    if (result != 0)
        throw std::runtime_error("the sum over ranks failed");
}

at::Tensor exchange(const at::Tensor &own)
{
    at::Tensor sum = own.detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous);
    size_t count = static_cast<size_t>(sum.numel());
    if (sum.scalar_type() == at::kDouble)
        check(host->ranks_sum_doubles(static_cast<double *>(sum.data_ptr()), count));
    else if (sum.scalar_type() == at::kFloat)
        check(host->ranks_sum_floats(static_cast<float *>(sum.data_ptr()), count));
    else
        throw std::invalid_argument("neither float32 nor double");
    return sum.to(own.device());
}

/* Sums forward and backward; the backward pass is such a sum itself, so it can be differentiated
 * once more. */
struct SumRanks : torch::autograd::Function<SumRanks> {
    static at::Tensor forward(torch::autograd::AutogradContext *, const at::Tensor &own)
    {
        return exchange(own);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *,
                                                   torch::autograd::variable_list gradients)
    {
        return {sum_ranks(gradients[0])};
    }
};

} // namespace

at::Tensor sum_ranks(const at::Tensor &own)
{
    return host->ranks_size() == 1 ? own : SumRanks::apply(own);
}

Tensor *tensor_sum_ranks(Tensor *a)
{
    return make("tensor_sum_ranks", {a}, [&] { return sum_ranks(a->value); });
}

} // namespace shim
