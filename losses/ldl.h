/* Locally discriminative learning: L1 where the output looks like an artifact, that is, where its
 * error varies much from pixel to pixel and is larger than that of the averaged generator.
 * Liang, Zeng & Zhang, CVPR 2022, arXiv:2203.09195. */
#ifndef LOSSES_LDL_H
#define LOSSES_LDL_H

#include "tensor/tensor.h"

/* mean M |sr - hr| * share. With r = sum over channels of |sr - hr|, M is r's variance in the 7x7
 * pixels around (borders mirrored: 3 2 | 1 2 3) times the fifth root of its variance in the whole
 * picture; 0 where r is smaller than the average's. As published, gradients flow through M too.
 *   sr, hr   (N,C,H,W) in 0..1, H and W at least 4
 *   average  what the exponentially averaged generator makes of the same input, a constant
 *   share    this rank's part of the batch's samples
 * ERROR_SHAPE where pictures are smaller. */
Tensor *loss_ldl(Tensor *sr, Tensor *hr, Tensor *average, double share);

#endif
