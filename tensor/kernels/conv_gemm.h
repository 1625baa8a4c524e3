/* Convolutions of every shape as products of patches and weights, in fp32: for conv.c, whose
 * contracts these functions keep. Patches are made for few pixels and taps at a time and stay in
 * cache. With few results (as the picture at a network's end) a result is a sum along vectors,
 * otherwise vectors hold neighbouring results. */
#ifndef TENSOR_KERNELS_CONV_GEMM_H
#define TENSOR_KERNELS_CONV_GEMM_H

#include "tensor/kernels/conv.h"

size_t conv_gemm_packed_bytes(const ConvShape *shape, ConvDirection direction);
int conv_gemm_pack(const ConvShape *shape, ConvDirection direction, const float *weight,
                   float factor, void *packed);

int conv_gemm_forward(const ConvShape *shape, const void *packed, const Map *x, const ConvEnd *end,
                      const Map *y);
int conv_gemm_data(const ConvShape *shape, const void *packed, const Map *dy,
                   const ConvGradientEnd *end, const Map *dx);
int conv_gemm_weights(const ConvShape *shape, const Map *x, const Map *dy, float *dweight,
                      float *dbias);

/* ---- For conv_gemm.c and conv_gemm_weights.c --------------------------------------------------
 */

enum {
    CONV_GEMM_PIXELS = 48,  /* of a block: a multiple of the rows that gemm.h works on together */
    CONV_GEMM_DEPTH = 1024, /* of a block, about */
    CONV_GEMM_FEW = 4       /* results that are summed along vectors */
};

/* Taps of a block: whole ones, and a multiple of 16 values unless it is the last block. */
int conv_gemm_taps(int taps, int channels);

static inline int64_t round_up(int64_t value, int64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

#endif
