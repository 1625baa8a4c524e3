/* What can be said about an SR picture from its LR picture alone: weaker evidence than a comparison
 * with the truth. Each measure tells one failing where it is gross, and none tells whether invented
 * detail is right. On Y; U enlarges and D shrinks by the scale as METRICS.md says, d(x) = x -
 * U(D(x)).
 *
 * How far to trust them was measured on 40 photographs of 481 x 321 pixels and Set5 at x2 and x4,
 * LR made by D, over up to 14 outputs: bilinear, bicubic, Lanczos, unsharp, bicubic blurred and
 * noisy, HR blurred, half of the true detail, and at x4 a published GAN-trained compact network for
 * anime, four trained for PSNR and one for texture. "ranks" below: Spearman's correlation with the
 * true measure of METRICS.md over the outputs of one picture, median over the pictures, x2 / x4; in
 * brackets over all pictures and outputs together. */
#ifndef EVAL_NO_TRUTH_H
#define EVAL_NO_TRUTH_H

#include <stdbool.h>

#include "data/image.h"
#include "eval/metric.h"

/* What is the same for every method that enlarges one LR picture, computed once. */
typedef struct Input Input;

/* lr: any extents; scale at least 1; `crop` as in METRICS.md, in SR pixels. */
Input *input_new(const Image *lr, int scale, int crop);
void input_free(Input *input);

/* The measures below that need one SR picture; all but those are left as they are. NAN: undefined.
 *   sr  scale times the extents of lr, else ERROR_SHAPE */
int input_measure(const Input *input, const Image *sr, double values[METRIC_COUNT]);

/* METRIC_INPUT_CONSISTENCY, dB, more is better: PSNR of D(SR) against LR, no border dropped. Low:
 * SR contradicts what was seen (or LR was not made by D: blurred, noisy, or shrunk by other means).
 * NAN where they are equal. HR itself has 63 dB, which rounding leaves; bicubic 40. Ranks like
 * consistency: 1.00 / 1.00 (1.00). */

/* METRIC_EXPECTED_ENERGY, 1 is as expected: sqrt of SR's power above LR's Nyquist frequency, over
 * the power that LR's own spectrum leads to expect there. A power law is fitted, least squares in
 * logarithms, to LR's power in rings 4 to 20 of 64 cycles a pixel (Welch; 0.06 to 0.31: the rest up
 * to 0.5 is what cameras and resampling soften) and continued. NAN at scale 1 and for flat LR. HR
 * itself, median and quartiles: 1.01 (0.82, 1.15) at x2, 1.26 (0.95, 1.53) at x4; bicubic 0.23
 * (0.22, 0.27) and 0.20 (0.17, 0.24). Ranks like detail_energy: 0.93 / 0.97 (0.86 / 0.80). It
 * cannot tell right texture from wrong, nor texture from noise. */

/* METRIC_FLAT_TEXTURE, levels, less is better: sqrt of the mean of d(SR)^2 over the pixels whose LR
 * pixel is flat: LR's deviation under a Gaussian window of sigma 1.5 (radius 4) is below 1 level.
 * NAN where no pixel is. Even HR has 0.5 (0.4, 0.7) at x2 and 0.7 (0.4, 0.9) at x4, of what LR did
 * not show and of rounding; bicubic has 0.2. Ranks like false_texture: 0.68 / 0.65 (0.27 / 0.40):
 * it is sure only well above 1. */

/* METRIC_INPUT_HALO, levels, less is better: where the 3x3 pixels of LR around span more than 64
 * levels, the mean of how far SR leaves their range. NAN where none do. HR itself leaves it, being
 * sharper: by 1.9 (1.1, 2.6) at x2 and 2.6 (1.5, 3.1) at x4; bicubic by 0.1. Ranks like halo: 0.81
 * / 0.69 (0.83 / 0.56): among outputs as sharp as each other, the higher has halos. */

/* METRIC_BLOCKINESS, relative, less is better: 8x8 blocks that show in SR, or LR's enlarged
 * (plane_blockiness at scales 1 and `scale`, the greater, at least 0). HR and bicubic have 0.01 to
 * 0.04; above SUSPECT_BLOCKINESS they show. */

/* METRIC_DISAGREEMENT, less is better: how different the detail of two SR pictures is,
 * sqrt(sum G * (d1 - d2)^2 / (sum G * d1^2 + sum G * d2^2)) with METRICS.md's G: 0 for the same
 * detail, 1 for unrelated detail, at most sqrt(2). What two independent models invent differently
 * is not in the input. At x4, with the six networks as opinions, it ranks like the share of a
 * method's own detail that is invented, sqrt(sum invented / sum ss): 0.83 (0.70). It does not rank
 * like hallucination, 0.03, since detail that one lacks counts like detail the other adds; but the
 * one network that hallucinates most has the greatest value in 87 % of the pictures. Its map ranks
 * the places of one picture like the true map of invented detail: 0.89 to 0.99, mostly because both
 * are where detail is; with both divided by the method's own energy, 0.48 to 0.66. Models that
 * learned from the same pictures err alike: that two agree says nothing. */
typedef struct Opinion {
    Plane detail, energy; /* d(SR) and G * d(SR)^2 */
} Opinion;
Opinion opinion_new(const Image *sr, int scale);
void opinion_free(Opinion *opinion);
/* Pixels nearer than crop to an edge do not count. NAN where neither has detail. `map` may be NULL;
 * else it becomes G * (d1 - d2)^2, squared levels; free with plane_free. */
double opinions_disagree(const Opinion *a, const Opinion *b, int scale, int crop, Plane *map);
/* Of each of `count` opinions, at least one, the mean of its disagreements with those others that
 * count (models do, baselines do not); NAN where there are none. Returns the sum of the maps of all
 * pairs that count, or of all energies if there is no such pair; free with plane_free. */
Plane opinions_compare(const Opinion *opinions, const bool *counts, int count, int scale, int crop,
                       double *values);

#endif
