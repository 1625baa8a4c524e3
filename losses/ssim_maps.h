/* What SSIM and MS-SSIM are made of, at every place where the window fits. */
#ifndef LOSSES_SSIM_MAPS_H
#define LOSSES_SSIM_MAPS_H

#include "tensor/tensor.h"

/* With local means m, variances v and the covariance under an 11x11 Gaussian of sigma 1.5:
 *     luminance  (2 m m' + C1) / (m^2 + m'^2 + C1)
 *     structure  (2 cov + C2) / (v + v' + C2)
 * for values in 0..1: C1 = 0.01^2, C2 = 0.03^2. (N,C,H,W), H and W at least 11, becomes
 * (N,C,H-10,W-10). SSIM is their product. Wang et al. 2004, doi:10.1109/TIP.2003.819861. */
typedef struct SsimMaps {
    Tensor *luminance, *structure;
} SsimMaps;

SsimMaps ssim_maps(Tensor *a, Tensor *b);

#endif
