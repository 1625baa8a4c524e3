#include "data/pairs_tiles.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/image.h"

/* What a thread works with while it makes one tile. */
typedef struct Hand {
    Degrader *degrader; /* NULL for paired pictures */
    Workspace *work;
    struct Hand *next;
} Hand;

/* A picture in memory; hr.rgb is NULL until it is decoded. */
typedef struct Decoded {
    int picture;
    Image16 hr, lr;
} Decoded;

struct TileMaker {
    const PairJob *job;
    PairLayout layout;
    const int64_t *indices;
    int64_t count;
    /* Pictures in ascending order, the first `needed` for the window of tiles under way, the others
     * decoded ahead while those tiles are made; tiles before `cursor` find theirs here. */
    Decoded *pictures;
    int picture_count, capacity, needed;
    int64_t pixels, cursor;
    int64_t first;    /* tile of the window under way */
    uint8_t *records; /* of that window */
    Hand *hands;      /* those not at work */
    pthread_mutex_t lock;
};

/* Decoded at a time, unless a single picture is larger: 6 bytes each. */
static const int64_t MOST_PIXELS = 32 << 20;

TileMaker *tile_maker_new(const PairJob *job, const int64_t *indices, int64_t count)
{
    TileMaker *m = memory_new(sizeof *m);
    m->job = job;
    m->layout = pair_layout(job);
    m->indices = indices;
    m->count = count;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void free_picture(TileMaker *m, Decoded *d)
{
    const PlannedPicture *p = &m->job->plan->pictures[d->picture];
    m->pixels -= (int64_t)p->width * p->height;
    image16_free(&d->hr);
    image16_free(&d->lr);
}

void tile_maker_free(TileMaker *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->picture_count; i++)
        free_picture(m, &m->pictures[i]);
    free(m->pictures);
    while (m->hands) {
        Hand *hand = m->hands;
        m->hands = hand->next;
        degrader_free(hand->degrader);
        workspace_free(hand->work);
        free(hand);
    }
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static Hand *take_hand(TileMaker *m)
{
    pthread_mutex_lock(&m->lock);
    Hand *hand = m->hands;
    if (hand)
        m->hands = hand->next;
    pthread_mutex_unlock(&m->lock);
    if (hand)
        return hand;
    hand = memory_new(sizeof *hand);
    hand->work = workspace_new();
    if (m->job->degradation)
        hand->degrader = degrader_new(m->job->degradation, m->job->plan->scale);
    return hand;
}

static void return_hand(TileMaker *m, Hand *hand)
{
    pthread_mutex_lock(&m->lock);
    hand->next = m->hands;
    m->hands = hand;
    pthread_mutex_unlock(&m->lock);
}

static int stop_if_interrupted(void)
{
    return interrupt_pending() ? error_set(ERROR_INTERRUPT, "interrupted") : 0;
}

static int read_picture(const char *path, int width, int height, Image16 *image)
{
    if (image_read16(path, image) != 0)
        return -1;
    if (image->width == width && image->height == height)
        return 0;
    return error_set(ERROR_FORMAT, "%s: was %dx%d pixels and is now %dx%d", path, width, height,
                     image->width, image->height);
}

static int decode_picture(TileMaker *m, Decoded *d)
{
    const PlannedPicture *p = &m->job->plan->pictures[d->picture];
    if (d->hr.rgb)
        return 0;
    if (stop_if_interrupted() != 0 || read_picture(p->path, p->width, p->height, &d->hr) != 0)
        return -1;
    int scale = m->job->plan->scale;
    return p->lr_path ? read_picture(p->lr_path, p->width / scale, p->height / scale, &d->lr) : 0;
}

static int decode_needed(void *context, int i)
{
    TileMaker *m = context;
    return decode_picture(m, &m->pictures[i]);
}

static int describe(const PlannedPicture *picture, const TilePlace *place, const char *drawn,
                    char *sample, size_t bytes)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "source", picture->source);
    if (picture->lr_source)
        cJSON_AddStringToObject(object, "lr", picture->lr_source);
    cJSON_AddNumberToObject(object, "x", place->x);
    cJSON_AddNumberToObject(object, "y", place->y);
    if (drawn)
        cJSON_AddRawToObject(object, "drawn", drawn);
    char *text = cJSON_PrintUnformatted(object);
    size_t length = text ? strlen(text) : SIZE_MAX;
    if (length <= bytes) {
        memset(sample, 0, bytes);
        memcpy(sample, text, length);
    }
    cJSON_free(text);
    cJSON_Delete(object);
    if (length <= bytes)
        return 0;
    return error_set(ERROR_FORMAT, "%s: its name is too long, /sample holds %zu bytes",
                     picture->path, bytes);
}

static void store_pixels(const Picture *picture, int depth, uint8_t *to)
{
    if (depth == 16)
        picture_to_words(picture, (uint16_t *)(void *)to); /* pieces lie at even offsets */
    else
        picture_to_bytes(picture, to);
}

