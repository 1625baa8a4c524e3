#include "nets/onnx/operations.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"

enum { MOST_CHANNELS = 1 << 16, MOST_WINDOW = 64, MOST_FACTOR = 16, MOST_REPEATS = 256 };

/* An integer of small range, or 0 with an error. */
static int bounded(const OnnxReader *r, const char *name, int64_t value, int least, int most)
{
    if (value >= least && value <= most)
        return (int)value;
    onnx_refuse(r, "%s is %lld, not within %d..%d", name, (long long)value, least, most);
    return 0;
}

/* The layer's name, which must give keys of its own; NULL with an error. */
static const char *layer_name(const OnnxReader *r)
{
    const char *name = r->at->name ? r->at->name : "";
    char *key = memory_print("%s.weight", name);
    bool taken = graph_find_parameter(r->graph, key) != NULL;
    free(key);
    if (*name && strlen(name) <= 200 && !taken)
        return name;
    onnx_refuse(r, taken ? "another layer has the same name" : "no name, or one too long");
    return NULL;
}

static void store(const OnnxReader *r, int parameter, const float *values)
{
    const Parameter *p = &r->graph->parameters[parameter];
    Weight *w = weights_add(r->weights, p->key, p->rank, p->shape);
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
    const char *name = layer_name(r);
    if (error_pending())
        return NULL;
    if (shape[1] != x->channels || shape[0] > MOST_CHANNELS || (bias && bias_shape != shape[0])) {
        onnx_refuse(r, "weight and bias do not fit %d channels", x->channels);
        return NULL;
    }
    Node *n = layer_conv_general(r->graph, name, x, (int)shape[0], options);
    store(r, n->weight, weight);
    if (bias)
        store(r, n->bias, bias);
    return n;
}

static Node *read_conv(OnnxReader *r)
{
    onnx_inputs(r, 2, 3);
    onnx_attributes(r, "dilations group kernel_shape pads strides");
    int64_t shape[4];
    Node *x = onnx_input(r, 0);
    const float *weight = onnx_constant(r, 1, 4, shape);
    int64_t groups = onnx_integer(r, "group", 1);
    bounded(r, "dilations", onnx_uniform(r, "dilations", 2, 1), 1, 1);
    ConvOptions o = {
        .kernel = bounded(r, "kernel_shape", onnx_uniform(r, "kernel_shape", 2, 0), 1, MOST_WINDOW),
        .stride = bounded(r, "strides", onnx_uniform(r, "strides", 2, 1), 1, MOST_WINDOW),
        .padding = bounded(r, "pads", onnx_uniform(r, "pads", 4, 0), 0, MOST_WINDOW),
        .bias = r->at->n_input == 3};
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
    bounded(r, "group", groups, 1, 1);
    return error_pending() ? NULL : read_plain_conv(r, x, shape, weight, o);
}

static Node *read_prelu(OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    int64_t shape[3];
    Node *x = onnx_input(r, 0);
    const float *slopes = onnx_constant(r, 1, 3, shape);
    const char *name = layer_name(r);
    if (error_pending())
        return NULL;
    if (shape[0] != x->channels || shape[1] != 1 || shape[2] != 1) {
        onnx_refuse(r, "not one slope for each of %d channels", x->channels);
        return NULL;
    }
    Node *n = layer_prelu(r->graph, name, x);
    store(r, n->weight, slopes);
    return n;
}

static Node *read_batch_norm(OnnxReader *r)
{
    onnx_inputs(r, 5, 5);
    onnx_attributes(r, "epsilon");
    Node *x = onnx_input(r, 0);
    const float *values[4];
    for (size_t i = 0; i < 4; i++) {
        int64_t channels;
        values[i] = onnx_constant(r, i + 1, 1, &channels);
        if (x && values[i] && channels != x->channels)
            onnx_refuse(r, "not one value for each of %d channels", x->channels);
    }
    const char *name = layer_name(r);
    double epsilon = onnx_real(r, "epsilon", 1e-5);
    Node *n = error_pending() ? NULL : layer_batch_norm(r->graph, name, x);
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

static Node *read_add(OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    Node *a = onnx_input(r, 0), *b = onnx_input(r, 1);
    return error_pending() ? NULL : layer_add(r->graph, a, b);
}

static Node *read_multiply(OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    Node *a = onnx_input(r, 0), *b = onnx_input(r, 1);
    return error_pending() ? NULL : layer_multiply(r->graph, a, b);
}

static Node *read_sigmoid(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "");
    return layer_sigmoid(r->graph, onnx_input(r, 0));
}

static Node *read_slice(OnnxReader *r)
{
    onnx_inputs(r, 4, 4);
    onnx_attributes(r, "");
    Node *x = onnx_input(r, 0);
    int first = bounded(r, "starts", onnx_constant_integer(r, 1), 0, MOST_CHANNELS);
    int end = bounded(r, "ends", onnx_constant_integer(r, 2), 1, MOST_CHANNELS);
    bounded(r, "axes", onnx_constant_integer(r, 3), 1, 1);
    return error_pending() ? NULL : layer_slice(r->graph, x, first, end - first);
}

/* Per-channel constants of Sub and Div: values[0..channels-1]. */
static int read_channels(const OnnxReader *r, const Node *x, float *values)
{
    int64_t shape[4];
    const float *constant = onnx_constant(r, 1, 4, shape);
    if (error_pending())
        return -1;
    if (x->channels > 4 || shape[0] != 1 || shape[1] != x->channels || shape[2] != 1 ||
        shape[3] != 1)
        return onnx_refuse(r, "not one constant for each of at most 4 channels");
    memcpy(values, constant, (size_t)x->channels * sizeof *values);
    return 0;
}

