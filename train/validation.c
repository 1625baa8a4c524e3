#include "train/validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "eval/metrics.h"
#include "eval/pictures.h"
#include "eval/upscale.h"

enum { LEAST_EXTENT = 11 };

struct Validation {
    PictureSet set;
    int count;
    char *folder;
};

/* Sums over pictures: of values, and how many there were. */
typedef struct Sums {
    double values[METRIC_COUNT], counts[METRIC_COUNT];
} Sums;

static int check_extents(const Validation *v)
{
    int least = LEAST_EXTENT + 2 * v->set.scale;
    for (int i = 0; i < v->count; i++)
        if (v->set.widths[i] < least || v->set.heights[i] < least)
            return error_set(ERROR_SHAPE, "%s: too small for validation, at least %dx%d pixels",
                             v->set.paths[i], least, least);
    return 0;
}

/* The picture of the set that a pair comes from, by file name, or -1. */
static int find_source(const Validation *v, const char *sample)
{
    cJSON *object = cJSON_Parse(sample);
    const cJSON *source = cJSON_GetObjectItemCaseSensitive(object, "source");
    int found = -1;
    for (int i = 0; cJSON_IsString(source) && i < v->count && found < 0; i++)
        if (strcmp(file_name(source->valuestring), v->set.names[i]) == 0)
            found = i;
    cJSON_Delete(object);
    return found;
}

static int warn_of_overlap(const Validation *v, const PairStore *store)
{
    for (int64_t i = 0; store && i < pairs_info(store)->count; i++) {
        char *sample = pairs_sample(store, i);
        if (!sample)
            return -1;
        int found = find_source(v, sample);
        free(sample);
        if (found < 0)
            continue;
        log_warn("data.validation: %s has the name of a picture in %s; what was trained on says "
                 "nothing about other pictures",
                 v->set.names[found], pairs_path(store));
        return 0;
    }
    return 0;
}

Validation *validation_open(const Config *config, const char *folder)
{
    Validation *v = memory_new(sizeof *v);
    v->folder = file_join(folder, "validation");
    if (picture_set_open(&v->set, config->data.validation.hr, NULL, "bicubic",
                         (int)config->scale) == 0) {
        v->count = v->set.count < config->data.validation.images
                       ? v->set.count
                       : (int)config->data.validation.images;
        check_extents(v);
    }
    if (!error_pending())
        return v;
    error_note("data.validation");
    validation_close(v);
    return NULL;
}

void validation_close(Validation *v)
{
    if (!v)
        return;
    picture_set_close(&v->set);
    free(v->folder);
    free(v);
}

HeldOut *validation_files(const Validation *v)
{
    return held_out_new(v->set.paths, v->count);
}

int validation_warn(const Validation *v, const BatchSource *sources, int source_count)
{
    for (int i = 0; i < source_count && ranks_rank() == 0; i++)
        if (warn_of_overlap(v, pair_source_store(sources[i].source)) != 0)
            return error_note("data.validation");
    return 0;
}

static int measure(const PicturePair *picture, const Image *sr, int scale, Sums *sums)
{
    double values[METRIC_COUNT];
    Reference *reference = reference_new(&picture->hr, scale, scale);
    int result = reference ? metrics_measure(reference, sr, values) : -1;
    reference_free(reference);
    for (int m = 0; result == 0 && m < METRIC_COUNT; m++) {
        if (!isfinite(values[m]))
            continue;
        sums->values[m] += values[m];
        sums->counts[m] += 1;
    }
    return result;
}

static int show(const Validation *v, Upscaler *upscaler, int index, int64_t step, Sums *sums)
{
    PicturePair picture;
    if (picture_read(&v->set, index, &picture) != 0)
        return -1;
    Image sr = {0};
    char *path = memory_print("%s/%lld-%s.png", v->folder, (long long)step, v->set.stems[index]);
    int result = upscaler_run(upscaler, &picture.lr, &sr);
    if (result == 0)
        result = image_write(path, &sr);
    if (result == 0)
        result = measure(&picture, &sr, v->set.scale, sums);
    free(path);
    image_free(&sr);
    picture_free(&picture);
    return result;
}

static int show_share(const Validation *v, const Learner *generator, int64_t step, Sums *sums)
{
    Weights *weights = network_weights(generator->network, generator->average);
    Network *network = weights ? network_new(generator->graph, weights, PRECISION_FP32) : NULL;
    Upscaler *upscaler = network ? upscaler_from_network(network, v->set.scale, 0) : NULL;
    int result = upscaler ? file_make_directories(v->folder) : -1;
    for (int i = ranks_rank(); i < v->count && result == 0; i += ranks_size())
        result = show(v, upscaler, i, step, sums);
    upscaler_free(upscaler);
    network_free(network);
    weights_free(weights);
    return result;
}

cJSON *validation_run(const Validation *v, const Learner *generator, int64_t step)
{
    Sums sums = {0};
    show_share(v, generator, step, &sums);
    if (ranks_agree() != 0 || ranks_sum_doubles(sums.values, METRIC_COUNT) != 0 ||
        ranks_sum_doubles(sums.counts, METRIC_COUNT) != 0)
        return NULL;
    cJSON *means = cJSON_CreateObject();
    for (int m = 0; m < METRIC_COUNT; m++)
        if (sums.counts[m] > 0)
            cJSON_AddNumberToObject(means, METRIC_NAMES[m], sums.values[m] / sums.counts[m]);
    return means;
}
