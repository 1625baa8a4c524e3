#include "nets/dists.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/features.h"
#include "nets/published.h"

enum { MOST_CHANNELS = 512 };
static const int CHANNELS[DISTS_STAGES] = {3, 64, 128, 256, 512, 512};

struct Dists {
    Graph *graphs[VGG16_BLOCKS];
    Network *networks[VGG16_BLOCKS];
    double alpha[DISTS_CHANNELS], beta[DISTS_CHANNELS]; /* all together 1 */
};

struct DistsFeatures {
    Tensor *stages[DISTS_STAGES];
    double mean[DISTS_CHANNELS], square[DISTS_CHANNELS]; /* means of x and x^2 */
};

static int load_block(Dists *d, int block, const Weights *backbone)
{
    d->graphs[block] = vgg16_block_graph(block);
    if (!d->graphs[block] || graph_check_weights(d->graphs[block], backbone, "backbone") != 0)
        return -1;
    d->networks[block] = network_new(d->graphs[block], backbone, PRECISION_FP32);
    return d->networks[block] ? 0 : -1;
}

static int load_factors(const Weights *weights, const char *key, double factors[DISTS_CHANNELS])
{
    const Weight *w = weights_find(weights, key);
    if (!w)
        return error_set(ERROR_FORMAT, "DISTS's weights: %s is missing", key);
    if (w->count != DISTS_CHANNELS)
        return error_set(ERROR_FORMAT, "DISTS's weights: %s has %lld values, not %d", key,
                         (long long)w->count, DISTS_CHANNELS);
    for (int c = 0; c < DISTS_CHANNELS; c++)
        factors[c] = w->values[c];
    return 0;
}

static int divide_by_sum(Dists *d)
{
    double sum = 0;
    for (int c = 0; c < DISTS_CHANNELS; c++)
        sum += d->alpha[c] + d->beta[c];
    if (!(sum > 0))
        return error_set(ERROR_FORMAT, "DISTS's weights: alpha and beta add up to %g", sum);
    for (int c = 0; c < DISTS_CHANNELS; c++) {
        d->alpha[c] /= sum;
        d->beta[c] /= sum;
    }
    return 0;
}

Dists *dists_new(const Weights *backbone, const Weights *weights)
{
    Dists *d = memory_new(sizeof *d);
    int result = load_factors(weights, "alpha", d->alpha);
    if (result == 0)
        result = load_factors(weights, "beta", d->beta);
    if (result == 0)
        result = divide_by_sum(d);
    for (int i = 0; result == 0 && i < VGG16_BLOCKS; i++)
        result = load_block(d, i, backbone);
    if (result == 0)
        return d;
    dists_free(d);
    error_note("DISTS");
    return NULL;
}

void dists_free(Dists *d)
{
    if (!d)
        return;
    for (int i = 0; i < VGG16_BLOCKS; i++) {
        network_free(d->networks[i]);
        graph_free(d->graphs[i]);
    }
    free(d);
}

static Dists *open_files(const char *backbone_path, const char *weights_path)
{
    Weights *backbone, *weights;
    if (published_read(backbone_path, weights_path, &backbone, &weights) != 0)
        return NULL;
    Dists *d = dists_new(backbone, weights);
    if (!d)
        error_note("%s and %s", backbone_path, weights_path);
    weights_free(backbone);
    weights_free(weights);
    return d;
}

int dists_open(const char *directory, Dists **dists)
{
    FileList list;
    char *folder;
    int result = published_list(directory, &folder, &list);
    const char *backbone = published_find(&list, "vgg16"),
               *weights = published_find(&list, "dists");
    if (!weights)
        weights = published_find(&list, "weights.pt");
    *dists = result == 0 && backbone && weights ? open_files(backbone, weights) : NULL;
    file_list_free(&list);
    free(folder);
    return result != 0 || (error_pending() && !*dists) ? -1 : 0;
}

/* ---- Statistics ------------------------------------------------------------------------------ */

