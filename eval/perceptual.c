/* LPIPS and DISTS as measures: pictures into tensors. */
#include "eval/perceptual.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/perceptual_classes.h"
#include "nets/dists.h"
#include "nets/lpips.h"

struct PerceptualMeasure {
    Lpips *nets[LPIPS_NETS]; /* NULL: not loaded; in the order of the metrics */
    Dists *dists;
    int count;
};

static int open_all(PerceptualMeasure *measure, const char *directory)
{
    for (int i = 0; i < LPIPS_NETS; i++) {
        if (lpips_open(directory, (LpipsNet)i, PRECISION_FP32, &measure->nets[i]) != 0)
            return -1;
        measure->count += measure->nets[i] != NULL;
    }
    if (dists_open(directory, &measure->dists) != 0)
        return -1;
    measure->count += measure->dists != NULL;
    return 0;
}

PerceptualMeasure *perceptual_open(const char *directory)
{
    PerceptualMeasure *measure = memory_new(sizeof *measure);
    if (!directory)
        return measure;
    int result = open_all(measure, directory);
    if (result == 0 && measure->count == 0)
        result = lpips_missing(directory, LPIPS_ALEX); /* the usual one */
    if (result == 0)
        return measure;
    perceptual_close(measure);
    return NULL;
}

void perceptual_close(PerceptualMeasure *measure)
{
    if (!measure)
        return;
    for (int i = 0; i < LPIPS_NETS; i++)
        lpips_free(measure->nets[i]);
    dists_free(measure->dists);
    free(measure);
}

/* The net of METRIC_LPIPS_ALEX, _VGG, _SQUEEZE, or LPIPS_NETS. */
static LpipsNet net_of(Metric metric)
{
    bool lpips = metric >= METRIC_LPIPS_ALEX && metric <= METRIC_LPIPS_SQUEEZE;
    return lpips ? (LpipsNet)(metric - METRIC_LPIPS_ALEX) : LPIPS_NETS;
}

bool perceptual_has(const PerceptualMeasure *measure, Metric metric)
{
    LpipsNet net = net_of(metric);
    return metric == METRIC_DISTS ? measure->dists != NULL
                                  : net < LPIPS_NETS && measure->nets[net] != NULL;
}

const char *perceptual_weights(Metric metric)
{
    static const char *const NAMES[LPIPS_NETS] = {"lpips-alex", "lpips-vgg", "lpips-squeeze"};
    LpipsNet net = net_of(metric);
    if (metric == METRIC_DISTS)
        return "dists";
    return net < LPIPS_NETS ? NAMES[net] : NULL;
}

/* ---- One HR picture -------------------------------------------------------------------------- */

struct PerceptualTruth {
    const PerceptualMeasure *measure;
    LpipsFeatures *features[LPIPS_NETS];
    DistsFeatures *dists;
    const Content *content;
    double shares[CONTENT_CLASSES];
    LayerClasses classes[LPIPS_NETS][LPIPS_MOST_LAYERS]; /* made when a layer is first compared */
    int width, height, crop;
};

/* The picture without its border, in the innermost scope. */
static Tensor *tensor_inside(const Image *image, int crop)
{
    int width = image->width - 2 * crop, height = image->height - 2 * crop;
    Image inside = image_crop(image, crop, crop, width, height);
    Tensor *t = tensor_from_rgb(inside.rgb, 1, height, width);
    image_free(&inside);
    return t;
}

static int extract(PerceptualTruth *truth, const Image *hr)
{
    const PerceptualMeasure *measure = truth->measure;
    tensor_scope_begin();
    Tensor *image = tensor_inside(hr, truth->crop);
    for (int i = 0; i < LPIPS_NETS && !error_pending(); i++)
        if (measure->nets[i])
            truth->features[i] = lpips_features(measure->nets[i], image);
    if (measure->dists && !error_pending())
        truth->dists = dists_features(measure->dists, image);
    tensor_scope_end();
    return error_pending() ? -1 : 0;
}

