#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/hdf5_describe.h"
#include "data/pairs.h"
#include "data/pairs_indices.h"
#include "data/pairs_options.h"
#include "data/pairs_sheet.h"
#include "data/pairs_tiles.h"
#include "data/pairs_words.h"

/* The pairs to show. */
typedef struct Shown {
    ShownPair *pairs;
    int count;
    char *title;
} Shown;

static void free_shown(Shown *s)
{
    for (int i = 0; i < s->count; i++)
        shown_pair_free(&s->pairs[i]);
    free(s->pairs);
    free(s->title);
}

static int take_words(ShownPair *pair, const char *sample, const char *name)
{
    pair->words = pairs_words(sample, name);
    return pair->words ? 0 : -1;
}

static ShownPair new_pair(int width, int height, int scale)
{
    return (ShownPair){.hr = image_new(width, height),
                       .lr = image_new(width / scale, height / scale)};
}

/* ---- Of a store ---- */

static int take_stored(const PairStore *store, int64_t index, ShownPair *pair)
{
    char *sample = pairs_sample(store, index);
    int result = sample ? pairs_read(store, index, pair->hr.rgb, pair->lr.rgb) : -1;
    if (result == 0)
        result = take_words(pair, sample, pairs_path(store));
    free(sample);
    return result;
}

static int show_store(const PairsOptions *o, const char *path, Shown *s)
{
    PairStore *store = pairs_open(path);
    if (!store)
        return -1;
    const PairInfo *info = pairs_info(store);
    int64_t count;
    int64_t *indices = pairs_random_indices(o->show, info->count, (uint64_t)o->seed, &count);
    s->title = memory_print("%s: %s, scale %d, %d bits, %lld pairs", path, info->degradation,
                            info->scale, info->depth, (long long)info->count);
    s->pairs = memory_array((size_t)count, sizeof *s->pairs);
    int result = 0;
    while (result == 0 && s->count < count) {
        s->pairs[s->count] = new_pair(info->hr_width, info->hr_height, info->scale);
        result = take_stored(store, indices[s->count], &s->pairs[s->count]);
        s->count++;
    }
    free(indices);
    pairs_close(store);
    return result;
}

/* ---- Of pictures ---- */

static int take_made(const PairLayout *l, const PairPlan *plan, const uint8_t *record,
                     ShownPair *pair)
{
    *pair = new_pair(plan->tile, plan->tile, plan->scale);
    memcpy(pair->hr.rgb, record + l->hr_at, l->hr_bytes);
    memcpy(pair->lr.rgb, record + l->lr_at, l->lr_bytes);
    char *sample = memory_new(l->sample_bytes + 1);
    memcpy(sample, record + l->sample_at, l->sample_bytes);
    int result = take_words(pair, sample, "sample");
    free(sample);
    return result;
}

static int make_shown(const PairJob *job, int64_t wanted, Shown *s)
{
    PairLayout layout = pair_layout(job);
    int64_t count;
    int64_t *indices = pairs_random_indices(wanted, job->plan->tile_count, job->seed, &count);
    uint8_t *records = memory_array((size_t)count, layout.record_bytes);
    TileMaker *maker = tile_maker_new(job, indices, count);
    s->pairs = memory_array((size_t)count, sizeof *s->pairs);
    int result = tile_maker_run(maker, 0, (int)count, records);
    while (result == 0 && s->count < count) {
        const uint8_t *record = records + (size_t)s->count * layout.record_bytes;
        result = take_made(&layout, job->plan, record, &s->pairs[s->count++]);
    }
    tile_maker_free(maker);
    free(records);
    free(indices);
    return result;
}

static int show_pictures(const PairsOptions *o, const StringList *arguments, Shown *s)
{
    if (pairs_check_tiles(o) != 0)
        return -1;
    Degradation *degradation = o->lr ? NULL : degradation_open(o->degrade ? o->degrade : "bicubic");
    PairPlan *plan = o->lr || degradation ? pairs_plan_of(o, arguments) : NULL;
    PairJob job = {plan, degradation, 8, (uint64_t)o->seed};
    int result = plan ? make_shown(&job, o->show, s) : -1;
    s->title = memory_print("%s, scale %d", degradation ? degradation_name(degradation) : "real",
                            (int)o->scale);
    pair_plan_free(plan);
    degradation_free(degradation);
    return result;
}

static void report(const char *path, int count, const Image *sheet)
{
    if (!command_common()->json) {
        if (!log_is_quiet())
            printf("%d pairs: %s, %dx%d pixels\n", count, path, sheet->width, sheet->height);
        return;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", path);
    cJSON_AddNumberToObject(object, "pairs", count);
    cJSON_AddNumberToObject(object, "width", sheet->width);
    cJSON_AddNumberToObject(object, "height", sheet->height);
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

int pairs_show(const PairsOptions *o, const StringList *arguments)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "pairs: --show needs -o SHEET.png");
    if (arguments->count == 0)
        return error_set(ERROR_USAGE, "pairs: --show needs a store or pictures");
    Shown shown = {0};
    bool store = arguments->count == 1 && hdf5_is_file(arguments->items[0]);
    int result =
        store ? show_store(o, arguments->items[0], &shown) : show_pictures(o, arguments, &shown);
    if (result == 0) {
        Image sheet = pairs_sheet(shown.pairs, shown.count, shown.title);
        result = image_write(o->output, &sheet);
        if (result == 0)
            report(o->output, shown.count, &sheet);
        image_free(&sheet);
    }
    free_shown(&shown);
    return result;
}
