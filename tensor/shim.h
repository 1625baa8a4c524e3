/* What the library's C++ files share: the handle, the scopes and the guard that keeps every C++
 * exception on this side. */
#ifndef TENSOR_SHIM_H
#define TENSOR_SHIM_H

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <initializer_list>

#include "tensor/library.h"

struct Tensor {
    at::Tensor value;
    size_t scope; /* number of the scope that owns it; 0: owned by the caller */
    size_t place; /* index in that scope */
};

namespace shim
{

extern const TensorHost *host;
extern at::Device device;

inline bool failed()
{
    return host->error_pending() != ERROR_NONE;
}

/* Registers a value as a handle of the innermost scope. */
Tensor *handle(at::Tensor value);

/* Turns the exception in flight into the sticky error. */
void report_exception(const char *operation) noexcept;

/* True if all operands are there; a missing one without a pending error is a mistake of ours. */
bool present(const char *operation, std::initializer_list<const Tensor *> operands);

/* Runs `body`, which returns an at::Tensor, unless an error is pending or an operand is missing. */
template <class Body>
Tensor *make(const char *operation, std::initializer_list<const Tensor *> operands, Body body)
{
    if (failed() || !present(operation, operands))
        return nullptr;
    try {
        return handle(body());
    } catch (...) {
        report_exception(operation);
        return nullptr;
    }
}

/* The same for functions that return something else; `otherwise` is the shadow of an error. */
template <class Result, class Body>
Result run(const char *operation, std::initializer_list<const Tensor *> operands, Result otherwise,
           Body body)
{
    if (failed() || !present(operation, operands))
        return otherwise;
    try {
        return body();
    } catch (...) {
        report_exception(operation);
        return otherwise;
    }
}

inline at::IntArrayRef extents(int rank, const int64_t *shape)
{
    return at::IntArrayRef(shape, static_cast<size_t>(rank));
}

/* allocator.cc: tensors on the processor lie in a region of their own from now on. */
void use_region();

/* library.cc and lifetimes.cc */
int begin(const TensorHost *callbacks, int threads, const char *device_name, int local_rank);
void scope_begin();
void scope_end();
void free_handle(Tensor *t);
void no_grad_begin();
void no_grad_end();

/* One function per line of operations.def, with C++ linkage in this namespace. */
#define X(result, name, parameters, arguments, failed) result name parameters;
#include "tensor/operations.def"
#undef X

} // namespace shim

#endif
