/* What is fused to a convolution, as one pass over some of its sums while they are in cache, or
 * over all of them for methods that know nothing of it. */
#ifndef TENSOR_KERNELS_CONV_END_H
#define TENSOR_KERNELS_CONV_END_H

#include "tensor/kernels/conv.h"

/* Pixels first, first + 1, ... of the sums belong to pixels at, at + step, ... of the maps. */
typedef struct EndPixels {
    int64_t first, at, step, count;
} EndPixels;

/* From conv(x) as it is to y. sums may be y or end->before, pixel upon itself. */
void conv_end(const ConvEnd *end, const Map *sums, const EndPixels *pixels, const Map *y);

/* From the gradient to dx. slope_sums: (inputs), are added to. sums may be dx without `add`. */
void conv_gradient_end(const ConvGradientEnd *end, const Map *sums, const EndPixels *pixels,
                       const Map *dx, double *slope_sums);

/* The same for whole maps of one size, by all threads. */
void conv_end_map(const ConvEnd *end, const Map *sums, const Map *y);
void conv_gradient_end_map(const ConvGradientEnd *end, const Map *sums, const Map *dx);

/* end->slope_sums += those of all threads, (threads, inputs), in the threads' order. */
void conv_gradient_end_sums(const ConvGradientEnd *end, const double *slope_sums, int threads,
                            int64_t inputs);

#endif
