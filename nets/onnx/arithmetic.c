/* Sums, products and limits: between values, and with constants. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "nets/layers.h"
#include "nets/onnx/elementary.h"

enum { MOST_NORMALISED = 4 };
static const float ONES[MOST_NORMALISED] = {1, 1, 1, 1}, ZEROS[MOST_NORMALISED];

static bool is_constant(const OnnxReader *r, size_t i)
{
    return !onnx_value(r, onnx_input_name(r, i)) && onnx_find_constant(r, onnx_input_name(r, i));
}

/* Constant i, one for all channels or one for each of at most 4: values[0..channels-1]. Their
 * number, 0 with an error. */
static int read_channels(const OnnxReader *r, size_t i, const Node *x, float *values)
{
    int64_t shape[4];
    const float *constant = onnx_constant_of_4(r, i, shape);
    if (error_pending())
        return 0;
    bool plain = shape[0] == 1 && shape[2] == 1 && shape[3] == 1;
    if (plain && shape[1] == 1) {
        values[0] = *constant;
        return 1;
    }
    if (plain && x->channels <= MOST_NORMALISED && shape[1] == x->channels) {
        memcpy(values, constant, (size_t)x->channels * sizeof *values);
        return x->channels;
    }
    onnx_refuse(r, "not one constant for all, or for each of at most %d channels", MOST_NORMALISED);
    return 0;
}

/* scale x + shift, with constants that are one or one for each channel. */
static Node *scaled(Graph *g, Node *x, int count, const float *scale, const float *shift)
{
    if (count == 1)
        return layer_affine(g, x, (double)*scale, (double)*shift);
    float mean[MOST_NORMALISED], deviation[MOST_NORMALISED];
    for (int c = 0; c < count; c++) {
        deviation[c] = 1 / scale[c];
        mean[c] = shift[c] == 0 ? 0 : -shift[c] / scale[c];
    }
    return layer_normalise(g, x, mean, deviation);
}

/* Either input is the constant: values[] and the other one. NULL with an error. */
static Node *read_operands(const OnnxReader *r, float *values, int *count, bool *reversed)
{
    *reversed = is_constant(r, 0);
    Node *x = onnx_input(r, *reversed);
    *count = x ? read_channels(r, !*reversed, x, values) : 0;
    return *count ? x : NULL;
}

static int begin(const OnnxReader *r)
{
    onnx_inputs(r, 2, 2);
    onnx_attributes(r, "");
    return error_pending() ? -1 : 0;
}

static bool is_between_values(const OnnxReader *r)
{
    return !is_constant(r, 0) && !is_constant(r, 1);
}

Node *onnx_read_add(OnnxReader *r)
{
    float values[MOST_NORMALISED];
    int count;
    bool reversed;
    if (begin(r) != 0)
        return NULL;
    if (is_between_values(r)) {
        Node *a = onnx_input(r, 0), *b = onnx_input(r, 1);
        return error_pending() ? NULL : layer_add(r->graph, a, b);
    }
    Node *x = read_operands(r, values, &count, &reversed);
    return x ? scaled(r->graph, x, count, ONES, values) : NULL;
}

Node *onnx_read_multiply(OnnxReader *r)
{
    float values[MOST_NORMALISED];
    int count;
    bool reversed;
    if (begin(r) != 0)
        return NULL;
    if (is_between_values(r)) {
        Node *a = onnx_input(r, 0), *b = onnx_input(r, 1);
        return error_pending() ? NULL : layer_multiply(r->graph, a, b);
    }
    Node *x = read_operands(r, values, &count, &reversed);
    return x ? scaled(r->graph, x, count, values, ZEROS) : NULL;
}

