#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/degrade.h"
#include "data/image.h"
#include "data/pairs.h"
#include "data/pairs_indices.h"
#include "data/pairs_job.h"
#include "data/pairs_options.h"

/* The tiles to make again, shared out to `workers` loops. */
typedef struct Replay {
    const PairStore *store;
    const Degradation *degradation;
    const int64_t *indices;
    int64_t count;
    int workers;
    bool *differs;  /* by position in indices */
    Image *written; /* where the only tile goes, or NULL */
} Replay;

/* What was drawn, as JSON text, of a /sample text; the caller frees it. */
static char *drawn_of(const PairStore *store, int64_t index)
{
    char *sample = pairs_sample(store, index), *text = NULL;
    if (!sample)
        return NULL;
    cJSON *object = json_parse(sample, strlen(sample), pairs_path(store));
    const cJSON *drawn = object ? cJSON_GetObjectItemCaseSensitive(object, "drawn") : NULL;
    if (drawn)
        text = json_line(drawn);
    else
        error_set(ERROR_FORMAT, "%s: /sample[%lld] does not tell what was drawn", pairs_path(store),
                  (long long)index);
    cJSON_Delete(object);
    free(sample);
    return text;
}

/* 16 bits tell all that either depth stores. */
static bool same_pixels(const Picture *a, const Picture *b, Workspace *work)
{
    size_t values = 3 * picture_pixels(a);
    uint16_t *first = workspace_take(work, values, sizeof *first);
    uint16_t *second = workspace_take(work, values, sizeof *second);
    if (a->width != b->width || a->height != b->height)
        return false;
    picture_to_words(a, first);
    picture_to_words(b, second);
    return memcmp(first, second, values * sizeof *first) == 0;
}

static int replay_tile(const Replay *r, int64_t at, Degrader *degrader, Workspace *work)
{
    int64_t index = r->indices[at];
    Picture hr, stored, lr;
    char *drawn = drawn_of(r->store, index);
    int result = drawn ? pairs_read_pictures(r->store, index, work, &hr, &stored) : -1;
    if (result == 0 && degrader_replay(degrader, &hr, drawn, pairs_info(r->store)->depth, &lr) != 0)
        result = error_note("%s: tile %lld", pairs_path(r->store), (long long)index);
    free(drawn);
    if (result != 0)
        return -1;
    r->differs[at] = !same_pixels(&lr, &stored, work);
    if (r->written) {
        *r->written = image_new(lr.width, lr.height);
        picture_to_bytes(&lr, r->written->rgb);
    }
    return 0;
}

static int replay_share(void *context, int worker)
{
    const Replay *r = context;
    Degrader *degrader = degrader_new(r->degradation, pairs_info(r->store)->scale);
    Workspace *work = workspace_new();
    WorkspaceMark mark = workspace_mark(work);
    int result = 0;
    for (int64_t at = worker; result == 0 && at < r->count; at += r->workers) {
        result = interrupt_pending() ? error_set(ERROR_INTERRUPT, "interrupted")
                                     : replay_tile(r, at, degrader, work);
        workspace_release(work, mark);
    }
    workspace_free(work);
    degrader_free(degrader);
    return result;
}

/* One line that counts the tiles that differ, and a reason if one is plain. */
static int judge(const Replay *r)
{
    int64_t count = 0, first = -1;
    for (int64_t at = 0; at < r->count; at++)
        if (r->differs[at] && count++ == 0)
            first = r->indices[at];
    if (count == 0)
        return 0;
    const char *libraries = pairs_libraries(r->store);
    bool changed = strcmp(libraries, pair_libraries()) != 0;
    return error_set(ERROR_FORMAT, "%s: %lld of %lld tiles differ, the first is %lld%s%s%s%s",
                     pairs_path(r->store), (long long)count, (long long)r->count, (long long)first,
                     changed ? "; made with " : "", changed ? libraries : "",
                     changed ? ", here is " : "", changed ? pair_libraries() : "");
}

static void report(const Replay *r)
{
    if (!command_common()->json) {
        if (!log_is_quiet())
            printf("%lld of %lld tiles are made again bit for bit\n", (long long)r->count,
                   (long long)pairs_info(r->store)->count);
        return;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", pairs_path(r->store));
    cJSON_AddNumberToObject(object, "replayed", (double)r->count);
    cJSON_AddNumberToObject(object, "pairs", (double)pairs_info(r->store)->count);
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

static int replay(Replay *r, const char *output)
{
    Image image = {0};
    r->workers = threads_count();
    r->differs = memory_array((size_t)r->count + 1, sizeof *r->differs);
    r->written = output ? &image : NULL;
    int result = threads_for(r->workers, replay_share, r);
    if (result == 0 && output)
        result = image_write(output, &image);
    if (result == 0)
        result = judge(r);
    if (result == 0)
        report(r);
    image_free(&image);
    free(r->differs);
    return result;
}

static int replay_store(const PairsOptions *o, const PairStore *store)
{
    const char *recipe = pairs_recipe(store), *path = pairs_path(store);
    if (!*recipe)
        return error_set(ERROR_CONFIG, "%s: its pairs are real: there is nothing to replay", path);
    Replay r = {.store = store};
    int64_t *indices =
        pairs_indices(o->index, pairs_info(store)->count, (uint64_t)o->seed, &r.count);
    r.indices = indices;
    int result = indices ? 0 : error_note("%s", path);
    if (result == 0 && o->output && r.count != 1)
        result = error_set(ERROR_USAGE, "pairs: -o takes one tile, --index=N");
    Degradation *degradation =
        result == 0 ? degradation_parse(recipe, pairs_info(store)->degradation) : NULL;
    r.degradation = degradation;
    if (result == 0)
        result = degradation ? replay(&r, o->output) : error_note("%s", path);
    degradation_free(degradation);
    free(indices);
    return result;
}

int pairs_replay(const PairsOptions *o, const StringList *arguments)
{
    if (arguments->count > 0)
        return error_set(ERROR_USAGE, "pairs: --replay takes no pictures: %s", arguments->items[0]);
    PairStore *store = pairs_open(o->replay);
    int result = store ? replay_store(o, store) : -1;
    pairs_close(store);
    return result;
}
