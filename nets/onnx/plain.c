#include "nets/onnx/plain.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/elements.h"
#include "nets/onnx/build.h"

/* ---- Arrays --------------------------------------------------------------------------------- */

static void set_raw(Onnx__TensorProto *t, int32_t type, void *bytes, size_t count)
{
    free(t->raw_data.data);
    t->has_raw_data = 1;
    t->raw_data.data = bytes;
    t->raw_data.len = count;
    t->data_type = type;
}

/* float16, float64 and 32-bit integers, as raw bytes of `type`. */
static void convert(Onnx__TensorProto *t, ElementType type)
{
    size_t count = t->raw_data.len / (size_t)element_bytes(type);
    float *values = memory_ask(count, sizeof *values);
    if (!values)
        return;
    element_convert(type, t->raw_data.data, (int64_t)count, values);
    set_raw(t, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, values, count * sizeof *values);
}

/* Half floats kept one by one lie in the lower halves of 32-bit integers. */
static void gather_halves(Onnx__TensorProto *t)
{
    uint16_t *halves = memory_ask(t->n_int32_data, sizeof *halves);
    if (!halves)
        return;
    for (size_t i = 0; i < t->n_int32_data; i++)
        halves[i] = (uint16_t)t->int32_data[i];
    set_raw(t, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, halves, t->n_int32_data * sizeof *halves);
}

static void copy_raw(Onnx__TensorProto *t, const void *values, size_t count, size_t size)
{
    void *bytes = memory_ask(count, size);
    if (!bytes)
        return;
    memcpy(bytes, values, count * size);
    set_raw(t, t->data_type, bytes, count * size);
}

/* So do bytes, signed or not. */
static void gather_bytes(Onnx__TensorProto *t)
{
    uint8_t *bytes = memory_ask(t->n_int32_data, sizeof *bytes);
    if (!bytes)
        return;
    for (size_t i = 0; i < t->n_int32_data; i++)
        bytes[i] = (uint8_t)t->int32_data[i];
    set_raw(t, t->data_type, bytes, t->n_int32_data);
}

/* What lies in a field of its own type becomes raw. */
static void gather(Onnx__TensorProto *t)
{
    int32_t type = t->data_type;
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && t->n_float_data)
        copy_raw(t, t->float_data, t->n_float_data, sizeof *t->float_data);
    else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE && t->n_double_data)
        copy_raw(t, t->double_data, t->n_double_data, sizeof *t->double_data);
    else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 && t->n_int64_data)
        copy_raw(t, t->int64_data, t->n_int64_data, sizeof *t->int64_data);
    else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 && t->n_int32_data)
        gather_halves(t);
    else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 && t->n_int32_data)
        copy_raw(t, t->int32_data, t->n_int32_data, sizeof *t->int32_data);
    else if ((type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8 ||
              type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8) &&
             t->n_int32_data)
        gather_bytes(t);
}

static void make_plain(Onnx__TensorProto *t)
{
    if (!t->has_data_type || t->n_external_data)
        return;
    if (!t->has_raw_data)
        gather(t);
    if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16)
        convert(t, ELEMENT_F16);
    else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16)
        convert(t, ELEMENT_BF16);
    else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        convert(t, ELEMENT_F64);
}

/* ---- Constants that are nodes ---------------------------------------------------------------- */

static void add_tensor(Onnx__GraphProto *graph, Onnx__TensorProto *t, const char *name)
{
    free(t->name);
    t->name = memory_copy_string(name);
    graph->initializer =
        memory_resize(graph->initializer, graph->n_initializer + 1, sizeof *graph->initializer);
    graph->initializer[graph->n_initializer++] = t;
}

/* Whether the node's value could be made an initialiser. */
static bool take_constant(Onnx__GraphProto *graph, Onnx__NodeProto *node)
{
    if (!node->op_type || strcmp(node->op_type, "Constant") != 0 || node->n_output != 1 ||
        node->n_attribute != 1 || !node->attribute[0]->name)
        return false;
    Onnx__AttributeProto *a = node->attribute[0];
    const char *name = node->output[0];
    if (strcmp(a->name, "value") == 0 && a->t) {
        add_tensor(graph, a->t, name);
        a->t = NULL;
    } else if (strcmp(a->name, "value_float") == 0) {
        onnx_add_constant(graph, name, 0, NULL, &a->f);
    } else if (strcmp(a->name, "value_floats") == 0) {
        onnx_add_constant(graph, name, 1, (int64_t[]){(int64_t)a->n_floats}, a->floats);
    } else if (strcmp(a->name, "value_int") == 0) {
        onnx_add_integer(graph, name, a->i);
    } else if (strcmp(a->name, "value_ints") == 0) {
        onnx_add_integers(graph, name, (int)a->n_ints, a->ints);
    } else {
        return false;
    }
    return true;
}

