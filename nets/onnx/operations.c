#include "nets/onnx/operations.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/elementary.h"
#include "nets/onnx/quantised.h"

enum { MOST_CHANNELS = ONNX_MOST_CHANNELS, MOST_FACTOR = ONNX_MOST_FACTOR };
enum { MOST_WINDOW = 64, MOST_REPEATS = 256 };

/* ---- Names of layers ------------------------------------------------------------------------ */

enum { LONGEST_NAME = 200 };

static bool is_free(const OnnxReader *r, const char *name)
{
    char *weight = memory_print("%s.weight", name), *bias = memory_print("%s.bias", name);
    bool unused = !graph_find_parameter(r->graph, weight) && !graph_find_parameter(r->graph, bias);
    free(weight);
    free(bias);
    for (const char *c = name; *c; c++)
        unused = unused && *c >= 0x20 && *c < 0x7f;
    return unused && *name && strlen(name) <= LONGEST_NAME;
}

/* "body.0" of the constant "body.0.weight", NULL for other constants. */
static char *name_of_weight(const OnnxReader *r)
{
    static const char SUFFIX[] = ".weight";
    const char *key = onnx_input_name(r, 1);
    size_t length = strlen(key), suffix = sizeof SUFFIX - 1;
    if (length <= suffix || strcmp(key + length - suffix, SUFFIX) != 0)
        return NULL;
    return memory_print("%.*s", (int)(length - suffix), key);
}

/* "body.1" after "body.0": exporters forget the names of activations' parameters, which follow
 * their convolutions in lists of layers. */
static char *name_after(const Graph *g)
{
    const char *last = g->parameter_count ? g->parameters[g->parameter_count - 1].key : "";
    const char *end = strrchr(last, '.'), *digits = end;
    while (digits && digits > last && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    if (!end || digits == end || end - digits > 6 || digits == last || digits[-1] != '.')
        return NULL;
    return memory_print("%.*s%d", (int)(digits - last), last, atoi(digits) + 1);
}

/* A name that gives keys of its own: the weight's, the next in a list of layers, the node's, or a
 * number. The caller frees it. */
static char *layer_name(const OnnxReader *r, bool in_list)
{
    char *names[] = {name_of_weight(r), in_list ? name_after(r->graph) : NULL,
                     memory_copy_string(r->at->name), memory_print("layer.%d", r->graph->count)};
    char *found = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!found && names[i] && is_free(r, names[i]))
            found = names[i];
        else
            free(names[i]);
    if (!found)
        onnx_refuse(r, "no name is left for its parameters");
    return found;
}

static void store(const OnnxReader *r, int parameter, const float *values)
{
    const Parameter *p = &r->graph->parameters[parameter];
    Weight *w = weights_ask(r->weights, p->key, p->rank, p->shape);
    if (w)
        memcpy(w->values, values, (size_t)p->count * sizeof *values);
}

/* The form in which pixel_unshuffle is written: output channel c f f + k picks pixel k of channel
 * c's block. */
static bool picks_pixels(const int64_t *shape, const float *weight, int channels, int64_t groups)
{
    int64_t block = shape[2] * shape[3];
    if (shape[1] != 1 || groups != channels || shape[0] != channels * block || block < 2)
        return false;
    for (int64_t i = 0; i < shape[0] * block; i++)
        if (weight[i] != (float)(i % block == i / block % block))
            return false;
    return true;
}

/* The form in which repeat is written: output channel c is channel c / times. */
static bool repeats_channels(const int64_t *shape, const float *weight, int channels,
                             int64_t groups)
{
    if (shape[1] != 1 || shape[2] != 1 || groups != channels || shape[0] % channels != 0 ||
        shape[0] / channels > MOST_REPEATS)
        return false;
    for (int64_t i = 0; i < shape[0]; i++)
        if (weight[i] != 1)
            return false;
    return true;
}

static Node *read_unshuffle(OnnxReader *r, Node *x, int factor)
{
    if (factor > MOST_FACTOR || (int64_t)x->channels * factor * factor > MOST_CHANNELS) {
        onnx_refuse(r, "too many channels");
        return NULL;
    }
    return layer_pixel_unshuffle(r->graph, x, factor);
}

static Node *read_plain_conv(OnnxReader *r, Node *x, const int64_t *shape, const float *weight,
                             ConvOptions options)
{
    int64_t bias_shape;
    const float *bias = options.bias ? onnx_constant(r, 2, 1, &bias_shape) : NULL;
    if (error_pending())
        return NULL;
    if (shape[1] != x->channels || shape[0] > MOST_CHANNELS || (bias && bias_shape != shape[0])) {
        onnx_refuse(r, "weight and bias do not fit %d channels", x->channels);
        return NULL;
    }
    char *name = layer_name(r, false);
    Node *n = name ? layer_conv_general(r->graph, name, x, (int)shape[0], options) : NULL;
    free(name);
    if (!n)
        return NULL;
    store(r, n->weight, weight);
    if (bias)
        store(r, n->bias, bias);
    onnx_quantised_keep_steps(r, n, 1);
    return n;
}