/* Of each channel's constant: Sub makes a node, a Div after it completes it. */
Node *onnx_read_subtract(OnnxReader *r)
{
    float values[MOST_NORMALISED];
    int count;
    bool reversed;
    if (begin(r) != 0)
        return NULL;
    if (is_between_values(r)) {
        Node *a = onnx_input(r, 0), *b = onnx_input(r, 1);
        return error_pending() ? NULL : layer_add_scaled(r->graph, a, b, -1);
    }
    Node *x = read_operands(r, values, &count, &reversed);
    if (!x)
        return NULL;
    if (count > 1 && !reversed)
        return layer_normalise(r->graph, x, values, ONES);
    static const float MINUS[MOST_NORMALISED] = {-1, -1, -1, -1};
    for (int c = 0; c < count && !reversed; c++)
        values[c] = -values[c];
    return scaled(r->graph, x, count, reversed ? MINUS : ONES, values);
}

/* Whether x is the Sub just before, whose result nothing else can have read yet. */
static bool completes(const OnnxReader *r, const Node *x)
{
    return x->operation == OPERATION_NORMALISE && x->index == r->graph->count - 1 && r->count > 0 &&
           r->values[r->count - 1].node == x &&
           memcmp(x->deviation, ONES, (size_t)x->channels * sizeof *ONES) == 0;
}

/* Whether only the current node, which comes next, reads the last value. */
static bool is_private(const OnnxReader *r)
{
    const char *name = r->values[r->count - 1].name;
    int readers = 0;
    for (size_t i = 0; i < r->onnx->n_node; i++)
        for (size_t k = 0; k < r->onnx->node[i]->n_input; k++)
            readers += strcmp(r->onnx->node[i]->input[k], name) == 0;
    return readers == 1;
}

Node *onnx_read_divide(OnnxReader *r)
{
    float values[MOST_NORMALISED];
    int count;
    bool reversed;
    if (begin(r) != 0)
        return NULL;
    Node *x = read_operands(r, values, &count, &reversed);
    if (x && reversed)
        onnx_refuse(r, "divides a constant");
    if (error_pending())
        return NULL;
    if (count == x->channels && completes(r, x) && is_private(r)) {
        memcpy(x->deviation, values, (size_t)count * sizeof *values);
        r->count--; /* the difference alone has no node any more */
        return x;
    }
    if (count > 1)
        return layer_normalise(r->graph, x, ZEROS, values);
    return layer_affine(r->graph, x, 1 / (double)*values, 0);
}

/* ---- Limits --------------------------------------------------------------------------------- */

/* The lower or upper limit: an input from opset 11 on, an attribute before. */
static double limit(const OnnxReader *r, size_t i, const char *name, double absent)
{
    if (r->at->n_input <= i || !*onnx_input_name(r, i))
        return onnx_real(r, name, absent);
    int64_t shape[4];
    const float *value = onnx_constant_of_4(r, i, shape);
    return value ? (double)*value : absent;
}

static bool is_output(const OnnxReader *r)
{
    return strcmp(r->onnx->output[0]->name, r->at->output[0]) == 0;
}

Node *onnx_read_clip(OnnxReader *r)
{
    const double WIDE = 1e30;
    onnx_inputs(r, 1, 3);
    onnx_attributes(r, "max min");
    Node *x = onnx_input(r, 0);
    double least = limit(r, 1, "min", -INFINITY), most = limit(r, 2, "max", INFINITY);
    if (error_pending())
        return NULL;
    if (least == 0 && most > WIDE)
        return layer_relu(r->graph, x);
    /* Pictures are limited to 0..1 when they become bytes. */
    if ((least < -WIDE && most > WIDE) || (is_output(r) && least == 0 && most == 1))
        return onnx_read_identity(r);
    onnx_refuse(r, "limits values to %g..%g", least, most);
    return NULL;
}

/* ---- Nothing -------------------------------------------------------------------------------- */

Node *onnx_read_identity(OnnxReader *r)
{
    if (r->at->n_input < 1 || r->at->n_output < 1) {
        onnx_refuse(r, "no input or no output");
        return NULL;
    }
    onnx_add_alias(r, r->at->output[0], onnx_input_name(r, 0));
    return NULL;
}

Node *onnx_read_cast(OnnxReader *r)
{
    int64_t to = onnx_integer(r, "to", 0);
    if (to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16)
        onnx_refuse(r, "not to float numbers");
    return error_pending() ? NULL : onnx_read_identity(r);
}