/* The means of x, x^2 and x y over the pixels, [statistic][channel]. */
static int means(Tensor *x, Tensor *y, int channels, double *result)
{
    double pixels = (double)(tensor_extent(x, 2) * tensor_extent(x, 3));
    if (tensor_to_doubles(tensor_channel_sums(x, y), result, 3 * (int64_t)channels) != 0)
        return -1;
    for (int i = 0; i < 3 * channels; i++)
        result[i] /= pixels;
    return 0;
}

/* What block `stage - 1` makes of what the stage before it gave, which is freed, but for the image.
 */
static Tensor *advance(Dists *d, int stage, Tensor *x)
{
    if (stage == 1)
        return network_forward(d->networks[0], x, FORWARD_FROZEN, NULL);
    Tensor *pooled = tensor_l2_pool(x);
    tensor_free(x);
    Tensor *next = network_forward(d->networks[stage - 1], pooled, FORWARD_FROZEN, NULL);
    tensor_free(pooled);
    return next;
}

/* Calls visit(context, stage, its first channel, its features) for the image and every block. */
typedef void StageVisitor(void *context, int stage, int first, Tensor *x);

static int visit_stages(Dists *d, Tensor *image, StageVisitor *visit, void *context)
{
    Tensor *x = image;
    tensor_no_grad_begin();
    tensor_scope_begin();
    for (int stage = 0, first = 0; stage < DISTS_STAGES && !error_pending(); stage++) {
        if (stage > 0)
            x = advance(d, stage, x);
        tensor_scope_begin();
        visit(context, stage, first, x);
        tensor_scope_end();
        first += CHANNELS[stage];
    }
    tensor_scope_end();
    tensor_no_grad_end();
    return error_pending() ? -1 : 0;
}

static void take_stage(void *context, int stage, int first, Tensor *x)
{
    DistsFeatures *features = context;
    double moments[3 * MOST_CHANNELS];
    features->stages[stage] = tensor_own(tensor_detach(x));
    if (means(x, x, CHANNELS[stage], moments) != 0)
        return;
    for (int c = 0; c < CHANNELS[stage]; c++) {
        features->mean[first + c] = moments[c];
        features->square[first + c] = moments[CHANNELS[stage] + c];
    }
}

DistsFeatures *dists_features(Dists *d, Tensor *image)
{
    DistsFeatures *features = memory_new(sizeof *features);
    if (visit_stages(d, image, take_stage, features) == 0)
        return features;
    dists_features_free(features);
    return NULL;
}

void dists_features_free(DistsFeatures *features)
{
    for (int i = 0; features && i < DISTS_STAGES; i++)
        tensor_free(features->stages[i]);
    free(features);
}

/* ---- Distances ------------------------------------------------------------------------------- */

typedef struct Comparison {
    const Dists *dists;
    const DistsFeatures *features;
    double value;
} Comparison;

/* One channel's part: both terms subtracted from 1 beforehand, so that nothing cancels out. The
 * means are of x, x^2, y, y^2 and x y. */
static double part(double alpha, double beta, double x, double xx, double y, double yy, double xy)
{
    const double C = 1e-6;
    double texture = (x - y) * (x - y) / (x * x + y * y + C);
    double variances = (xx - x * x) + (yy - y * y), covariance = xy - x * y;
    return alpha * texture + beta * (variances - 2 * covariance) / (variances + C);
}

static void compare_stage(void *context, int stage, int first, Tensor *x)
{
    Comparison *c = context;
    const Dists *d = c->dists;
    int channels = CHANNELS[stage];
    double moments[3 * MOST_CHANNELS];
    if (means(x, c->features->stages[stage], channels, moments) != 0)
        return;
    for (int i = 0; i < channels; i++)
        c->value += part(d->alpha[first + i], d->beta[first + i], c->features->mean[first + i],
                         c->features->square[first + i], moments[i], moments[channels + i],
                         moments[2 * channels + i]);
}

int dists_distance(Dists *d, const DistsFeatures *features, Tensor *image, double *value)
{
    Comparison comparison = {d, features, 0};
    int result = visit_stages(d, image, compare_stage, &comparison);
    *value = comparison.value;
    return result;
}
