/* Structural similarity as a loss. Wang et al. 2004; as a loss: Zhao et al. 2017, arXiv:1511.08861.
 */
#ifndef LOSSES_SSIM_H
#define LOSSES_SSIM_H

#include "tensor/tensor.h"

/* (1 - SSIM) * share, SSIM's mean over samples, channels and all places where its 11x11 window fits
 * (the convention of METRICS.md, on RGB planes).
 *   sr, hr  (N,C,H,W) in 0..1, H and W at least 11
 *   share   this rank's part of the batch's samples
 * ERROR_SHAPE where pictures are smaller. */
Tensor *loss_ssim(Tensor *sr, Tensor *hr, double share);

#endif
