/* EDSR: residual blocks without normalisation at low resolution, then pixel shuffles; DIV2K's mean
 * colour is taken off first and put back at the end. Lim et al., CVPRW 2017, arXiv:1707.02921. The
 * published sizes: baseline 64 features x 16 blocks; large 256 x 32, residuals scaled by 0.1. */
#ifndef NETS_EDSR_H
#define NETS_EDSR_H

#include "nets/architecture.h"

typedef struct EdsrConfig {
    int64_t features, blocks;
    double residual;
} EdsrConfig;

extern const Architecture EDSR;

#endif
