/* Focal frequency loss: squared distance of spectra, in which the frequencies that are hardest by
 * now weigh most. Jiang et al., ICCV 2021, arXiv:2012.12821. */
#ifndef LOSSES_FOCAL_FREQUENCY_H
#define LOSSES_FOCAL_FREQUENCY_H

#include "tensor/tensor.h"

/* mean w |F(sr) - F(hr)|^2 * share, F the orthonormal two-dimensional Fourier transform of a plane,
 * w = |F(sr) - F(hr)| / its largest value in the plane, a constant (the paper's alpha = 1). At
 * least in float32.
 *   sr, hr  (N,C,H,W) in 0..1
 *   share   this rank's part of the batch's samples */
Tensor *loss_focal_frequency(Tensor *sr, Tensor *hr, double share);

#endif
