#include "nets/onnx/windows.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "nets/onnx/build.h"
#include "nets/onnx/steps.h"

/* What is being written. */
typedef struct Part {
    const Graph *graph;
    const Weights *weights;
    const Node *node;
    const char *x; /* the first input's name */
} Part;

static const int64_t PIXELS_LAST[] = {0, 3, 1, 2}, CHANNELS_LAST[] = {0, 2, 3, 1};

static const float *values_of(const Part *p, int parameter)
{
    return weights_find(p->weights, p->graph->parameters[parameter].key)->values;
}

static void finish_binary(Steps *s, const char *operation, const char *a, const char *b)
{
    steps_finish(s, operation, (const char *[]){a, b}, 2);
}

/* ---- Norms ---------------------------------------------------------------------------------- */

static void write_layer_norm(Steps *s, const Part *p)
{
    const int64_t channels = p->node->channels;
    const char *x = steps_transpose(s, p->x, 4, CHANNELS_LAST);
    const char *weight = steps_floats(s, "weight", 1, &channels, values_of(p, p->node->weight));
    const char *bias = steps_floats(s, "bias", 1, &channels, values_of(p, p->node->bias));
    x = steps_add(s, "LayerNormalization", x, weight, bias, NULL);
    onnx_set_integer(s->last, "axis", -1);
    onnx_set_real(s->last, "epsilon", p->node->value);
    steps_finish(s, "Transpose", &x, 1);
    onnx_set_list(s->last, "perm", 4, PIXELS_LAST);
}

/* Groups become channels of one long row each, which InstanceNormalization takes one by one. */
static void write_group_norm(Steps *s, const Part *p)
{
    const int64_t groups = p->node->factor, shape[3] = {p->node->channels, 1, 1};
    float *ones = memory_array((size_t)groups, sizeof *ones);
    float *zeros = memory_array((size_t)groups, sizeof *zeros);
    for (int64_t i = 0; i < groups; i++)
        ones[i] = 1;
    const char *rows =
        steps_add(s, "Reshape", p->x, steps_integers(s, 3, (int64_t[]){0, groups, -1}), NULL);
    rows = steps_add(s, "InstanceNormalization", rows, steps_floats(s, "ones", 1, &groups, ones),
                     steps_floats(s, "zeros", 1, &groups, zeros), NULL);
    onnx_set_real(s->last, "epsilon", p->node->value);
    const char *extents = steps_add(s, "Shape", p->x, NULL);
    const char *x = steps_add(s, "Reshape", rows, extents, NULL);
    x = steps_add(s, "Mul", x, steps_floats(s, "weight", 3, shape, values_of(p, p->node->weight)),
                  NULL);
    finish_binary(s, "Add", x, steps_floats(s, "bias", 3, shape, values_of(p, p->node->bias)));
    free(ones);
    free(zeros);
}

/* ---- Extents -------------------------------------------------------------------------------- */

/* Mod takes the sign of the divisor: -h mod 8 is what is missing to the next multiple. */
static void write_pad(Steps *s, const Part *p)
{
    const char *missing = steps_add(s, "Neg", steps_extents(s, p->x, 2, 2), NULL);
    missing = steps_add(s, "Mod", missing, steps_integer(s, p->node->factor), NULL);
    const char *pads = steps_join(s, steps_integers(s, 6, (int64_t[6]){0}), missing, NULL);
    finish_binary(s, "Pad", p->x, pads);
    onnx_set_text(s->last, "mode", "reflect");
}

static void write_crop(Steps *s, const Part *p, const char *reference)
{
    const char *ends = steps_add(s, "Mul", steps_extents(s, reference, 2, 2),
                                 steps_integer(s, p->node->factor), NULL);
    const char *inputs[] = {p->x, steps_integers(s, 2, (int64_t[]){0, 0}), ends,
                            steps_integers(s, 2, (int64_t[]){2, 3})};
    steps_finish(s, "Slice", inputs, 4);
}

/* ---- Attention ------------------------------------------------------------------------------ */

/* x (N,H,W,C) turned round by `places` along H and W. */
static const char *roll(Steps *s, const char *x, int64_t places)
{
    for (int64_t axis = 1; axis <= 2; axis++) {
        const char *end = steps_slice(s, x, axis, places, INT64_MAX);
        const char *beginning = steps_slice(s, x, axis, 0, places);
        x = steps_add(s, "Concat", end, beginning, NULL);
        onnx_set_integer(s->last, "axis", axis);
    }
    return x;
}

