/* Windows into pictures, on the grid of whole LR pixels. */
#ifndef EVAL_WINDOW_H
#define EVAL_WINDOW_H

#include "data/image.h"

typedef struct Window {
    int x, y, width, height; /* HR pixels, multiples of the scale */
} Window;

/* The greatest multiple of `scale` within both `pixels` and `most`; at least `scale`. */
int window_extent(int pixels, int most, int scale);

/* The window of width x height within which `plane` sums up to the most: tried every quarter of a
 * window, at least `margin` pixels from every edge where the plane is large enough for that.
 *   plane          values >= 0
 *   width, height  multiples of scale, no larger than the plane
 *   sum            may be NULL */
Window window_of_most(const Plane *plane, int width, int height, int scale, int margin,
                      double *sum);

/* Its part of a picture whose pixels are `step` HR pixels wide. Free with image_free. */
Image window_crop(const Window *window, const Image *image, int step);

#endif
