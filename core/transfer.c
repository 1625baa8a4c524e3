#include "core/transfer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/library.h"

/* libcurl stays loaded, and RTLD_LOCAL keeps the many libraries it brings to themselves. */
static const TransferLibrary *load(const char *path)
{
    static const TransferHost HOST = {error_set, error_pending};
    TransferLibraryFunction *function = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle) {
        void *symbol = dlsym(handle, TRANSFER_LIBRARY_SYMBOL);
        memcpy(&function, &symbol, sizeof function);
    }
    if (!function)
        error_set(ERROR_CONFIG, "%s: cannot load the transfer library: %s", path, dlerror());
    return function ? function(&HOST) : NULL;
}

const TransferLibrary *transfer_open(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const TransferLibrary *library;
    pthread_mutex_lock(&lock);
    if (!library) {
        char *path = library_path(TRANSFER_LIBRARY_FILE, "UNMUSH_TRANSFER_LIBRARY");
        library = load(path);
        free(path);
    }
    pthread_mutex_unlock(&lock);
    return library;
}