/* A convolution of 1 x 1 by a weight of rank 2. */
static const char *pixel_linear(Steps *s, const Part *p, const char *x, const char *name,
                                int weight, int bias)
{
    const int64_t *shape = p->graph->parameters[weight].shape;
    char *keys[2] = {memory_print("%s.weight", name), memory_print("%s.bias", name)};
    const char *inputs[3] = {
        x, steps_floats(s, keys[0], 4, (int64_t[]){shape[0], shape[1], 1, 1}, values_of(p, weight)),
        steps_floats(s, keys[1], 1, shape, values_of(p, bias))};
    const char *result = NULL;
    if (weight == p->node->projection)
        steps_finish(s, "Conv", inputs, 3);
    else
        result = steps_add(s, "Conv", inputs[0], inputs[1], inputs[2], NULL);
    free(keys[0]);
    free(keys[1]);
    return result;
}

/* The bias of every head between every two pixels of a window, (1,heads,area,area). */
static const char *position_bias(Steps *s, const Part *p)
{
    const int64_t side = p->node->kernel, heads = p->node->factor, area = side * side;
    const float *table = values_of(p, p->node->table);
    float *bias = memory_array((size_t)(heads * area * area), sizeof *bias), *at = bias;
    for (int64_t head = 0; head < heads; head++)
        for (int64_t i = 0; i < area; i++)
            for (int64_t k = 0; k < area; k++) {
                int64_t down = i / side - k / side, right = i % side - k % side;
                int64_t place = (down + side - 1) * (2 * side - 1) + right + side - 1;
                *at++ = table[place * heads + head];
            }
    const char *name = steps_floats(s, "position_bias", 4, (int64_t[]){1, heads, area, area}, bias);
    free(bias);
    return name;
}

/* -100 between pixels on both sides of the picture's border in the last row (or column) of windows:
 * (windows,1,1,area) times (area x area), the first 1 only for the last one. */
