/* Finite differences against autograd, in double precision. */
#ifndef TESTS_LOSSES_DIFFERENCES_H
#define TESTS_LOSSES_DIFFERENCES_H

#include "tensor/tensor.h"

/* A loss of x; the context holds its other arguments. */
typedef Tensor *(*LossOf)(Tensor *x, const void *context);

/* The largest |analytic - numerical| derivative over all `count` values, relative to the largest
 * analytic one. Values should be multiples of 2^-10 below 4, so that steps of 2^-18 are exact. */
double gradient_error(LossOf loss, const void *context, const float *values, int count);

/* count values in -2..2, multiples of 2^-10; another seed gives other ones. */
void draw_values(float *values, int count, int seed);

/* The values as a double vector without gradient. */
Tensor *vector_of(const float *values, int count);

#endif
