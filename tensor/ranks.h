/* Sums over ranks inside the library, for tensors on any device. */
#ifndef TENSOR_RANKS_H
#define TENSOR_RANKS_H

#include "tensor/shim.h"

namespace shim
{

/* Collective. The sum over ranks of a float32 or double tensor, with its gradient: see
 * tensor_sum_ranks. Throws if the exchange fails. */
at::Tensor sum_ranks(const at::Tensor &own);

} // namespace shim

#endif
