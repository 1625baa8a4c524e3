/* RealPLKSR: blocks of a channel mixer, one large kernel on a part of the channels, and attention
 * by elements; added to the repeated input. Lee et al., PLKSR, arXiv:2404.11848, as neosr and
 * traiNNer-redux train it; upsampling by DySample is not known here. */
#ifndef NETS_REALPLKSR_H
#define NETS_REALPLKSR_H

#include "nets/architecture.h"

typedef enum RealplksrNorm { REALPLKSR_GROUP, REALPLKSR_LAYER } RealplksrNorm;

typedef struct RealplksrConfig {
    int64_t features, blocks, kernel, large; /* large: channels of the large kernel */
    bool attention;
    int norm; /* RealplksrNorm */
} RealplksrConfig;

extern const Architecture REALPLKSR;

#endif
