#include "data/batches.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"

/* Steps held at once: one in use, the others being read ahead. BORDER: LR pixels of a tile that
 * crops keep off. */
enum { RING = 4, BORDER = 2, CHANNELS = 3, MOST_SAMPLES = 1 << 24 };

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
    int scale;
    size_t lr_bytes, hr_bytes;           /* of one crop */
    size_t lr_tile_bytes, hr_tile_bytes; /* of the largest tile */
    Slot ring[RING];
    int64_t next;          /* the sample to be taken up next: steps since first_step * count + k */
    int64_t used, current; /* steps handed back, and handed out, since first_step */
    bool closing;
    pthread_mutex_t lock;
    pthread_cond_t freed, filled;
    pthread_t *workers;
    int worker_count;
};

/* What is drawn for one sample. */
typedef struct Draw {
    const PairStore *store;
    int64_t tile;
    int x, y; /* LR pixels */
    bool flip_x, flip_y, transpose;
} Draw;

/* Attempt 0 keeps the seed itself; others multiply by an odd constant, so that near attempts get
 * far keys. */
static uint64_t sample_key(const BatchPlan *plan)
{
    return plan->seed ^ plan->attempt * UINT64_C(0x9E3779B97F4A7C15);
}

static Draw draw_sample(const Batches *b, int64_t step, int64_t sample)
{
    Random random =
        random_stream(sample_key(&b->plan), RANDOM_SAMPLE, (uint64_t)step, (uint32_t)sample);
    double where = random_uniform(&random);
    int source = 0;
    while (source < b->source_count - 1 && where >= b->shares[source])
        source++;
    Draw d = {.store = b->sources[source].store};
    const PairInfo *info = pairs_info(d.store);
    int room = 2 * BORDER + b->plan.crop - 1;
    d.tile = random_below(&random, (uint32_t)info->count);
    d.x = BORDER + (int)random_below(&random, (uint32_t)(info->hr_width / b->scale - room));
    d.y = BORDER + (int)random_below(&random, (uint32_t)(info->hr_height / b->scale - room));
    uint32_t turns = random_word(&random);
    d.flip_x = turns & 1;
    d.flip_y = turns & 2;
    d.transpose = turns & 4;
    return d;
}

/* Copies the size x size pixels at (x, y) of a picture `width` wide, transposed, then flipped. */
static void copy_crop(const uint8_t *picture, int width, int x, int y, int size, const Draw *d,
                      uint8_t *crop)
{
    ptrdiff_t across = CHANNELS, down = (ptrdiff_t)width * CHANNELS;
    const uint8_t *corner = picture + y * down + x * across;
    if (d->transpose) {
        ptrdiff_t swap = across;
        across = down;
        down = swap;
    }
    if (d->flip_x) {
        corner += (size - 1) * across;
        across = -across;
    }
    if (d->flip_y) {
        corner += (size - 1) * down;
        down = -down;
    }
    for (int row = 0; row < size; row++) {
        const uint8_t *from = corner + row * down;
        for (int column = 0; column < size; column++, from += across, crop += CHANNELS) {
            crop[0] = from[0];
            crop[1] = from[1];
            crop[2] = from[2];
        }
    }
}

/* Makes sample k of this rank's share of a step, into the slot. */
static int make_sample(const Batches *b, int64_t step, int64_t k, const Slot *slot,
                       uint8_t *hr_tile, uint8_t *lr_tile)
{
    Draw d = draw_sample(b, step, b->plan.first + k);
    if (pairs_read(d.store, d.tile, hr_tile, lr_tile) != 0)
        return -1;
    int width = pairs_info(d.store)->hr_width, s = b->scale, crop = b->plan.crop;
    copy_crop(lr_tile, width / s, d.x, d.y, crop, &d, slot->lr + (size_t)k * b->lr_bytes);
    copy_crop(hr_tile, width, d.x * s, d.y * s, crop * s, &d, slot->hr + (size_t)k * b->hr_bytes);
    return 0;
}

