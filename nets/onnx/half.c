#include "nets/onnx/half.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/elements.h"
#include "nets/onnx/build.h"

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    HALF = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
    OTHER = ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED /* integers and truths: left alone */
};

/* What a node computes, or a constant. */
typedef struct Value {
    const char *name;
    int type;
    bool exact;               /* made of the picture without weights, or a sum with that */
    bool cast;                /* it is there in the other type as well */
    Onnx__TensorProto *array; /* of a constant */
} Value;

typedef struct Halving {
    Onnx__GraphProto *graph;
    Value *values;
    int count, capacity;
} Halving;

static Value *add_value(Halving *h, const char *name, int type)
{
    memory_grow(&h->values, h->count, &h->capacity, sizeof *h->values);
    h->values[h->count] = (Value){.name = name, .type = type};
    return &h->values[h->count++];
}

static Value *find_value(const Halving *h, const char *name)
{
    for (int i = h->count - 1; i >= 0; i--)
        if (strcmp(h->values[i].name, name) == 0)
            return &h->values[i];
    return NULL;
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* ---- In what type a node computes ------------------------------------------------------------ */

/* Pixels moved by a convolution that has no weights of its own (pixel_unshuffle, repeat). */
static bool only_moves(const Value *kernel)
{
    const Onnx__TensorProto *t = kernel ? kernel->array : NULL;
    if (!t || t->data_type != FLOAT)
        return false;
    const float *values = (const float *)(const void *)t->raw_data.data;
    for (size_t i = 0; i < t->raw_data.len / sizeof *values; i++)
        if (values[i] != 0 && values[i] != 1)
            return false;
    return true;
}

static bool has_weights(const Halving *h, const Onnx__NodeProto *node)
{
    if (strcmp(node->op_type, "MatMul") == 0)
        return true;
    return strcmp(node->op_type, "Conv") == 0 &&
           (node->n_input > 2 || !only_moves(find_value(h, node->input[1])));
}

static bool needs_float(const Onnx__NodeProto *node)
{
    static const char *const NAMES[] = {"LayerNormalization", "InstanceNormalization",
                                        "BatchNormalization", "Softmax", NULL};
    return is_among(node->op_type, NAMES);
}

/* Whether it turns numbers into numbers, by the type of what it reads first. */
static bool is_arithmetic(const Halving *h, const Onnx__NodeProto *node)
{
    const Value *first = node->n_input ? find_value(h, node->input[0]) : NULL;
    return first && first->type != OTHER && strcmp(node->op_type, "Shape") != 0;
}

static bool reads_exact(const Halving *h, const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_input; i++) {
        const Value *value = find_value(h, node->input[i]);
        if (value && value->exact)
            return true;
    }
    return false;
}

/* The type and whether it is exact, of the value that a node makes. */
static Value result_of(const Halving *h, const Onnx__NodeProto *node)
{
    if (strcmp(node->op_type, "Cast") == 0) /* of truths, into numbers */
        return (Value){.type = FLOAT, .exact = true};
    if (!is_arithmetic(h, node))
        return (Value){.type = OTHER};
    if (has_weights(h, node))
        return (Value){.type = HALF};
    if (needs_float(node))
        return (Value){.type = FLOAT};
    bool exact = reads_exact(h, node);
    return (Value){.type = exact ? FLOAT : HALF, .exact = exact};
}

/* ---- Casts ----------------------------------------------------------------------------------- */

static char *other_name(const char *name, int type)
{
    return memory_print("%s.%s", name, type == HALF ? "half" : "float");
}

static void add_cast(Onnx__GraphProto *graph, const char *from, const char *to, int type)
{
    Onnx__NodeProto *cast = onnx_add_node(graph, "Cast", to, to);
    onnx_add_node_input(cast, from);
    onnx_set_integer(cast, "to", type);
}

static void check_halves(const char *name, const Onnx__TensorProto *t)
{
    const float MOST = 65504;
    const float *values = (const float *)(const void *)t->raw_data.data;
    for (size_t i = 0; i < t->raw_data.len / sizeof *values; i++)
        if (!(fabsf(values[i]) <= MOST))
            error_set(ERROR_FORMAT, "%s: %s holds %g, which float16 cannot", name, t->name,
                      (double)values[i]);
}

/* A constant's half beside it. */
static void add_half_array(Onnx__GraphProto *graph, const Onnx__TensorProto *t, const char *name)
{
    size_t count = t->raw_data.len / sizeof(float);
    uint16_t *halves = memory_array(count, sizeof *halves);
    element_to_half((const float *)(const void *)t->raw_data.data, (int64_t)count, halves);
    onnx_add_halves(graph, name, (int)t->n_dims, t->dims, halves);
    free(halves);
}

