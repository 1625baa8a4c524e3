/* Structural similarity over several scales. Wang, Simoncelli & Bovik 2003,
 * doi:10.1109/ACSSC.2003.1292216. */
#ifndef LOSSES_MS_SSIM_H
#define LOSSES_MS_SSIM_H

#include "tensor/tensor.h"

/* (1 - MS-SSIM) * share. Every scale halves the one before by means of 2x2 pixels. MS-SSIM of one
 * plane is the product of the scales' mean structure, the last scale's times its luminance, to the
 * powers 0.0448, 0.2856, 0.3001, 0.2363, 0.1333; then the mean over planes.
 *   sr, hr  (N,C,H,W) in 0..1, H and W at least 11. From 176 on there are five scales; smaller
 *           pictures have as many as the window of 11 pixels fits into (four from 88, three from
 *           44, two from 22), with these powers divided by their sum
 *   share   this rank's part of the batch's samples
 * Factors below 1e-4 count as 1e-4: a power of a negative number does not exist. ERROR_SHAPE where
 * pictures are too small. */
Tensor *loss_ms_ssim(Tensor *sr, Tensor *hr, double share);

#endif
