/* Functions of our own between libtorch's: their gradients come from C. */
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <vector>

#include "tensor/shim.h"

using torch::autograd::variable_list;

namespace shim
{
namespace
{

at::ScalarType scalar_type(TensorType type)
{
    return type == TENSOR_BF16 ? at::kBFloat16 : type == TENSOR_DOUBLE ? at::kDouble : at::kFloat;
}

/* What a tensor's values were: another version of them has other gradients. */
struct Version {
    explicit Version(const at::Tensor &t)
        : counter(torch::autograd::impl::version_counter(t)), then(counter.current_version())
    {
    }
    c10::VariableVersion counter;
    uint32_t then;
};

struct Joined : torch::autograd::Node {
    explicit Joined(const TensorFunction &f) : function(f) {}
    ~Joined() override
    {
        release_variables();
    }

    void release_variables() override
    {
        if (function.context)
            function.release(function.context);
        function.context = nullptr;
    }

    variable_list apply(variable_list &&from) override
    {
        TORCH_CHECK(!at::GradMode::is_enabled(),
                    "gradients of gradients do not go through a function of our own");
        for (const Version &version : versions)
            TORCH_CHECK(version.counter.current_version() == version.then,
                        "values that a gradient needs were changed since they were read");
        const size_t count = num_outputs();
        std::unique_ptr<bool[]> wanted(new bool[count]);
        for (size_t i = 0; i < count; i++)
            wanted[i] = task_should_compute_output(i);
        std::vector<Tensor *> results(count, nullptr), gradients;
        variable_list values(count);
        c10::NoGradGuard guard;
        scope_begin();
        for (at::Tensor &gradient : from)
            gradients.push_back(gradient.defined() ? handle(gradient) : nullptr);
        bool good = !failed() && function.context &&
                    function.backward(function.context, gradients.data(), wanted.get(),
                                      results.data()) == 0;
        for (size_t i = 0; good && i < count; i++)
            if (results[i])
                values[i] = results[i]->value;
        scope_end();
        TORCH_CHECK(good, "a gradient could not be computed");
        return values;
    }

    TensorFunction function;
    std::vector<Version> versions;
};

} // namespace

bool tensor_records(Tensor *t)
{
    return t && at::GradMode::is_enabled() && t->value.requires_grad();
}

int tensor_join(Tensor *const *inputs, int input_count, Tensor **outputs, int output_count,
                const TensorFunction *function)
{
    auto node = std::make_shared<Joined>(*function);
    return run("tensor_join", {}, -1, [&] {
        variable_list from;
        for (int i = 0; i < input_count; i++)
            from.push_back(inputs[i] ? inputs[i]->value : at::Tensor());
        for (const at::Tensor &value : from)
            if (value.defined())
                node->versions.emplace_back(value);
        node->set_next_edges(torch::autograd::collect_next_edges(from));
        for (int i = 0; i < output_count; i++) {
            if (!present("tensor_join", {outputs[i]}))
                return -1;
            at::Tensor value = outputs[i]->value.detach();
            node->versions.emplace_back(value);
            torch::autograd::set_history(value, node);
            outputs[i] = handle(value);
        }
        return 0;
    });
}

Tensor *tensor_new_image(const TensorImage *form)
{
    return make("tensor_new_image", {}, [&] {
        return at::empty({form->n, form->channels, form->h, form->w},
                         at::dtype(scalar_type(form->type)).device(device),
                         at::MemoryFormat::ChannelsLast);
    });
}

Tensor *tensor_new_like(Tensor *t)
{
    return make("tensor_new_like", {t}, [&] {
        return at::empty_like(t->value, t->value.options(), at::MemoryFormat::Contiguous);
    });
}

bool tensor_image(Tensor *t, TensorImage *image)
{
    return run("tensor_image", {t}, false, [&] {
        const at::Tensor &x = t->value;
        if (!x.is_cpu() || x.dim() != 4 || !x.is_contiguous(at::MemoryFormat::ChannelsLast) ||
            (x.scalar_type() != at::kFloat && x.scalar_type() != at::kBFloat16))
            return false;
        *image = {x.data_ptr(), x.scalar_type() == at::kBFloat16 ? TENSOR_BF16 : TENSOR_FLOAT,
                  x.size(0),    x.size(2),
                  x.size(3),    x.size(1)};
        return true;
    });
}

bool tensor_is_bf16(const Tensor *t)
{
    return t && t->value.scalar_type() == at::kBFloat16;
}

bool tensor_on_processor()
{
    return device.is_cpu();
}

} // namespace shim
