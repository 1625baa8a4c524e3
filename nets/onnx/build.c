#include "nets/onnx/build.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* An empty message, of the type that protobuf-c's descriptor describes. */
static void *new_message(const ProtobufCMessageDescriptor *descriptor)
{
    void *message = memory_new(descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, message);
    return message;
}

/* Appends to one of protobuf-c's repeated fields. */
#define APPEND(items, count, item)                                                                 \
    do {                                                                                           \
        (items) = memory_resize((items), (count) + 1, sizeof *(items));                            \
        (items)[(count)++] = (item);                                                               \
    } while (0)

Onnx__ModelProto *onnx_new(const char *name)
{
    Onnx__ModelProto *m = new_message(&onnx__model_proto__descriptor);
    m->has_ir_version = 1;
    m->ir_version = ONNX_IR_VERSION;
    m->producer_name = memory_copy_string(ONNX_PRODUCER);
    m->producer_version = memory_copy_string(UNMUSH_VERSION);
    Onnx__OperatorSetIdProto *opset = new_message(&onnx__operator_set_id_proto__descriptor);
    opset->has_version = 1;
    opset->version = ONNX_OPSET;
    APPEND(m->opset_import, m->n_opset_import, opset);
    m->graph = new_message(&onnx__graph_proto__descriptor);
    m->graph->name = memory_copy_string(name);
    return m;
}

void onnx_free(Onnx__ModelProto *model)
{
    if (model)
        onnx__model_proto__free_unpacked(model, NULL);
}

void onnx_add_text(Onnx__ModelProto *model, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *text = new_message(&onnx__string_string_entry_proto__descriptor);
    text->key = memory_copy_string(key);
    text->value = memory_copy_string(value);
    APPEND(model->metadata_props, model->n_metadata_props, text);
}

static Onnx__TensorShapeProto__Dimension *add_dimension(Onnx__TensorShapeProto *shape)
{
    Onnx__TensorShapeProto__Dimension *d =
        new_message(&onnx__tensor_shape_proto__dimension__descriptor);
    APPEND(shape->dim, shape->n_dim, d);
    return d;
}

static void add_symbol(Onnx__TensorShapeProto *shape, const char *symbol)
{
    Onnx__TensorShapeProto__Dimension *d = add_dimension(shape);
    d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    d->dim_param = memory_copy_string(symbol);
}

static Onnx__ValueInfoProto *new_value(const char *name, int channels, const char *height,
                                       const char *width)
{
    Onnx__TypeProto__Tensor *tensor = new_message(&onnx__type_proto__tensor__descriptor);
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = new_message(&onnx__tensor_shape_proto__descriptor);
    add_symbol(tensor->shape, "batch");
    Onnx__TensorShapeProto__Dimension *d = add_dimension(tensor->shape);
    d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    d->dim_value = channels;
    add_symbol(tensor->shape, height);
    add_symbol(tensor->shape, width);
    Onnx__ValueInfoProto *value = new_message(&onnx__value_info_proto__descriptor);
    value->name = memory_copy_string(name);
    value->type = new_message(&onnx__type_proto__descriptor);
    value->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    value->type->tensor_type = tensor;
    return value;
}

void onnx_add_input(Onnx__GraphProto *graph, const char *name, int channels, const char *height,
                    const char *width)
{
    APPEND(graph->input, graph->n_input, new_value(name, channels, height, width));
}

void onnx_add_output(Onnx__GraphProto *graph, const char *name, int channels, const char *height,
                     const char *width)
{
    APPEND(graph->output, graph->n_output, new_value(name, channels, height, width));
}

static void add_values(Onnx__GraphProto *graph, const char *name, int32_t type, int rank,
                       const int64_t *shape, const void *values, size_t size)
{
    Onnx__TensorProto *t = new_message(&onnx__tensor_proto__descriptor);
    t->name = memory_copy_string(name);
    t->has_data_type = 1;
    t->data_type = type;
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        APPEND(t->dims, t->n_dims, shape[i]);
        count *= (size_t)shape[i];
    }
    t->has_raw_data = 1;
    t->raw_data.len = count * size;
    t->raw_data.data = memory_array(count, size);
    if (t->raw_data.len)
        memcpy(t->raw_data.data, values, t->raw_data.len);
    APPEND(graph->initializer, graph->n_initializer, t);
}

void onnx_add_constant(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                       const float *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, shape, values,
               sizeof *values);
}

void onnx_add_halves(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                     const uint16_t *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, rank, shape, values,
               sizeof *values);
}

void onnx_add_unsigned8(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                        const uint8_t *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, rank, shape, values,
               sizeof *values);
}

void onnx_add_signed8(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                      const int8_t *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT8, rank, shape, values,
               sizeof *values);
}

void onnx_add_signed32(Onnx__GraphProto *graph, const char *name, int rank, const int64_t *shape,
                       const int32_t *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT32, rank, shape, values,
               sizeof *values);
}

void onnx_add_integer(Onnx__GraphProto *graph, const char *name, int64_t value)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, (int64_t[]){1}, &value,
               sizeof value);
}

void onnx_add_integers(Onnx__GraphProto *graph, const char *name, int count, const int64_t *values)
{
    add_values(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, (int64_t[]){count}, values,
               sizeof *values);
}

Onnx__NodeProto *onnx_add_node(Onnx__GraphProto *graph, const char *operation, const char *name,
                               const char *output)
{
    Onnx__NodeProto *node = new_message(&onnx__node_proto__descriptor);
    node->op_type = memory_copy_string(operation);
    node->name = memory_copy_string(name);
    APPEND(node->output, node->n_output, memory_copy_string(output));
    APPEND(graph->node, graph->n_node, node);
    return node;
}

void onnx_add_node_input(Onnx__NodeProto *node, const char *value)
{
    APPEND(node->input, node->n_input, memory_copy_string(value));
}

static Onnx__AttributeProto *add_attribute(Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *a = new_message(&onnx__attribute_proto__descriptor);
    a->name = memory_copy_string(name);
    a->has_type = 1;
    a->type = type;
    APPEND(node->attribute, node->n_attribute, a);
    return a;
}

void onnx_set_integer(Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = 1;
    a->i = value;
}

void onnx_set_integers(Onnx__NodeProto *node, const char *name, int count, int64_t each)
{
    Onnx__AttributeProto *a =
        add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    for (int i = 0; i < count; i++)
        APPEND(a->ints, a->n_ints, each);
}

void onnx_set_list(Onnx__NodeProto *node, const char *name, int count, const int64_t *values)
{
    Onnx__AttributeProto *a =
        add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    for (int i = 0; i < count; i++)
        APPEND(a->ints, a->n_ints, values[i]);
}

void onnx_set_real(Onnx__NodeProto *node, const char *name, double value)
{
    Onnx__AttributeProto *a =
        add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = 1;
    a->f = (float)value;
}

void onnx_set_text(Onnx__NodeProto *node, const char *name, const char *value)
{
    Onnx__AttributeProto *a =
        add_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = 1;
    a->s.len = strlen(value);
    a->s.data = (uint8_t *)memory_copy_string(value);
}
