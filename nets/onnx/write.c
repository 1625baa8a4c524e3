#include "nets/onnx/write.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/fold.h"
#include "nets/onnx/build.h"
#include "nets/onnx/expansions.h"
#include "nets/onnx/half.h"
#include "nets/onnx/quantised.h"
#include "nets/onnx/windows.h"

typedef struct Writer {
    const Graph *graph;
    const Weights *weights;
    Onnx__GraphProto *onnx;
    char **results; /* name of every node's result */
} Writer;

/* A name for a node: its layer's, or "add_12". The caller frees it. */
static char *label_of(const Node *n)
{
    return *n->name ? memory_copy_string(n->name)
                    : memory_print("%s_%d", operation_name(n->operation), n->index);
}

static const Parameter *parameter(const Writer *w, int index)
{
    return &w->graph->parameters[index];
}

static const float *values_of(const Writer *w, const Parameter *p)
{
    return weights_find(w->weights, p->key)->values;
}

/* An ONNX node for n that reads all of n's inputs. */
static Onnx__NodeProto *add_node(Writer *w, const Node *n, const char *operation)
{
    char *label = label_of(n);
    Onnx__NodeProto *node = onnx_add_node(w->onnx, operation, label, w->results[n->index]);
    for (int i = 0; i < n->input_count; i++)
        onnx_add_node_input(node, w->results[n->inputs[i]->index]);
    free(label);
    return node;
}

/* A constant LABEL.NAME that `node` reads next. */
static void add_constant(Writer *w, Onnx__NodeProto *node, const char *label, const char *name,
                         int rank, const int64_t *shape, const float *values)
{
    char *key = memory_print("%s.%s", label, name);
    onnx_add_constant(w->onnx, key, rank, shape, values);
    onnx_add_node_input(node, key);
    free(key);
}

/* ---- Convolutions -------------------------------------------------------------------------- */

/* NAME.WHAT, which `node` reads next; where it is quantised, nodes make it. */
static void add_parameter(Writer *w, Onnx__NodeProto *node, const Node *n, const char *what,
                          int index, int rank, const int64_t *shape, bool quantised)
{
    if (!quantised) {
        add_constant(w, node, n->name, what, rank, shape, values_of(w, parameter(w, index)));
        return;
    }
    char *key = memory_print("%s.%s", n->name, what);
    onnx_add_node_input(node, key);
    free(key);
}

static void set_window(Onnx__NodeProto *node, int kernel, int stride, int padding, int groups)
{
    onnx_set_integers(node, "dilations", 2, 1);
    onnx_set_integer(node, "group", groups);
    onnx_set_integers(node, "kernel_shape", 2, kernel);
    onnx_set_integers(node, "pads", 4, padding);
    onnx_set_integers(node, "strides", 2, stride);
}

static void write_conv(Writer *w, const Node *n)
{
    const int64_t shape[4] = {n->channels, n->inputs[0]->channels, n->kernel, n->kernel};
    bool quantised = n->steps >= 0 && n->inputs[0]->operation == OPERATION_QUANTISE;
    if (quantised)
        onnx_quantised_write_parameters(w->onnx, w->graph, w->weights, n);
    Onnx__NodeProto *node = add_node(w, n, "Conv");
    add_parameter(w, node, n, "weight", n->weight, 4, shape, quantised);
    if (n->bias >= 0)
        add_parameter(w, node, n, "bias", n->bias, 1, shape, quantised);
    set_window(node, n->kernel, n->stride, n->padding, 1);
}

/* SpaceToDepth orders channels otherwise than pixel_unshuffle, so it is written as a convolution
 * that picks: output channel c f f + k is pixel k of channel c's f x f block. */
static void write_pixel_unshuffle(Writer *w, const Node *n)
{
    int f = n->factor, channels = n->inputs[0]->channels;
    int64_t shape[4] = {n->channels, 1, f, f};
    float *picks = memory_array((size_t)n->channels * (size_t)(f * f), sizeof *picks);
    for (int o = 0; o < n->channels; o++)
        picks[(int64_t)o * f * f + o % (f * f)] = 1;
    Onnx__NodeProto *node = add_node(w, n, "Conv");
    add_constant(w, node, node->name, "picks", 4, shape, picks);
    set_window(node, f, f, 0, channels);
    free(picks);
}

/* Every channel `factor` times in a row: a convolution of each channel for itself, with ones. */
static void write_repeat(Writer *w, const Node *n)
{
    int64_t shape[4] = {n->channels, 1, 1, 1};
    float *ones = memory_array((size_t)n->channels, sizeof *ones);
    for (int o = 0; o < n->channels; o++)
        ones[o] = 1;
    Onnx__NodeProto *node = add_node(w, n, "Conv");
    add_constant(w, node, node->name, "ones", 4, shape, ones);
    set_window(node, 1, 1, 0, n->inputs[0]->channels);
    free(ones);
}

