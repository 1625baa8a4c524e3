/* L1 loss: the mean absolute difference. It asks for the median of all plausible pictures.
 *
 * All losses here divide sums over this rank's samples by counts over the whole batch, so adding
 * them up over ranks gives the batch's loss, and adding up gradients its gradient. */
#ifndef LOSSES_L1_H
#define LOSSES_L1_H

#include "tensor/tensor.h"

/* mean |sr - hr| * share.
 *   sr, hr  the same shape, (N,C,H,W)
 *   share   this rank's part of the batch's samples, above 0, at most 1
 * The result has one element. */
Tensor *loss_l1(Tensor *sr, Tensor *hr, double share);

#endif
