#include "core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"

#include <stdlib.h>

static int wanted;
static _Thread_local int wanted_here;

void threads_set(int count)
{
    wanted = count;
}

int threads_set_here(int count)
{
    int before = wanted_here;
    wanted_here = count;
    return before;
}

static int processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int threads_count(void)
{
    if (wanted_here > 0)
        return wanted_here;
    if (wanted > 0)
        return wanted;
    int share = processors() / ranks_on_host();
    return share > 0 ? share : 1;
}

typedef struct Loop {
    int (*body)(void *, int);
    void *context;
    int count;
    atomic_int next;
    atomic_bool failed;
    pthread_mutex_t lock;
    ErrorReport first;
} Loop;

/* Whether this thread is inside a loop: one inside it is run here alone. */
static _Thread_local bool inside;

static void *work(void *argument)
{
    Loop *loop = argument;
    bool outer = inside;
    inside = true;
    for (int i;
         !atomic_load(&loop->failed) && (i = atomic_fetch_add(&loop->next, 1)) < loop->count;) {
        if (loop->body(loop->context, i) == 0)
            continue;
        ErrorReport report = error_take();
        pthread_mutex_lock(&loop->lock);
        if (!atomic_exchange(&loop->failed, true))
            loop->first = report;
        pthread_mutex_unlock(&loop->lock);
    }
    inside = outer;
    return NULL;
}

int threads_for(int count, int (*body)(void *context, int i), void *context)
{
    Loop loop = {.body = body, .context = context, .count = count};
    pthread_mutex_init(&loop.lock, NULL);
    int helpers = inside ? 0 : threads_count() < count ? threads_count() - 1 : count - 1;
    pthread_t *threads = memory_array(helpers > 0 ? (size_t)helpers : 1, sizeof *threads);
    int started = 0;
    while (started < helpers && pthread_create(&threads[started], NULL, work, &loop) == 0)
        started++;
    work(&loop); /* this thread takes part, so the loop runs even if no other could start */
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    pthread_mutex_destroy(&loop.lock);
    if (!atomic_load(&loop.failed))
        return 0;
    error_adopt(&loop.first);
    return -1;
}