/* ---- Everything else ----------------------------------------------------------------------- */

static void write_prelu(Writer *w, const Node *n)
{
    Onnx__NodeProto *node = add_node(w, n, "PRelu");
    int64_t shape[3] = {n->channels, 1, 1};
    add_constant(w, node, n->name, "weight", 3, shape, values_of(w, parameter(w, n->weight)));
}

static void write_batch_norm(Writer *w, const Node *n)
{
    static const char *const NAMES[] = {"weight", "bias", "running_mean", "running_var"};
    const int parts[] = {n->weight, n->bias, n->running_mean, n->running_variance};
    Onnx__NodeProto *node = add_node(w, n, "BatchNormalization");
    for (int i = 0; i < 4; i++) {
        const Parameter *p = parameter(w, parts[i]);
        add_constant(w, node, n->name, NAMES[i], 1, p->shape, values_of(w, p));
    }
    onnx_set_real(node, "epsilon", n->value);
}

static void write_normalise(Writer *w, const Node *n)
{
    char *label = label_of(n), *centred = memory_print("%s.centred", label);
    int64_t shape[4] = {1, n->channels, 1, 1};
    Onnx__NodeProto *minus = onnx_add_node(w->onnx, "Sub", centred, centred);
    onnx_add_node_input(minus, w->results[n->inputs[0]->index]);
    add_constant(w, minus, label, "mean", 4, shape, n->mean);
    Onnx__NodeProto *over = onnx_add_node(w->onnx, "Div", label, w->results[n->index]);
    onnx_add_node_input(over, centred);
    add_constant(w, over, label, "deviation", 4, shape, n->deviation);
    free(centred);
    free(label);
}

static void write_expansion(Writer *w, const Node *n)
{
    char *label = label_of(n);
    expansion_write(expansion_of(n), n, label, w->results, w->onnx);
    free(label);
}

static void write_chain(Writer *w, const Node *n)
{
    char *label = label_of(n);
    onnx_windows_write(w->onnx, w->graph, w->weights, n, label, w->results);
    free(label);
}

static void write_quantise(Writer *w, const Node *n)
{
    char *label = label_of(n);
    onnx_quantised_write(w->onnx, n, label, w->results);
    free(label);
}

static void write_slice(Writer *w, const Node *n)
{
    static const char *const NAMES[] = {"starts", "ends", "axes"};
    const int64_t values[] = {n->first, n->first + n->channels, 1};
    Onnx__NodeProto *node = add_node(w, n, "Slice");
    for (int i = 0; i < 3; i++) {
        char *key = memory_print("%s.%s", node->name, NAMES[i]);
        onnx_add_integer(w->onnx, key, values[i]);
        onnx_add_node_input(node, key);
        free(key);
    }
}

static void write_pixel_shuffle(Writer *w, const Node *n)
{
    Onnx__NodeProto *node = add_node(w, n, "DepthToSpace");
    onnx_set_integer(node, "blocksize", n->factor);
    onnx_set_text(node, "mode", "CRD");
}

static void write_resize(Writer *w, const Node *n)
{
    bool nearest = n->operation == OPERATION_NEAREST;
    float scales[4] = {1, 1, (float)n->factor, (float)n->factor};
    Onnx__NodeProto *node = add_node(w, n, "Resize");
    onnx_add_node_input(node, "");
    add_constant(w, node, node->name, "scales", 1, (int64_t[]){4}, scales);
    onnx_set_text(node, "coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel");
    onnx_set_text(node, "mode", nearest ? "nearest" : "linear");
    if (nearest)
        onnx_set_text(node, "nearest_mode", "floor");
}

static void write_max_pool(Writer *w, const Node *n)
{
    Onnx__NodeProto *node = add_node(w, n, "MaxPool");
    onnx_set_integer(node, "ceil_mode", n->ceil_mode);
    onnx_set_integers(node, "kernel_shape", 2, n->kernel);
    onnx_set_integers(node, "strides", 2, n->stride);
}