/* Makes `value`, which the node reads as input i, be there in that type, and the node read it. */
static void give(Halving *h, Onnx__NodeProto *node, size_t i, Value *value, int type,
                 const char *name)
{
    char *other = other_name(value->name, type);
    if (!value->cast && value->array)
        check_halves(name, value->array);
    if (!value->cast && value->array)
        add_half_array(h->graph, value->array, other);
    else if (!value->cast)
        add_cast(h->graph, value->name, other, type);
    value->cast = true;
    free(node->input[i]);
    node->input[i] = other;
}

/* Its first input alone is numbers to compute with, the others say how. */
static bool has_settings(const Onnx__NodeProto *node)
{
    static const char *const NAMES[] = {"Resize", "Slice", "Reshape", "Pad", NULL};
    return is_among(node->op_type, NAMES);
}

static void give_inputs(Halving *h, Onnx__NodeProto *node, int type, const char *name)
{
    for (size_t i = 0; i < (has_settings(node) ? 1 : node->n_input); i++) {
        Value *value = find_value(h, node->input[i]);
        if (value && value->type != OTHER && value->type != type)
            give(h, node, i, value, type, name);
    }
}

static void append_node(Onnx__GraphProto *graph, Onnx__NodeProto *node)
{
    graph->node = memory_resize(graph->node, graph->n_node + 1, sizeof *graph->node);
    graph->node[graph->n_node++] = node;
}

static void convert_node(Halving *h, Onnx__NodeProto *node, const char *name)
{
    Value result = result_of(h, node);
    if (strcmp(node->op_type, "QuantizeLinear") == 0)
        error_set(ERROR_FORMAT, "%s: a network of int8 has no float16 form", name);
    bool numbers = result.type != OTHER && strcmp(node->op_type, "Cast") != 0;
    if (numbers)
        give_inputs(h, node, result.type, name);
    append_node(h->graph, node);
    result.name = node->output[0];
    *add_value(h, node->output[0], OTHER) = result;
}

/* The graph's result is float32. */
static void finish(Halving *h)
{
    const char *output = h->graph->output[0]->name;
    const Value *value = find_value(h, output);
    if (value->type == FLOAT)
        return;
    Onnx__NodeProto *last = NULL;
    for (size_t i = 0; i < h->graph->n_node; i++)
        if (h->graph->node[i]->output[0] == value->name)
            last = h->graph->node[i];
    char *half = other_name(output, HALF);
    add_cast(h->graph, half, output, FLOAT);
    free(last->output[0]);
    last->output[0] = half;
}

/* ---- Constants ------------------------------------------------------------------------------- */

static bool is_read(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_input; k++)
            if (strcmp(graph->node[i]->input[k], name) == 0)
                return true;
    return false;
}

static void rename_inputs(Onnx__GraphProto *graph, const char *from, const char *to)
{
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_input; k++) {
            char **input = &graph->node[i]->input[k];
            if (strcmp(*input, from) != 0)
                continue;
            free(*input);
            *input = memory_copy_string(to);
        }
}

/* The half beside a constant that nobody reads any more takes its name. */
static void hand_on_name(Onnx__GraphProto *graph, const Onnx__TensorProto *constant)
{
    char *other = other_name(constant->name, HALF);
    for (size_t i = 0; i < graph->n_initializer; i++) {
        Onnx__TensorProto *half = graph->initializer[i];
        if (!half || strcmp(half->name, other) != 0)
            continue;
        rename_inputs(graph, other, constant->name);
        free(half->name);
        half->name = memory_copy_string(constant->name);
    }
    free(other);
}

static void drop_floats(Onnx__GraphProto *graph)
{
    size_t kept = 0, count = graph->n_initializer;
    for (size_t i = 0; i < count; i++) {
        Onnx__TensorProto *t = graph->initializer[i];
        graph->initializer[i] = NULL;
        if (t->data_type == FLOAT && !is_read(graph, t->name)) {
            hand_on_name(graph, t);
            onnx__tensor_proto__free_unpacked(t, NULL);
        } else {
            graph->initializer[kept++] = t;
        }
    }
    graph->n_initializer = kept;
}

int onnx_make_half(Onnx__GraphProto *graph, const char *name)
{
    Halving h = {.graph = graph};
    add_value(&h, graph->input[0]->name, FLOAT)->exact = true;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        Onnx__TensorProto *t = graph->initializer[i];
        add_value(&h, t->name, t->data_type == FLOAT ? FLOAT : OTHER)->array = t;
    }
    Onnx__NodeProto **nodes = graph->node;
    size_t count = graph->n_node;
    graph->node = NULL;
    graph->n_node = 0;
    for (size_t i = 0; i < count; i++)
        convert_node(&h, nodes[i], name);
    finish(&h);
    drop_floats(graph);
    free(nodes);
    free(h.values);
    return error_pending() ? -1 : 0;
}
