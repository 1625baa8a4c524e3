/* SRVGGNetCompact: a plain chain of convolutions at low resolution, pixel shuffle at the end, added
 * to the nearest-neighbour enlargement of its input. Wang et al., Real-ESRGAN, ICCVW 2021. */
#ifndef NETS_SRVGG_H
#define NETS_SRVGG_H

#include "nets/architecture.h"

typedef struct SrvggConfig {
    int64_t features, convs;
    int activation; /* index into "prelu|relu|leaky_relu" */
} SrvggConfig;

extern const Architecture SRVGG;

#endif
