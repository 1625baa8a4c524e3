/* Convolutions of 3 x 3 with stride 1 by Winograd's F(4x4, 3x3): tiles of 4 x 4 results are made
 * of 36 products of transformed 6 x 6 tiles, instead of 144. Lavin & Gray 2016, arXiv:1509.09308.
 * With 4 x 4 and stride 2, the channels of the pixels' four phases are convolved with 2 x 2 of the
 * weights each, by F(5x5, 2x2) on tiles of the same size: 36 products instead of 100.
 * For conv.c, whose contracts these functions keep: maps are float or bf16, each its own, sums are
 * fp32, whatever the processor. The relative error (L2) is about 1e-6.
 * Where a convolution's `type` is bf16 and the processor multiplies pairs of values at twice the
 * rate, products are made of such pairs, rounded after they were transformed. Forward and for
 * data's gradient, where each sum's factors can share a scale, they are int16: what that adds to
 * the error is less than a map's rounding to bf16. Those of the weights' gradient are bf16, which
 * leaves a relative error of about 1.2e-2, without a direction, far below what a gradient differs
 * by from batch to batch. */
#ifndef TENSOR_KERNELS_WINOGRAD_H
#define TENSOR_KERNELS_WINOGRAD_H

#include "tensor/kernels/conv.h"

/* 3 x 3, stride 1; 4 x 4, stride 2, inputs a multiple of 16; padding 0 or 1. */
bool winograd_fits(const ConvShape *shape);

/* Packed weights are aligned to 64 bytes; their layout is that of processor_kind(). */
size_t winograd_packed_bytes(const ConvShape *shape, TensorType type, ConvDirection direction);
int winograd_pack(const ConvShape *shape, TensorType type, ConvDirection direction,
                  const float *weight, float factor, void *packed);

/* `packed` for CONV_FORWARD. x (N,H,W,inputs), y (N,...,outputs). */
int winograd_forward(const ConvShape *shape, TensorType type, const void *packed, const Map *x,
                     const ConvEnd *end, const Map *y);
/* `packed` for CONV_DATA. end->slope_sums: added to in an order that depends on the number of
 * threads alone. */
int winograd_data(const ConvShape *shape, TensorType type, const void *packed, const Map *dy,
                  const ConvGradientEnd *end, const Map *dx);
int winograd_weights(const ConvShape *shape, TensorType type, const Map *x, const Map *dy,
                     float *dweight, float *dbias);

#endif
