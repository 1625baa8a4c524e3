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
#include "data/resample.h"
#include "eval/metrics.h"
#include "eval/perceptual.h"
#include "eval/pictures.h"
#include "upscale/upscaler.h"

enum { LEAST_EXTENT = 11 };

struct Validation {
    PictureSet set;
    int count;
    char *folder;
    PerceptualMeasure *perceptual; /* without nets if the config names no weights */
    Strips strips;                 /* of the newest run: LR, bicubic, the network's, the truth */
};

/* What is measured on each picture: eval's metrics, and two that only alarms need. */
enum { VALUE_VARIANCE = METRIC_COUNT, VALUE_COLOUR, VALUE_COUNT };

static const char *value_name(int value)
{
    return value == VALUE_VARIANCE ? "variance"
           : value == VALUE_COLOUR ? "colour"
                                   : METRICS[value].name;
}

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

/* Strips of the pictures that are validated, which may be fewer than there are. */
static Strips new_strips(const Validation *v)
{
    PictureSet few = v->set;
    few.count = v->count;
    return strips_new(&few, 2);
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
    if (!error_pending() && !(v->perceptual = perceptual_open(config->data.validation.weights)))
        error_note("weights");
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
    perceptual_close(v->perceptual);
    strips_free(&v->strips);
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

/* Variance of luma; the mean of every channel. */
static double luma_variance(const Image *image)
{
    Plane luma = image_luma(image);
    double count = (double)luma.width * luma.height, sum = 0, squares = 0;
    for (size_t i = 0; i < (size_t)count; i++) {
        sum += luma.values[i];
        squares += (double)luma.values[i] * luma.values[i];
    }
    plane_free(&luma);
    return squares / count - sum / count * (sum / count);
}

static double channel_mean(const Image *image, int channel)
{
    double sum = 0;
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++)
        sum += image->rgb[3 * i + (size_t)channel];
    return sum / (double)count;
}

static void measure_plainly(const Image *hr, const Image *sr, double *values)
{
    double truth = luma_variance(hr);
    values[VALUE_VARIANCE] = truth > 0 ? luma_variance(sr) / truth : (double)NAN;
    for (int c = 0; c < 3; c++)
        values[VALUE_COLOUR] =
            fmax(values[VALUE_COLOUR], fabs(channel_mean(sr, c) - channel_mean(hr, c)));
}

/* The nets work on pictures without their border. */
static int measure_perceptually(const Validation *v, const Image *hr, const Image *sr,
                                double *values)
{
    int border = v->set.scale, width = hr->width - 2 * border, height = hr->height - 2 * border;
    Image truth = image_crop(hr, border, border, width, height);
    Image judged = image_crop(sr, border, border, width, height);
    int result = perceptual_measure(v->perceptual, &truth, &judged, values);
    image_free(&truth);
    image_free(&judged);
    return result;
}

static int measure(const Validation *v, const PicturePair *picture, const Reference *reference,
                   const Image *sr, double *values)
{
    Measurement measurement;
    if (metrics_measure(reference, sr, &measurement, NULL) != 0 ||
        measure_perceptually(v, &picture->hr, sr, measurement.values) != 0)
        return -1;
    memcpy(values, measurement.values, sizeof measurement.values);
    measure_plainly(&picture->hr, sr, values);
    return 0;
}

/* The picture enlarged by the network, or by bicubic resampling where there is none. */
static int enlarge(Upscaler *upscaler, const PicturePair *picture, Image *sr)
{
    if (upscaler)
        return upscaler_run(upscaler, &picture->lr, sr);
    *sr = image_resample(&picture->lr, picture->hr.width, picture->hr.height, KERNEL_BICUBIC);
    return 0;
}

static char *picture_path(const Validation *v, int index, int64_t step)
{
    return memory_print("%s/%lld-%s.png", v->folder, (long long)step, v->set.stems[index]);
}

static int write_picture(const Validation *v, int index, int64_t step, const Image *sr)
{
    char *path = picture_path(v, index, step);
    int result = image_write(path, sr);
    free(path);
    return result;
}

static int judge(Validation *v, Upscaler *upscaler, int index, int64_t step, double *values)
{
    PicturePair picture;
    if (picture_read(&v->set, index, &picture) != 0)
        return -1;
    Image sr[2] = {0}; /* bicubic, and the network's */
    Reference *reference = reference_new(&picture.hr, v->set.scale, v->set.scale);
    int result = reference ? enlarge(NULL, &picture, &sr[0]) : -1;
    if (result == 0 && upscaler)
        result = enlarge(upscaler, &picture, &sr[1]);
    if (result == 0 && upscaler)
        result = write_picture(v, index, step, &sr[1]);
    if (result == 0)
        result = measure(v, &picture, reference, &sr[upscaler ? 1 : 0], values);
    if (result == 0 && upscaler)
        strips_take(&v->strips, index, &picture, reference, sr);
    reference_free(reference);
    image_free(&sr[0]);
    image_free(&sr[1]);
    picture_free(&picture);
    return result == 0 ? 0 : error_note("%s", v->set.names[index]);
}