static const char *border(Steps *s, const Part *p, const char *windows, bool rows)
{
    const float APART = -100;
    const int64_t side = p->node->kernel, area = side * side, half = side - p->node->padding;
    float *apart = memory_array((size_t)(area * area), sizeof *apart);
    for (int64_t n = 0; n < area * area; n++) {
        int64_t i = n / area, k = n % area;
        bool parted =
            rows ? (i / side < half) != (k / side < half) : (i % side < half) != (k % side < half);
        apart[n] = parted ? APART : 0;
    }
    const char *scalar = steps_add(s, "Squeeze", windows, NULL);
    const char *zero = steps_add(s, "Squeeze", steps_integer(s, 0), NULL);
    const char *one = steps_add(s, "Squeeze", steps_integer(s, 1), NULL);
    const char *places = steps_add(s, "Range", zero, scalar, one, NULL);
    const char *last = steps_add(s, "Equal", places, steps_add(s, "Sub", scalar, one, NULL), NULL);
    last = steps_add(s, "Cast", last, NULL);
    onnx_set_integer(s->last, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    const char *shape = rows ? steps_integers(s, 4, (int64_t[]){-1, 1, 1, 1})
                             : steps_integers(s, 4, (int64_t[]){1, -1, 1, 1});
    last = steps_add(s, "Reshape", last, shape, NULL);
    const char *values = steps_floats(s, rows ? "apart_rows" : "apart_columns", 4,
                                      (int64_t[]){1, 1, area, area}, apart);
    free(apart);
    return steps_add(s, "Mul", last, values, NULL);
}

/* Scores (N windows,heads,area,area) with what keeps opposite borders apart. */
static const char *part_borders(Steps *s, const Part *p, const char *scores, const char *n,
                                const char *down, const char *across)
{
    const int64_t area = p->node->kernel * p->node->kernel, heads = p->node->factor;
    const char *mask =
        steps_add(s, "Min", border(s, p, down, true), border(s, p, across, false), NULL);
    mask =
        steps_add(s, "Reshape", mask, steps_integers(s, 4, (int64_t[]){-1, 1, area, area}), NULL);
    const char *shape =
        steps_join(s, n, steps_integers(s, 4, (int64_t[]){-1, heads, area, area}), NULL);
    scores = steps_add(s, "Add", steps_add(s, "Reshape", scores, shape, NULL), mask, NULL);
    return steps_add(s, "Reshape", scores, steps_integers(s, 4, (int64_t[]){-1, heads, area, area}),
                     NULL);
}

/* softmax(q k' / sqrt(d) + bias) v of (N windows,3 heads,area,d) -> (N windows,heads,area,d) */
static const char *attend(Steps *s, const Part *p, const char *parts, const char *n,
                          const char *down, const char *across)
{
    const int64_t heads = p->node->factor;
    const float scale = (float)(1 / sqrt((double)(p->node->channels / heads)));
    const char *q = steps_slice(s, parts, 1, 0, heads);
    const char *k = steps_slice(s, parts, 1, heads, 2 * heads);
    const char *v = steps_slice(s, parts, 1, 2 * heads, 3 * heads);
    q = steps_add(s, "Mul", q, steps_floats(s, "scale", 0, NULL, &scale), NULL);
    k = steps_transpose(s, k, 4, (int64_t[]){0, 1, 3, 2});
    const char *scores = steps_add(s, "MatMul", q, k, NULL);
    scores = steps_add(s, "Add", scores, position_bias(s, p), NULL);
    if (p->node->padding > 0)
        scores = part_borders(s, p, scores, n, down, across);
    scores = steps_add(s, "Softmax", scores, NULL);
    onnx_set_integer(s->last, "axis", -1);
    return steps_add(s, "MatMul", scores, v, NULL);
}

static void write_attention(Steps *s, const Part *p)
{
    static const int64_t SWAPPED[] = {0, 1, 3, 2, 4, 5}, HEADS_FIRST[] = {0, 2, 1, 3};
    const int64_t side = p->node->kernel, heads = p->node->factor, c = p->node->channels;
    const char *n = steps_extents(s, p->x, 0, 1), *extents = steps_extents(s, p->x, 2, 2);
    const char *windows = steps_add(s, "Div", extents, steps_integer(s, side), NULL);
    const char *down = steps_slice(s, windows, 0, 0, 1), *across = steps_slice(s, windows, 0, 1, 2);
    const char *edge = steps_integer(s, side);
    const char *x = pixel_linear(s, p, p->x, "qkv", p->node->weight, p->node->bias);
    x = steps_transpose(s, x, 4, CHANNELS_LAST);
    if (p->node->padding > 0)
        x = roll(s, x, p->node->padding);
    const char *shape = steps_join(s, n, down, edge, across, edge, steps_integer(s, 3 * c), NULL);
    x = steps_transpose(s, steps_add(s, "Reshape", x, shape, NULL), 6, SWAPPED);
    shape = steps_integers(s, 4, (int64_t[]){-1, side * side, 3 * heads, c / heads});
    x = steps_transpose(s, steps_add(s, "Reshape", x, shape, NULL), 4, HEADS_FIRST);
    x = steps_transpose(s, attend(s, p, x, n, down, across), 4, HEADS_FIRST);
    shape = steps_join(s, n, down, across, edge, edge, steps_integer(s, c), NULL);
    x = steps_transpose(s, steps_add(s, "Reshape", x, shape, NULL), 6, SWAPPED);
    shape = steps_join(s, n, extents, steps_integer(s, c), NULL);
    x = steps_add(s, "Reshape", x, shape, NULL);
    if (p->node->padding > 0)
        x = roll(s, x, -p->node->padding);
    x = steps_transpose(s, x, 4, PIXELS_LAST);
    pixel_linear(s, p, x, "proj", p->node->projection, p->node->projection_bias);
}

void onnx_windows_write(Onnx__GraphProto *onnx, const Graph *g, const Weights *weights,
                        const Node *n, const char *label, char *const *results)
{
    Steps s = steps_begin(onnx, label, results[n->index]);
    Part p = {g, weights, n, results[n->inputs[0]->index]};
    if (n->operation == OPERATION_LAYER_NORM)
        write_layer_norm(&s, &p);
    else if (n->operation == OPERATION_GROUP_NORM)
        write_group_norm(&s, &p);
    else if (n->operation == OPERATION_PAD_TO_MULTIPLE)
        write_pad(&s, &p);
    else if (n->operation == OPERATION_CROP)
        write_crop(&s, &p, results[n->inputs[1]->index]);
    else
        write_attention(&s, &p);
    steps_end(&s);
}
