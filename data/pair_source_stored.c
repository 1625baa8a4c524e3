/* Pairs from a store: a random crop of a random tile. */
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/pair_source_kind.h"

enum { CHANNELS = 3 };

typedef struct Stored {
    PairSource source;
    PairStore *store;
} Stored;

static const PairStore *store_of(const PairSource *source)
{
    return ((const Stored *)source)->store;
}

static int check(const PairSource *source, int crop)
{
    const PairInfo *info = pairs_info(store_of(source));
    int width = info->hr_width / info->scale, height = info->hr_height / info->scale;
    if (width < crop + 2 * PAIR_BORDER || height < crop + 2 * PAIR_BORDER)
        return error_set(ERROR_CONFIG,
                         "%s: tiles of %dx%d low-resolution pixels are too small for crops of %d, "
                         "which need %d",
                         source->path, width, height, crop, crop + 2 * PAIR_BORDER);
    if (info->count > UINT32_MAX)
        return error_set(ERROR_CONFIG, "%s: more than 2^32 - 1 tiles", source->path);
    return 0;
}

static void *begin(const PairSource *source, int crop)
{
    (void)crop;
    return memory_new(pairs_tile_bytes(store_of(source)));
}

/* Rounds 16-bit values to 8 bits where they lie. */
static void round_words(uint16_t *words, size_t count)
{
    uint8_t *levels = (uint8_t *)words;
    for (size_t i = 0; i < count; i++)
        levels[i] = (uint8_t)((words[i] + 128) / 257);
}

/* The crop of one side whose top left pixel is (x, y). */
static int cut(const PairStore *store, PairSide side, int64_t tile, int x, int y, int size,
               Turn turn, void *scratch, uint8_t *crop)
{
    const PairInfo *info = pairs_info(store);
    size_t width = (size_t)info->hr_width / (side == PAIR_HR ? 1 : (size_t)info->scale);
    size_t stride = width * CHANNELS;
    uint8_t *lines = pairs_read_lines(store, side, tile, y, size, scratch);
    if (!lines)
        return -1;
    if (info->depth == 16)
        round_words((uint16_t *)(void *)lines, stride * (size_t)size);
    crop_copy(lines + (size_t)x * CHANNELS, stride, size, turn, crop);
    return 0;
}

static int make(const PairSource *source, void *scratch, const SampleKey *key, Random *random,
                int crop, uint8_t *lr, uint8_t *hr)
{
    (void)key;
    const PairStore *store = store_of(source);
    const PairInfo *info = pairs_info(store);
    int s = info->scale, taken = 2 * PAIR_BORDER + crop - 1;
    int64_t tile = random_below(random, (uint32_t)info->count);
    int x = PAIR_BORDER + (int)random_below(random, (uint32_t)(info->hr_width / s - taken));
    int y = PAIR_BORDER + (int)random_below(random, (uint32_t)(info->hr_height / s - taken));
    Turn turn = pair_turn_draw(random);
    if (cut(store, PAIR_HR, tile, x * s, y * s, crop * s, turn, scratch, hr) != 0)
        return -1;
    return cut(store, PAIR_LR, tile, x, y, crop, turn, scratch, lr);
}

static void describe(const PairSource *source, cJSON *object)
{
    const PairStore *store = store_of(source);
    const PairInfo *info = pairs_info(store);
    cJSON_AddStringToObject(object, "pairs", source->path);
    cJSON_AddNumberToObject(object, "count", (double)info->count);
    cJSON_AddNumberToObject(object, "seed", (double)info->seed);
    pair_recipe_describe(object, info->degradation, pairs_recipe(store));
}

static void close_source(PairSource *source)
{
    pairs_close(((Stored *)source)->store);
}

static const PairSourceKind STORED = {.check = check,
                                      .begin = begin,
                                      .end = free,
                                      .make = make,
                                      .describe = describe,
                                      .store = store_of,
                                      .close = close_source};

PairSource *pair_source_stored(const char *path)
{
    PairStore *store = pairs_open(path);
    if (!store)
        return NULL;
    Stored *s = memory_new(sizeof *s);
    const PairInfo *info = pairs_info(store);
    s->source = (PairSource){&STORED, memory_copy_string(path), info->scale, info->count};
    s->store = store;
    return &s->source;
}
