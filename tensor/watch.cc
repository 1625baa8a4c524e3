/* Telling when gradients are complete, and staging them for another process. */
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/variable.h>

#include <vector>

#include "tensor/shim.h"

using torch::autograd::variable_list;

/* The hooks outlive this where a graph still holds the nodes: they find `complete` cleared. */
struct TensorWatch {
    struct State {
        void (*complete)(void *context, int index);
        void *context;
    };
    std::shared_ptr<State> state;
    std::vector<std::shared_ptr<torch::autograd::Node>> nodes; /* leaves hold theirs weakly */
};

struct TensorEvent {
    c10::Event event;
};

namespace shim
{
namespace
{

struct Hook : torch::autograd::FunctionPostHook {
    Hook(std::shared_ptr<TensorWatch::State> s, int i) : state(std::move(s)), index(i) {}
    variable_list operator()(const variable_list &outputs, const variable_list &) override
    {
        if (state->complete)
            state->complete(state->context, index);
        return outputs;
    }
    std::shared_ptr<TensorWatch::State> state;
    int index;
};

} // namespace

TensorWatch *tensor_watch(Tensor *const *leaves, int count,
                          void (*complete)(void *context, int index), void *context)
{
    return run("tensor_watch", {}, static_cast<TensorWatch *>(nullptr), [&]() -> TensorWatch * {
        auto watch = std::make_unique<TensorWatch>();
        watch->state = std::make_shared<TensorWatch::State>(TensorWatch::State{complete, context});
        for (int i = 0; i < count; i++) {
            if (!present("tensor_watch", {leaves[i]}))
                return nullptr;
            auto node = torch::autograd::impl::grad_accumulator(leaves[i]->value);
            node->add_post_hook(std::make_unique<Hook>(watch->state, i));
            watch->nodes.push_back(std::move(node));
        }
        return watch.release();
    });
}

int tensor_unwatch(TensorWatch *watch)
{
    if (watch)
        watch->state->complete = nullptr;
    delete watch;
    return 0;
}

Tensor *tensor_buffer(int64_t count, TensorType type, bool on_host)
{
    return make("tensor_buffer", {}, [&] {
        at::TensorOptions options = at::dtype(type == TENSOR_BF16     ? at::kBFloat16
                                              : type == TENSOR_DOUBLE ? at::kDouble
                                                                      : at::kFloat);
        if (!on_host)
            return at::empty({count}, options.device(device));
        return at::empty({count}, options.device(at::kCPU).pinned_memory(device.is_cuda()));
    });
}

void *tensor_address(Tensor *t)
{
    return run("tensor_address", {t}, static_cast<void *>(nullptr), [&]() -> void * {
        if (t->value.is_contiguous())
            return t->value.data_ptr();
        host->error_set(ERROR_TENSOR, "tensor_address: not contiguous");
        return nullptr;
    });
}

int tensor_copy_begin(Tensor *to, Tensor *from)
{
    return run("tensor_copy_begin", {to, from}, -1, [&] {
        c10::NoGradGuard guard;
        const bool asynchronous = true;
        to->value.copy_(from->value, asynchronous);
        return 0;
    });
}

TensorEvent *tensor_event(void)
{
    return run("tensor_event", {}, static_cast<TensorEvent *>(nullptr), [&]() -> TensorEvent * {
        if (device.is_cpu())
            return nullptr;
        c10::impl::VirtualGuardImpl guard(device.type());
        auto mark = std::make_unique<TensorEvent>(TensorEvent{c10::Event(device.type())});
        mark->event.record(guard.getStream(device));
        return mark.release();
    });
}

bool tensor_event_happened(const TensorEvent *event)
{
    return !event || run("tensor_event_happened", {}, true, [&] {
        /* A thread that has chosen no device would take memory on the first one. */
        c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
        return event->event.query();
    });
}

int tensor_event_free(TensorEvent *event)
{
    delete event;
    return 0;
}

} // namespace shim
