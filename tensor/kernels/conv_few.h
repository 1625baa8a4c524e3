/* Convolutions with few results (a picture at either end of a network) and stride 1, for
 * conv_gemm.c: every pixel of the source is multiplied with the weights of all taps at once, and a
 * result is the sum of its window's products. Nothing is copied into patches, and vectors hold the
 * products of several taps. */
#ifndef TENSOR_KERNELS_CONV_FEW_H
#define TENSOR_KERNELS_CONV_FEW_H

#include "tensor/kernels/conv.h"

bool conv_few_fits(const ConvShape *shape, ConvDirection direction);
size_t conv_few_packed_bytes(const ConvShape *shape, ConvDirection direction);
void conv_few_pack(const ConvShape *shape, ConvDirection direction, const float *weight,
                   float factor, void *packed);

/* conv_forward and conv_data: the end that is not the direction's is NULL. */
typedef struct FewEnd {
    const ConvEnd *forward;
    const ConvGradientEnd *data;
    double *slope_sums; /* (threads, inputs), are added to; or NULL */
} FewEnd;

int conv_few(const ConvShape *shape, ConvDirection direction, const void *packed, const Map *source,
             const FewEnd *end, const Map *result);

#endif
