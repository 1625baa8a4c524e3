#include "nets/onnx/steps.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/memory.h"
#include "nets/onnx/build.h"

Steps steps_begin(Onnx__GraphProto *onnx, const char *label, const char *result)
{
    return (Steps){.onnx = onnx, .label = label, .result = result};
}

void steps_end(Steps *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->names[i]);
    free(s->names);
}

static char *keep(Steps *s, char *name)
{
    memory_grow(&s->names, s->count, &s->capacity, sizeof *s->names);
    return s->names[s->count++] = name;
}

static char *next_name(Steps *s, const char *kind)
{
    return keep(s, memory_print("%s.%s_%d", s->label, kind, s->count));
}

const char *steps_add(Steps *s, const char *operation, ...)
{
    const char *name = next_name(s, operation);
    s->last = onnx_add_node(s->onnx, operation, name, name);
    va_list inputs;
    va_start(inputs, operation);
    for (const char *input; (input = va_arg(inputs, const char *));)
        onnx_add_node_input(s->last, input);
    va_end(inputs);
    return name;
}

void steps_finish(Steps *s, const char *operation, const char *const *inputs, int count)
{
    s->last = onnx_add_node(s->onnx, operation, s->label, s->result);
    for (int i = 0; i < count; i++)
        onnx_add_node_input(s->last, inputs[i]);
}

const char *steps_integers(Steps *s, int count, const int64_t *values)
{
    const char *name = next_name(s, "integers");
    onnx_add_integers(s->onnx, name, count, values);
    return name;
}

const char *steps_integer(Steps *s, int64_t value)
{
    return steps_integers(s, 1, &value);
}

const char *steps_floats(Steps *s, const char *name, int rank, const int64_t *shape,
                         const float *values)
{
    char *key = keep(s, memory_print("%s.%s", s->label, name));
    onnx_add_constant(s->onnx, key, rank, shape, values);
    return key;
}

const char *steps_slice(Steps *s, const char *x, int64_t axis, int64_t first, int64_t end)
{
    return steps_add(s, "Slice", x, steps_integer(s, first), steps_integer(s, end),
                     steps_integer(s, axis), NULL);
}

const char *steps_extents(Steps *s, const char *x, int64_t first, int64_t count)
{
    return steps_slice(s, steps_add(s, "Shape", x, NULL), 0, first, first + count);
}

const char *steps_transpose(Steps *s, const char *x, int count, const int64_t *order)
{
    const char *result = steps_add(s, "Transpose", x, NULL);
    onnx_set_list(s->last, "perm", count, order);
    return result;
}

const char *steps_join(Steps *s, ...)
{
    const char *name = next_name(s, "Concat");
    s->last = onnx_add_node(s->onnx, "Concat", name, name);
    va_list inputs;
    va_start(inputs, s);
    for (const char *input; (input = va_arg(inputs, const char *));)
        onnx_add_node_input(s->last, input);
    va_end(inputs);
    onnx_set_integer(s->last, "axis", 0);
    return name;
}
