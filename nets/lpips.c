#include "nets/lpips.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/features.h"

const char *const LPIPS_NET_NAMES[LPIPS_NETS] = {"alex", "vgg", "squeeze"};

struct Lpips {
    Graph *graph;
    Network *network;
    int layers;
    Tensor *linear[LPIPS_MOST_LAYERS]; /* (1,C,1,1) */
};

static Graph *graph_of(LpipsNet net)
{
    switch (net) {
    case LPIPS_ALEX:
        return lpips_alexnet_graph();
    case LPIPS_VGG:
        return lpips_vgg16_graph();
    case LPIPS_SQUEEZE:
        return lpips_squeezenet_graph();
    case LPIPS_NETS:
        break;
    }
    return NULL;
}

static int load_linear(Lpips *l, const Weights *linear)
{
    for (int i = 0; i < l->layers; i++) {
        char key[32];
        snprintf(key, sizeof key, "lin%d.model.1.weight", i);
        const Weight *w = weights_find(linear, key);
        if (!w)
            return error_set(ERROR_FORMAT, "linear weights: %s is missing", key);
        const int64_t shape[] = {1, l->graph->taps[i]->channels, 1, 1};
        if (w->count != shape[1])
            return error_set(ERROR_FORMAT, "linear weights: %s has %lld values, not %lld", key,
                             (long long)w->count, (long long)shape[1]);
        l->linear[i] = tensor_own(tensor_from_floats(w->values, 4, shape));
    }
    return error_pending() ? -1 : 0;
}

Lpips *lpips_new(LpipsNet net, const Weights *backbone, const Weights *linear, Precision precision)
{
    Lpips *l = memory_new(sizeof *l);
    l->graph = graph_of(net);
    if (l->graph && graph_check_weights(l->graph, backbone, "backbone") == 0)
        l->network = network_new(l->graph, backbone, precision);
    network_fix(l->network);
    l->layers = l->graph ? l->graph->tap_count : 0;
    if (l->network && load_linear(l, linear) == 0)
        return l;
    lpips_free(l);
    error_note("lpips %s", LPIPS_NET_NAMES[net]);
    return NULL;
}

void lpips_free(Lpips *l)
{
    if (!l)
        return;
    for (int i = 0; i < LPIPS_MOST_LAYERS; i++)
        tensor_free(l->linear[i]);
    network_free(l->network);
    graph_free(l->graph);
    free(l);
}

int lpips_layers(const Lpips *l)
{
    return l->layers;
}

/* Each pixel's feature vector divided by its length; `least` is what squares are raised by. */
static Tensor *normalised(Tensor *feature, double least)
{
    feature = tensor_to_type(feature, TENSOR_FLOAT);
    Tensor *square = tensor_affine(tensor_sum_axis(tensor_square(feature), 1), 1, least);
    return tensor_divide(feature, tensor_affine(tensor_root(square), 1, 1e-10));
}

/* Layer i's part, one element. */
static Tensor *layer_mean(const Lpips *l, int i, Tensor *a, Tensor *b, double least)
{
    Tensor *difference = tensor_subtract(normalised(a, least), normalised(b, least));
    Tensor *weighed = tensor_multiply(tensor_square(difference), l->linear[i]);
    return tensor_mean(tensor_sum_axis(weighed, 1));
}

Tensor *lpips_mean(Lpips *l, Tensor *a, Tensor *b)
{
    const double LEAST_SQUARE = 1e-10; /* the root's slope is infinite at 0 */
    Tensor *features_a[LPIPS_MOST_LAYERS], *features_b[LPIPS_MOST_LAYERS], *sum = NULL;
    tensor_no_grad_begin();
    network_forward(l->network, b, FORWARD_FROZEN, features_b);
    tensor_no_grad_end();
    network_forward(l->network, a, FORWARD_FROZEN, features_a);
    for (int i = 0; i < l->layers && !error_pending(); i++) {
        Tensor *part = layer_mean(l, i, features_a[i], features_b[i], LEAST_SQUARE);
        sum = sum ? tensor_add(sum, part) : part;
    }
    return error_pending() ? NULL : sum;
}

/* ---- Distances from one image --------------------------------------------------------------- */

struct LpipsFeatures {
    Tensor *units[LPIPS_MOST_LAYERS];
};

static void take_features(void *context, int layer, Tensor *feature)
{
    LpipsFeatures *features = context;
    Tensor *unit = tensor_unit_pixels(tensor_to_type(feature, TENSOR_FLOAT));
    features->units[layer] = tensor_own(unit);
}

LpipsFeatures *lpips_features(Lpips *l, Tensor *image)
{
    LpipsFeatures *features = memory_new(sizeof *features);
    tensor_no_grad_begin();
    network_visit(l->network, image, FORWARD_FROZEN, take_features, features);
    tensor_no_grad_end();
    if (!error_pending())
        return features;
    lpips_features_free(features);
    return NULL;
}

void lpips_features_free(LpipsFeatures *features)
{
    for (int i = 0; features && i < LPIPS_MOST_LAYERS; i++)
        tensor_free(features->units[i]);
    free(features);
}

typedef struct Comparison {
    const Lpips *lpips;
    const LpipsFeatures *features;
    LpipsMap *maps;
} Comparison;

static void compare_layer(void *context, int layer, Tensor *feature)
{
    const Comparison *c = context;
    Tensor *distances = tensor_unit_distances(
        c->features->units[layer], tensor_to_type(feature, TENSOR_FLOAT), c->lpips->linear[layer]);
    LpipsMap *map = &c->maps[layer];
    if (error_pending())
        return;
    map->height = (int)tensor_extent(distances, 2);
    map->width = (int)tensor_extent(distances, 3);
    map->values = memory_array((size_t)tensor_count(distances), sizeof *map->values);
    tensor_to_floats(distances, map->values, tensor_count(distances));
}

int lpips_maps(Lpips *l, const LpipsFeatures *features, Tensor *image,
               LpipsMap maps[LPIPS_MOST_LAYERS])
{
    Comparison comparison = {l, features, maps};
    for (int i = 0; i < LPIPS_MOST_LAYERS; i++)
        maps[i] = (LpipsMap){0};
    tensor_no_grad_begin();
    network_visit(l->network, image, FORWARD_FROZEN, compare_layer, &comparison);
    tensor_no_grad_end();
    if (!error_pending())
        return 0;
    lpips_maps_free(maps);
    return -1;
}

void lpips_maps_free(LpipsMap maps[LPIPS_MOST_LAYERS])
{
    for (int i = 0; i < LPIPS_MOST_LAYERS; i++) {
        free(maps[i].values);
        maps[i] = (LpipsMap){0};
    }
}

double lpips_map_mean(const LpipsMap *map)
{
    size_t count = (size_t)map->height * (size_t)map->width;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += map->values[i];
    return sum / (double)count;
}

int lpips_distance(Lpips *l, Tensor *a, Tensor *b, double *value, double layers[LPIPS_MOST_LAYERS])
{
    LpipsMap maps[LPIPS_MOST_LAYERS];
    LpipsFeatures *features = lpips_features(l, a);
    int result = features ? lpips_maps(l, features, b, maps) : -1;
    *value = 0;
    for (int i = 0; result == 0 && i < l->layers; i++) {
        double distance = lpips_map_mean(&maps[i]);
        *value += distance;
        if (layers)
            layers[i] = distance;
    }
    if (result == 0)
        lpips_maps_free(maps);
    lpips_features_free(features);
    return result;
}
