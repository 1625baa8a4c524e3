/* SwinIR: residual groups of transformer blocks whose attention stays within windows, every second
 * one shifted by half a window. Takes pictures of any size: they are mirrored up to whole windows.
 * Stochastic depth, which its authors trained with, is left out. Liang et al., ICCVW 2021,
 * arXiv:2108.10257. */
#ifndef NETS_SWINIR_H
#define NETS_SWINIR_H

#include "nets/architecture.h"

typedef enum SwinirUpsampler {
    SWINIR_SHUFFLE, /* "classical": convolutions and shuffles by 2 or 3 */
    SWINIR_DIRECT,  /* "light": one convolution and one shuffle */
    SWINIR_NEAREST  /* "real-world": nearest neighbours and convolutions */
} SwinirUpsampler;

typedef struct SwinirConfig {
    int64_t features, layers, depth, heads, window, ratio, picture;
    int upsampler; /* SwinirUpsampler */
} SwinirConfig;

extern const Architecture SWINIR;

#endif
