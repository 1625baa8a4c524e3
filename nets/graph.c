#include "nets/graph.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

Graph *graph_new(void)
{
    return memory_new(sizeof(Graph));
}

void graph_free(Graph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->count; i++) {
        free(g->nodes[i]->name);
        free(g->nodes[i]);
    }
    for (int i = 0; i < g->parameter_count; i++)
        free(g->parameters[i].key);
    free(g->nodes);
    free(g->parameters);
    free(g->taps);
    free(g);
}

Graph *graph_finish(Graph *g)
{
    if (!error_pending())
        return g;
    graph_free(g);
    return NULL;
}

void graph_enter(Graph *g, const char *format, ...)
{
    size_t length = strlen(g->prefix);
    va_list values;
    va_start(values, format);
    int added = vsnprintf(g->prefix + length, sizeof g->prefix - length, format, values);
    va_end(values);
    if (added < 0 || length + (size_t)added + 2 > sizeof g->prefix ||
        g->depth == GRAPH_MOST_DEPTH) {
        g->prefix[length] = 0;
        error_set(ERROR_CONFIG, "%s: layer names are nested too deeply", g->prefix);
        return;
    }
    strcat(g->prefix, ".");
    g->entered[g->depth++] = length;
}

void graph_leave(Graph *g)
{
    if (g->depth > 0)
        g->prefix[g->entered[--g->depth]] = 0;
}

Node *graph_add(Graph *g, Operation operation, const char *name, Node *const *inputs, int count)
{
    if (error_pending())
        return NULL;
    if (count > NODE_MOST_INPUTS) {
        error_set(ERROR_CONFIG, "%s: too many inputs", operation_name(operation));
        return NULL;
    }
    Node *node = memory_new(sizeof *node);
    node->index = g->count;
    node->operation = operation;
    node->name = memory_print("%s%s", *name ? g->prefix : "", name);
    node->weight = node->bias = node->spectral_u = node->spectral_v = node->steps = -1;
    node->running_mean = node->running_variance = node->batches = -1;
    for (int i = 0; i < NODE_PARTS; i++)
        node->parts[i] = -1;
    node->projection = node->projection_bias = node->table = -1;
    node->last_use = g->count;
    for (int i = 0; i < count; i++) {
        node->inputs[node->input_count++] = inputs[i];
        inputs[i]->last_use = node->index;
        inputs[i]->readers++;
    }
    node->channels = count ? inputs[0]->channels : 0;
    memory_grow(&g->nodes, g->count, &g->capacity, sizeof *g->nodes);
    g->nodes[g->count++] = node;
    g->output = node;
    return node;
}

int graph_parameter(Graph *g, const char *layer, const char *name, int rank, const int64_t *shape)
{
    memory_grow(&g->parameters, g->parameter_count, &g->parameter_capacity, sizeof *g->parameters);
    Parameter *p = &g->parameters[g->parameter_count];
    *p = (Parameter){.key = memory_print("%s%s%s", layer, *layer ? "." : "", name),
                     .rank = rank,
                     .count = 1,
                     .trained = true};
    for (int i = 0; i < rank; i++) {
        p->shape[i] = shape[i];
        p->count *= shape[i];
    }
    return g->parameter_count++;
}

void graph_output(Graph *g, Node *node)
{
    g->output = node;
}

void graph_tap(Graph *g, Node *node)
{
    if (error_pending())
        return;
    memory_grow(&g->taps, g->tap_count, &g->tap_capacity, sizeof *g->taps);
    g->taps[g->tap_count++] = node;
}

const Parameter *graph_find_parameter(const Graph *g, const char *key)
{
    for (int i = 0; i < g->parameter_count; i++)
        if (strcmp(g->parameters[i].key, key) == 0)
            return &g->parameters[i];
    return NULL;
}

int64_t graph_trained_count(const Graph *g)
{
    int64_t count = 0;
    for (int i = 0; i < g->parameter_count; i++)
        count += g->parameters[i].trained ? g->parameters[i].count : 0;
    return count;
}

