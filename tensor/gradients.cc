/* Autograd, and parameters that live in flat vectors. */
#include <torch/csrc/autograd/autograd.h>

#include "tensor/shim.h"

namespace shim
{

Tensor *tensor_detach(Tensor *a)
{
    return make("tensor_detach", {a}, [&] { return a->value.detach(); });
}

Tensor *tensor_leaf(Tensor *a)
{
    return make("tensor_leaf", {a}, [&] {
        at::Tensor leaf = a->value.detach();
        leaf.requires_grad_(true);
        return leaf;
    });
}

int tensor_backward(Tensor *loss)
{
    return run("tensor_backward", {loss}, -1, [&] {
        torch::autograd::backward({loss->value}, {});
        return 0;
    });
}

int tensor_backward_from(Tensor *const *outputs, Tensor *const *gradients, int count)
{
    return run("tensor_backward_from", {}, -1, [&] {
        std::vector<at::Tensor> from, by;
        for (int i = 0; i < count; i++) {
            if (!present("tensor_backward_from", {outputs[i]}))
                return -1;
            from.push_back(outputs[i]->value);
            by.push_back(gradients[i] ? gradients[i]->value : at::ones_like(outputs[i]->value));
        }
        torch::autograd::backward(from, by);
        return 0;
    });
}

Tensor *tensor_gradient_of(Tensor *loss, Tensor *leaf)
{
    return make("tensor_gradient_of", {loss, leaf}, [&] {
        const bool keep = true;
        return torch::autograd::grad({loss->value}, {leaf->value}, {}, keep)[0];
    });
}

Tensor *tensor_gradient_with_graph(Tensor *loss, Tensor *leaf)
{
    return make("tensor_gradient_with_graph", {loss, leaf}, [&] {
        const bool keep = true, record = true;
        return torch::autograd::grad({loss->value}, {leaf->value}, {}, keep, record)[0];
    });
}

Tensor *tensor_gradient(Tensor *leaf)
{
    if (!failed() && leaf && !leaf->value.grad().defined())
        host->error_set(ERROR_TENSOR, "tensor_gradient: there is none");
    return make("tensor_gradient", {leaf}, [&] { return leaf->value.grad(); });
}

Tensor *tensor_parameter(Tensor *flat, Tensor *gradients, int64_t offset, int rank,
                         const int64_t *shape)
{
    return make("tensor_parameter", {flat, gradients}, [&] {
        int64_t count = 1;
        for (int i = 0; i < rank; i++)
            count *= shape[i];
        at::IntArrayRef form = extents(rank, shape);
        at::Tensor leaf = flat->value.detach().narrow(0, offset, count).view(form);
        leaf.requires_grad_(true);
        /* A defined gradient is added to in place, so it stays a part of the flat vector. */
        leaf.mutable_grad() = gradients->value.detach().narrow(0, offset, count).view(form);
        return leaf;
    });
}

int tensor_fill(Tensor *t, double value)
{
    return run("tensor_fill", {t}, -1, [&] {
        c10::NoGradGuard guard;
        t->value.fill_(value);
        return 0;
    });
}

int tensor_copy(Tensor *to, Tensor *from)
{
    return run("tensor_copy", {to, from}, -1, [&] {
        c10::NoGradGuard guard;
        to->value.copy_(from->value);
        return 0;
    });
}

} // namespace shim
