#include "nets/network.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "nets/compose.h"
#include "nets/fused/fused.h"
#include "nets/network_nodes.h"
#include "nets/segments.h"

/* One parameter of the graph as tensors. */
typedef struct Slot {
    int64_t offset; /* in the flat vector; -1 for a buffer */
    Tensor *leaf;   /* gradients go into the flat vector; NULL while there is none */
    Tensor *frozen; /* the same values without gradients; the buffer itself for buffers */
} Slot;

struct Network {
    const Graph *graph;
    Precision precision;
    FusedCache *fused; /* NULL: libtorch computes everything */
    Tensor *values, *gradients;
    Slot *slots;
    bool *cuts;         /* nodes where runs end while somebody watches: gradients come early */
    TensorWatch *watch; /* of the trained slots' leaves, or NULL */
    int *watched;       /* their indices */
    NetworkWatcher *complete;
    void *context;
    NetworkClock clock;
};

static int fill_slot(Network *n, int i, int64_t *offset)
{
    const Parameter *p = &n->graph->parameters[i];
    Slot *slot = &n->slots[i];
    if (p->trained) {
        slot->offset = *offset;
        tensor_scope_begin();
        Tensor *part = tensor_slice(n->values, 0, *offset, p->count);
        slot->frozen = tensor_keep(tensor_reshape(part, p->rank, p->shape));
        tensor_scope_end();
        *offset += p->count;
    } else {
        slot->offset = -1;
        slot->frozen = tensor_zeros(p->constant ? 0 : p->rank, p->shape);
    }
    tensor_own(slot->frozen);
    return slot->frozen ? 0 : -1;
}

/* Makes the vector of gradients, which networks that never learn do without. */
static void need_gradients(Network *n)
{
    if (n->gradients)
        return;
    int64_t count = graph_trained_count(n->graph);
    n->gradients = tensor_own(tensor_zeros(1, &count));
    for (int i = 0; i < n->graph->parameter_count; i++) {
        const Parameter *p = &n->graph->parameters[i];
        Slot *slot = &n->slots[i];
        if (slot->offset >= 0)
            slot->leaf = tensor_own(
                tensor_parameter(n->values, n->gradients, slot->offset, p->rank, p->shape));
    }
}

Network *network_new(const Graph *graph, const Weights *weights, Precision precision)
{
    Network *n = memory_new(sizeof *n);
    n->graph = graph;
    n->precision = precision;
    if (network_is_fused(graph, BACKEND_AUTO))
        n->fused = fused_cache_new(graph);
    n->slots = memory_array((size_t)graph->parameter_count + 1, sizeof *n->slots);
    int64_t count = graph_trained_count(graph), offset = 0;
    n->values = tensor_own(tensor_zeros(1, &count));
    bool good = n->values != NULL;
    for (int i = 0; good && i < graph->parameter_count; i++)
        good = fill_slot(n, i, &offset) == 0;
    if (good && network_set_weights(n, weights) == 0)
        return n;
    network_free(n);
    return NULL;
}

void network_free(Network *n)
{
    if (!n)
        return;
    for (int i = 0; i < n->graph->parameter_count; i++) {
        tensor_free(n->slots[i].leaf);
        tensor_free(n->slots[i].frozen);
    }
    network_watch(n, NULL, NULL);
    fused_cache_free(n->fused);
    tensor_free(n->values);
    tensor_free(n->gradients);
    free(n->slots);
    free(n);
}

Tensor *network_values(Network *n)
{
    return n->values;
}

const char *network_backend_name(const Network *n)
{
    return n->fused ? "fused" : "torch";
}

Precision network_precision(const Network *n)
{
    return n->precision;
}

void network_observe(Network *n, NetworkObserver *observe, void *context)
{
    n->clock = (NetworkClock){observe, context};
    if (n->fused)
        fused_cache_time(n->fused, n->clock);
}

double network_tell(const NetworkClock *clock, const Node *node, bool back, double begun)
{
    if (!clock->observe)
        return 0;
    double now = clock_seconds();
    if (node)
        clock->observe(clock->context, node, back, now - begun);
    return now;
}

void network_fix(Network *n)
{
    if (n && n->fused)
        fused_cache_fix(n->fused);
}

Tensor *network_gradients(Network *n)
{
    need_gradients(n);
    return n->gradients;
}

const Graph *network_graph(const Network *n)
{
    return n->graph;
}

static void pass_on(void *context, int index)
{
    const Network *n = context;
    int i = n->watched[index];
    n->complete(n->context, index, n->slots[i].offset, n->graph->parameters[i].count);
}

