/* RRDBNet: residual-in-residual dense blocks at low resolution, then nearest-neighbour enlargements
 * with a convolution each. Wang et al., ESRGAN, ECCVW 2018, arXiv:1809.00219. For scales below
 * 2^enlargements the input is pixel-unshuffled first (Wang et al., Real-ESRGAN, ICCVW 2021). */
#ifndef NETS_RRDB_H
#define NETS_RRDB_H

#include "nets/architecture.h"

typedef struct RrdbConfig {
    int64_t features, growth, blocks;
    int64_t enlargements; /* by 2 each; 2 as published for x4, x2 and x1 */
} RrdbConfig;

extern const Architecture RRDB;

#endif
