/* Fuzz target: any bytes as a pair store. HDF5 reads files, so they go through one in memory. See
 * run.sh. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "data/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void read_all(const PairStore *store)
{
    const PairInfo *info = pairs_info(store);
    size_t pixels = (size_t)info->hr_width * (size_t)info->hr_height;
    uint8_t *hr = malloc(3 * pixels), *lr = malloc(3 * pixels);
    for (int64_t i = 0; i < info->count && i < 4; i++) {
        int result = pairs_read(store, i, hr, lr);
        if ((result == 0) != (error_pending() == ERROR_NONE))
            abort();
        error_clear();
        free(pairs_sample(store, i));
        error_clear();
    }
    free(hr);
    free(lr);
}

/* Ends the program if opening neither succeeds nor says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static int file;
    static char path[64];
    if (file == 0) {
        file = memfd_create("store", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, count, 0) != (ssize_t)count)
        return 0;
    PairStore *store = pairs_open(path);
    if ((store == NULL) == (error_pending() == ERROR_NONE))
        abort();
    error_clear();
    if (store)
        read_all(store);
    pairs_close(store);
    return 0;
}