/* Waits for a sample that may be made, and takes it up. False when closing. */
static bool take_up(Batches *b, int64_t *ahead, int64_t *k)
{
    pthread_mutex_lock(&b->lock);
    while (!b->closing && b->next / b->plan.count >= b->used + RING)
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

static void *work(void *argument)
{
    Batches *b = argument;
    uint8_t *hr_tile = memory_new(b->hr_tile_bytes), *lr_tile = memory_new(b->lr_tile_bytes);
    for (int64_t ahead, k; take_up(b, &ahead, &k);) {
        Slot *slot = &b->ring[ahead % RING];
        make_sample(b, b->plan.first_step + ahead, k, slot, hr_tile, lr_tile);
        finish_sample(b, slot);
    }
    free(hr_tile);
    free(lr_tile);
    return NULL;
}

static int check_source(const BatchSource *source, const BatchSource *first, int crop)
{
    const PairInfo *info = pairs_info(source->store), *other = pairs_info(first->store);
    const char *path = pairs_path(source->store);
    int width = info->hr_width / info->scale, height = info->hr_height / info->scale;
    if (info->scale != other->scale)
        return error_set(ERROR_CONFIG, "%s: scale %d, but %s has scale %d", path, info->scale,
                         pairs_path(first->store), other->scale);
    if (width < crop + 2 * BORDER || height < crop + 2 * BORDER)
        return error_set(ERROR_CONFIG,
                         "%s: tiles of %dx%d low-resolution pixels are too small for crops of %d, "
                         "which need %d",
                         path, width, height, crop, crop + 2 * BORDER);
    if (info->count > UINT32_MAX)
        return error_set(ERROR_CONFIG, "%s: more than 2^32 - 1 tiles", path);
    if (!(source->weight >= 0) || !isfinite(source->weight))
        return error_set(ERROR_CONFIG, "%s: weight %g is not a positive number", path,
                         source->weight);
    return 0;
}

static int check_plan(const BatchSource *sources, int count, const BatchPlan *p)
{
    double weights = 0;
    if (count < 1)
        return error_set(ERROR_CONFIG, "no pair store to train from");
    if (p->batch < 1 || p->batch > MOST_SAMPLES || p->first < 0 || p->count < 0 ||
        p->first + p->count > p->batch || p->crop < 1 || p->first_step < 0)
        return error_set(ERROR_CONFIG, "batch %lld with crop %d is out of range",
                         (long long)p->batch, p->crop);
    for (int i = 0; i < count; i++) {
        if (check_source(&sources[i], &sources[0], p->crop) != 0)
            return -1;
        weights += sources[i].weight;
    }
    return weights > 0 ? 0 : error_set(ERROR_CONFIG, "all weights of the pair stores are zero");
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
    for (int i = 0; i < count; i++) {
        const PairInfo *info = pairs_info(sources[i].store);
        size_t bytes = (size_t)info->hr_width * (size_t)info->hr_height * CHANNELS;
        b->shares[i] = (sum += sources[i].weight) / total;
        if (bytes > b->hr_tile_bytes)
            b->hr_tile_bytes = bytes;
    }
    b->scale = pairs_info(sources[0].store)->scale;
    b->lr_tile_bytes = b->hr_tile_bytes / ((size_t)b->scale * (size_t)b->scale);
}

static void allocate_ring(Batches *b)
{
    b->lr_bytes = (size_t)b->plan.crop * (size_t)b->plan.crop * CHANNELS;
    b->hr_bytes = b->lr_bytes * (size_t)b->scale * (size_t)b->scale;
    size_t count = b->plan.count > 0 ? (size_t)b->plan.count : 1;
    for (int i = 0; i < RING; i++) {
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
    if (check_plan(sources, source_count, plan) != 0)
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
    for (int i = 0; i < RING; i++) {
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
    Slot *slot = &b->ring[b->current % RING];
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
    Slot *slot = &b->ring[++b->current % RING];
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
