/* Whether one picture is another one moved by a fraction of a pixel: other resampling conventions
 * do that to a whole output, and what is only moved is neither smoothed nor made up. */
#ifndef EVAL_REGISTRATION_H
#define EVAL_REGISTRATION_H

#include "data/image.h"

/* Shifts of fewer pixels of the output are left alone. */
#define REGISTRATION_LEAST 0.1

/* How many pixels `sr` lies to the right of and below `hr`, found by Lucas and Kanade's method for
 * one translation of the whole picture, from coarse to fine. Good to about 0.005 px for shifts of
 * up to 2 px; both 0 where nothing tells.
 *   hr, sr  same extents, 0..255: both pictures shrunk to the input's size, so that what was made
 *           up above its resolution has no say */
void registration_find(const Plane *hr, const Plane *sr, double *x, double *y);

/* The plane moved by (-x, -y), so that it lies where it should: a sinc of 16 taps, windowed,
 * borders mirrored. Free with plane_free. */
Plane registration_undo(const Plane *plane, double x, double y);

#endif
