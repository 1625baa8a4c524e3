/* Whether one picture is another one moved by a fraction of a pixel: other resampling conventions
 * do that to a whole output, and what is only moved is neither smoothed nor made up. */
#ifndef EVAL_REGISTRATION_H
#define EVAL_REGISTRATION_H

#include "data/image.h"

/* Below this many pixels nothing is taken for a shift. */
#define REGISTRATION_LEAST 0.1

/* How many pixels `sr` lies to the right of and below `hr`, found by Lucas and Kanade's method for
 * one translation of the whole picture, from coarse to fine; the details above the input's
 * resolution are left out of it.
 *   hr, sr  same extents, 0..255
 *   scale   what the input was shrunk by
 * Good to about 0.02 px for shifts of up to 2 * scale. */
void registration_find(const Plane *hr, const Plane *sr, int scale, double *x, double *y);

/* The plane moved by (-x, -y), so that it lies where it should: a sinc of 16 taps, windowed, borders
 * mirrored. Free with plane_free. */
Plane registration_undo(const Plane *plane, double x, double y);

#endif
