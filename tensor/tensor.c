/* Loads the tensor library at its first use and forwards to it. RTLD_LOCAL keeps libtorch's own
 * (serial) HDF5 apart from ours. */
#include "tensor/tensor.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/library.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "tensor/library.h"
#include "tensor/process.h"

static _Atomic(const TensorLibrary *) loaded; /* set once, when it has begun */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const TensorLibrary *open_library(void)
{
    char *path = library_path(TENSOR_LIBRARY_FILE, "UNMUSH_TENSOR_LIBRARY");
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

/* With the lock held. */
static int begin(int threads, const char *device)
{
    static TensorHost host = {error_set,        error_pending,     ranks_size,
                              ranks_sum_floats, ranks_sum_doubles, false};
    const TensorLibrary *library = atomic_load(&loaded);
    if (!library) {
        host.owns_process = tensor_owns_process();
        library = open_library();
    }
    if (!library || library->begin(&host, threads, device, ranks_local()) != 0)
        return -1;
    atomic_store(&loaded, library);
    return 0;
}

int tensor_begin(int threads, const char *device)
{
    if (error_pending())
        return -1;
    pthread_mutex_lock(&lock);
    int result = begin(threads, device);
    pthread_mutex_unlock(&lock);
    return result;
}

/* The library, loaded by the first of the threads that come here; NULL with an error. */
static const TensorLibrary *ready(void)
{
    const TensorLibrary *library = atomic_load(&loaded);
    if (library || error_pending())
        return library;
    pthread_mutex_lock(&lock);
    if (atomic_load(&loaded) || begin(threads_count(), "auto") == 0)
        library = atomic_load(&loaded);
    pthread_mutex_unlock(&lock);
    return library;
}

void tensor_scope_begin(void)
{
    const TensorLibrary *library = ready();
    if (library)
        library->scope_begin();
}

void tensor_scope_end(void)
{
    const TensorLibrary *library = atomic_load(&loaded);
    if (library)
        library->scope_end();
}

void tensor_free(Tensor *t)
{
    const TensorLibrary *library = atomic_load(&loaded);
    if (library)
        library->free(t);
}

void tensor_no_grad_begin(void)
{
    const TensorLibrary *library = ready();
    if (library)
        library->no_grad_begin();
}

void tensor_no_grad_end(void)
{
    const TensorLibrary *library = atomic_load(&loaded);
    if (library)
        library->no_grad_end();
}

#define X(result, name, parameters, arguments, failed)                                             \
    result name parameters                                                                         \
    {                                                                                              \
        const TensorLibrary *library = ready();                                                    \
        return library ? library->name arguments : (failed);                                       \
    }
#include "tensor/operations.def"
#undef X
