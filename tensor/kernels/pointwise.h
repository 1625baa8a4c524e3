/* What networks compute between convolutions, and the gradients: each one pass over memory. Maps
 * may be float or bf16, each its own; sums within a pixel's result are fp32. `add` adds to what the
 * result holds. Where a function says so the result may be one of its operands. */
#ifndef TENSOR_KERNELS_POINTWISE_H
#define TENSOR_KERNELS_POINTWISE_H

#include "tensor/kernels/conv.h"

/* y = x, [y +=] scale x, a + scale b. y may be x, a or b. */
void map_copy(const Map *x, const Map *y);
void map_scale(const Map *x, float scale, bool add, const Map *y);
void map_add_scaled(const Map *a, const Map *b, float scale, const Map *y);

/* [y +=] a b. y may be a or b. */
void map_multiply(const Map *a, const Map *b, bool add, const Map *y);

/* y = factor[c] x + offset[c], one for each channel; offset NULL: 0. [y +=] with add. */
void map_affine(const Map *x, const float *factor, const float *offset, bool add, const Map *y);

/* y = activation(x). y may be x. */
void map_activate(const Map *x, const ActivationSetting *activation, const Map *y);
/* [dx +=] activation'(kept) dy, kept being the activation's input (for ReLU and leaky ReLU with a
 * positive slope its result will do). slope_sums: PReLU's slopes' gradients are added (NULL:
 * nowhere). dx may be dy. */
void map_activate_gradient(const Map *kept, const Map *dy, const ActivationSetting *activation,
                           float *slope_sums, bool add, const Map *dx);

/* Every channel `times` times in a row, and the sum of those. */
void map_repeat(const Map *x, int times, const Map *y);
void map_repeat_gradient(const Map *dy, int times, bool add, const Map *dx);

/* (C f f, H, W) <-> (C, H f, W f), PyTorch's order of channels: each is the other's gradient. */
void map_shuffle(const Map *x, int factor, bool add, const Map *y);
void map_unshuffle(const Map *x, int factor, bool add, const Map *y);

void map_nearest(const Map *x, int factor, const Map *y);
void map_nearest_gradient(const Map *dy, int factor, bool add, const Map *dx);

/* Pixel centres aligned (align_corners=False). */
void map_bilinear(const Map *x, int factor, const Map *y);
void map_bilinear_gradient(const Map *dy, int factor, bool add, const Map *dx);

/* No padding; y's extents say whether the last windows are cut off (ceil_mode). Of equal values the
 * first is taken, as by PyTorch. */
void map_max_pool(const Map *x, int kernel, int stride, const Map *y);
void map_max_pool_gradient(const Map *x, const Map *y, const Map *dy, int kernel, int stride,
                           bool add, const Map *dx);

#endif
