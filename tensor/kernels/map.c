#include "tensor/kernels/map.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"

Map map_slice(const Map *m, int64_t first, int64_t channels)
{
    Map slice = *m;
    slice.data = (char *)m->data + (size_t)first * map_value_bytes(m);
    slice.channels = channels;
    return slice;
}

/* ---- Scratch memory: one block for each thread, freed when it ends ----------------------------
 */

typedef struct Scratch {
    void *memory;
    size_t bytes;
} Scratch;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *scratch)
{
    free(((Scratch *)scratch)->memory);
    free(scratch);
}

static void make_key(void)
{
    pthread_key_create(&key, release);
}

void *kernel_scratch(size_t bytes)
{
    pthread_once(&once, make_key);
    Scratch *s = pthread_getspecific(key);
    if (!s) {
        s = memory_new(sizeof *s);
        pthread_setspecific(key, s);
    }
    if (s->bytes < bytes) {
        free(s->memory);
        s->bytes = (bytes + 4095) / 4096 * 4096;
        s->memory = aligned_alloc(4096, s->bytes);
    }
    if (!s->memory) {
        s->bytes = 0;
        error_set(ERROR_MEMORY, "no %zu bytes for a convolution", bytes);
    }
    return s->memory;
}
