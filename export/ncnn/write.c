#include "export/ncnn/write.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/elements.h"

enum { MAGIC = 7767517, HALF_TAG = 0x01306B47 };
enum { BINARY_ADD = 0, BINARY_MULTIPLY = 2, RESIZE_NEAREST = 1, RESIZE_BILINEAR = 2 };
/* Orders of Permute: the channels become the innermost extent, and back. */
enum { CHANNELS_INNERMOST = 3, CHANNELS_OUTERMOST = 4 };

typedef struct NcnnWriter {
    const char *path;
    const Graph *graph;
    const Weights *weights;
    FILE *layers; /* of the .param, without its head */
    FileWriter *bin;
    int layer_count, blob_count, split_count;
    char **results; /* of every node */
    int *reads;     /* how often each was read */
} NcnnWriter;

/* ---- Layers and blobs ----------------------------------------------------------------------- */

/* A layer's name: its own in the network, or "add_12". The caller frees it. */
static char *label_of(const Node *n)
{
    return *n->name ? memory_copy_string(n->name)
                    : memory_print("%s_%d", operation_name(n->operation), n->index);
}

/* A line of the .param; `inputs` and `outputs` are names between blanks. */
static void add_layer(NcnnWriter *w, const char *type, const char *name, int input_count,
                      const char *inputs, int output_count, const char *outputs)
{
    fprintf(w->layers, "%s%-16s %-24s %d %d%s%s %s", w->layer_count ? "\n" : "", type, name,
            input_count, output_count, *inputs ? " " : "", inputs, outputs);
    w->layer_count++;
    w->blob_count += output_count;
}

/* " 0=64" behind the line that was added last. */
static void set_integer(NcnnWriter *w, int id, int64_t value)
{
    fprintf(w->layers, " %d=%lld", id, (long long)value);
}

/* ncnn reads 15 characters, and takes numbers without a point for integers. */
static void set_real(NcnnWriter *w, int id, double value)
{
    fprintf(w->layers, " %d=%.8e", id, value);
}

/* A list of one integer. */
static void set_list(NcnnWriter *w, int id, int value)
{
    fprintf(w->layers, " %d=1,%d", -23300 - id, value);
}

/* The blob in which a reader of n finds its result: a blob has one reader. */
static char *blob_of(NcnnWriter *w, const Node *n)
{
    if (n->readers < 2)
        return memory_copy_string(w->results[n->index]);
    return memory_print("%s_splitncnn_%d", w->results[n->index], w->reads[n->index]++);
}

static void split(NcnnWriter *w, const Node *n)
{
    char *outputs = memory_copy_string("");
    for (int i = 0; i < n->readers; i++) {
        char *longer =
            memory_print("%s%s%s_splitncnn_%d", outputs, i ? " " : "", w->results[n->index], i);
        free(outputs);
        outputs = longer;
    }
    char *name = memory_print("splitncnn_%d", w->split_count++);
    add_layer(w, "Split", name, 1, w->results[n->index], n->readers, outputs);
    free(name);
    free(outputs);
}

/* The layer that reads all of n's inputs and makes its result. */
static void add_node(NcnnWriter *w, const Node *n, const char *type)
{
    char *label = label_of(n), *inputs = memory_copy_string("");
    for (int i = 0; i < n->input_count; i++) {
        char *blob = blob_of(w, n->inputs[i]);
        char *longer = memory_print("%s%s%s", inputs, i ? " " : "", blob);
        free(inputs);
        free(blob);
        inputs = longer;
    }
    add_layer(w, type, label, n->input_count, inputs, 1, w->results[n->index]);
    free(inputs);
    free(label);
}

/* One of a chain of layers that make n together, from blob `input` to `output`; NULL stands for
 * n's first input and for its result. */
static void add_step(NcnnWriter *w, const Node *n, const char *type, const char *suffix,
                     const char *input, const char *output)
{
    char *label = label_of(n), *name = memory_print("%s%s", label, suffix);
    char *first = input ? NULL : blob_of(w, n->inputs[0]);
    add_layer(w, type, name, 1, input ? input : first, 1, output ? output : w->results[n->index]);
    free(first);
    free(name);
    free(label);
}

