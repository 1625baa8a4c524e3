/* MSRResNet: SRResNet without batch normalisation (Ledig et al., SRGAN, CVPR 2017; modified as in
 * ESRGAN's comparison), added to the bilinear enlargement of its input. */
#ifndef NETS_MSRRESNET_H
#define NETS_MSRRESNET_H

#include "nets/architecture.h"

typedef struct MsrresnetConfig {
    int64_t features, blocks;
} MsrresnetConfig;

extern const Architecture MSRRESNET;

#endif
