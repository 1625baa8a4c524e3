/* Structural similarity over five scales. Wang, Simoncelli & Bovik 2003,
 * doi:10.1109/ACSSC.2003.1292216. */
#ifndef EVAL_MS_SSIM_H
#define EVAL_MS_SSIM_H

#include "data/image.h"
#include "eval/ssim.h"

/* Below this edge the fifth scale would be smaller than SSIM's window. */
enum { MS_SSIM_LEAST_EDGE = 176 };

/* The product over five scales of the mean contrast and structure, the coarsest scale's times its
 * luminance, to the powers 0.0448, 0.2856, 0.3001, 0.2363 and 0.1333. Constants and window are
 * SSIM's (L = 255). Each scale halves the one before by means of 2x2 pixels; a last row or column
 * without a partner is repeated. A scale whose mean is negative makes the whole 0.
 *   a, b   same extents, 0..255
 *   value  0..1, 1 only for identical planes; NAN where an edge is below MS_SSIM_LEAST_EDGE
 * ERROR_SHAPE. */
int metric_ms_ssim(const Plane *a, const Plane *b, double *value);

/* The same without the first scale's pass over the pixels, whose means SSIM has too: NAN where an
 * edge is too short. */
double ms_ssim_from(const SsimMeans *finest, const Plane *a, const Plane *b);

#endif