/* Padding on every side: the list's, or what keeps the extents. */
static int64_t padding_of(const OnnxReader *r, int64_t kernel, int64_t stride)
{
    bool same =
        onnx_text_is(r, "auto_pad", "SAME_UPPER") || onnx_text_is(r, "auto_pad", "SAME_LOWER");
    if (same && kernel % 2 == 1 && stride == 1)
        return kernel / 2;
    if (same ||
        (!onnx_text_may_be(r, "auto_pad", "NOTSET") && !onnx_text_is(r, "auto_pad", "VALID")))
        onnx_refuse(r, "its auto_pad is not one that unmush reads");
    return onnx_uniform(r, "pads", 4, 0);
}

static Node *read_conv(OnnxReader *r)
{
    onnx_inputs(r, 2, 3);
    onnx_attributes(r, "auto_pad dilations group kernel_shape pads strides");
    int64_t shape[4] = {0};
    Node *x = onnx_input(r, 0);
    const float *weight = onnx_constant(r, 1, 4, shape);
    int64_t groups = onnx_integer(r, "group", 1);
    onnx_bounded(r, "dilations", onnx_uniform(r, "dilations", 2, 1), 1, 1);
    ConvOptions o = {
        .kernel = onnx_bounded(r, "kernel_shape", onnx_uniform(r, "kernel_shape", 2, shape[2]), 1,
                               MOST_WINDOW),
        .stride = onnx_bounded(r, "strides", onnx_uniform(r, "strides", 2, 1), 1, MOST_WINDOW),
        .bias = r->at->n_input == 3 && *onnx_input_name(r, 2)};
    o.padding = onnx_bounded(r, "pads", padding_of(r, o.kernel, o.stride), 0, MOST_WINDOW);
    if (error_pending())
        return NULL;
    if (shape[2] != o.kernel || shape[3] != o.kernel) {
        onnx_refuse(r, "kernel_shape differs from the weight's");
        return NULL;
    }
    if (o.stride == o.kernel && o.padding == 0 && !o.bias &&
        picks_pixels(shape, weight, x->channels, groups))
        return read_unshuffle(r, x, o.kernel);
    if (o.kernel == 1 && o.stride == 1 && o.padding == 0 && !o.bias &&
        repeats_channels(shape, weight, x->channels, groups))
        return layer_repeat(r->graph, x, (int)(shape[0] / x->channels));
    onnx_bounded(r, "group", groups, 1, 1);
    return error_pending() ? NULL : read_plain_conv(r, x, shape, weight, o);
}

/* One slope for each channel, or one for all. */
static Node *read_prelu(OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    int64_t shape[4];
    Node *x = onnx_input(r, 0);
    const float *slopes = onnx_constant_of_4(r, 1, shape);
    if (error_pending())
        return NULL;
    if (shape[0] != 1 || (shape[1] != x->channels && shape[1] != 1) || shape[2] != 1 ||
        shape[3] != 1) {
        onnx_refuse(r, "not one slope for each of %d channels", x->channels);
        return NULL;
    }
    char *name = layer_name(r, true);
    Node *n = name ? layer_prelu(r->graph, name, x) : NULL;
    free(name);
    if (!n)
        return NULL;
    float *each = memory_array((size_t)x->channels, sizeof *each);
    for (int c = 0; c < x->channels; c++)
        each[c] = slopes[shape[1] == 1 ? 0 : c];
    store(r, n->weight, each);
    free(each);
    return n;
}

static Node *read_batch_norm(OnnxReader *r)
{
    onnx_inputs(r, 5, 5);
    onnx_attributes(r, "epsilon momentum training_mode");
    onnx_bounded(r, "training_mode", onnx_integer(r, "training_mode", 0), 0, 0);
    Node *x = onnx_input(r, 0);
    const float *values[4];
    for (size_t i = 0; i < 4; i++) {
        int64_t channels;
        values[i] = onnx_constant(r, i + 1, 1, &channels);
        if (x && values[i] && channels != x->channels)
            onnx_refuse(r, "not one value for each of %d channels", x->channels);
    }
    double epsilon = onnx_real(r, "epsilon", 1e-5);
    char *name = error_pending() ? NULL : layer_name(r, false);
    Node *n = name ? layer_batch_norm(r->graph, name, x) : NULL;
    free(name);
    if (!n)
        return NULL;
    n->value = epsilon;
    const int parts[] = {n->weight, n->bias, n->running_mean, n->running_variance, n->batches};
    for (int i = 0; i < 4; i++)
        store(r, parts[i], values[i]);
    store(r, n->batches, (const float[]){0});
    return n;
}

