/* `unmush pairs --check`: every bad picture at once. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/pairs.h"
#include "data/pairs_options.h"
#include "data/suspect.h"

enum { REASONS_BYTES = 512 + SUSPICION_BYTES };

/* A picture, or a tile of a store. */
typedef struct Finding {
    char *name;
    char reasons[REASONS_BYTES]; /* "" if all is well */
    uint64_t digest[4];          /* of its pixels; 0 if there are none */
} Finding;

typedef struct Check {
    Finding *findings;
    int count;
    const PairsOptions *options;
    FileList lr; /* of --lr, sorted by stem */
    PairStore *store;
} Check;

__attribute__((format(printf, 2, 3))) static void blame(Finding *f, const char *format, ...)
{
    size_t used = strlen(f->reasons);
    va_list list;
    va_start(list, format);
    if (used > 0 && used + 2 < REASONS_BYTES)
        used += (size_t)snprintf(f->reasons + used, REASONS_BYTES - used, "; ");
    vsnprintf(f->reasons + used, REASONS_BYTES - used, format, list);
    va_end(list);
}

/* The pending error as a reason, without the name that stands before it anyway. */
static void blame_error(Finding *f, const char *path)
{
    const char *message = error_message();
    size_t length = strlen(path);
    if (strncmp(message, path, length) == 0 && message[length] == ':')
        message += length + 2;
    blame(f, "%s", message);
    error_clear();
}

static int compare_stems(const void *a, const void *b)
{
    char *one = file_stem(*(char *const *)a), *other = file_stem(*(char *const *)b);
    int order = strcmp(one, other);
    free(one);
    free(other);
    return order;
}

static void check_pair(const Check *c, Finding *f, const Image *hr)
{
    int width, height, scale = (int)c->options->scale;
    char *const *lr =
        bsearch(&f->name, c->lr.paths, (size_t)c->lr.count, sizeof *c->lr.paths, compare_stems);
    if (!lr) {
        blame(f, "no picture of this stem in %s", c->options->lr);
    } else if (image_read_size(*lr, &width, &height) != 0) {
        blame(f, "%s", error_message());
        error_clear();
    } else if (hr->width != width * scale || hr->height != height * scale) {
        blame(f, "%dx%d is not %d times the %dx%d of %s", hr->width, hr->height, scale, width,
              height, *lr);
    }
}

static int check_picture(void *context, int index)
{
    const Check *c = context;
    Finding *f = &c->findings[index];
    int64_t tile = c->options->tile;
    Image image;
    if (image_read(f->name, &image) != 0) {
        blame_error(f, f->name);
        return 0;
    }
    if (image.width < tile || image.height < tile)
        blame(f, "%dx%d, smaller than a tile of %" PRId64, image.width, image.height, tile);
    if (c->options->lr)
        check_pair(c, f, &image);
    Suspicion suspicion = image_examine(&image);
    suspicion_explain(&suspicion, SUSPECT_TRUTH, f->reasons, REASONS_BYTES);
    sha256(image.rgb, (size_t)image.width * (size_t)image.height * 3, f->digest);
    f->digest[0] ^= (uint64_t)image.width;
    image_free(&image);
    return 0;
}

static int list_pictures(Check *c, const StringList *arguments)
{
    FileList files = {0};
    int result = 0;
    for (int i = 0; i < arguments->count && result == 0; i++)
        result = image_list(arguments->items[i], &files);
    if (result == 0 && c->options->lr)
        result = image_list(c->options->lr, &c->lr);
    if (c->lr.count > 0)
        qsort(c->lr.paths, (size_t)c->lr.count, sizeof *c->lr.paths, compare_stems);
    c->findings = memory_array((size_t)files.count + 1, sizeof *c->findings);
    for (int i = 0; i < files.count; i++)
        c->findings[c->count++].name = memory_copy_string(files.paths[i]);
    file_list_free(&files);
    return result;
}

/* What is drawn must be told by every sample. */
static void check_sample(const Check *c, Finding *f, int64_t index)
{
    char *text = pairs_sample(c->store, index);
    cJSON *object = text ? json_parse(text, strlen(text), "/sample") : NULL;
    if (!object)
        blame_error(f, pairs_path(c->store));
    else if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object, "source")))
        blame(f, "/sample does not name its source");
    cJSON_Delete(object);
    free(text);
}

