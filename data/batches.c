#include "data/batches.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/augment.h"

/* Steps held at once, one in use and the others being read ahead: as many as RING_BYTES hold.
 * PRIORITY is a nice value. */
enum { LEAST_RING = 4, MOST_RING = 16, RING_BYTES = 1 << 28 };
enum { CHANNELS = 3, MOST_SAMPLES = 1 << 24, PRIORITY = 10 };

typedef struct Slot {
    uint8_t *lr, *hr;
    int64_t done; /* samples finished */
    ErrorReport error;
} Slot;

struct Batches {
    BatchSource *sources;
    double *shares; /* cumulated weights, the last is 1 */
    int source_count;
    BatchPlan plan;
    size_t lr_bytes, hr_bytes; /* of one crop */
    Slot ring[MOST_RING];
    int ring_steps;
    int64_t next;          /* the sample to be taken up next: steps since first_step * count + k */
    int64_t used, current; /* steps handed back, and handed out, since first_step */
    bool closing;
    pthread_mutex_t lock;
    pthread_cond_t freed, filled;
    pthread_t *workers;
    int worker_count;
};

/* Attempt 0 keeps the seed itself; others multiply by an odd constant, so that near attempts get
 * far keys. */
static uint64_t sample_seed(const BatchPlan *plan)
{
    return plan->seed ^ plan->attempt * UINT64_C(0x9E3779B97F4A7C15);
}

/* What a worker thread makes samples with. */
typedef struct Bench {
    PairMaker **makers;
    Workspace *work;
    uint8_t *lr, *hr; /* the other sample of a mixture */
} Bench;

/* A seed far from all others, for the samples that others are mixed with. */
static const uint64_t OTHER = UINT64_C(0xD1B54A32D192ED03);

static int make_pair(const Batches *b, const SampleKey *key, Random *random, const Bench *bench,
                     uint8_t *lr, uint8_t *hr)
{
    double where = random_uniform(random);
    int source = 0;
    while (source < b->source_count - 1 && where >= b->shares[source])
        source++;
    return pair_maker_run(bench->makers[source], key, random, lr, hr);
}

static int mix(const Batches *b, SampleKey key, Random *random, const Bench *bench, uint8_t *lr,
               uint8_t *hr)
{
    key.seed ^= OTHER;
    Random other = random_stream(key.seed, RANDOM_SAMPLE, (uint64_t)key.step, (uint32_t)key.sample);
    if (make_pair(b, &key, &other, bench, bench->lr, bench->hr) != 0)
        return -1;
    int scale = pair_source_scale(b->sources[0].source);
    augment_mixup(random, b->plan.crop, scale, lr, hr, bench->lr, bench->hr);
    return 0;
}

/* Makes sample k of this rank's share of a step, into the slot. Augmentations draw last, and only
 * where they may happen, so that a run without them has the samples it always had. */
static int make_sample(const Batches *b, int64_t step, int64_t k, const Slot *slot,
                       const Bench *bench)
{
    SampleKey key = {sample_seed(&b->plan), step, b->plan.first + k};
    Random random = random_stream(key.seed, RANDOM_SAMPLE, (uint64_t)step, (uint32_t)key.sample);
    uint8_t *lr = slot->lr + (size_t)k * b->lr_bytes, *hr = slot->hr + (size_t)k * b->hr_bytes;
    if (make_pair(b, &key, &random, bench, lr, hr) != 0)
        return -1;
    if (b->plan.mixup > 0 && random_uniform(&random) < b->plan.mixup &&
        mix(b, key, &random, bench, lr, hr) != 0)
        return -1;
    if (b->plan.cutblur > 0 && random_uniform(&random) < b->plan.cutblur)
        augment_cutblur(&random, b->plan.crop, pair_source_scale(b->sources[0].source), bench->work,
                        lr, hr);
    return 0;
}