/* ---- Casts ----------------------------------------------------------------------------------- */

static bool is_output(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_output; i++)
        if (graph->output[i]->name && strcmp(graph->output[i]->name, name) == 0)
            return true;
    return false;
}

/* Between float16 and float32 within the network: here all is float32. */
static bool is_cast(const Onnx__GraphProto *graph, const Onnx__NodeProto *node)
{
    if (!node->op_type || strcmp(node->op_type, "Cast") != 0 || node->n_input != 1 ||
        node->n_output != 1 || node->n_attribute != 1 || is_output(graph, node->output[0]))
        return false;
    int64_t to = node->attribute[0]->i;
    return to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
           to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
}

/* A cast, by its result's name. */
typedef struct Cast {
    Onnx__NodeProto *node;
    size_t place; /* among the nodes */
} Cast;

typedef struct Casts {
    Cast *items; /* ordered by name, then place: few comparisons whatever the file holds */
    size_t count;
} Casts;

static int compare_casts(const void *a, const void *b)
{
    const Cast *x = a, *y = b;
    int order = strcmp(x->node->output[0], y->node->output[0]);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static Casts find_casts(const Onnx__GraphProto *graph)
{
    Casts casts = {memory_array(graph->n_node + 1, sizeof *casts.items), 0};
    for (size_t i = 0; i < graph->n_node; i++)
        if (is_cast(graph, graph->node[i]))
            casts.items[casts.count++] = (Cast){graph->node[i], i};
    qsort(casts.items, casts.count, sizeof *casts.items, compare_casts);
    return casts;
}

/* The first cast that gives that name; NULL if there is none before `place`. */
static const Onnx__NodeProto *cast_before(const Casts *casts, const char *name, size_t place)
{
    size_t first = 0, end = casts->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(casts->items[middle].node->output[0], name) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    bool found = first < casts->count && casts->items[first].place < place &&
                 strcmp(casts->items[first].node->output[0], name) == 0;
    return found ? casts->items[first].node : NULL;
}

/* Names that are copied are short, so that no file becomes much larger than it is. */
static bool is_left_out(const Onnx__NodeProto *cast)
{
    enum { LONGEST_NAME = 128 };
    return strlen(cast->input[0]) <= LONGEST_NAME;
}

/* Whoever reads a cast's result reads what it casts; of casts in a row, what the first one does. */
static void pass_by(const Casts *casts, Onnx__NodeProto *node, size_t place)
{
    for (size_t k = 0; k < node->n_input; k++) {
        const Onnx__NodeProto *cast = cast_before(casts, node->input[k], place);
        if (!cast || !is_left_out(cast))
            continue;
        free(node->input[k]);
        node->input[k] = memory_copy_string(cast->input[0]);
    }
}

static void take_casts(Onnx__GraphProto *graph)
{
    size_t kept = 0;
    Casts casts = find_casts(graph);
    for (size_t i = 0; i < graph->n_node; i++)
        pass_by(&casts, graph->node[i], i);
    for (size_t i = 0; i < graph->n_node; i++)
        if (is_cast(graph, graph->node[i]) && is_left_out(graph->node[i]))
            onnx__node_proto__free_unpacked(graph->node[i], NULL);
        else
            graph->node[kept++] = graph->node[i];
    graph->n_node = kept;
    free(casts.items);
}

void onnx_make_plain(Onnx__GraphProto *graph)
{
    size_t kept = 0;
    for (size_t i = 0; i < graph->n_node; i++)
        if (take_constant(graph, graph->node[i]))
            onnx__node_proto__free_unpacked(graph->node[i], NULL);
        else
            graph->node[kept++] = graph->node[i];
    graph->n_node = kept;
    take_casts(graph);
    for (size_t i = 0; i < graph->n_initializer; i++)
        make_plain(graph->initializer[i]);
}
