#ifdef KERNELS_WITH_ONEDNN
#include "tensor/kernels/onednn_describe.h"

#include <string.h>

/* Owned descriptions of memory: values in version 2, handles in version 3. */
typedef dnnl_memory_desc_t Memory;

#if DNNL_VERSION_MAJOR < 3
static Layout borrow(const Memory *memory)
{
    return memory;
}

static void release(Memory *memory)
{
    (void)memory;
}

static bool describe_memory(Memory *memory, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                            dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(memory, rank, dims, type, tag) == dnnl_success;
}

static dnnl_status_t append_activation(dnnl_post_ops_t operations, float slope)
{
    return dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, slope, 0);
}
#else
static Layout borrow(const Memory *memory)
{
    return *memory;
}

static void release(Memory *memory)
{
    dnnl_memory_desc_destroy(*memory);
}

static bool describe_memory(Memory *memory, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                            dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(memory, rank, dims, type, tag) == dnnl_success;
}

static dnnl_status_t append_activation(dnnl_post_ops_t operations, float slope)
{
    return dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_relu, slope, 0);
}
#endif

typedef struct Operands {
    Memory x, weights, bias, y;
    dnnl_dims_t strides, dilates, padding;
    bool with_bias;
} Operands;

#if DNNL_VERSION_MAJOR < 3
static dnnl_status_t create(dnnl_primitive_desc_t *result, dnnl_engine_t engine, Pass pass,
                            const Operands *o, const_dnnl_primitive_attr_t attributes,
                            const_dnnl_primitive_desc_t forward)
{
    dnnl_convolution_desc_t d;
    dnnl_alg_kind_t direct = dnnl_convolution_direct;
    Layout bias = o->with_bias ? &o->bias : NULL;
    dnnl_status_t status = dnnl_invalid_arguments;
    switch (pass) {
    case PASS_FORWARD:
        status = dnnl_convolution_forward_desc_init(&d, dnnl_forward_training, direct, &o->x,
                                                    &o->weights, bias, &o->y, o->strides,
                                                    o->padding, o->padding);
        break;
    case PASS_DATA:
        status = dnnl_convolution_backward_data_desc_init(&d, direct, &o->x, &o->weights, &o->y,
                                                          o->strides, o->padding, o->padding);
        break;
    case PASS_WEIGHTS:
        status = dnnl_convolution_backward_weights_desc_init(
            &d, direct, &o->x, &o->weights, bias, &o->y, o->strides, o->padding, o->padding);
        break;
    }
    return status == dnnl_success
               ? dnnl_primitive_desc_create(result, &d, attributes, engine, forward)
               : status;
}
#else
static dnnl_status_t create(dnnl_primitive_desc_t *result, dnnl_engine_t engine, Pass pass,
                            const Operands *o, const_dnnl_primitive_attr_t attributes,
                            const_dnnl_primitive_desc_t forward)
{
    dnnl_alg_kind_t direct = dnnl_convolution_direct;
    Layout bias = o->with_bias ? o->bias : NULL;
    switch (pass) {
    case PASS_FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(
            result, engine, dnnl_forward_training, direct, o->x, o->weights, bias, o->y, o->strides,
            o->dilates, o->padding, o->padding, attributes);
    case PASS_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(
            result, engine, direct, o->x, o->weights, o->y, o->strides, o->dilates, o->padding,
            o->padding, forward, attributes);
    case PASS_WEIGHTS:
        return dnnl_convolution_backward_weights_primitive_desc_create(
            result, engine, direct, o->x, o->weights, bias, o->y, o->strides, o->dilates,
            o->padding, o->padding, forward, attributes);
    }
    return dnnl_invalid_arguments;
}
#endif

static dnnl_data_type_t data_type(TensorType type)
{
    return type == TENSOR_BF16 ? dnnl_bf16 : dnnl_f32;
}

