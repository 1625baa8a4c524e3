/* VGGStyleDiscriminator: convolutions with batch norm that halve the picture down to 4 x 4, then
 * two fully connected layers: one verdict for a picture of one fixed size. Ledig et al., SRGAN,
 * CVPR 2017, as ESRGAN uses it (Wang et al. 2018). */
#ifndef NETS_VGG_DISCRIMINATOR_H
#define NETS_VGG_DISCRIMINATOR_H

#include "nets/architecture.h"

typedef struct VggDiscriminatorConfig {
    int64_t features;
    int64_t size; /* of its pictures: a power of two */
} VggDiscriminatorConfig;

extern const Architecture VGG_DISCRIMINATOR;

#endif
