#include "nets/onnx/quantised.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"

enum { SIGNED_MIDDLE = 128 }; /* the level of int8's 0 where levels are 0..255 */

/* ---- Writing -------------------------------------------------------------------------------- */

static void add_inputs(Onnx__NodeProto *node, const char *x, const char *step, const char *zero)
{
    onnx_add_node_input(node, x);
    onnx_add_node_input(node, step);
    onnx_add_node_input(node, zero);
}

void onnx_quantised_write(Onnx__GraphProto *onnx, const Node *n, const char *label,
                          char *const *results)
{
    char *step = memory_print("%s.step", label), *zero = memory_print("%s.zero", label);
    char *levels = memory_print("%s.levels", label);
    onnx_add_constant(onnx, step, 0, NULL, (float[]){(float)n->value});
    onnx_add_unsigned8(onnx, zero, 0, NULL, (uint8_t[]){(uint8_t)n->first});
    add_inputs(onnx_add_node(onnx, "QuantizeLinear", levels, levels), results[n->inputs[0]->index],
               step, zero);
    add_inputs(onnx_add_node(onnx, "DequantizeLinear", label, results[n->index]), levels, step,
               zero);
    free(step);
    free(zero);
    free(levels);
}

/* NAME.WHAT of NAME.WHAT_quantised, NAME.WHAT_steps and NAME.WHAT_zeros, which are there. */
static void add_dequantise(Onnx__GraphProto *onnx, const char *key, char *const *parts)
{
    Onnx__NodeProto *node = onnx_add_node(onnx, "DequantizeLinear", key, key);
    add_inputs(node, parts[0], parts[1], parts[2]);
    onnx_set_integer(node, "axis", 0);
}

static char **part_names(const char *key)
{
    char **names = memory_array(3, sizeof *names);
    names[0] = memory_print("%s_quantised", key);
    names[1] = memory_print("%s_steps", key);
    names[2] = memory_print("%s_zeros", key);
    return names;
}

static void free_names(char **names)
{
    for (int i = 0; i < 3; i++)
        free(names[i]);
    free(names);
}

static void write_weight(Onnx__GraphProto *onnx, const Node *n, const Weight *w, const float *steps)
{
    const int64_t shape[4] = {n->channels, n->inputs[0]->channels, n->kernel, n->kernel};
    int64_t each = w->count / n->channels;
    int8_t *levels = memory_array((size_t)w->count, sizeof *levels);
    int8_t *zeros = memory_array((size_t)n->channels, sizeof *zeros);
    for (int64_t i = 0; i < w->count; i++) {
        float level = nearbyintf(w->values[i] / steps[i / each]);
        levels[i] = (int8_t)fminf(fmaxf(level, INT8_MIN), INT8_MAX);
    }
    char *key = memory_print("%s.weight", n->name), **names = part_names(key);
    onnx_add_signed8(onnx, names[0], 4, shape, levels);
    onnx_add_constant(onnx, names[1], 1, shape, steps);
    onnx_add_signed8(onnx, names[2], 1, shape, zeros);
    add_dequantise(onnx, key, names);
    free_names(names);
    free(key);
    free(levels);
    free(zeros);
}

static void write_bias(Onnx__GraphProto *onnx, const Node *n, const Weight *bias,
                       const float *weight_steps)
{
    size_t count = (size_t)n->channels;
    float *steps = memory_array(count, sizeof *steps);
    int32_t *levels = memory_array(count, sizeof *levels),
            *zeros = memory_array(count, sizeof *zeros);
    for (size_t i = 0; i < count; i++) {
        steps[i] = (float)n->inputs[0]->value * weight_steps[i];
        double level = nearbyint((double)bias->values[i] / (double)steps[i]);
        levels[i] = (int32_t)fmin(fmax(level, INT32_MIN), INT32_MAX);
    }
    char *key = memory_print("%s.bias", n->name), **names = part_names(key);
    onnx_add_signed32(onnx, names[0], 1, bias->shape, levels);
    onnx_add_constant(onnx, names[1], 1, bias->shape, steps);
    onnx_add_signed32(onnx, names[2], 1, bias->shape, zeros);
    add_dequantise(onnx, key, names);
    free_names(names);
    free(key);
    free(steps);
    free(levels);
    free(zeros);
}