static bool describe_operands(Operands *o, const Description *d)
{
    const ConvShape *s = &d->shape;
    int64_t height = (d->h + 2 * s->padding - s->kernel) / s->stride + 1;
    int64_t width = (d->w + 2 * s->padding - s->kernel) / s->stride + 1;
    dnnl_data_type_t type = data_type(d->type);
    *o = (Operands){.strides = {s->stride, s->stride},
                    .padding = {s->padding, s->padding},
                    .with_bias = d->bias || d->pass == PASS_WEIGHTS};
    const dnnl_dims_t x = {d->n, s->inputs, d->h, d->w}, y = {d->n, s->outputs, height, width};
    const dnnl_dims_t weights = {s->outputs, s->inputs, s->kernel, s->kernel};
    const dnnl_dims_t bias = {s->outputs};
    return describe_memory(&o->x, 4, x, type, dnnl_nhwc) &&
           describe_memory(&o->y, 4, y, type, dnnl_nhwc) &&
           describe_memory(&o->weights, 4, weights, d->pass == PASS_WEIGHTS ? dnnl_f32 : type,
                           dnnl_format_tag_any) &&
           describe_memory(&o->bias, 1, bias, dnnl_f32, dnnl_a);
}

static void free_operands(Operands *o)
{
    release(&o->x);
    release(&o->weights);
    release(&o->bias);
    release(&o->y);
}

static dnnl_status_t set_activation(dnnl_primitive_attr_t attributes, const Description *d)
{
    dnnl_post_ops_t operations;
    dnnl_status_t status = dnnl_post_ops_create(&operations);
    if (status != dnnl_success)
        return status;
    status = append_activation(operations, d->activation == ACTIVATION_RELU ? 0 : d->slope);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attributes, operations);
    dnnl_post_ops_destroy(operations);
    return status;
}

static dnnl_primitive_attr_t attributes_new(const Description *d)
{
    dnnl_primitive_attr_t attributes;
    if (dnnl_primitive_attr_create(&attributes) != dnnl_success)
        return NULL;
    dnnl_status_t status =
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && d->activation != ACTIVATION_NONE)
        status = set_activation(attributes, d);
    if (status == dnnl_success)
        return attributes;
    dnnl_primitive_attr_destroy(attributes);
    return NULL;
}

/* The gradients' descriptions want a forward one as a hint. */
static dnnl_primitive_desc_t hint_new(dnnl_engine_t engine, const Description *d)
{
    dnnl_primitive_desc_t hint = NULL;
    Description forward = {.shape = d->shape, .type = d->type, .n = d->n, .h = d->h, .w = d->w};
    Operands o;
    bool described = describe_operands(&o, &forward);
    if (!described || create(&hint, engine, PASS_FORWARD, &o, NULL, NULL) != dnnl_success)
        hint = NULL;
    free_operands(&o);
    return hint;
}

dnnl_primitive_desc_t onednn_describe(dnnl_engine_t engine, const Description *d)
{
    Operands o;
    bool described = describe_operands(&o, d);
    dnnl_primitive_attr_t attributes = attributes_new(d);
    dnnl_primitive_desc_t hint = d->pass == PASS_FORWARD ? NULL : hint_new(engine, d), pd = NULL;
    if (!described || !attributes ||
        create(&pd, engine, d->pass, &o, attributes, hint) != dnnl_success)
        pd = NULL;
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    free_operands(&o);
    return pd;
}

bool onednn_is_reference(const_dnnl_primitive_desc_t pd)
{
    const char *name = "";
    dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&name);
    return strstr(name, "ref") != NULL;
}

static dnnl_memory_t plain_memory(dnnl_engine_t engine, int rank, const dnnl_dims_t dims,
                                  dnnl_format_tag_t tag, void *data)
{
    Memory description;
    dnnl_memory_t memory = NULL;
    if (!describe_memory(&description, rank, dims, dnnl_f32, tag))
        return NULL;
    if (dnnl_memory_create(&memory, borrow(&description), engine, data) != dnnl_success)
        memory = NULL;
    release(&description);
    return memory;
}

dnnl_memory_t onednn_weights_memory(dnnl_engine_t engine, const ConvShape *s, void *data)
{
    const dnnl_dims_t dims = {s->outputs, s->inputs, s->kernel, s->kernel};
    return plain_memory(engine, 4, dims, dnnl_oihw, data);
}

dnnl_memory_t onednn_vector_memory(dnnl_engine_t engine, int64_t count, void *data)
{
    const dnnl_dims_t dims = {count};
    return plain_memory(engine, 1, dims, dnnl_a, data);
}
#endif