/* Waits for a sample that may be made, and takes it up. False when closing. */
static bool take_up(Batches *b, int64_t *ahead, int64_t *k)
{
    pthread_mutex_lock(&b->lock);
    while (!b->closing && b->next / b->plan.count >= b->used + b->ring_steps)
        pthread_cond_wait(&b->freed, &b->lock);
    bool go = !b->closing;
    if (go) {
        *ahead = b->next / b->plan.count;
        *k = b->next++ % b->plan.count;
    }
    pthread_mutex_unlock(&b->lock);
    return go;
}

static void finish_sample(Batches *b, Slot *slot)
{
    ErrorReport error = error_take();
    pthread_mutex_lock(&b->lock);
    if (error.code != ERROR_NONE && slot->error.code == ERROR_NONE)
        slot->error = error;
    if (++slot->done == b->plan.count)
        pthread_cond_signal(&b->filled);
    pthread_mutex_unlock(&b->lock);
}

/* On Linux each thread has its own priority. Where it cannot be lowered, nothing is lost. */
static void lower_priority(void)
{
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), PRIORITY);
}

static void *work(void *argument)
{
    Batches *b = argument;
    Bench bench = {.makers = memory_array((size_t)b->source_count, sizeof *bench.makers),
                   .work = workspace_new(),
                   .lr = memory_array(b->lr_bytes, 1),
                   .hr = memory_array(b->hr_bytes, 1)};
    for (int i = 0; i < b->source_count; i++)
        bench.makers[i] = pair_maker_new(b->sources[i].source, b->plan.crop);
    lower_priority();
    for (int64_t ahead, k; take_up(b, &ahead, &k);) {
        Slot *slot = &b->ring[ahead % b->ring_steps];
        make_sample(b, b->plan.first_step + ahead, k, slot, &bench);
        finish_sample(b, slot);
    }
    for (int i = 0; i < b->source_count; i++)
        pair_maker_free(bench.makers[i]);
    free(bench.makers);
    workspace_free(bench.work);
    free(bench.lr);
    free(bench.hr);
    return NULL;
}

static int check_source(const BatchSource *source, const BatchSource *first, int crop)
{
    const char *path = pair_source_path(source->source);
    int scale = pair_source_scale(source->source), other = pair_source_scale(first->source);
    if (scale != other)
        return error_set(ERROR_CONFIG, "%s: scale %d, but %s has scale %d", path, scale,
                         pair_source_path(first->source), other);
    if (!(source->weight >= 0) || !isfinite(source->weight))
        return error_set(ERROR_CONFIG, "%s: weight %g is not a positive number", path,
                         source->weight);
    return pair_source_check(source->source, crop);
}

int batches_check(const BatchSource *sources, int count, const BatchPlan *p)
{
    double weights = 0;
    if (count < 1)
        return error_set(ERROR_CONFIG, "no pairs to train from");
    if (p->batch < 1 || p->batch > MOST_SAMPLES || p->first < 0 || p->count < 0 ||
        p->first + p->count > p->batch || p->crop < 1 || p->first_step < 0)
        return error_set(ERROR_CONFIG, "batch %lld with crop %d is out of range",
                         (long long)p->batch, p->crop);
    for (int i = 0; i < count; i++) {
        if (check_source(&sources[i], &sources[0], p->crop) != 0)
            return -1;
        weights += sources[i].weight;
    }
    return weights > 0 ? 0 : error_set(ERROR_CONFIG, "all weights of the sources are zero");
}

static void copy_sources(Batches *b, const BatchSource *sources, int count)
{
    double total = 0, sum = 0;
    b->source_count = count;
    b->sources = memory_array((size_t)count, sizeof *sources);
    b->shares = memory_array((size_t)count, sizeof *b->shares);
    memcpy(b->sources, sources, (size_t)count * sizeof *sources);
    for (int i = 0; i < count; i++)
        total += sources[i].weight;
    for (int i = 0; i < count; i++)
        b->shares[i] = (sum += sources[i].weight) / total;
}

