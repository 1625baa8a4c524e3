/* A network that takes grain away: every picture becomes plastic. */
#ifndef TESTS_UPSCALE_SMOOTHER_H
#define TESTS_UPSCALE_SMOOTHER_H

#include "nets/model.h"

/* An srvgg of scale 4 whose weights are set by hand: `convs` binomial filters of 3 x 3 (each adds
 * 0.5 px^2 to the Gaussian that they make), then bilinear interpolation. */
Model *smoother_new(int convs);

#endif
