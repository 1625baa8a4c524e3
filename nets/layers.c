#include "nets/layers.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers_parts.h"

static Node *unary(Graph *g, Operation operation, Node *x)
{
    return graph_add(g, operation, "", &x, 1);
}

static Node *scaled(Graph *g, Operation operation, Node *x, int factor)
{
    Node *n = unary(g, operation, x);
    if (n)
        n->factor = factor;
    return n;
}

Node *layer_input(Graph *g, int channels)
{
    Node *n = graph_add(g, OPERATION_INPUT, "", NULL, 0);
    if (n)
        n->channels = channels;
    return n;
}

int layer_parameter(Graph *g, const Node *n, const char *name, int rank, const int64_t *shape,
                    Initialisation initialisation, double value)
{
    int index = graph_parameter(g, n->name, name, rank, shape);
    g->parameters[index].initialisation = initialisation;
    g->parameters[index].value = value;
    return index;
}

int layer_buffer(Graph *g, const Node *n, const char *name, int rank, const int64_t *shape,
                 Initialisation initialisation, double value)
{
    int index = layer_parameter(g, n, name, rank, shape, initialisation, value);
    g->parameters[index].trained = false;
    return index;
}

Node *layer_conv_general(Graph *g, const char *name, Node *x, int channels, ConvOptions o)
{
    Node *n = graph_add(g, OPERATION_CONV, name, &x, 1);
    if (!n)
        return NULL;
    n->channels = channels;
    n->kernel = o.kernel;
    n->stride = o.stride;
    n->padding = o.padding;
    int64_t shape[4] = {channels, x->channels, o.kernel, o.kernel};
    int64_t fan_in = shape[1] * shape[2] * shape[3];
    if (o.linear)
        shape[1] = fan_in;
    n->weight = layer_parameter(g, n, o.spectral ? "weight_orig" : "weight", o.linear ? 2 : 4,
                                shape, o.deviation > 0 ? INITIALISE_NORMAL : INITIALISE_FAN_IN,
                                o.deviation > 0 ? o.deviation : (double)fan_in);
    if (o.bias)
        n->bias = layer_parameter(g, n, "bias", 1, shape, INITIALISE_FAN_IN, (double)fan_in);
    if (o.spectral) {
        n->spectral_u = layer_buffer(g, n, "weight_u", 1, shape, INITIALISE_UNIT, 0);
        n->spectral_v = layer_buffer(g, n, "weight_v", 1, &fan_in, INITIALISE_UNIT, 0);
    }
    return n;
}

Node *layer_linear(Graph *g, const char *name, Node *x, int channels, int side)
{
    return layer_conv_general(
        g, name, x, channels,
        (ConvOptions){.kernel = side, .stride = 1, .bias = true, .linear = true});
}

Node *layer_conv(Graph *g, const char *name, Node *x, int channels, int kernel)
{
    return layer_conv_general(
        g, name, x, channels,
        (ConvOptions){.kernel = kernel, .stride = 1, .padding = kernel / 2, .bias = true});
}

Node *layer_gain(Graph *g, Node *conv, double gain)
{
    if (!conv)
        return NULL;
    Parameter *weight = &g->parameters[conv->weight];
    int64_t fan_in = weight->count / weight->shape[0];
    weight->initialisation = gain == 0 ? INITIALISE_CONSTANT : INITIALISE_NORMAL;
    weight->value = gain * sqrt(2 / (double)fan_in);
    return conv;
}

Node *layer_kaiming(Graph *g, Node *conv, double gain)
{
    if (layer_gain(g, conv, gain) && conv->bias >= 0) {
        g->parameters[conv->bias].initialisation = INITIALISE_CONSTANT;
        g->parameters[conv->bias].value = 0;
    }
    return conv;
}

Node *layer_prelu(Graph *g, const char *name, Node *x)
{
    Node *n = graph_add(g, OPERATION_PRELU, name, &x, 1);
    if (n)
        n->weight =
            layer_parameter(g, n, "weight", 1, (int64_t[]){n->channels}, INITIALISE_CONSTANT, 0.25);
    return n;
}

Node *layer_leaky_relu(Graph *g, Node *x, double slope)
{
    Node *n = unary(g, OPERATION_LEAKY_RELU, x);
    if (n)
        n->value = slope;
    return n;
}

Node *layer_relu(Graph *g, Node *x)
{
    return unary(g, OPERATION_RELU, x);
}

Node *layer_silu(Graph *g, Node *x)
{
    return unary(g, OPERATION_SILU, x);
}

Node *layer_sigmoid(Graph *g, Node *x)
{
    return unary(g, OPERATION_SIGMOID, x);
}

Node *layer_mish(Graph *g, Node *x)
{
    return unary(g, OPERATION_MISH, x);
}

