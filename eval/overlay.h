/* Where a picture went wrong, painted over the truth: blue and red for the two directions of an
 * error, which people of every colour vision tell apart. */
#ifndef EVAL_OVERLAY_H
#define EVAL_OVERLAY_H

#include "data/image.h"
#include "eval/window.h"

/* What is painted at half strength, in grey levels; full strength is never reached. */
enum { OVERLAY_HALF = 12 };

/* The window of the luma, pale, under the colours.
 *   luma       0..255
 *   blue, red  strengths in grey levels, >= 0; of luma's extents
 * Free with image_free. */
Image overlay_paint(const Window *window, const Plane *luma, const Plane *blue, const Plane *red);

#endif