/* ---- Weights -------------------------------------------------------------------------------- */

static void put(NcnnWriter *w, const void *bytes, size_t count)
{
    if (!error_pending())
        file_write(w->bin, bytes, count);
}

static const float *values_of(const NcnnWriter *w, int parameter)
{
    return weights_find(w->weights, w->graph->parameters[parameter].key)->values;
}

static void put_parameter(NcnnWriter *w, int parameter)
{
    const Parameter *p = &w->graph->parameters[parameter];
    put(w, values_of(w, parameter), (size_t)p->count * sizeof(float));
}

/* A kernel: a tag, float16 values, and zeros up to a multiple of 4 bytes. */
static void put_halves(NcnnWriter *w, const float *values, int64_t count, const char *name)
{
    const uint32_t tag = HALF_TAG;
    size_t padded = (size_t)(count + 1) / 2 * 2;
    uint16_t *halves = memory_array(padded, sizeof *halves);
    element_to_half(values, count, halves);
    for (int64_t i = 0; i < count; i++)
        if ((halves[i] & 0x7c00) == 0x7c00) {
            error_set(ERROR_FORMAT, "%s: %s: a weight of %g is more than float16 holds", w->path,
                      name, (double)values[i]);
            break;
        }
    put(w, &tag, sizeof tag);
    put(w, halves, padded * sizeof *halves);
    free(halves);
}

/* ---- Operations ----------------------------------------------------------------------------- */

static void write_conv(NcnnWriter *w, const Node *n)
{
    const Parameter *p = &w->graph->parameters[n->weight];
    if (n->spectral_u >= 0) {
        error_set(ERROR_FORMAT, "%s: %s: ncnn has no spectral norm", w->path, n->name);
        return;
    }
    add_node(w, n, "Convolution");
    set_integer(w, 0, n->channels);
    set_integer(w, 1, n->kernel);
    if (n->stride != 1)
        set_integer(w, 3, n->stride);
    set_integer(w, 4, n->padding);
    set_integer(w, 5, n->bias >= 0);
    set_integer(w, 6, p->count);
    put_halves(w, values_of(w, n->weight), p->count, p->key);
    if (n->bias >= 0)
        put_parameter(w, n->bias);
}

static void write_prelu(NcnnWriter *w, const Node *n)
{
    add_node(w, n, "PReLU");
    set_integer(w, 0, n->channels);
    put_parameter(w, n->weight);
}

static void set_scalar(NcnnWriter *w, int operation, double value)
{
    set_integer(w, 0, operation);
    set_integer(w, 1, 1);
    set_real(w, 2, value);
}

/* a + value b */
static void write_add(NcnnWriter *w, const Node *n)
{
    if (n->value == 1) {
        add_node(w, n, "BinaryOp");
        set_integer(w, 0, BINARY_ADD);
        return;
    }
    char *label = label_of(n), *scaled = memory_print("%s.scaled", label);
    char *a = blob_of(w, n->inputs[0]), *b = blob_of(w, n->inputs[1]);
    add_step(w, n, "BinaryOp", ".scale", b, scaled);
    set_scalar(w, BINARY_MULTIPLY, n->value);
    char *inputs = memory_print("%s %s", a, scaled);
    add_layer(w, "BinaryOp", label, 2, inputs, 1, w->results[n->index]);
    set_integer(w, 0, BINARY_ADD);
    free(inputs);
    free(a);
    free(b);
    free(scaled);
    free(label);
}

/* value x + shift */
static void write_affine(NcnnWriter *w, const Node *n)
{
    bool scaled = n->value != 1 || n->shift == 0;
    char *between = memory_print("%s.scaled", w->results[n->index]);
    if (scaled) {
        add_step(w, n, "BinaryOp", ".scale", NULL, n->shift == 0 ? NULL : between);
        set_scalar(w, BINARY_MULTIPLY, n->value);
    }
    if (n->shift != 0) {
        add_step(w, n, "BinaryOp", "", scaled ? between : NULL, NULL);
        set_scalar(w, BINARY_ADD, n->shift);
    }
    free(between);
}

