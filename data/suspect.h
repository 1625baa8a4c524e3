/* What may be wrong with a picture before one trains on it or enlarges it. */
#ifndef DATA_SUSPECT_H
#define DATA_SUSPECT_H

#include <stdbool.h>

#include "data/image.h"

/* Measured on 200 photographs of 481 x 321 pixels (JPEG, as published) and what was made of them:
 * an empty spectrum is found in 1 % of the photographs themselves and in 89 % of those enlarged 2
 * to 4 times (bilinear, bicubic, Lanczos; as they are or saved as JPEG 90; bilinear 2 as it is in
 * only 20 %), but as well in those blurred by a Gaussian of 1 px or more: nothing is there either.
 * Blocks are found in 1 % of them, in 52 % of those saved as JPEG 60 and 92 % of JPEG 40. */
#define SUSPECT_FALL       1.25 /* of the spectrum beyond what is natural, nepers of power */
#define SUSPECT_CUTOFF     0.63
#define SUSPECT_BLOCKINESS 0.13
#define SUSPECT_TEXTURE    1.0 /* levels */

typedef struct Suspicion {
    double fall;       /* how much steeper than 1/f^2 the spectrum falls at its steepest; >= 0 */
    double cutoff;     /* where: share of the finest frequency, 0..1 */
    double blockiness; /* what differences across 8x8 borders exceed the others by, relative */
    double texture;    /* mean absolute gradient, levels */
} Suspicion;

/* luma of any extents; what a picture is too small to show (128 px for the fall, 32 px for
 * blockiness) is 0. */
Suspicion plane_examine(const Plane *luma);
Suspicion image_examine(const Image *image);

/* Mean absolute difference of neighbours along both axes, in levels. */
double plane_texture(const Plane *luma);

bool suspicion_is_empty(const Suspicion *suspicion); /* above the cut-off: enlarged, or blurred */
bool suspicion_is_compressed(const Suspicion *suspicion); /* so heavily that blocks show */
bool suspicion_is_flat(const Suspicion *suspicion);

/* Appends what is suspected in words, "; " between: "nothing above 52 % of its resolution, enlarged
 * or blurred before". Returns how many there are. text is of `size` bytes and holds a string. */
int suspicion_describe(const Suspicion *suspicion, char *text, size_t size);

#endif
