/* Consistency with the evidence: the output brought down to the input's size must be what the truth
 * becomes there, so that nothing is made up that the low-resolution picture contradicts; detail
 * that it cannot carry is left free. Compared with D(HR) and not with the network's input, which
 * may carry noise and compression. As a measure: Lugmayr et al., NTIRE 2021 challenge on learning
 * the super-resolution space. */
#ifndef LOSSES_CONSISTENCY_H
#define LOSSES_CONSISTENCY_H

#include "tensor/tensor.h"

/* mean |D(sr) - D(hr)| * share with D the antialiased bicubic downscale of METRICS.md.
 *   sr, hr  (N,C,H,W), RGB in 0..1, H and W multiples of the scale
 *   scale   at least 1
 *   share   this rank's part of the batch's samples
 * ERROR_SHAPE where the extents are no multiples. */
Tensor *loss_consistency(Tensor *sr, Tensor *hr, int scale, double share);

#endif
