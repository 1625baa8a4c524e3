/* Scopes: a stack of lists of handles for each thread. */
#include <atomic>

#include <vector>

#include "tensor/shim.h"

namespace shim
{
namespace
{

thread_local std::vector<std::vector<Tensor *>> scopes;
thread_local std::vector<c10::NoGradGuard *> guards;
std::atomic<int64_t> live;

void add_to_scope(Tensor *t, size_t scope)
{
    t->scope = scope;
    if (scope == 0)
        return;
    t->place = scopes[scope - 1].size();
    scopes[scope - 1].push_back(t);
}

void leave_scope(Tensor *t)
{
    if (t->scope > 0)
        scopes[t->scope - 1][t->place] = nullptr;
}

} // namespace

Tensor *handle(at::Tensor value)
{
    auto *t = new Tensor{std::move(value), 0, 0};
    add_to_scope(t, scopes.size());
    live++;
    return t;
}

void scope_begin()
{
    scopes.emplace_back();
}

void scope_end()
{
    if (scopes.empty())
        return;
    std::vector<Tensor *> dying = std::move(scopes.back());
    scopes.pop_back();
    for (Tensor *t : dying) {
        if (t) {
            live--;
            delete t;
        }
    }
}

void free_handle(Tensor *t)
{
    if (!t)
        return;
    leave_scope(t);
    live--;
    delete t;
}

Tensor *tensor_own(Tensor *t)
{
    if (t) {
        leave_scope(t);
        t->scope = 0;
    }
    return t;
}

Tensor *tensor_keep(Tensor *t)
{
    if (t && t->scope > 0) {
        leave_scope(t);
        add_to_scope(t, t->scope - 1);
    }
    return t;
}

int64_t tensor_live()
{
    return live;
}

void no_grad_begin()
{
    guards.push_back(new c10::NoGradGuard);
}

void no_grad_end()
{
    if (guards.empty())
        return;
    delete guards.back();
    guards.pop_back();
}

} // namespace shim