static int ring_steps(size_t step_bytes)
{
    size_t steps = RING_BYTES / step_bytes;
    return steps < LEAST_RING ? LEAST_RING : steps > MOST_RING ? MOST_RING : (int)steps;
}

int64_t batches_ahead_bytes(int64_t count, int crop, int scale)
{
    int64_t step = (count > 0 ? count : 1) * crop * crop * CHANNELS * (1 + scale * scale);
    return step * ring_steps((size_t)step);
}

static void allocate_ring(Batches *b)
{
    size_t count = b->plan.count > 0 ? (size_t)b->plan.count : 1;
    size_t scale = (size_t)pair_source_scale(b->sources[0].source);
    b->lr_bytes = (size_t)b->plan.crop * (size_t)b->plan.crop * CHANNELS;
    b->hr_bytes = b->lr_bytes * scale * scale;
    b->ring_steps = ring_steps(count * (b->lr_bytes + b->hr_bytes));
    for (int i = 0; i < b->ring_steps; i++) {
        b->ring[i].lr = memory_array(count, b->lr_bytes);
        b->ring[i].hr = memory_array(count, b->hr_bytes);
    }
}

static int start_workers(Batches *b, int threads)
{
    int wanted = b->plan.count == 0 ? 0 : threads > 1 ? threads : 1;
    b->workers = memory_array((size_t)wanted + 1, sizeof *b->workers);
    while (b->worker_count < wanted &&
           pthread_create(&b->workers[b->worker_count], NULL, work, b) == 0)
        b->worker_count++;
    if (wanted > 0 && b->worker_count == 0)
        return error_set(ERROR_FILE, "cannot start a thread to read training pairs");
    return 0;
}

Batches *batches_open(const BatchSource *sources, int source_count, const BatchPlan *plan,
                      int threads)
{
    if (batches_check(sources, source_count, plan) != 0)
        return NULL;
    Batches *b = memory_new(sizeof *b);
    b->plan = *plan;
    b->current = -1;
    copy_sources(b, sources, source_count);
    allocate_ring(b);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->freed, NULL);
    pthread_cond_init(&b->filled, NULL);
    if (start_workers(b, threads) == 0)
        return b;
    batches_close(b);
    return NULL;
}

void batches_close(Batches *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->closing = true;
    pthread_cond_broadcast(&b->freed);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < b->worker_count; i++)
        pthread_join(b->workers[i], NULL);
    for (int i = 0; i < b->ring_steps; i++) {
        free(b->ring[i].lr);
        free(b->ring[i].hr);
    }
    pthread_cond_destroy(&b->freed);
    pthread_cond_destroy(&b->filled);
    pthread_mutex_destroy(&b->lock);
    free(b->workers);
    free(b->sources);
    free(b->shares);
    free(b);
}

/* The step handed out before is no longer in use: its slot may be filled again. */
static void hand_back(Batches *b)
{
    if (b->current < 0)
        return;
    Slot *slot = &b->ring[b->current % b->ring_steps];
    slot->done = 0;
    slot->error = (ErrorReport){0};
    b->used = b->current + 1;
    pthread_cond_broadcast(&b->freed);
}

int batches_next(Batches *b, const uint8_t **lr, const uint8_t **hr, double *waited)
{
    double began = clock_seconds();
    pthread_mutex_lock(&b->lock);
    hand_back(b);
    Slot *slot = &b->ring[++b->current % b->ring_steps];
    while (slot->done < b->plan.count)
        pthread_cond_wait(&b->filled, &b->lock);
    ErrorReport error = slot->error;
    pthread_mutex_unlock(&b->lock);
    if (waited)
        *waited = clock_seconds() - began;
    *lr = slot->lr;
    *hr = slot->hr;
    if (error.code == ERROR_NONE)
        return 0;
    error_adopt(&error);
    return -1;
}
