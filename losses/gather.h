/* The whole batch's values on every rank, of which this rank's carry a gradient. */
#ifndef LOSSES_GATHER_H
#define LOSSES_GATHER_H

#include "tensor/tensor.h"

/* Collective. Every rank's values in rank order, as one vector: the others' as constants, this
 * rank's with their gradient. The same loss of the result on every rank then has, towards `own`,
 * exactly the gradient that one rank with all samples would compute.
 *   own  float32, any shape; the number of values may differ from rank to rank */
Tensor *gather_with_gradient(Tensor *own);

#endif
