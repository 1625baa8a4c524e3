#include "tests/train/vectors.h"

#include <stdlib.h>

#include "tests/unit.h"

float *vector_copy(const Tensor *t)
{
    int64_t count = tensor_count(t);
    float *copy = malloc((size_t)count * sizeof *copy);
    REQUIRE(copy && tensor_to_floats(t, copy, count) == 0);
    return copy;
}

float vector_value(const Tensor *t, int64_t index)
{
    float *values = vector_copy(t), value = values[index];
    free(values);
    return value;
}

void vector_set(Tensor *t, int64_t index, float value)
{
    float *values = vector_copy(t);
    values[index] = value;
    CHECK(tensor_set_floats(t, values, tensor_count(t)) == 0);
    free(values);
}
