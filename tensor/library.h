/* The seam between tensor.c (in the program) and the tensor library (C++, loaded on demand). */
#ifndef TENSOR_LIBRARY_H
#define TENSOR_LIBRARY_H

#include "core/error.h"
#include "tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the library calls back: errors and ranks live in the program. */
typedef struct TensorHost {
    int (*error_set)(ErrorCode code, const char *format, ...);
    ErrorCode (*error_pending)(void);
    int (*ranks_size)(void);
    int (*ranks_sum_floats)(float *values, size_t count);
    int (*ranks_sum_doubles)(double *values, size_t count);
    bool owns_process; /* see tensor/process.h */
} TensorHost;

/* What the library offers. */
typedef struct TensorLibrary {
    int (*begin)(const TensorHost *host, int threads, const char *device, int local_rank);
    void (*scope_begin)(void);
    void (*scope_end)(void);
    void (*free)(Tensor *t);
    void (*no_grad_begin)(void);
    void (*no_grad_end)(void);
#define X(result, name, parameters, arguments, failed) result(*name) parameters;
#include "tensor/operations.def"
#undef X
} TensorLibrary;

/* The one symbol that is looked up. */
#define TENSOR_LIBRARY_SYMBOL "tensor_library"
typedef const TensorLibrary *TensorLibraryFunction(void);

#ifdef __cplusplus
}
#endif
#endif
