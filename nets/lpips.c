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

static double layer_distance(const Lpips *l, int i, Tensor *a, Tensor *b)
{
    tensor_scope_begin();
    double value = tensor_item(layer_mean(l, i, a, b, 0));
    tensor_scope_end();
    return value;
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

int lpips_distance(Lpips *l, Tensor *a, Tensor *b, double *value, double layers[LPIPS_MOST_LAYERS])
{
    Tensor *features_a[LPIPS_MOST_LAYERS], *features_b[LPIPS_MOST_LAYERS];
    *value = 0;
    tensor_scope_begin();
    tensor_no_grad_begin();
    network_forward(l->network, a, FORWARD_FROZEN, features_a);
    network_forward(l->network, b, FORWARD_FROZEN, features_b);
    for (int i = 0; i < l->layers && !error_pending(); i++) {
        double distance = layer_distance(l, i, features_a[i], features_b[i]);
        *value += distance;
        if (layers)
            layers[i] = distance;
    }
    tensor_no_grad_end();
    tensor_scope_end();
    return error_pending() ? -1 : 0;
}
