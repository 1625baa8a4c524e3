/* SPAN: six blocks of three composed convolutions, each gated by its own result without parameters
 * of attention; one pixel shuffle at the end. Wan et al., Swift Parameter-free Attention Network,
 * CVPRW 2024, arXiv:2311.12770. */
#ifndef NETS_SPAN_H
#define NETS_SPAN_H

#include "nets/architecture.h"

typedef struct SpanConfig {
    int64_t features;
    bool norm; /* the input is centred at DIV2K's mean colour and scaled to 0..255 */
} SpanConfig;

extern const Architecture SPAN;

#endif