const char *operation_name(Operation operation)
{
    switch (operation) {
    case OPERATION_INPUT:
        return "input";
    case OPERATION_CONV:
        return "conv";
    case OPERATION_PRELU:
        return "prelu";
    case OPERATION_LEAKY_RELU:
        return "leaky_relu";
    case OPERATION_RELU:
        return "relu";
    case OPERATION_SILU:
        return "silu";
    case OPERATION_SIGMOID:
        return "sigmoid";
    case OPERATION_MISH:
        return "mish";
    case OPERATION_GELU:
        return "gelu";
    case OPERATION_ADD:
        return "add";
    case OPERATION_MULTIPLY:
        return "multiply";
    case OPERATION_AFFINE:
        return "affine";
    case OPERATION_QUANTISE:
        return "quantise";
    case OPERATION_NORMALISE:
        return "normalise";
    case OPERATION_CONCAT:
        return "concat";
    case OPERATION_SLICE:
        return "slice";
    case OPERATION_REPEAT:
        return "repeat";
    case OPERATION_PIXEL_SHUFFLE:
        return "pixel_shuffle";
    case OPERATION_PIXEL_UNSHUFFLE:
        return "pixel_unshuffle";
    case OPERATION_NEAREST:
        return "nearest";
    case OPERATION_BILINEAR:
        return "bilinear";
    case OPERATION_MAX_POOL:
        return "max_pool";
    case OPERATION_BATCH_NORM:
        return "batch_norm";
    case OPERATION_GROUP_NORM:
        return "group_norm";
    case OPERATION_LAYER_NORM:
        return "layer_norm";
    case OPERATION_PAD_TO_MULTIPLE:
        return "pad_to_multiple";
    case OPERATION_CROP:
        return "crop";
    case OPERATION_WINDOW_ATTENTION:
        return "window_attention";
    }
    return "?";
}

/* One side of a pooling window's count of places. */
static int64_t pooled(const Node *n, int64_t extent)
{
    int64_t places = (extent - n->kernel + (n->ceil_mode ? n->stride - 1 : 0)) / n->stride + 1;
    /* The last window must begin inside. */
    return n->ceil_mode && (places - 1) * n->stride >= extent ? places - 1 : places;
}

static int64_t extent_after(const Node *n, int64_t extent)
{
    switch (n->operation) {
    case OPERATION_CONV:
        return (extent + 2 * n->padding - n->kernel) / n->stride + 1;
    case OPERATION_PIXEL_SHUFFLE:
    case OPERATION_NEAREST:
    case OPERATION_BILINEAR:
        return extent * n->factor;
    case OPERATION_PIXEL_UNSHUFFLE:
        return extent % n->factor ? 0 : extent / n->factor;
    case OPERATION_MAX_POOL:
        return extent < n->kernel ? 0 : pooled(n, extent);
    case OPERATION_INPUT:
    case OPERATION_PRELU:
    case OPERATION_LEAKY_RELU:
    case OPERATION_RELU:
    case OPERATION_SILU:
    case OPERATION_SIGMOID:
    case OPERATION_MISH:
    case OPERATION_GELU:
    case OPERATION_ADD:
    case OPERATION_MULTIPLY:
    case OPERATION_AFFINE:
    case OPERATION_QUANTISE:
    case OPERATION_NORMALISE:
    case OPERATION_CONCAT:
    case OPERATION_SLICE:
    case OPERATION_REPEAT:
    case OPERATION_BATCH_NORM:
    case OPERATION_GROUP_NORM:
    case OPERATION_LAYER_NORM:
        break;
    case OPERATION_PAD_TO_MULTIPLE:
        return (extent + n->factor - 1) / n->factor * n->factor;
    case OPERATION_CROP:
        return extent * n->factor;
    case OPERATION_WINDOW_ATTENTION:
        return extent % n->kernel ? 0 : extent;
    }
    return extent;
}

/* Whether all inputs have the extents of the first; a crop's second one only gives its own. */
static bool inputs_agree(const Node *n, const int64_t *heights, const int64_t *widths)
{
    for (int k = 1; k < n->input_count && n->operation != OPERATION_CROP; k++)
        if (heights[n->inputs[k]->index] != heights[n->inputs[0]->index] ||
            widths[n->inputs[k]->index] != widths[n->inputs[0]->index])
            return false;
    return true;
}

/* Far beyond every picture; enlargements in a row do not overflow. */
static const int64_t MOST_EXTENT = (int64_t)1 << 24;

int graph_extents(const Graph *g, int64_t h, int64_t w, int64_t *heights, int64_t *widths)
{
    if (g->input_size && (h != g->input_size || w != g->input_size))
        return error_set(ERROR_SHAPE, "this network takes inputs of %dx%d, not %lldx%lld",
                         g->input_size, g->input_size, (long long)w, (long long)h);
    for (int i = 0; i < g->count; i++) {
        const Node *n = g->nodes[i];
        const Node *from = n->inputs[n->operation == OPERATION_CROP];
        heights[i] = extent_after(n, from ? heights[from->index] : h);
        widths[i] = extent_after(n, from ? widths[from->index] : w);
        if (!inputs_agree(n, heights, widths) || heights[i] < 1 || widths[i] < 1 ||
            heights[i] > MOST_EXTENT || widths[i] > MOST_EXTENT)
            return error_set(ERROR_SHAPE, "%s %s: an input of %lldx%lld does not fit this network",
                             operation_name(n->operation), n->name, (long long)w, (long long)h);
    }
    return 0;
}