PerceptualTruth *perceptual_truth_new(PerceptualMeasure *measure, const Image *hr,
                                      const Content *content, int crop)
{
    PerceptualTruth *truth = memory_new(sizeof *truth);
    truth->measure = measure;
    truth->content = content;
    truth->width = hr->width;
    truth->height = hr->height;
    truth->crop = crop;
    if (content)
        content_shares(content, crop, truth->shares);
    if (measure->count == 0 || extract(truth, hr) == 0) /* without nets libtorch stays unloaded */
        return truth;
    perceptual_truth_free(truth);
    error_note("perceptual measures");
    return NULL;
}

void perceptual_truth_free(PerceptualTruth *truth)
{
    if (!truth)
        return;
    for (int i = 0; i < LPIPS_NETS; i++) {
        lpips_features_free(truth->features[i]);
        for (int k = 0; k < LPIPS_MOST_LAYERS; k++)
            layer_classes_free(&truth->classes[i][k]);
    }
    dists_features_free(truth->dists);
    free(truth);
}

/* ---- Pictures compared with it ----------------------------------------------------------------
 */

/* Adds one layer's mean over each class to the values. */
static void add_by_class(PerceptualTruth *truth, int net, int layer, const LpipsMap *map,
                         double values[CONTENT_CLASSES])
{
    LayerClasses *classes = &truth->classes[net][layer];
    if (classes->width == 0)
        *classes = layer_classes_new(truth->content, truth->crop, map->width, map->height);
    for (int k = 0; k < CONTENT_CLASSES; k++)
        values[k] += layer_class_mean(classes, (ContentClass)k, map);
}

static int compare_lpips(PerceptualTruth *truth, int net, Tensor *image, double *value,
                         double by_class[CONTENT_CLASSES])
{
    Lpips *lpips = truth->measure->nets[net];
    LpipsMap maps[LPIPS_MOST_LAYERS];
    if (lpips_maps(lpips, truth->features[net], image, maps) != 0)
        return -1;
    *value = 0;
    for (int i = 0; i < lpips_layers(lpips); i++) {
        *value += lpips_map_mean(&maps[i]);
        if (truth->content)
            add_by_class(truth, net, i, &maps[i], by_class);
    }
    lpips_maps_free(maps);
    return 0;
}

static void compare_all(PerceptualTruth *truth, Tensor *image, double values[METRIC_COUNT],
                        double by_class[CONTENT_CLASSES][METRIC_COUNT])
{
    const PerceptualMeasure *measure = truth->measure;
    for (int i = 0; i < LPIPS_NETS && !error_pending(); i++) {
        double classes[CONTENT_CLASSES] = {0};
        int metric = METRIC_LPIPS_ALEX + i;
        if (!measure->nets[i] || compare_lpips(truth, i, image, &values[metric], classes) != 0)
            continue;
        for (int k = 0; truth->content && k < CONTENT_CLASSES; k++)
            if (!content_is_rare(truth->shares[k]))
                by_class[k][metric] = classes[k];
    }
    if (measure->dists && !error_pending())
        dists_distance(measure->dists, truth->dists, image, &values[METRIC_DISTS]);
}

int perceptual_compare(PerceptualTruth *truth, const Image *sr, double values[METRIC_COUNT],
                       double by_class[CONTENT_CLASSES][METRIC_COUNT])
{
    if (truth->measure->count == 0)
        return 0;
    if (sr->width != truth->width || sr->height != truth->height)
        return error_set(ERROR_SHAPE, "perceptual measures: %d x %d pixels, the truth has %d x %d",
                         sr->width, sr->height, truth->width, truth->height);
    tensor_scope_begin();
    compare_all(truth, tensor_inside(sr, truth->crop), values, by_class);
    tensor_scope_end();
    return error_pending() ? error_note("perceptual measures") : 0;
}

int perceptual_measure(PerceptualMeasure *measure, const Image *hr, const Image *sr,
                       double values[METRIC_COUNT])
{
    PerceptualTruth *truth = perceptual_truth_new(measure, hr, NULL, 0);
    int result = truth ? perceptual_compare(truth, sr, values, NULL) : -1;
    perceptual_truth_free(truth);
    return result;
}
