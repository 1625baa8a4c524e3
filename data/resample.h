/* Resampling as METRICS.md defines it: the kernel stretched by 1/scale when shrinking, samples at
 * pixel centres, borders mirrored (... 2 1 | 1 2 ...), weights normalised per output pixel, one
 * axis after the other, float arithmetic, no rounding inside. Results do not depend on the
 * machine's vector width, nor on the number of threads. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H

#include "data/image.h"
#include "data/picture.h"
#include "data/workspace.h"

typedef enum Kernel {
    KERNEL_NEAREST,   /* box of one source pixel; shrinking takes the centre sample */
    KERNEL_AREA,      /* mean of the source pixels touched, each whole: adaptive average pooling */
    KERNEL_BILINEAR,  /* triangle */
    KERNEL_BICUBIC,   /* Keys, a = -0.5: MATLAB's imresize */
    KERNEL_BICUBIC75, /* Keys, a = -0.75: OpenCV and PyTorch */
    KERNEL_LANCZOS3
} Kernel;

/* SAMPLING_PLAIN is what careless programs do: the kernel is not stretched when shrinking, and
 * edge pixels are repeated beyond the border (PyTorch's interpolate without antialias). The same
 * for KERNEL_NEAREST and KERNEL_AREA. */
typedef enum Sampling { SAMPLING_ANTIALIASED, SAMPLING_PLAIN } Sampling;

/* Resamples to the extents of `to`, in this thread alone; scratch comes from the workspace and goes
 * back to it. */
void picture_resample(const Picture *from, Kernel kernel, Sampling sampling, Workspace *work,
                      const Picture *to);

/* The rest resamples large pictures in threads.
 * To width x height (each at least 1). The scale is the ratio of the extents. */
Plane plane_resample(const Plane *plane, int width, int height, Kernel kernel);

/* The same for each channel, unrounded inside, then clip(floor(v + 0.5), 0, 255). */
Image image_resample(const Image *image, int width, int height, Kernel kernel);

/* Gaussian filter with mirrored borders, cut off at `radius` pixels, normalised. sigma > 0. */
Plane plane_gaussian(const Plane *plane, double sigma, int radius);

#endif
