/* Max pooling with windows of 2 x 2 that do not overlap, as VGG has them:
 * several times as fast as the general way. All maps of one type, x of at least twice
 * y's edges. */
#ifndef TENSOR_KERNELS_POOL_PAIRS_H
#define TENSOR_KERNELS_POOL_PAIRS_H

#include "tensor/kernels/map.h"

void pool_pairs(const Map *x, const Map *y);
void pool_pairs_gradient(const Map *x, const Map *y, const Map *dy, bool add, const Map *dx);

#endif