void onnx_quantised_write_parameters(Onnx__GraphProto *onnx, const Graph *g, const Weights *weights,
                                     const Node *n)
{
    const float *steps = weights_find(weights, g->parameters[n->steps].key)->values;
    write_weight(onnx, n, weights_find(weights, g->parameters[n->weight].key), steps);
    if (n->bias >= 0)
        write_bias(onnx, n, weights_find(weights, g->parameters[n->bias].key), steps);
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* A constant's integers, one at a time. */
typedef struct Integers {
    const Onnx__TensorProto *array;
    size_t count;
} Integers;

static size_t integer_bytes(const Onnx__TensorProto *t)
{
    if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32)
        return 4;
    return t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8 ||
                   t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
               ? 1
               : 0;
}

/* Empty with an error where it is not one of 8 or 32 bits, of `most` dimensions. */
static Integers integers_of(const OnnxReader *r, const Onnx__TensorProto *t, size_t most)
{
    size_t bytes = t ? integer_bytes(t) : 0, room = bytes ? t->raw_data.len / bytes : 0;
    uint64_t count = 1;
    bool good = bytes && t->has_raw_data && t->n_external_data == 0 && t->n_dims <= most && room;
    for (size_t i = 0; good && i < t->n_dims; i++) {
        good = t->dims[i] >= 1 && (uint64_t)t->dims[i] <= room / count;
        count *= good ? (uint64_t)t->dims[i] : 1;
    }
    if (good && count == room && room * bytes == t->raw_data.len)
        return (Integers){t, room};
    onnx_refuse(r, "not integers of 8 or 32 bits with their values in the file");
    return (Integers){0};
}

static int32_t integer_at(Integers a, size_t i)
{
    int32_t wide;
    if (a.array->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8)
        return a.array->raw_data.data[i];
    if (a.array->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8)
        return (int8_t)a.array->raw_data.data[i];
    memcpy(&wide, a.array->raw_data.data + i * sizeof wide, sizeof wide);
    return wide;
}

/* The current node's step and its zero among levels 0..255; one for all values. */
static int read_step(const OnnxReader *r, double *step, int *zero)
{
    int64_t shape[4];
    onnx_inputs(r, 2, 3);
    const float *value = onnx_constant_of_4(r, 1, shape);
    *zero = 0;
    if (error_pending())
        return -1;
    if (shape[0] * shape[1] * shape[2] * shape[3] != 1 || !isfinite(*value) || *value <= 0)
        return onnx_refuse(r, "not one step above 0 for all values");
    *step = (double)*value;
    if (r->at->n_input < 3 || !*onnx_input_name(r, 2))
        return 0;
    Integers zeros = integers_of(r, onnx_find_constant(r, onnx_input_name(r, 2)), 1);
    if (zeros.count != 1 || integer_bytes(zeros.array) != 1)
        return onnx_refuse(r, "not one zero of 8 bits for all values");
    bool is_signed = zeros.array->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    *zero = integer_at(zeros, 0) + (is_signed ? SIGNED_MIDDLE : 0);
    return 0;
}

Node *onnx_read_quantise(OnnxReader *r)
{
    double step;
    int zero;
    onnx_attributes(r, "axis saturate");
    Node *x = onnx_input(r, 0);
    if (error_pending() || read_step(r, &step, &zero) != 0)
        return NULL;
    return layer_quantise(r->graph, x, step, zero);
}

static bool all_zero(Integers zeros)
{
    for (size_t i = 0; i < zeros.count; i++)
        if (integer_at(zeros, i) != 0)
            return false;
    return true;
}

