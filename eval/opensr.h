/* The correctness shares of opensr-test, to compare them with ours. */
#ifndef EVAL_OPENSR_H
#define EVAL_OPENSR_H

#include "data/image.h"

typedef enum OpensrShare {
    OPENSR_IMPROVEMENT,   /* nearer to the truth than the input is */
    OPENSR_OMISSION,      /* left as the input was */
    OPENSR_HALLUCINATION, /* away from both */
    OPENSR_SHARES
} OpensrShare;

/* Mean weights of the three classes among the pixels that count; they sum to 1. As opensr-test's
 * defaults have it, for colours in 0..1:
 * - All pictures lose a border of 16 HR pixels; LR is enlarged bilinearly. SR is harmonised with
 *   HR: its histogram matched channel by channel, then moved by the shift that phase correlation
 *   finds in the mean of the channels, in steps of 1/50 px, where that is at most 5 px.
 * - Distances are means over channels of |x - y| / |x + y|: d_ref from LR to HR, d_im from SR to
 *   HR, d_om from SR to LR. Pixels count where one of them exceeds d_ref's 75 % quantile.
 * - With d_im and d_om over d_ref, H = d_im + d_om - 1 and g = 0.05, a pixel is this far from
 *   improvement    d_im + d_om (1 - exp(-g H)),
 *   omission       d_om + d_im (1 - exp(-g H)),
 *   hallucination  exp(-g d_im d_om),
 *   and its weights are exp(-4 distance) over their sum.
 * What differs: where 16 is no multiple of the scale, the border is the greatest multiple below
 * (opensr-test fails there). Where an output lacks whole frequencies, as nearest neighbour's does,
 * rounding decides their phases, there and here, so that the shift may differ by a step and the
 * shares by a few per cent; else they agree to 1e-4. Its other groups, consistency and synthesis,
 * are not measured.
 *   lr      extents those of hr / scale; sr: those of hr
 *   shares  all NAN where the border leaves fewer than 8 x 8 pixels or no pixel counts
 * ERROR_SHAPE.  Aybar et al. 2024, doi:10.1109/LGRS.2024.3401394. */
int metric_opensr(const Image *lr, const Image *sr, const Image *hr, int scale,
                  double shares[OPENSR_SHARES]);

#endif