static int check_tile(void *context, int index)
{
    const Check *c = context;
    const PairInfo *info = pairs_info(c->store);
    Finding *f = &c->findings[index];
    Image hr = image_new(info->hr_width, info->hr_height);
    Image lr = image_new(info->hr_width / info->scale, info->hr_height / info->scale);
    if (pairs_read(c->store, index, hr.rgb, lr.rgb) != 0) {
        blame_error(f, pairs_path(c->store));
    } else {
        /* One tile shows too little of a spectrum and of blocks to be judged by them. */
        Plane luma = image_luma(&hr);
        Suspicion suspicion = {.texture = plane_texture(&luma)};
        plane_free(&luma);
        suspicion_explain(&suspicion, SUSPECT_TRUTH, f->reasons, REASONS_BYTES);
        sha256(hr.rgb, (size_t)hr.width * (size_t)hr.height * 3, f->digest);
    }
    check_sample(c, f, index);
    image_free(&hr);
    image_free(&lr);
    return 0;
}

static int list_tiles(Check *c, const char *path)
{
    c->store = pairs_open(path);
    if (!c->store)
        return -1;
    if (pairs_info(c->store)->count > INT32_MAX)
        return error_set(ERROR_FORMAT, "%s: more than 2^31 tiles", path);
    c->count = (int)pairs_info(c->store)->count;
    c->findings = memory_array((size_t)c->count, sizeof *c->findings);
    for (int i = 0; i < c->count; i++)
        c->findings[i].name = memory_print("%s: tile %d", path, i);
    return 0;
}

static int compare_digests(const void *a, const void *b)
{
    const Finding *one = *(Finding *const *)a, *other = *(Finding *const *)b;
    int order = memcmp(one->digest, other->digest, sizeof one->digest);
    return order != 0 ? order : (one > other) - (one < other);
}

/* All but the first of equal pictures are to blame. */
static void find_duplicates(Check *c)
{
    static const uint64_t NONE[4] = {0};
    Finding **sorted = memory_array((size_t)c->count + 1, sizeof *sorted);
    for (int i = 0; i < c->count; i++)
        sorted[i] = &c->findings[i];
    qsort(sorted, (size_t)c->count, sizeof *sorted, compare_digests);
    for (int i = 1, first = 0; i < c->count; i++) {
        if (memcmp(sorted[i]->digest, sorted[first]->digest, sizeof NONE) != 0)
            first = i;
        else if (memcmp(sorted[i]->digest, NONE, sizeof NONE) != 0)
            blame(sorted[i], "the same pixels as %s", sorted[first]->name);
    }
    free(sorted);
}

static int count_bad(const Check *c)
{
    int bad = 0;
    for (int i = 0; i < c->count; i++)
        bad += c->findings[i].reasons[0] != '\0';
    return bad;
}

static void print_json(const Check *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "checked", c->count);
    cJSON *bad = cJSON_AddArrayToObject(root, "bad");
    for (int i = 0; i < c->count; i++) {
        if (!c->findings[i].reasons[0])
            continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", c->findings[i].name);
        cJSON_AddStringToObject(object, "reasons", c->findings[i].reasons);
        cJSON_AddItemToArray(bad, object);
    }
    char *line = json_line(root);
    puts(line);
    free(line);
    cJSON_Delete(root);
}

static int report(const Check *c)
{
    int bad = count_bad(c);
    const char *things = c->store ? "tiles" : "pictures";
    if (command_common()->json)
        print_json(c);
    else
        for (int i = 0; i < c->count; i++)
            if (c->findings[i].reasons[0])
                printf("%s: %s\n", c->findings[i].name, c->findings[i].reasons);
    if (bad > 0)
        return error_set(ERROR_FORMAT, "%d of %d %s are bad", bad, c->count, things);
    if (!command_common()->json)
        printf("%d %s, none of them bad\n", c->count, things);
    return 0;
}

static bool is_store(const StringList *arguments)
{
    return arguments->count == 1 && file_has_extension(arguments->items[0], "h5");
}

int pairs_check(const PairsOptions *options, const StringList *arguments)
{
    Check c = {.options = options};
    if (arguments->count == 0)
        return error_set(ERROR_USAGE, "pairs: --check needs FILE.h5, pictures or folders");
    if (options->lr && options->scale == 0)
        return error_set(ERROR_USAGE, "pairs: --check with --lr needs --scale=S");
    bool store = is_store(arguments);
    int result = store ? list_tiles(&c, arguments->items[0]) : list_pictures(&c, arguments);
    if (result == 0)
        result = threads_for(c.count, store ? check_tile : check_picture, &c);
    if (result == 0) {
        find_duplicates(&c);
        result = report(&c);
    }
    for (int i = 0; i < c.count; i++)
        free(c.findings[i].name);
    free(c.findings);
    file_list_free(&c.lr);
    pairs_close(c.store);
    return result;
}
