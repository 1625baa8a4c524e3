/* Two-dimensional filters of float planes with kernels of up to 51 x 51 taps.
 *
 * A kernel is prepared once and run on any number of planes. Weights that are together below 1e-7
 * of the kernel's sum (of absolute values) are dropped, and the kernel is taken apart into a few
 * separable pairs where their sum differs from it by less than 1e-6 of that sum and is faster. So a
 * result is within 3e-4 of the plain sum for values of 0..255, plus rounding. It is the same on
 * every processor. */
#ifndef DATA_DEGRADE_CONVOLVE_H
#define DATA_DEGRADE_CONVOLVE_H

#include "data/workspace.h"

enum { FILTER_MOST = 51 };

typedef struct Filter Filter;

/* Both are valid until the workspace is released. Kernels are not turned round (as in cv2.filter2D
 * and conv2d): tap (x, y) weighs the pixel that lies (x - size / 2, y - size / 2) away.
 *   kernel   size x size, row by row, size odd and at most FILTER_MOST
 *   weights  size of them, along rows and along columns */
const Filter *filter_prepare(Workspace *work, const float *kernel, int size);
const Filter *filter_prepare_separable(Workspace *work, const float *weights, int size);

/* How many separable pairs it is run as; 0: all taps at once. */
int filter_pairs(const Filter *filter);

/* from, to   width x height, rows contiguous; may be the same
 * Beyond the edge values are mirrored about the edge pixels, which are not repeated (... 2 1 0 1 2
 * ...), as often as a small picture needs. */
void filter_plane(const Filter *filter, Workspace *work, const float *from, int width, int height,
                  float *to);

#endif