/* Where a graph falls into about eight parts. */
static bool *find_cuts(const Graph *g)
{
    enum { PARTS = 8, EDGE = 64 };
    int borders[PARTS + 1], edge = g->input_size ? g->input_size : EDGE;
    bool *cuts = memory_array((size_t)g->count + 1, sizeof *cuts);
    int parts = segments_plan(g, edge, edge, PARTS, borders);
    if (parts < 0)
        error_clear(); /* it asks for other extents: no cuts */
    for (int i = 1; i < parts; i++)
        cuts[borders[i]] = true;
    return cuts;
}

int network_watch(Network *n, NetworkWatcher *complete, void *context)
{
    if (n->watch)
        tensor_unwatch(n->watch);
    free(n->watched);
    free(n->cuts);
    n->watch = NULL;
    n->watched = NULL;
    n->cuts = NULL;
    if (!complete)
        return 0;
    int count = 0;
    need_gradients(n);
    n->complete = complete;
    n->context = context;
    n->watched = memory_array((size_t)n->graph->parameter_count + 1, sizeof *n->watched);
    Tensor **leaves = memory_array((size_t)n->graph->parameter_count + 1, sizeof *leaves);
    for (int i = 0; i < n->graph->parameter_count; i++) {
        if (n->slots[i].offset < 0)
            continue;
        n->watched[count] = i;
        leaves[count++] = n->slots[i].leaf;
    }
    n->watch = tensor_watch(leaves, count, pass_on, n);
    n->cuts = find_cuts(n->graph);
    free(leaves);
    return n->watch ? 0 : -1;
}

int network_set_weights(Network *n, const Weights *weights)
{
    if (graph_check_weights(n->graph, weights, "weights") != 0)
        return -1;
    if (n->fused)
        fused_cache_forget(n->fused);
    for (int i = 0; i < n->graph->parameter_count; i++) {
        const Parameter *p = &n->graph->parameters[i];
        if (!p->constant && tensor_set_floats(n->slots[i].frozen,
                                              weights_find(weights, p->key)->values, p->count) != 0)
            return -1;
    }
    return 0;
}

Weights *network_weights(const Network *n, Tensor *values)
{
    const Graph *g = n->graph;
    int64_t count = graph_trained_count(g);
    float *flat = memory_array((size_t)count + 1, sizeof *flat);
    Weights *weights = weights_new();
    int result = tensor_to_floats(values ? values : n->values, flat, count);
    for (int i = 0; result == 0 && i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        Weight *w = weights_add(weights, p->key, p->rank, p->shape);
        if (p->constant)
            continue;
        if (n->slots[i].offset < 0)
            result = tensor_to_floats(n->slots[i].frozen, w->values, p->count);
        else
            memcpy(w->values, flat + n->slots[i].offset, (size_t)p->count * sizeof *flat);
    }
    free(flat);
    if (result == 0) {
        graph_compose(g, weights);
        graph_complete_weights(g, weights);
        return weights;
    }
    weights_free(weights);
    return NULL;
}

/* ---- One forward pass ---------------------------------------------------------------------- */

/* A parameter as it is kept: fp32, in every precision. */
static Tensor *master(const Pass *p, int index)
{
    const Slot *slot = &p->network->slots[index];
    return p->mode & FORWARD_FROZEN || slot->offset < 0 ? slot->frozen : slot->leaf;
}

static Tensor *in_precision(const Pass *p, Tensor *t)
{
    return p->network->precision == PRECISION_BF16 ? tensor_to_type(t, TENSOR_BF16) : t;
}

/* A parameter in the precision of this pass. */
static Tensor *parameter(const Pass *p, int index)
{
    return index < 0 ? NULL : in_precision(p, master(p, index));
}

static Tensor *composed_weight(const Pass *p, const int *parts)
{
    return tensor_compose_kernel(master(p, parts[PART_BESIDE]), master(p, parts[PART_IN]),
                                 master(p, parts[PART_MIDDLE]), master(p, parts[PART_OUT]));
}

static Tensor *composed_bias(const Pass *p, const int *parts)
{
    return tensor_compose_bias(master(p, parts[PART_BESIDE + 1]), master(p, parts[PART_IN + 1]),
                               master(p, parts[PART_MIDDLE + 1]), master(p, parts[PART_OUT + 1]),
                               master(p, parts[PART_MIDDLE]), master(p, parts[PART_OUT]));
}