/* (x - mean) / deviation */
static void write_normalise(NcnnWriter *w, const Node *n)
{
    float factors[4], shifts[4];
    for (int c = 0; c < n->channels; c++) {
        factors[c] = 1 / n->deviation[c];
        shifts[c] = -n->mean[c] / n->deviation[c];
    }
    add_node(w, n, "Scale");
    set_integer(w, 0, n->channels);
    set_integer(w, 1, 1);
    put(w, factors, (size_t)n->channels * sizeof *factors);
    put(w, shifts, (size_t)n->channels * sizeof *shifts);
}

static void write_slice(NcnnWriter *w, const Node *n)
{
    add_node(w, n, "Crop");
    set_list(w, 9, n->first);
    set_list(w, 10, n->first + n->channels);
    set_list(w, 11, 0);
}

/* Every channel `factor` times in a row: a convolution of each channel for itself, with ones. */
static void write_repeat(NcnnWriter *w, const Node *n)
{
    float *ones = memory_array((size_t)n->channels, sizeof *ones);
    for (int c = 0; c < n->channels; c++)
        ones[c] = 1;
    add_node(w, n, "ConvolutionDepthWise");
    set_integer(w, 0, n->channels);
    set_integer(w, 1, 1);
    set_integer(w, 6, n->channels);
    set_integer(w, 7, n->inputs[0]->channels);
    put_halves(w, ones, n->channels, "ones");
    free(ones);
}

static void write_resize(NcnnWriter *w, const Node *n)
{
    add_node(w, n, "Interp");
    set_integer(w, 0, n->operation == OPERATION_NEAREST ? RESIZE_NEAREST : RESIZE_BILINEAR);
    set_real(w, 1, n->factor);
    set_real(w, 2, n->factor);
}

static void write_max_pool(NcnnWriter *w, const Node *n)
{
    add_node(w, n, "Pooling");
    set_integer(w, 0, 0);
    set_integer(w, 1, n->kernel);
    set_integer(w, 2, n->stride);
    set_integer(w, 5, n->ceil_mode ? 0 : 1);
}

static void write_batch_norm(NcnnWriter *w, const Node *n)
{
    const int parts[] = {n->weight, n->running_mean, n->running_variance, n->bias};
    add_node(w, n, "BatchNorm");
    set_integer(w, 0, n->channels);
    set_real(w, 1, n->value);
    for (int i = 0; i < 4; i++)
        put_parameter(w, parts[i]);
}

static void write_group_norm(NcnnWriter *w, const Node *n)
{
    add_node(w, n, "GroupNorm");
    set_integer(w, 0, n->factor);
    set_integer(w, 1, n->channels);
    set_real(w, 2, n->value);
    put_parameter(w, n->weight);
    put_parameter(w, n->bias);
}

/* LayerNorm works along the innermost extent. */
static void write_layer_norm(NcnnWriter *w, const Node *n)
{
    char *turned = memory_print("%s.turned", w->results[n->index]);
    char *normal = memory_print("%s.normal", w->results[n->index]);
    add_step(w, n, "Permute", ".turn", NULL, turned);
    set_integer(w, 0, CHANNELS_INNERMOST);
    add_step(w, n, "LayerNorm", "", turned, normal);
    set_integer(w, 0, n->channels);
    set_real(w, 1, n->value);
    add_step(w, n, "Permute", ".back", normal, NULL);
    set_integer(w, 0, CHANNELS_OUTERMOST);
    put_parameter(w, n->weight);
    put_parameter(w, n->bias);
    free(turned);
    free(normal);
}

static void add_with_integer(NcnnWriter *w, const Node *n, const char *type, int value)
{
    add_node(w, n, type);
    set_integer(w, 0, value);
}

