/* UNetDiscriminatorSN: a U-Net with spectral normalisation that judges every pixel.
 * Wang et al., Real-ESRGAN, ICCVW 2021. */
#ifndef NETS_UNET_H
#define NETS_UNET_H

#include "nets/architecture.h"

typedef struct UnetConfig {
    int64_t features;
    bool skip;
} UnetConfig;

extern const Architecture UNET;

/* Taps of its graph, in order: the activations after conv0, conv1, conv2 and conv3. */
enum { UNET_TAPS = 4 };

#endif
