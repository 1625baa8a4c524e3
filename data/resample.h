/* Resampling as METRICS.md defines it: the kernel stretched by 1/scale when shrinking, samples at
 * pixel centres, borders mirrored (... 2 1 | 1 2 ...), weights normalised per output pixel, one
 * axis after the other, float arithmetic, no rounding inside. Results do not depend on the
 * machine's vector width. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H

#include "data/image.h"

typedef enum Kernel {
    KERNEL_NEAREST,  /* box of one source pixel; shrinking takes the centre sample */
    KERNEL_BILINEAR, /* triangle */
    KERNEL_BICUBIC,  /* Keys, a = -0.5: MATLAB's imresize */
    KERNEL_LANCZOS3
} Kernel;

/* Resamples to width x height (each at least 1). The scale is the ratio of the extents. */
Plane plane_resample(const Plane *plane, int width, int height, Kernel kernel);

/* The same for each channel, unrounded inside, then clip(floor(v + 0.5), 0, 255). */
Image image_resample(const Image *image, int width, int height, Kernel kernel);

/* Gaussian filter with mirrored borders, cut off at `radius` pixels, normalised. sigma > 0. */
Plane plane_gaussian(const Plane *plane, double sigma, int radius);

#endif
