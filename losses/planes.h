/* Resampling and filters of whole planes as products with matrices, which are kept from call to
 * call for every size met. */
#ifndef LOSSES_PLANES_H
#define LOSSES_PLANES_H

#include "tensor/tensor.h"

typedef enum PlaneMap {
    PLANES_DOWN,     /* METRICS.md's D, the antialiased bicubic, by the scale `amount` */
    PLANES_SMOOTH,   /* U(D(x)): what a picture `amount` times smaller can carry */
    PLANES_GAUSSIAN, /* sigma = amount pixels, cut off at 4 sigma, borders mirrored (2 1 | 1 2) */
    PLANES_COLOUR,   /* the same with sigma 3 and 21 taps, whatever the amount */
    PLANES_WINDOW,   /* SSIM's: sigma 1.5, 11 taps, valid region only: 10 pixels less */
    PLANES_BOX,      /* mean of `amount` pixels (odd), borders mirrored (3 2 | 1 2 3) */
    PLANES_HALF,     /* mean of two pixels, half as many; the last of an odd number is left out */
} PlaneMap;

/* x (N,C,H,W) with every plane mapped along both axes. ERROR_SHAPE naming the extents where H or W
 * is too small or no multiple of the scale. */
Tensor *planes_map(Tensor *x, PlaneMap map, int amount);

/* Frees all matrices. */
void planes_forget(void);

#endif