static void write_node(NcnnWriter *w, const Node *n)
{
    switch (n->operation) {
    case OPERATION_INPUT:
        add_layer(w, "Input", "data", 0, "", 1, "data");
        break;
    case OPERATION_CONV:
        write_conv(w, n);
        break;
    case OPERATION_PRELU:
        write_prelu(w, n);
        break;
    case OPERATION_LEAKY_RELU:
        add_node(w, n, "ReLU");
        set_real(w, 0, n->value);
        break;
    case OPERATION_RELU:
        add_node(w, n, "ReLU");
        break;
    case OPERATION_SILU:
        add_node(w, n, "Swish");
        break;
    case OPERATION_SIGMOID:
        add_node(w, n, "Sigmoid");
        break;
    case OPERATION_MISH:
        add_node(w, n, "Mish");
        break;
    case OPERATION_GELU:
        add_node(w, n, "GELU");
        break;
    case OPERATION_ADD:
        write_add(w, n);
        break;
    case OPERATION_MULTIPLY:
        add_with_integer(w, n, "BinaryOp", BINARY_MULTIPLY);
        break;
    case OPERATION_AFFINE:
        write_affine(w, n);
        break;
    case OPERATION_NORMALISE:
        write_normalise(w, n);
        break;
    case OPERATION_CONCAT:
        add_with_integer(w, n, "Concat", 0);
        break;
    case OPERATION_SLICE:
        write_slice(w, n);
        break;
    case OPERATION_REPEAT:
        write_repeat(w, n);
        break;
    case OPERATION_PIXEL_SHUFFLE:
        add_with_integer(w, n, "PixelShuffle", n->factor);
        break;
    case OPERATION_PIXEL_UNSHUFFLE:
        add_with_integer(w, n, "Reorg", n->factor);
        break;
    case OPERATION_NEAREST:
    case OPERATION_BILINEAR:
        write_resize(w, n);
        break;
    case OPERATION_MAX_POOL:
        write_max_pool(w, n);
        break;
    case OPERATION_BATCH_NORM:
        write_batch_norm(w, n);
        break;
    case OPERATION_GROUP_NORM:
        write_group_norm(w, n);
        break;
    case OPERATION_LAYER_NORM:
        write_layer_norm(w, n);
        break;
    case OPERATION_QUANTISE:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
    case OPERATION_WINDOW_ATTENTION:
        error_set(ERROR_FORMAT, "%s: ncnn has no layer for %s; export .onnx", w->path,
                  operation_name(n->operation));
        break;
    }
}

/* ---- The files ------------------------------------------------------------------------------ */

static char *result_of(const Graph *g, const Node *n)
{
    if (n->operation == OPERATION_INPUT)
        return memory_copy_string("data");
    return n == g->output ? memory_copy_string("output") : label_of(n);
}

static void write_nodes(NcnnWriter *w)
{
    const Graph *g = w->graph;
    w->results = memory_array((size_t)g->count, sizeof *w->results);
    w->reads = memory_array((size_t)g->count, sizeof *w->reads);
    for (int i = 0; i < g->count && !error_pending(); i++) {
        w->results[i] = result_of(g, g->nodes[i]);
        write_node(w, g->nodes[i]);
        if (g->nodes[i]->readers > 1)
            split(w, g->nodes[i]);
    }
    for (int i = 0; i < g->count; i++)
        free(w->results[i]);
    free(w->results);
    free(w->reads);
}

static int write_param(const char *path, const NcnnWriter *w, const char *layers)
{
    char *text = memory_print("%d\n%d %d\n%s\n", MAGIC, w->layer_count, w->blob_count, layers);
    int result = file_write_whole(path, text, strlen(text));
    free(text);
    return result;
}

int ncnn_write(const char *param, const char *bin, const Graph *g, const Weights *weights)
{
    char *layers = NULL;
    size_t length = 0;
    if (graph_check_weights(g, weights, param) != 0)
        return -1;
    NcnnWriter w = {.path = param, .graph = g, .weights = weights, .bin = file_begin(bin)};
    if (!w.bin)
        return -1;
    w.layers = open_memstream(&layers, &length);
    if (!w.layers)
        error_set(ERROR_FILE, "%s: no memory for its layers", param);
    else
        write_nodes(&w);
    if (w.layers)
        fclose(w.layers);
    int result = -1;
    if (error_pending())
        file_abandon(w.bin);
    else if (file_commit(w.bin) == 0)
        result = write_param(param, &w, layers);
    free(layers);
    return result;
}
