#include "nets/onnx/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

/* Names in foreign files may be absent. */
static const char *text(const char *name)
{
    return name ? name : "";
}

int onnx_refuse(const OnnxReader *r, const char *format, ...)
{
    char message[512];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    return error_set(ERROR_FORMAT, "%s: %.60s %.120s: %s", r->path, text(r->at->op_type),
                     text(r->at->name), message);
}

int onnx_bounded(const OnnxReader *r, const char *name, int64_t value, int least, int most)
{
    if (value >= least && value <= most)
        return (int)value;
    onnx_refuse(r, "%s is %lld, not within %d..%d", name, (long long)value, least, most);
    return 0;
}

int onnx_channel_axis(const OnnxReader *r, int64_t axis)
{
    return axis == 1 || axis == -3
               ? 0
               : onnx_refuse(r, "axis is %lld, not the channels'", (long long)axis);
}

void onnx_add_value(OnnxReader *r, const char *name, Node *node)
{
    memory_grow(&r->values, r->count, &r->capacity, sizeof *r->values);
    r->values[r->count++] = (OnnxValue){name, node};
}

void onnx_add_alias(OnnxReader *r, const char *name, const char *meant)
{
    memory_grow(&r->aliases, r->alias_count, &r->alias_capacity, sizeof *r->aliases);
    r->aliases[r->alias_count++] = (OnnxAlias){name, meant};
}

int onnx_inputs(const OnnxReader *r, size_t least, size_t most)
{
    if (r->at->n_input < least || r->at->n_input > most)
        return onnx_refuse(r, "%zu inputs", r->at->n_input);
    return r->at->n_output == 1 ? 0 : onnx_refuse(r, "%zu outputs", r->at->n_output);
}

const char *onnx_meaning(const OnnxReader *r, const char *name)
{
    for (int k = r->alias_count - 1; k >= 0; k--)
        if (strcmp(r->aliases[k].name, name) == 0)
            return r->aliases[k].meant;
    return name;
}

const char *onnx_input_name(const OnnxReader *r, size_t i)
{
    return i < r->at->n_input ? onnx_meaning(r, r->at->input[i]) : "";
}

Node *onnx_value(const OnnxReader *r, const char *name)
{
    for (int k = r->count - 1; k >= 0; k--)
        if (strcmp(r->values[k].name, name) == 0)
            return r->values[k].node;
    return NULL;
}

const Onnx__TensorProto *onnx_find_constant(const OnnxReader *r, const char *name)
{
    const Onnx__GraphProto *const holders[] = {r->onnx, r->made};
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; *name && k < holders[i]->n_initializer; k++)
            if (strcmp(text(holders[i]->initializer[k]->name), name) == 0)
                return holders[i]->initializer[k];
    return NULL;
}

Node *onnx_input(const OnnxReader *r, size_t i)
{
    const char *name = onnx_input_name(r, i);
    Node *node = onnx_value(r, name);
    if (!node)
        onnx_refuse(r, "reads %.120s, which no earlier node computes", *name ? name : "nothing");
    return node;
}

static const Onnx__TensorProto *need_constant(const OnnxReader *r, size_t i)
{
    const char *name = onnx_input_name(r, i);
    const Onnx__TensorProto *t = onnx_find_constant(r, name);
    if (!t)
        onnx_refuse(r, "the constant %.120s is missing", *name ? name : "at its end");
    return t;
}

/* Whether t holds values of that type and size, with every extent at least 1. */
static bool holds(const Onnx__TensorProto *t, int32_t type, size_t size)
{
    uint64_t room = t->raw_data.len / size, count = 1;
    bool good = t->has_data_type && t->data_type == type && t->has_raw_data &&
                t->n_external_data == 0 && room > 0;
    for (size_t k = 0; good && k < t->n_dims; k++) {
        good = t->dims[k] >= 1 && (uint64_t)t->dims[k] <= room / count;
        count *= good ? (uint64_t)t->dims[k] : 1;
    }
    return good && count * size == t->raw_data.len;
}

static const float *floats(const Onnx__TensorProto *t)
{
    return holds(t, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, sizeof(float))
               ? (const float *)(const void *)t->raw_data.data
               : NULL;
}

