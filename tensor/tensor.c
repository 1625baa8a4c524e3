/* Loads the tensor library at its first use and forwards to it. RTLD_LOCAL keeps libtorch's own
 * (serial) HDF5 apart from ours. */
#include "tensor/tensor.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/library.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "tensor/library.h"

static const TensorLibrary *library;

/* Settings that libtorch and malloc read once, at their start; a user's own win. */
static void tune_process(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw"))
        setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
#endif
    memory_keep();
}

static const TensorLibrary *open_library(void)
{
    char *path = library_path(TENSOR_LIBRARY_FILE, "UNMUSH_TENSOR_LIBRARY");
    tune_process();
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    TensorLibraryFunction *function = NULL;
    if (handle) {
        void *symbol = dlsym(handle, TENSOR_LIBRARY_SYMBOL);
        memcpy(&function, &symbol, sizeof function);
    }
    if (!function)
        error_set(ERROR_TENSOR, "%s: cannot load the tensor library: %s", path, dlerror());
    free(path);
    return function ? function() : NULL;
}

int tensor_begin(int threads, const char *device)
{
    static const TensorHost HOST = {error_set, error_pending, ranks_size, ranks_sum_floats,
                                    ranks_sum_doubles};
    if (error_pending())
        return -1;
    const TensorLibrary *opened = library ? library : open_library();
    if (!opened || opened->begin(&HOST, threads, device, ranks_local()) != 0)
        return -1;
    library = opened;
    return 0;
}

static bool ready(void)
{
    return library || tensor_begin(threads_count(), "auto") == 0;
}

void tensor_scope_begin(void)
{
    if (ready())
        library->scope_begin();
}

void tensor_scope_end(void)
{
    if (library)
        library->scope_end();
}

void tensor_free(Tensor *t)
{
    if (library)
        library->free(t);
}

void tensor_no_grad_begin(void)
{
    if (ready())
        library->no_grad_begin();
}

void tensor_no_grad_end(void)
{
    if (library)
        library->no_grad_end();
}

#define X(result, name, parameters, arguments, failed)                                             \
    result name parameters                                                                         \
    {                                                                                              \
        return ready() ? library->name arguments : (failed);                                       \
    }
#include "tensor/operations.def"
#undef X