static Tensor *spectral_weight(const Pass *p, const Node *n)
{
    const Slot *slots = p->network->slots;
    return tensor_spectral(master(p, n->weight), slots[n->spectral_u].frozen,
                           slots[n->spectral_v].frozen, (p->mode & FORWARD_UPDATE_SPECTRAL) != 0);
}

Tensor *network_parameter(const Pass *p, const Node *n, bool is_bias)
{
    if (n->operation == OPERATION_CONV && n->parts[0] >= 0)
        return is_bias ? composed_bias(p, n->parts) : composed_weight(p, n->parts);
    if (n->operation == OPERATION_CONV && n->spectral_u >= 0 && !is_bias)
        return spectral_weight(p, n);
    return master(p, is_bias ? n->bias : n->weight);
}

static Tensor *run_conv(const Pass *p, const Node *n, Tensor *x)
{
    Tensor *weight = in_precision(p, network_parameter(p, n, false));
    if (p->network->graph->parameters[n->weight].rank == 2) {
        const int64_t shape[] = {n->channels, n->inputs[0]->channels, n->kernel, n->kernel};
        weight = tensor_reshape(weight, 4, shape);
    }
    Tensor *bias = n->bias < 0 ? NULL : in_precision(p, network_parameter(p, n, true));
    return tensor_conv(in_precision(p, x), weight, bias, n->stride, n->padding);
}

/* The node's place among the taps, or -1. */
static int tap_of(const Graph *g, const Node *n)
{
    for (int i = 0; i < g->tap_count; i++)
        if (g->taps[i] == n)
            return i;
    return -1;
}

static bool is_tap(const Graph *g, const Node *n)
{
    return tap_of(g, n) >= 0;
}

bool network_overwrites(const Graph *g, const Node *n)
{
    if (n->operation != OPERATION_RELU && !(n->operation == OPERATION_LEAKY_RELU && n->value > 0))
        return false;
    const Node *x = n->inputs[0];
    return (x->operation == OPERATION_CONV || x->operation == OPERATION_PIXEL_SHUFFLE) &&
           x->readers == 1 && x != g->output && !is_tap(g, x);
}

static Tensor *run_batch_norm(const Pass *p, const Node *n, Tensor *x)
{
    const Slot *slots = p->network->slots;
    BatchNorm state = {.mean = slots[n->running_mean].frozen,
                       .variance = slots[n->running_variance].frozen,
                       .batches = slots[n->batches].frozen,
                       .of_batch = (p->mode & FORWARD_BATCH_STATISTICS) != 0,
                       .move = (p->mode & FORWARD_UPDATE_STATISTICS) != 0,
                       .epsilon = n->value};
    return tensor_batch_norm(x, master(p, n->weight), master(p, n->bias), &state);
}

static Tensor *run_pixel_linear(const Pass *p, Tensor *x, int weight, int bias)
{
    const int64_t *shape = p->network->graph->parameters[weight].shape;
    const int64_t kernel[] = {shape[0], shape[1], 1, 1};
    return tensor_conv(x, tensor_reshape(parameter(p, weight), 4, kernel), parameter(p, bias), 1,
                       0);
}

static Tensor *run_attention(const Pass *p, const Node *n, Tensor *x)
{
    if (p->network->precision == PRECISION_BF16)
        x = tensor_to_type(x, TENSOR_BF16);
    Tensor *qkv = run_pixel_linear(p, x, n->weight, n->bias);
    Windows windows = {.side = n->kernel, .shift = n->padding, .heads = n->factor};
    Tensor *seen = tensor_window_attention(qkv, master(p, n->table), windows);
    return run_pixel_linear(p, seen, n->projection, n->projection_bias);
}

static Tensor *run_crop(const Pass *p, const Node *n, Tensor *x)
{
    const Tensor *reference = p->values[n->inputs[1]->index];
    x = tensor_slice(x, 2, 0, tensor_extent(reference, 2) * n->factor);
    return tensor_slice(x, 3, 0, tensor_extent(reference, 3) * n->factor);
}

static Tensor *run_normalise(const Node *n, Tensor *x)
{
    float factor[4], offset[4];
    for (int c = 0; c < n->channels && c < 4; c++) {
        factor[c] = 1 / n->deviation[c];
        offset[c] = -n->mean[c] / n->deviation[c];
    }
    const int64_t shape[] = {1, n->channels, 1, 1};
    x = tensor_multiply(x, tensor_from_floats(factor, 4, shape));
    return tensor_add(x, tensor_from_floats(offset, 4, shape));
}

