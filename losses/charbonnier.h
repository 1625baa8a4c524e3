/* Charbonnier loss: L1 with its kink rounded off. Lai et al., LapSRN, CVPR 2017, arXiv:1704.03915.
 */
#ifndef LOSSES_CHARBONNIER_H
#define LOSSES_CHARBONNIER_H

#include "tensor/tensor.h"

/* mean sqrt((sr - hr)^2 + 0.001^2) * share; arguments as loss_l1's, values in 0..1. */
Tensor *loss_charbonnier(Tensor *sr, Tensor *hr, double share);

#endif
