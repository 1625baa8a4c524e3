#include "data/pairs_tiles.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/threads.h"

struct TileMaker {
    const PairPlan *plan;
    const Degradation *degradation;
    uint64_t seed;
    size_t hr_bytes, lr_bytes; /* of one tile */
    uint8_t *hr, *lr;
    char *samples;
    /* Pictures first_picture .. first_picture + picture_count - 1, decoded. A run of tiles ends
     * inside a picture as a rule, so the last one is kept for the next run. */
    Image *pictures;
    int first_picture, picture_count;
    int64_t first; /* tile of the run under way */
};

TileMaker *tile_maker_new(const PairPlan *plan, const Degradation *degradation, uint64_t seed,
                          int most)
{
    TileMaker *m = memory_new(sizeof *m);
    m->plan = plan;
    m->degradation = degradation;
    m->seed = seed;
    m->hr_bytes = (size_t)plan->tile * (size_t)plan->tile * 3;
    m->lr_bytes = m->hr_bytes / ((size_t)plan->scale * (size_t)plan->scale);
    m->hr = memory_array((size_t)most, m->hr_bytes);
    m->lr = memory_array((size_t)most, m->lr_bytes);
    m->samples = memory_array((size_t)most, PAIR_SAMPLE_BYTES);
    m->pictures = memory_array((size_t)most, sizeof *m->pictures);
    return m;
}

void tile_maker_free(TileMaker *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->picture_count; i++)
        image_free(&m->pictures[i]);
    free(m->pictures);
    free(m->hr);
    free(m->lr);
    free(m->samples);
    free(m);
}

static int stop_if_interrupted(void)
{
    return interrupt_pending() ? error_set(ERROR_INTERRUPT, "interrupted") : 0;
}

/* Decodes picture i of the window, unless it is there already. */
static int decode_picture(void *context, int i)
{
    TileMaker *m = context;
    const PlannedPicture *planned = &m->plan->pictures[m->first_picture + i];
    Image *image = &m->pictures[i];
    if (image->rgb)
        return 0;
    if (stop_if_interrupted() != 0 || image_read(planned->path, image) != 0)
        return -1;
    if (image->width == planned->width && image->height == planned->height)
        return 0;
    return error_set(ERROR_FORMAT, "%s: was %dx%d pixels and is now %dx%d", planned->path,
                     planned->width, planned->height, image->width, image->height);
}

/* Moves the window of decoded pictures to first .. last, keeping what is in both. */
static int decode_window(TileMaker *m, int first, int last)
{
    int shift = first - m->first_picture, kept = 0;
    for (int i = 0; i < m->picture_count; i++) {
        if (shift >= 0 && i >= shift && i - shift <= last - first)
            m->pictures[kept++] = m->pictures[i];
        else
            image_free(&m->pictures[i]);
    }
    m->first_picture = first;
    m->picture_count = last - first + 1;
    memset(m->pictures + kept, 0, (size_t)(m->picture_count - kept) * sizeof *m->pictures);
    return threads_for(m->picture_count, decode_picture, m);
}

static int describe(const PlannedPicture *picture, const TilePlace *place, const char *drawn,
                    char *sample)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "source", picture->source);
    cJSON_AddNumberToObject(object, "x", place->x);
    cJSON_AddNumberToObject(object, "y", place->y);
    cJSON_AddRawToObject(object, "drawn", drawn);
    char *text = cJSON_PrintUnformatted(object);
    size_t length = text ? strlen(text) : SIZE_MAX;
    if (length <= PAIR_SAMPLE_BYTES) {
        memset(sample, 0, PAIR_SAMPLE_BYTES);
        memcpy(sample, text, length);
    }
    cJSON_free(text);
    cJSON_Delete(object);
    if (length <= PAIR_SAMPLE_BYTES)
        return 0;
    return error_set(ERROR_FORMAT, "%s: its name is too long, /sample holds %d bytes",
                     picture->path, PAIR_SAMPLE_BYTES);
}

static int make_tile(void *context, int i)
{
    TileMaker *m = context;
    const PairPlan *plan = m->plan;
    TilePlace place = pair_plan_tile(plan, m->first + i);
    const Image *picture = &m->pictures[place.picture - m->first_picture];
    if (stop_if_interrupted() != 0)
        return -1;
    uint64_t key = degradation_key(m->seed, (uint64_t)(m->first + i), 0);
    Workspace *work = workspace_new();
    Degrader *degrader = degrader_new(m->degradation, plan->scale);
    Picture hr = picture_take(work, plan->tile, plan->tile);
    picture_from_image(picture, place.x, place.y, &hr);
    DegradedPair pair;
    int result = degrader_run(degrader, &hr, key, 8, &pair);
    if (result == 0) {
        picture_to_bytes(&pair.hr, m->hr + (size_t)i * m->hr_bytes);
        picture_to_bytes(&pair.lr, m->lr + (size_t)i * m->lr_bytes);
        result = describe(&plan->pictures[place.picture], &place, pair.drawn,
                          m->samples + (size_t)i * PAIR_SAMPLE_BYTES);
    }
    degrader_free(degrader);
    workspace_free(work);
    return result;
}

int tile_maker_run(TileMaker *m, int64_t first, int count)
{
    if (count == 0)
        return 0;
    m->first = first;
    int first_picture = pair_plan_tile(m->plan, first).picture;
    int last_picture = pair_plan_tile(m->plan, first + count - 1).picture;
    if (decode_window(m, first_picture, last_picture) != 0)
        return -1;
    return threads_for(count, make_tile, m);
}

const uint8_t *tile_maker_hr(const TileMaker *m)
{
    return m->hr;
}

const uint8_t *tile_maker_lr(const TileMaker *m)
{
    return m->lr;
}

const char *tile_maker_samples(const TileMaker *m)
{
    return m->samples;
}
