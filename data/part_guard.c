#include "data/part_guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/memory.h"

struct PartGuard {
    char *path;
    pthread_t thread;
    bool started;
    atomic_bool stop;
};

/* Goes on after a removal: the file may only now be created. */
static void *watch(void *argument)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    PartGuard *guard = argument;
    while (!atomic_load(&guard->stop)) {
        if (interrupt_pending())
            unlink(guard->path);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

PartGuard *part_guard_begin(const char *path)
{
    PartGuard *guard = memory_new(sizeof *guard);
    guard->path = memory_copy_string(path);
    guard->started = pthread_create(&guard->thread, NULL, watch, guard) == 0;
    return guard;
}

int part_guard_end(PartGuard *guard)
{
    atomic_store(&guard->stop, true);
    if (guard->started)
        pthread_join(guard->thread, NULL);
    bool interrupted = interrupt_pending();
    if (interrupted)
        unlink(guard->path);
    free(guard->path);
    free(guard);
    return interrupted ? error_set(ERROR_INTERRUPT, "interrupted") : 0;
}
