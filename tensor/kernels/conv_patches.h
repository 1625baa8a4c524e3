/* What a convolution's sums are made of, in either direction: windows of a source map, one for each
 * pixel of the result. The gradient of a convolution with stride s is s x s convolutions of stride
 * 1 with some of the taps each, one for every phase of the result's pixels. */
#ifndef TENSOR_KERNELS_CONV_PATCHES_H
#define TENSOR_KERNELS_CONV_PATCHES_H

#include "tensor/kernels/conv.h"

typedef struct Phase {
    int rows, columns; /* of taps; 0 where no source reaches this phase */
    int top, left;     /* where in the source the window of the phase's pixel (0, 0) begins */
    int step;          /* source pixels from a window to the next */
    int y, x, every;   /* the phase's pixels of the result: y, y + every, ... */
    int kernel_y, kernel_x, kernel_step; /* the first tap's place in the kernel, and to the next */
} Phase;

int conv_phases(const ConvShape *shape, ConvDirection direction);
Phase conv_phase(const ConvShape *shape, ConvDirection direction, int index);

/* Pixels of a phase in one picture of the result. */
int64_t phase_height(const Phase *phase, const Map *result);
int64_t phase_width(const Phase *phase, const Map *result);

/* The windows of pixels first .. first + count - 1 of the phase, over all pictures of the result:
 * taps from .. to - 1 of the row-major window, channels fastest, zeros outside the source and after
 * the last tap up to a multiple of 16. A pixel's patch is `row` floats behind that before. */
typedef struct Patches {
    const Map *source, *result;
    int64_t first, count;
    int from, to;
    float *values;
    int64_t row;
} Patches;

void conv_patches(const Phase *phase, const Patches *patches);

#endif