const float *onnx_constant(const OnnxReader *r, size_t i, int rank, int64_t *shape)
{
    const Onnx__TensorProto *t = need_constant(r, i);
    const float *values = t && t->n_dims == (size_t)rank ? floats(t) : NULL;
    for (int k = 0; values && k < rank; k++)
        shape[k] = t->dims[k];
    if (t && !values)
        onnx_refuse(r, "%.120s is not a float32 array of %d dimensions with its values in the file",
                    text(t->name), rank);
    return values;
}

const float *onnx_constant_of_4(const OnnxReader *r, size_t i, int64_t *shape)
{
    const Onnx__TensorProto *t = need_constant(r, i);
    const float *values = t && t->n_dims <= 4 ? floats(t) : NULL;
    for (size_t k = 0; values && k < 4; k++)
        shape[k] = k < 4 - t->n_dims ? 1 : t->dims[k - (4 - t->n_dims)];
    if (t && !values)
        onnx_refuse(r, "%.120s is not a float array with its values in the file", text(t->name));
    return values;
}

int onnx_constant_integers(const OnnxReader *r, size_t i, int most, int64_t *values)
{
    const Onnx__TensorProto *t = need_constant(r, i);
    if (!t)
        return -1;
    size_t count = t->raw_data.len / sizeof *values;
    if (t->n_dims <= 1 && count <= (size_t)most &&
        holds(t, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, sizeof *values)) {
        memcpy(values, t->raw_data.data, count * sizeof *values);
        return (int)count;
    }
    return onnx_refuse(r, "%.120s is not 1 to %d int64 with their values in the file",
                       text(t->name), most);
}

int64_t onnx_constant_integer(const OnnxReader *r, size_t i)
{
    int64_t value = 0;
    onnx_constant_integers(r, i, 1, &value);
    return value;
}

static bool named_in(const char *name, const char *names)
{
    size_t length = strlen(name);
    for (const char *at = names; length && (at = strstr(at, name)); at += length)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0))
            return true;
    return false;
}

int onnx_attributes(const OnnxReader *r, const char *names)
{
    for (size_t i = 0; i < r->at->n_attribute; i++)
        if (!named_in(text(r->at->attribute[i]->name), names))
            return onnx_refuse(r, "the attribute %.120s is not one that unmush reads",
                               text(r->at->attribute[i]->name));
    return 0;
}

static const Onnx__AttributeProto *find_attribute(const OnnxReader *r, const char *name,
                                                  Onnx__AttributeProto__AttributeType type)
{
    for (size_t i = 0; i < r->at->n_attribute; i++) {
        const Onnx__AttributeProto *a = r->at->attribute[i];
        if (strcmp(text(a->name), name) != 0)
            continue;
        if (a->type != type)
            onnx_refuse(r, "the attribute %s has the wrong type", name);
        return a;
    }
    return NULL;
}

int64_t onnx_integer(const OnnxReader *r, const char *name, int64_t absent)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    return a ? a->i : absent;
}

int64_t onnx_uniform(const OnnxReader *r, const char *name, size_t count, int64_t absent)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (!a)
        return absent;
    bool good = a->n_ints == count;
    for (size_t i = 1; good && i < count; i++)
        good = a->ints[i] == a->ints[0];
    if (good)
        return a->ints[0];
    onnx_refuse(r, "%s is not %zu equal numbers", name, count);
    return absent;
}

int onnx_list(const OnnxReader *r, const char *name, int most, int64_t *values)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (!a)
        return 0;
    if (a->n_ints > (size_t)most)
        return onnx_refuse(r, "%s is more than %d numbers", name, most);
    if (a->n_ints)
        memcpy(values, a->ints, a->n_ints * sizeof *values);
    return (int)a->n_ints;
}

double onnx_real(const OnnxReader *r, const char *name, double absent)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    return a ? (double)a->f : absent;
}

/* -1 where it is absent. */
static int compare_text(const OnnxReader *r, const char *name, const char *expected)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (!a)
        return -1;
    return a->s.len == strlen(expected) && memcmp(a->s.data, expected, a->s.len) == 0;
}

bool onnx_text_is(const OnnxReader *r, const char *name, const char *expected)
{
    return compare_text(r, name, expected) == 1;
}

bool onnx_text_may_be(const OnnxReader *r, const char *name, const char *expected)
{
    return compare_text(r, name, expected) != 0;
}
