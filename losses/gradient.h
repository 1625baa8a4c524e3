/* Gradient loss: steps from pixel to pixel must be the truth's, so that edges are neither blurred
 * nor shifted; it does not see a constant offset. Differences keep their sign, other than in
 * Mathieu et al. 2016, arXiv:1511.05440, and Ma et al. (SPSR), CVPR 2020, who compare magnitudes:
 * an edge of the wrong sign is an error. */
#ifndef LOSSES_GRADIENT_H
#define LOSSES_GRADIENT_H

#include "tensor/tensor.h"

/* (mean |dx sr - dx hr| + mean |dy sr - dy hr|) / 2 * share, with dx and dy forward differences
 * inside the picture.
 *   sr, hr  (N,C,H,W) in 0..1, H and W at least 2
 *   share   this rank's part of the batch's samples */
Tensor *loss_gradient(Tensor *sr, Tensor *hr, double share);

#endif