static Tensor *run_concat(const Pass *p, const Node *n)
{
    Tensor *parts[NODE_MOST_INPUTS];
    for (int i = 0; i < n->input_count; i++)
        parts[i] = p->values[n->inputs[i]->index];
    return tensor_concat(parts, n->input_count, 1);
}

/* A fused run's results stay as they are until its way back. */
static bool may_overwrite(const Pass *p, const Node *n)
{
    bool alone = !p->network->fused || (p->mode & FORWARD_TWICE);
    return alone && network_overwrites(p->network->graph, n);
}

/* By libtorch. */
static Tensor *run_node(const Pass *p, const Node *n)
{
    Tensor *x = n->input_count ? p->values[n->inputs[0]->index] : NULL;
    switch (n->operation) {
    case OPERATION_INPUT:
        return tensor_channels_last(p->image);
    case OPERATION_CONV:
        return run_conv(p, n, x);
    case OPERATION_PRELU:
        return tensor_prelu(x, parameter(p, n->weight));
    case OPERATION_LEAKY_RELU:
        return may_overwrite(p, n) ? tensor_leaky_relu_in_place(x, n->value)
                                   : tensor_leaky_relu(x, n->value);
    case OPERATION_RELU:
        return may_overwrite(p, n) ? tensor_relu_in_place(x) : tensor_relu(x);
    case OPERATION_SILU:
        return tensor_silu(x);
    case OPERATION_SIGMOID:
        return tensor_sigmoid(x);
    case OPERATION_MISH:
        return tensor_mish(x);
    case OPERATION_GELU:
        return tensor_gelu(x);
    case OPERATION_ADD:
        return tensor_add_scaled(x, p->values[n->inputs[1]->index], n->value);
    case OPERATION_MULTIPLY:
        return tensor_multiply(x, p->values[n->inputs[1]->index]);
    case OPERATION_AFFINE:
        return tensor_affine(x, n->value, n->shift);
    case OPERATION_QUANTISE:
        return tensor_quantise(x, n->value, n->first);
    case OPERATION_NORMALISE:
        return run_normalise(n, x);
    case OPERATION_CONCAT:
        return run_concat(p, n);
    case OPERATION_SLICE:
        return tensor_slice(x, 1, n->first, n->channels);
    case OPERATION_REPEAT:
        return tensor_repeat_channels(x, n->factor);
    case OPERATION_PIXEL_SHUFFLE:
        return tensor_pixel_shuffle(x, n->factor);
    case OPERATION_PIXEL_UNSHUFFLE:
        return tensor_pixel_unshuffle(x, n->factor);
    case OPERATION_NEAREST:
        return tensor_nearest(x, n->factor);
    case OPERATION_BILINEAR:
        return tensor_bilinear(x, n->factor);
    case OPERATION_MAX_POOL:
        return tensor_max_pool(x, n->kernel, n->stride, n->ceil_mode);
    case OPERATION_BATCH_NORM:
        return run_batch_norm(p, n, x);
    case OPERATION_GROUP_NORM:
        return tensor_group_norm(x, master(p, n->weight), master(p, n->bias), n->factor, n->value);
    case OPERATION_LAYER_NORM:
        return tensor_layer_norm(x, master(p, n->weight), master(p, n->bias), n->value);
    case OPERATION_PAD_TO_MULTIPLE:
        return tensor_pad_to_multiple(x, n->factor);
    case OPERATION_CROP:
        return run_crop(p, n, x);
    case OPERATION_WINDOW_ATTENTION:
        return run_attention(p, n, x);
    }
    return NULL;
}

/* ---- Runs of nodes ----------------------------------------------------------------------------
 */

Tensor *network_value(const Pass *p, const Node *n)
{
    return n->operation == OPERATION_INPUT ? p->image : p->values[n->index];
}

bool network_records(const Pass *p, int first, int end)
{
    const Graph *g = p->network->graph;
    for (int i = first; i < end && !(p->mode & FORWARD_FROZEN); i++) {
        const Node *n = g->nodes[i];
        int parameters[] = {n->weight, n->bias, n->parts[0]};
        for (int k = 0; k < 3; k++)
            if (parameters[k] >= 0 && g->parameters[parameters[k]].trained)
                return tensor_records(p->network->slots[parameters[k]].leaf);
    }
    return false;
}

/* Whether a result is read behind `border` or by the caller. */
static bool outlives(const Node *n, int border, const bool *visible)
{
    return n->last_use >= border || visible[n->index];
}

static void free_dead(const Pass *p, int first, int end, const bool *visible)
{
    for (int i = first; i < end; i++) {
        if (!p->values[i] || outlives(p->network->graph->nodes[i], end, visible))
            continue;
        tensor_free(p->values[i]);
        p->values[i] = NULL;
    }
}

