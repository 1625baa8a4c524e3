/* Visual information fidelity in the pixel domain. */
#ifndef EVAL_VIF_H
#define EVAL_VIF_H

#include "data/image.h"

/* Below this edge the coarsest of the four scales has no valid pixel. */
enum { VIF_LEAST_EDGE = 41 };

/* How much of the information in `hr` can still be read from `sr`: the multi-scale pixel-domain
 * variant ("vifp_mscale", VIF-P) that the authors of VIF published beside the wavelet-domain one of
 * the paper; the values of the two differ. Four scales with Gaussian windows of N = 17, 9, 5 and 3
 * pixels, sigma N / 5, valid region; each scale after the first is the one before filtered with its
 * own window (valid region) and thinned out to every second pixel; variance of the visual noise 2.
 *   hr, sr  same extents, 0..255; not symmetric
 *   value   0 or more; 1 for identical planes, above 1 where contrast is enhanced. NAN where an
 *           edge is below VIF_LEAST_EDGE or hr is flat
 * ERROR_SHAPE. Sheikh & Bovik 2006, doi:10.1109/TIP.2005.859378. */
int metric_vif(const Plane *hr, const Plane *sr, double *value);

#endif