static Node *read_leaky_relu(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "alpha");
    return layer_leaky_relu(r->graph, onnx_input(r, 0), onnx_real(r, "alpha", 0.01));
}

static Node *read_relu(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "");
    return layer_relu(r->graph, onnx_input(r, 0));
}

static Node *read_sigmoid(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "");
    return layer_sigmoid(r->graph, onnx_input(r, 0));
}

static Node *read_concat(OnnxReader *r)
{
    onnx_inputs(r, 1, NODE_MOST_INPUTS);
    onnx_attributes(r, "axis");
    onnx_channel_axis(r, onnx_integer(r, "axis", 0));
    Node *parts[NODE_MOST_INPUTS];
    int64_t channels = 0;
    for (size_t i = 0; i < r->at->n_input && !error_pending(); i++) {
        parts[i] = onnx_input(r, i);
        channels += parts[i] ? parts[i]->channels : 0;
    }
    onnx_bounded(r, "the sum of channels", channels, 1, MOST_CHANNELS);
    return error_pending() ? NULL : layer_concat(r->graph, parts, (int)r->at->n_input);
}

static Node *read_depth_to_space(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "blocksize mode");
    Node *x = onnx_input(r, 0);
    int factor = onnx_bounded(r, "blocksize", onnx_integer(r, "blocksize", 0), 1, MOST_FACTOR);
    if (!onnx_text_is(r, "mode", "CRD"))
        onnx_refuse(r, "mode is not CRD");
    return error_pending() ? NULL : layer_pixel_shuffle(r->graph, x, factor);
}

static Node *read_max_pool(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "ceil_mode kernel_shape strides");
    Node *x = onnx_input(r, 0);
    int kernel =
        onnx_bounded(r, "kernel_shape", onnx_uniform(r, "kernel_shape", 2, 0), 1, MOST_WINDOW);
    int stride = onnx_bounded(r, "strides", onnx_uniform(r, "strides", 2, 1), 1, MOST_WINDOW);
    bool ceil_mode = onnx_bounded(r, "ceil_mode", onnx_integer(r, "ceil_mode", 0), 0, 1) == 1;
    return error_pending() ? NULL : layer_max_pool(r->graph, x, kernel, stride, ceil_mode);
}

static Node *read_mish(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    return layer_mish(r->graph, onnx_input(r, 0));
}

static Node *read_gelu(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    if (!onnx_text_may_be(r, "approximate", "none"))
        onnx_refuse(r, "an approximation by tanh");
    return layer_gelu(r->graph, onnx_input(r, 0));
}

static const struct {
    const char *name;
    OnnxOperation *read;
} OPERATIONS[] = {{"Conv", read_conv},
                  {"PRelu", read_prelu},
                  {"LeakyRelu", read_leaky_relu},
                  {"Relu", read_relu},
                  {"Add", onnx_read_add},
                  {"Sub", onnx_read_subtract},
                  {"Mul", onnx_read_multiply},
                  {"Div", onnx_read_divide},
                  {"Clip", onnx_read_clip},
                  {"Identity", onnx_read_identity},
                  {"Dropout", onnx_read_identity},
                  {"Cast", onnx_read_cast},
                  {"QuantizeLinear", onnx_read_quantise},
                  {"DequantizeLinear", onnx_read_dequantise},
                  {"Concat", read_concat},
                  {"DepthToSpace", read_depth_to_space},
                  {"Resize", onnx_read_resize},
                  {"Upsample", onnx_read_resize},
                  {"MaxPool", read_max_pool},
                  {"Sigmoid", read_sigmoid},
                  {"Mish", read_mish},
                  {"Gelu", read_gelu},
                  {"BatchNormalization", read_batch_norm},
                  {"Slice", onnx_read_slice},
                  {"Split", onnx_read_split}};

/* How chains of nodes begin that compute with extents. */
static bool begins_chain(const char *name)
{
    return strcmp(name, "Shape") == 0 || strcmp(name, "Transpose") == 0 ||
           strcmp(name, "Reshape") == 0;
}

int onnx_operation_read(OnnxReader *r)
{
    const char *name = r->at->op_type ? r->at->op_type : "";
    bool standard = !r->at->domain || !*r->at->domain || strcmp(r->at->domain, "ai.onnx") == 0;
    for (size_t i = 0; standard && i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
        if (strcmp(OPERATIONS[i].name, name) != 0)
            continue;
        Node *node = OPERATIONS[i].read(r);
        if (node && !error_pending())
            onnx_add_value(r, r->at->output[0], node);
        return error_pending() ? -1 : 0;
    }
    return onnx_refuse(r,
                       begins_chain(name)
                           ? "attention, padding, norms over pixels or pictures and what computes "
                             "with extents is not read here: ONNX Runtime runs it"
                           : "not an operation that unmush reads");
}