Node *layer_gelu(Graph *g, Node *x)
{
    return unary(g, OPERATION_GELU, x);
}

static Node *binary(Graph *g, Operation operation, Node *a, Node *b)
{
    Node *n = graph_add(g, operation, "", (Node *[]){a, b}, 2);
    if (n && a->channels != b->channels)
        error_set(ERROR_SHAPE, "%s: %d and %d channels", operation_name(operation), a->channels,
                  b->channels);
    return n;
}

Node *layer_add(Graph *g, Node *a, Node *b)
{
    return layer_add_scaled(g, a, b, 1);
}

Node *layer_add_scaled(Graph *g, Node *a, Node *b, double scale)
{
    Node *n = binary(g, OPERATION_ADD, a, b);
    if (n)
        n->value = scale;
    return n;
}

Node *layer_multiply(Graph *g, Node *a, Node *b)
{
    return binary(g, OPERATION_MULTIPLY, a, b);
}

Node *layer_affine(Graph *g, Node *x, double scale, double shift)
{
    Node *n = unary(g, OPERATION_AFFINE, x);
    if (n) {
        n->value = scale;
        n->shift = shift;
    }
    return n;
}

Node *layer_slice(Graph *g, Node *x, int first, int channels)
{
    Node *n = unary(g, OPERATION_SLICE, x);
    if (n && (first < 0 || channels < 1 || channels > x->channels - first))
        error_set(ERROR_SHAPE, "slice: channels %d to %d of %d", first, first + channels - 1,
                  x->channels);
    if (n) {
        n->first = first;
        n->channels = channels;
    }
    return n;
}

Node *layer_repeat(Graph *g, Node *x, int times)
{
    Node *n = scaled(g, OPERATION_REPEAT, x, times);
    if (n)
        n->channels = x->channels * times;
    return n;
}

Node *layer_quantise(Graph *g, Node *x, double step, int zero)
{
    Node *n = graph_add(g, OPERATION_QUANTISE, "", &x, 1);
    if (n) {
        n->value = step;
        n->first = zero;
    }
    return n;
}

Node *layer_concat(Graph *g, Node *const *parts, int count)
{
    Node *n = graph_add(g, OPERATION_CONCAT, "", parts, count);
    for (int i = 1; n && i < count; i++)
        n->channels += parts[i]->channels;
    return n;
}

Node *layer_normalise(Graph *g, Node *x, const float *mean, const float *deviation)
{
    Node *n = unary(g, OPERATION_NORMALISE, x);
    for (int c = 0; n && c < n->channels && c < 4; c++) {
        n->mean[c] = mean[c];
        n->deviation[c] = deviation[c];
    }
    return n;
}

static const double DIV2K_MEAN[3] = {0.4488, 0.4371, 0.4040};

Node *layer_centre(Graph *g, Node *x, double range)
{
    float mean[3], deviation[3];
    for (int c = 0; c < 3; c++) {
        mean[c] = (float)DIV2K_MEAN[c];
        deviation[c] = (float)(1 / range);
    }
    return layer_normalise(g, x, mean, deviation);
}

Node *layer_uncentre(Graph *g, Node *x, double range)
{
    float mean[3], deviation[3];
    for (int c = 0; c < 3; c++) {
        mean[c] = (float)(-range * DIV2K_MEAN[c]);
        deviation[c] = (float)range;
    }
    return layer_normalise(g, x, mean, deviation);
}

Node *layer_pixel_shuffle(Graph *g, Node *x, int factor)
{
    Node *n = scaled(g, OPERATION_PIXEL_SHUFFLE, x, factor);
    if (n && x->channels % (factor * factor) != 0)
        error_set(ERROR_SHAPE, "pixel_shuffle: %d channels, factor %d", x->channels, factor);
    else if (n)
        n->channels = x->channels / (factor * factor);
    return n;
}

Node *layer_pixel_unshuffle(Graph *g, Node *x, int factor)
{
    Node *n = scaled(g, OPERATION_PIXEL_UNSHUFFLE, x, factor);
    if (n)
        n->channels = x->channels * factor * factor;
    return n;
}

Node *layer_nearest(Graph *g, Node *x, int factor)
{
    return scaled(g, OPERATION_NEAREST, x, factor);
}

Node *layer_bilinear(Graph *g, Node *x, int factor)
{
    return scaled(g, OPERATION_BILINEAR, x, factor);
}

Node *layer_max_pool(Graph *g, Node *x, int kernel, int stride, bool ceil_mode)
{
    Node *n = unary(g, OPERATION_MAX_POOL, x);
    if (n) {
        n->kernel = kernel;
        n->stride = stride;
        n->ceil_mode = ceil_mode;
    }
    return n;
}
