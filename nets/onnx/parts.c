#include "nets/onnx/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

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

int onnx_inputs(const OnnxReader *r, size_t least, size_t most)
{
    if (r->at->n_input < least || r->at->n_input > most)
        return onnx_refuse(r, "%zu inputs", r->at->n_input);
    return r->at->n_output == 1 ? 0 : onnx_refuse(r, "%zu outputs", r->at->n_output);
}

Node *onnx_input(const OnnxReader *r, size_t i)
{
    for (int k = r->count - 1; i < r->at->n_input && k >= 0; k--)
        if (strcmp(r->values[k].name, r->at->input[i]) == 0)
            return r->values[k].node;
    onnx_refuse(r, "reads %.120s, which no earlier node computes",
                i < r->at->n_input ? r->at->input[i] : "nothing");
    return NULL;
}

static const Onnx__TensorProto *find_constant(const OnnxReader *r, size_t i)
{
    for (size_t k = 0; i < r->at->n_input && k < r->onnx->n_initializer; k++)
        if (strcmp(text(r->onnx->initializer[k]->name), r->at->input[i]) == 0)
            return r->onnx->initializer[k];
    onnx_refuse(r, "the constant %.120s is missing",
                i < r->at->n_input ? r->at->input[i] : "at its end");
    return NULL;
}

const float *onnx_constant(const OnnxReader *r, size_t i, int rank, int64_t *shape)
{
    const Onnx__TensorProto *t = find_constant(r, i);
    if (!t)
        return NULL;
    uint64_t room = t->raw_data.len / sizeof(float), count = 1;
    bool good = t->has_data_type && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
                t->has_raw_data && t->n_external_data == 0 && t->n_dims == (size_t)rank;
    for (size_t k = 0; good && k < t->n_dims; k++) {
        shape[k] = t->dims[k];
        good = shape[k] >= 1 && (uint64_t)shape[k] <= room / count;
        count *= good ? (uint64_t)shape[k] : 1;
    }
    if (good && count * sizeof(float) == t->raw_data.len)
        return (const float *)(const void *)t->raw_data.data;
    onnx_refuse(r, "%.120s is not a float32 array of %d dimensions with its values in the file",
                text(t->name), rank);
    return NULL;
}

int64_t onnx_constant_integer(const OnnxReader *r, size_t i)
{
    const Onnx__TensorProto *t = find_constant(r, i);
    int64_t value = 0;
    if (!t)
        return 0;
    bool good = t->has_data_type && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 &&
                t->has_raw_data && t->n_external_data == 0 && t->n_dims == 1 && t->dims[0] == 1 &&
                t->raw_data.len == sizeof value;
    if (good)
        memcpy(&value, t->raw_data.data, sizeof value);
    else
        onnx_refuse(r, "%.120s is not one int64 with its value in the file", text(t->name));
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
            return onnx_refuse(r, "the attribute %.120s is not one that unmush writes",
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

double onnx_real(const OnnxReader *r, const char *name, double absent)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    return a ? (double)a->f : absent;
}

bool onnx_text_is(const OnnxReader *r, const char *name, const char *expected)
{
    const Onnx__AttributeProto *a =
        find_attribute(r, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    return a && a->s.len == strlen(expected) && memcmp(a->s.data, expected, a->s.len) == 0;
}
