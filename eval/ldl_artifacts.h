/* How much an output looks like it had artifacts where it is wrong. */
#ifndef EVAL_LDL_ARTIFACTS_H
#define EVAL_LDL_ARTIFACTS_H

#include "data/image.h"

/* The mean of the artifact map of locally discriminative learning. With r = the sum over the three
 * channels of |sr - hr| in 0..1, the map is r's unbiased variance in the 7x7 pixels around (borders
 * mirrored: 3 2 | 1 2 3) times the fifth root of its unbiased variance in the whole picture. The
 * published map is set to 0 where an averaged generator is worse; an evaluation has only one
 * output, so nothing is.
 *   hr, sr  same extents, at least 4 x 4
 *   crop    pixels on each side that do not count in the mean
 *   value   0 or more, 0 where the error is the same everywhere
 * ERROR_SHAPE.  Liang, Zeng & Zhang, CVPR 2022, arXiv:2203.09195. */
int metric_ldl_artifacts(const Image *hr, const Image *sr, int crop, double *value);

#endif