static void write_node(Writer *w, const Node *n)
{
    switch (n->operation) {
    case OPERATION_INPUT:
        break;
    case OPERATION_CONV:
        write_conv(w, n);
        break;
    case OPERATION_PRELU:
        write_prelu(w, n);
        break;
    case OPERATION_LEAKY_RELU:
        onnx_set_real(add_node(w, n, "LeakyRelu"), "alpha", n->value);
        break;
    case OPERATION_RELU:
        add_node(w, n, "Relu");
        break;
    case OPERATION_SIGMOID:
        add_node(w, n, "Sigmoid");
        break;
    case OPERATION_MULTIPLY:
        add_node(w, n, "Mul");
        break;
    case OPERATION_ADD:
        if (n->value == 1)
            add_node(w, n, "Add");
        else
            write_expansion(w, n);
        break;
    case OPERATION_SILU:
    case OPERATION_MISH:
    case OPERATION_GELU:
    case OPERATION_AFFINE:
        write_expansion(w, n);
        break;
    case OPERATION_QUANTISE:
        write_quantise(w, n);
        break;
    case OPERATION_NORMALISE:
        write_normalise(w, n);
        break;
    case OPERATION_CONCAT:
        onnx_set_integer(add_node(w, n, "Concat"), "axis", 1);
        break;
    case OPERATION_SLICE:
        write_slice(w, n);
        break;
    case OPERATION_REPEAT:
        write_repeat(w, n);
        break;
    case OPERATION_PIXEL_SHUFFLE:
        write_pixel_shuffle(w, n);
        break;
    case OPERATION_PIXEL_UNSHUFFLE:
        write_pixel_unshuffle(w, n);
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
    case OPERATION_LAYER_NORM:
    case OPERATION_PAD_TO_MULTIPLE:
    case OPERATION_CROP:
    case OPERATION_WINDOW_ATTENTION:
        write_chain(w, n);
        break;
    }
}

/* ---- The model ------------------------------------------------------------------------------ */

static char *result_of(const Graph *g, const Node *n)
{
    if (n->operation == OPERATION_INPUT)
        return memory_copy_string("input");
    if (n == g->output)
        return memory_copy_string("output");
    char *label = label_of(n), *result = memory_print("%s.result", label);
    free(label);
    return result;
}

static void write_graph(Writer *w, int scale)
{
    const Graph *g = w->graph;
    char height[32] = "height", width[32] = "width";
    onnx_add_input(w->onnx, "input", g->nodes[0]->channels, height, width);
    if (scale > 1) {
        snprintf(height, sizeof height, "height*%d", scale);
        snprintf(width, sizeof width, "width*%d", scale);
    }
    onnx_add_output(w->onnx, "output", g->output->channels, height, width);
    w->results = memory_array((size_t)g->count, sizeof *w->results);
    for (int i = 0; i < g->count; i++) {
        w->results[i] = result_of(g, g->nodes[i]);
        write_node(w, g->nodes[i]);
    }
    for (int i = 0; i < g->count; i++)
        free(w->results[i]);
    free(w->results);
}

/* protobuf-c hands over small pieces; the stream collects them. */
typedef struct Sink {
    ProtobufCBuffer base;
    FileWriter *file;
    int result;
} Sink;

static void append(ProtobufCBuffer *buffer, size_t count, const uint8_t *bytes)
{
    Sink *sink = (Sink *)buffer;
    if (sink->result == 0)
        sink->result = file_write(sink->file, bytes, count);
}

static int write_model(const char *path, const Onnx__ModelProto *model)
{
    if (onnx__model_proto__get_packed_size(model) > INT32_MAX)
        return error_set(ERROR_FORMAT, "%s: larger than the 2 GiB an ONNX file can hold", path);
    Sink sink = {.base = {.append = append}, .file = file_begin(path)};
    if (!sink.file)
        return -1;
    onnx__model_proto__pack_to_buffer(model, &sink.base);
    if (sink.result == 0)
        return file_commit(sink.file);
    file_abandon(sink.file);
    return -1;
}

static int write_folded(const char *path, const Graph *g, const Weights *weights,
                        const OnnxAbout *about)
{
    Onnx__ModelProto *model = onnx_new(about->name);
    model->doc_string = memory_copy_string(about->description);
    for (int i = 0; i < about->text_count; i++)
        onnx_add_text(model, about->texts[i].key, about->texts[i].value);
    Writer writer = {.graph = g, .weights = weights, .onnx = model->graph};
    write_graph(&writer, about->scale);
    int result = about->half ? onnx_make_half(model->graph, path) : 0;
    if (result == 0)
        result = write_model(path, model);
    onnx_free(model);
    return result;
}

int onnx_write(const char *path, const Graph *g, const Weights *weights, const OnnxAbout *about)
{
    if (graph_check_weights(g, weights, path) != 0)
        return -1;
    if (!g->output || g->output->operation == OPERATION_INPUT)
        return error_set(ERROR_FORMAT, "%s: a network without operations", path);
    Weights *plain = NULL;
    Graph *folded = graph_fold(g, weights, &plain);
    int result = folded ? write_folded(path, folded, plain, about) : -1;
    weights_free(plain);
    graph_free(folded);
    return result;
}
