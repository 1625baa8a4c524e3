/* Values of vectors, wherever they lie. */
#ifndef TESTS_TRAIN_VECTORS_H
#define TESTS_TRAIN_VECTORS_H

#include "tensor/tensor.h"

/* A copy of all values; the caller frees it. */
float *vector_copy(const Tensor *t);
float vector_value(const Tensor *t, int64_t index);
void vector_set(Tensor *t, int64_t index, float value);

#endif
