/* PatchGAN: convolutions that judge overlapping patches, of 70 x 70 pixels with three layers.
 * Isola et al., pix2pix, CVPR 2017, arXiv:1611.07004; with spectral normalisation as in neosr. */
#ifndef NETS_PATCH_H
#define NETS_PATCH_H

#include "nets/architecture.h"

typedef enum PatchNorm { PATCH_SPECTRAL, PATCH_BATCH } PatchNorm;

typedef struct PatchConfig {
    int64_t features, layers;
    int norm; /* PatchNorm */
} PatchConfig;

extern const Architecture PATCH;

#endif