static int judge_share(Validation *v, Upscaler *upscaler, int64_t step, double *values)
{
    for (int i = ranks_rank(); i < v->count; i += ranks_size())
        if (judge(v, upscaler, i, step, values + (size_t)i * VALUE_COUNT) != 0)
            return -1;
    return 0;
}

/* Means in the order of pictures, so that they do not depend on who judged which. */
static cJSON *means_of(const Validation *v, const double *values)
{
    cJSON *means = cJSON_CreateObject();
    for (int m = 0; m < VALUE_COUNT; m++) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < v->count; i++) {
            double value = values[(size_t)i * VALUE_COUNT + (size_t)m];
            sum += isfinite(value) ? value : 0;
            count += isfinite(value) ? 1 : 0;
        }
        if (count > 0)
            cJSON_AddNumberToObject(means, value_name(m), sum / count);
    }
    return means;
}

/* Collective. Every value is one rank's, and zero on the others. */
static cJSON *judge_all(Validation *v, Upscaler *upscaler, int64_t step)
{
    size_t count = (size_t)v->count * VALUE_COUNT;
    double *values = memory_array(count, sizeof *values);
    judge_share(v, upscaler, step, values);
    cJSON *means = NULL;
    if (ranks_agree() == 0 && ranks_sum_doubles(values, count) == 0)
        means = means_of(v, values);
    free(values);
    return means;
}

static Upscaler *open_upscaler(const Validation *v, const Learner *generator, Network **network)
{
    Weights *weights = network_weights(generator->network, generator->average);
    *network = weights ? network_new(generator->graph, weights, PRECISION_FP32) : NULL;
    weights_free(weights);
    return *network ? upscaler_from_network(*network, v->set.scale, 0) : NULL;
}

cJSON *validation_run(Validation *v, const Learner *generator, int64_t step)
{
    Network *network = NULL;
    Upscaler *upscaler = open_upscaler(v, generator, &network);
    if (upscaler)
        file_make_directories(v->folder);
    strips_free(&v->strips);
    v->strips = new_strips(v);
    cJSON *means = ranks_agree() == 0 ? judge_all(v, upscaler, step) : NULL;
    upscaler_free(upscaler);
    network_free(network);
    if (means && strips_gather(&v->strips) == 0)
        return means;
    cJSON_Delete(means);
    return NULL;
}

cJSON *validation_baseline(Validation *v)
{
    return judge_all(v, NULL, 0);
}

/* An empty picture where the file is gone or of other extents. */
static Image read_written(const Validation *v, int index, int64_t step)
{
    Image sr = {0};
    char *path = picture_path(v, index, step);
    if (image_read(path, &sr) != 0 || sr.width != v->set.widths[index] ||
        sr.height != v->set.heights[index])
        image_free(&sr);
    error_clear();
    free(path);
    return sr;
}

static int restore(Validation *v, int index, int64_t step)
{
    PicturePair picture;
    Image sr[2] = {{0}, read_written(v, index, step)};
    if (!sr[1].rgb)
        return 0;
    int result = picture_read(&v->set, index, &picture);
    Reference *reference =
        result == 0 ? reference_new(&picture.hr, v->set.scale, v->set.scale) : NULL;
    if (reference && enlarge(NULL, &picture, &sr[0]) == 0)
        strips_take(&v->strips, index, &picture, reference, sr);
    reference_free(reference);
    if (result == 0)
        picture_free(&picture);
    image_free(&sr[0]);
    image_free(&sr[1]);
    return error_pending() ? -1 : 0;
}

int validation_restore(Validation *v, int64_t step)
{
    strips_free(&v->strips);
    v->strips = new_strips(v);
    for (int i = ranks_rank(); i < v->count; i += ranks_size())
        if (restore(v, i, step) != 0)
            break;
    return ranks_agree() == 0 ? strips_gather(&v->strips) : -1;
}

const Strips *validation_strips(const Validation *v)
{
    return &v->strips;
}

int validation_count(const Validation *v)
{
    return v->count;
}

const char *validation_name(const Validation *v, int index)
{
    return v->set.names[index];
}