static const float ONES[4] = {1, 1, 1, 1};

/* Sub and the Div after it are one node: Sub makes it, Div completes it. */
static Node *read_subtract(OnnxReader *r)
{
    float mean[4];
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    Node *x = onnx_input(r, 0);
    if (!x || read_channels(r, x, mean) != 0)
        return NULL;
    return layer_normalise(r->graph, x, mean, ONES);
}

static Node *read_divide(OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    Node *x = onnx_input(r, 0);
    if (error_pending())
        return NULL;
    if (x->operation != OPERATION_NORMALISE || x->index != r->graph->count - 1 ||
        memcmp(x->deviation, ONES, (size_t)x->channels * sizeof *ONES) != 0) {
        onnx_refuse(r, "does not follow its Sub");
        return NULL;
    }
    if (read_channels(r, x, x->deviation) != 0)
        return NULL;
    r->count--; /* the difference alone has no node any more */
    return x;
}

static Node *read_concat(OnnxReader *r)
{
    onnx_inputs(r, 1, NODE_MOST_INPUTS);
    onnx_attributes(r, "axis");
    bounded(r, "axis", onnx_integer(r, "axis", 0), 1, 1);
    Node *parts[NODE_MOST_INPUTS];
    int64_t channels = 0;
    for (size_t i = 0; i < r->at->n_input && !error_pending(); i++) {
        parts[i] = onnx_input(r, i);
        channels += parts[i] ? parts[i]->channels : 0;
    }
    bounded(r, "the sum of channels", channels, 1, MOST_CHANNELS);
    return error_pending() ? NULL : layer_concat(r->graph, parts, (int)r->at->n_input);
}

static Node *read_depth_to_space(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "blocksize mode");
    Node *x = onnx_input(r, 0);
    int factor = bounded(r, "blocksize", onnx_integer(r, "blocksize", 0), 1, MOST_FACTOR);
    if (!onnx_text_is(r, "mode", "CRD"))
        onnx_refuse(r, "mode is not CRD");
    return error_pending() ? NULL : layer_pixel_shuffle(r->graph, x, factor);
}

static Node *read_resize(OnnxReader *r)
{
    onnx_inputs(r, 3, 3);
    onnx_attributes(r, "coordinate_transformation_mode mode nearest_mode");
    Node *x = onnx_input(r, 0);
    int64_t count = 0;
    const float *scales = onnx_constant(r, 2, 1, &count);
    if (error_pending())
        return NULL;
    int factor = 0;
    for (int f = 1; count == 4 && f <= MOST_FACTOR; f++)
        if (scales[0] == 1 && scales[1] == 1 && scales[2] == (float)f && scales[3] == (float)f)
            factor = f;
    bool nearest = onnx_text_is(r, "mode", "nearest") &&
                   onnx_text_is(r, "coordinate_transformation_mode", "asymmetric") &&
                   onnx_text_is(r, "nearest_mode", "floor");
    bool linear = onnx_text_is(r, "mode", "linear") &&
                  onnx_text_is(r, "coordinate_transformation_mode", "half_pixel");
    if (factor == 0 || *r->at->input[1] || (!nearest && !linear)) {
        onnx_refuse(r, "not an enlargement that unmush writes");
        return NULL;
    }
    return nearest ? layer_nearest(r->graph, x, factor) : layer_bilinear(r->graph, x, factor);
}

static Node *read_max_pool(OnnxReader *r)
{
    onnx_inputs(r, 1, 1);
    onnx_attributes(r, "ceil_mode kernel_shape strides");
    Node *x = onnx_input(r, 0);
    int kernel = bounded(r, "kernel_shape", onnx_uniform(r, "kernel_shape", 2, 0), 1, MOST_WINDOW);
    int stride = bounded(r, "strides", onnx_uniform(r, "strides", 2, 1), 1, MOST_WINDOW);
    bool ceil_mode = bounded(r, "ceil_mode", onnx_integer(r, "ceil_mode", 0), 0, 1) == 1;
    return error_pending() ? NULL : layer_max_pool(r->graph, x, kernel, stride, ceil_mode);
}

static const struct {
    const char *name;
    Node *(*read)(OnnxReader *r);
} OPERATIONS[] = {{"Conv", read_conv},
                  {"PRelu", read_prelu},
                  {"LeakyRelu", read_leaky_relu},
                  {"Relu", read_relu},
                  {"Add", read_add},
                  {"Sub", read_subtract},
                  {"Div", read_divide},
                  {"Concat", read_concat},
                  {"DepthToSpace", read_depth_to_space},
                  {"Resize", read_resize},
                  {"MaxPool", read_max_pool},
                  {"Mul", read_multiply},
                  {"Sigmoid", read_sigmoid},
                  {"BatchNormalization", read_batch_norm},
                  {"Slice", read_slice}};

/* How the chains of nets/onnx/windows.h begin. */
static bool begins_chain(const char *name)
{
    return strcmp(name, "Shape") == 0 || strcmp(name, "Transpose") == 0 ||
           strcmp(name, "Reshape") == 0;
}

Node *onnx_operation_read(OnnxReader *r)
{
    const char *name = r->at->op_type ? r->at->op_type : "";
    bool standard = !r->at->domain || !*r->at->domain || strcmp(r->at->domain, "ai.onnx") == 0;
    for (size_t i = 0; standard && i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (strcmp(OPERATIONS[i].name, name) == 0)
            return error_pending() ? NULL : OPERATIONS[i].read(r);
    onnx_refuse(r,
                begins_chain(name)
                    ? "attention, padding and norms over pixels or pictures are written, but not "
                      "read back: compare with ONNX Runtime"
                    : "not an operation that unmush writes");
    return NULL;
}