static int fill_record(const TileMaker *m, Hand *hand, int64_t index, const Decoded *decoded,
                       uint8_t *record)
{
    const PairPlan *plan = m->job->plan;
    const TilePlace *place = &plan->tiles[index];
    int tile = plan->tile, scale = plan->scale, depth = m->job->depth;
    DegradedPair pair = {.hr = picture_take(hand->work, tile, tile)};
    picture_from_image16(&decoded->hr, place->x, place->y, &pair.hr);
    if (hand->degrader) {
        uint64_t key = degradation_key(m->job->seed, (uint64_t)index, 0);
        Picture hr = pair.hr;
        if (degrader_run(hand->degrader, &hr, key, depth, &pair) != 0)
            return error_note("%s", plan->pictures[place->picture].path);
    } else {
        pair.lr = picture_take(hand->work, tile / scale, tile / scale);
        picture_from_image16(&decoded->lr, place->x / scale, place->y / scale, &pair.lr);
    }
    store_pixels(&pair.hr, depth, record + m->layout.hr_at);
    store_pixels(&pair.lr, depth, record + m->layout.lr_at);
    return describe(&plan->pictures[place->picture], place, pair.drawn,
                    (char *)record + m->layout.sample_at, m->layout.sample_bytes);
}

static const Decoded *find_decoded(const TileMaker *m, int picture)
{
    const Decoded *d = m->pictures;
    while (d->picture != picture)
        d++;
    return d;
}

static int make_tile(TileMaker *m, int i)
{
    int64_t index = m->indices[m->first + i];
    uint8_t *record = m->records + (size_t)i * m->layout.record_bytes;
    if (stop_if_interrupted() != 0)
        return -1;
    Hand *hand = take_hand(m);
    WorkspaceMark mark = workspace_mark(hand->work);
    const Decoded *decoded = find_decoded(m, m->job->plan->tiles[index].picture);
    int result = fill_record(m, hand, index, decoded, record);
    workspace_release(hand->work, mark);
    return_hand(m, hand);
    if (result == 0)
        pair_record_seal(&m->layout, index, record);
    return result;
}

/* The pictures to decode ahead come first: they take longest. */
static int decode_or_make(void *context, int i)
{
    TileMaker *m = context;
    int ahead = m->picture_count - m->needed;
    return i < ahead ? decode_picture(m, &m->pictures[m->needed + i]) : make_tile(m, i - ahead);
}

static int picture_of(const TileMaker *m, int64_t at)
{
    return m->job->plan->tiles[m->indices[at]].picture;
}

/* Adds the picture of the tile at the cursor, if there is one and room for it. */
static bool extend(TileMaker *m)
{
    if (m->cursor == m->count)
        return false;
    int picture = picture_of(m, m->cursor);
    const PlannedPicture *p = &m->job->plan->pictures[picture];
    int64_t pixels = (int64_t)p->width * p->height;
    if (m->picture_count > 0 && m->pixels + pixels > MOST_PIXELS)
        return false;
    memory_grow(&m->pictures, m->picture_count, &m->capacity, sizeof *m->pictures);
    m->pictures[m->picture_count++] = (Decoded){.picture = picture};
    m->pixels += pixels;
    while (m->cursor < m->count && picture_of(m, m->cursor) == picture)
        m->cursor++;
    return true;
}

/* Forgets the pictures before that of the tile `first`. */
static void forget(TileMaker *m, int64_t first)
{
    int gone = 0, picture = picture_of(m, first);
    while (gone < m->picture_count && m->pictures[gone].picture < picture)
        free_picture(m, &m->pictures[gone++]);
    m->picture_count -= gone;
    for (int i = 0; i < m->picture_count; i++)
        m->pictures[i] = m->pictures[i + gone];
}

/* Makes as many of the tiles first .. end-1 as the pictures in memory allow; the number or -1. */
static int make_window(TileMaker *m, int64_t first, int64_t end)
{
    forget(m, first);
    while (m->cursor < end && extend(m))
        continue;
    int count = (int)((m->cursor < end ? m->cursor : end) - first);
    int last = picture_of(m, first + count - 1);
    for (m->needed = 0; m->needed < m->picture_count && m->pictures[m->needed].picture <= last;)
        m->needed++;
    if (threads_for(m->needed, decode_needed, m) != 0)
        return -1;
    for (int ahead = m->picture_count - m->needed; ahead < threads_count() && extend(m);)
        ahead++;
    m->first = first;
    int items = m->picture_count - m->needed + count;
    return threads_for(items, decode_or_make, m) == 0 ? count : -1;
}

int tile_maker_run(TileMaker *m, int64_t first, int count, uint8_t *records)
{
    for (int64_t done = 0; done < count;) {
        m->records = records + (size_t)done * m->layout.record_bytes;
        int made = make_window(m, first + done, first + count);
        if (made < 0)
            return -1;
        done += made;
    }
    return 0;
}