int network_end_of_run(const Graph *g, const bool *cuts, int first, int end, bool *is_fused_run)
{
    int at = first;
    *is_fused_run = false;
    for (; at < end && fused_knows(g->nodes[at]) && !(at > first && cuts && cuts[at]); at++)
        *is_fused_run = *is_fused_run || g->nodes[at]->operation == OPERATION_CONV;
    return at > first ? at : first + 1;
}

/* The same in a pass. */
static int end_of_run(const Pass *p, int first, int end, bool *is_fused_run)
{
    const Network *n = p->network;
    *is_fused_run = false;
    if (!n->fused || (p->mode & FORWARD_TWICE))
        return first + 1;
    return network_end_of_run(n->graph, p->mode & FORWARD_FROZEN ? NULL : n->cuts, first, end,
                              is_fused_run);
}

static void run_fused(const Pass *p, int first, int end, const bool *visible)
{
    const Graph *g = p->network->graph;
    bool *outside = memory_array((size_t)g->count + 1, sizeof *outside);
    for (int i = first; i < end; i++)
        outside[i] = outlives(g->nodes[i], end, visible);
    fused_run(p, p->network->fused, first, end, outside);
    if (g->nodes[first]->operation == OPERATION_INPUT && outside[first])
        p->values[first] = tensor_channels_last(p->image);
    free(outside);
}

void network_run_nodes(const Pass *p, int first, int end, const bool *visible)
{
    const Graph *g = p->network->graph;
    if (!(p->mode & FORWARD_FROZEN))
        need_gradients(p->network);
    for (int at = first, next; at < end && !error_pending(); at = next) {
        bool is_fused_run;
        next = end_of_run(p, at, end, &is_fused_run);
        if (is_fused_run)
            run_fused(p, at, next, visible);
        for (int i = at; !is_fused_run && i < next && !error_pending(); i++) {
            double begun = network_tell(&p->network->clock, NULL, false, 0);
            tensor_scope_begin();
            p->values[i] = tensor_keep(run_node(p, g->nodes[i]));
            tensor_scope_end();
            network_tell(&p->network->clock, g->nodes[i], false, begun);
            free_dead(p, first, i + 1, visible);
        }
        free_dead(p, first, next, visible);
    }
}

/* A pass, and which results its caller sees. */
static Pass begin_pass(Network *n, Tensor *image, int mode, bool **visible)
{
    size_t room = (size_t)n->graph->count + 1;
    *visible = memory_array(room, sizeof **visible);
    return (Pass){n, mode, image, memory_array(room, sizeof(Tensor *))};
}

Tensor *network_forward(Network *network, Tensor *image, int mode, Tensor **taps)
{
    const Graph *g = network->graph;
    bool *visible;
    Pass pass = begin_pass(network, image, mode, &visible);
    visible[g->output->index] = true;
    for (int i = 0; taps && i < g->tap_count; i++)
        visible[g->taps[i]->index] = true;
    tensor_scope_begin();
    network_run_nodes(&pass, 0, g->count, visible);
    for (int i = 0; taps && i < g->tap_count; i++)
        taps[i] = tensor_keep(pass.values[g->taps[i]->index]);
    Tensor *output = tensor_keep(tensor_to_type(pass.values[g->output->index], TENSOR_FLOAT));
    tensor_scope_end();
    free(pass.values);
    free(visible);
    return output;
}

void network_visit(Network *network, Tensor *image, int mode, NetworkVisitor *visit, void *context)
{
    const Graph *g = network->graph;
    bool *visible;
    Pass pass = begin_pass(network, image, mode, &visible);
    tensor_scope_begin();
    for (int at = 0, next; at < g->count && !error_pending(); at = next) {
        next = at + 1;
        while (next < g->count && !is_tap(g, g->nodes[next - 1]))
            next++;
        int last = next - 1, tap = tap_of(g, g->nodes[last]);
        for (int i = at; i < next; i++)
            visible[i] = g->nodes[i]->last_use >= next || (i == last && tap >= 0);
        network_run_nodes(&pass, at, next, visible);
        tensor_scope_begin();
        if (tap >= 0 && !error_pending())
            visit(context, tap, pass.values[last]);
        tensor_scope_end();
        memset(visible, 0, (size_t)g->count * sizeof *visible);
        free_dead(&pass, 0, next, visible);
    }
    tensor_scope_end();
    free(pass.values);
    free(visible);
}