/* One step for all, or one for each of the first extent. */
static float *dequantised(const OnnxReader *r, Integers levels, OnnxDequantised *d)
{
    const Onnx__TensorProto *t = levels.array;
    int64_t shape[4], axis = onnx_integer(r, "axis", 1);
    const float *steps = onnx_constant_of_4(r, 1, shape);
    size_t channels = steps ? (size_t)(shape[0] * shape[1] * shape[2] * shape[3]) : 0;
    Integers zeros = {0};
    if (steps && r->at->n_input > 2 && *onnx_input_name(r, 2))
        zeros = integers_of(r, onnx_find_constant(r, onnx_input_name(r, 2)), 1);
    if (error_pending())
        return NULL;
    bool each = channels > 1;
    if ((each && (axis != 0 || t->n_dims < 1 || (size_t)t->dims[0] != channels)) ||
        (zeros.count && zeros.count != channels)) {
        onnx_refuse(r, "not one step and zero for all, or for each of the first extent");
        return NULL;
    }
    *d = (OnnxDequantised){t, onnx_find_constant(r, onnx_input_name(r, 1)), r->at->output[0],
                           all_zero(zeros)};
    float *values = memory_ask(levels.count, sizeof *values);
    for (size_t i = 0; values && i < levels.count; i++) {
        size_t c = each ? i / (levels.count / channels) : 0;
        int32_t zero = zeros.count ? integer_at(zeros, c) : 0;
        values[i] = (float)((int64_t)integer_at(levels, i) - zero) * steps[c];
    }
    return values;
}

/* A constant is dequantised once, so that a file's arrays are held once. */
static void read_constant(OnnxReader *r, const Onnx__TensorProto *constant)
{
    for (int i = 0; i < r->dequantised_count; i++)
        if (r->dequantised[i].levels == constant) {
            onnx_refuse(r, "%.120s is dequantised a second time", constant->name);
            return;
        }
    Integers levels = integers_of(r, constant, 4);
    OnnxDequantised d;
    float *values = levels.count ? dequantised(r, levels, &d) : NULL;
    if (!values)
        return;
    onnx_add_constant(r->made, r->at->output[0], (int)constant->n_dims, constant->dims, values);
    free(values);
    memory_grow(&r->dequantised, r->dequantised_count, &r->dequantised_capacity,
                sizeof *r->dequantised);
    r->dequantised[r->dequantised_count++] = d;
}

Node *onnx_read_dequantise(OnnxReader *r)
{
    double step;
    int zero;
    onnx_attributes(r, "axis");
    onnx_inputs(r, 2, 3);
    if (error_pending())
        return NULL;
    Node *x = onnx_value(r, onnx_input_name(r, 0));
    const Onnx__TensorProto *constant = x ? NULL : onnx_find_constant(r, onnx_input_name(r, 0));
    if (constant)
        read_constant(r, constant);
    else if (!x)
        onnx_input(r, 0);
    if (!x || read_step(r, &step, &zero) != 0)
        return NULL;
    if (x->operation != OPERATION_QUANTISE || x->value != step || x->first != zero) {
        onnx_refuse(r, "not what the QuantizeLinear before it has made, by its step and zero");
        return NULL;
    }
    onnx_add_alias(r, r->at->output[0], onnx_input_name(r, 0));
    return NULL;
}

void onnx_quantised_keep_steps(const OnnxReader *r, Node *n, size_t i)
{
    const char *name = onnx_input_name(r, i);
    const OnnxDequantised *d = NULL;
    for (int k = 0; k < r->dequantised_count && !d; k++)
        if (strcmp(r->dequantised[k].name, name) == 0)
            d = &r->dequantised[k];
    if (!d || d->levels->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__INT8 || !d->around_zero)
        return;
    const float *from = (const float *)(const void *)d->steps->raw_data.data;
    const int64_t channels = n->channels;
    size_t count = d->steps->raw_data.len / sizeof *from;
    if (count != 1 && count != (size_t)channels) { /* two constants share the name */
        onnx_refuse(r, "%zu steps for %lld channels", count, (long long)channels);
        return;
    }
    n->steps = graph_parameter(r->graph, n->name, "weight_steps", 1, &channels);
    r->graph->parameters[n->steps].trained = false;
    Weight *to = weights_add(r->weights, r->graph->parameters[n->steps].key, 1, &channels);
    for (int64_t c = 0; c < channels; c++)
        to->values[c] = from[count == 1 ? 0 : c];
}
