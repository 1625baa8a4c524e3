/* What may be wrong with a picture before one trains on it or enlarges it. */
#ifndef DATA_SUSPECT_H
#define DATA_SUSPECT_H

#include <stdbool.h>

#include "data/image.h"

/* Measured on 200 photographs of 481 x 321 pixels (JPEG, as published) and what was made of them.
 * Share in which each is found, in %:
 *   an empty spectrum  0.5 of the photographs themselves; 89 of those enlarged 2 to 4 times
 *                      (bilinear, bicubic, Lanczos; as they are or saved as JPEG 90; bilinear 2 as
 *                      it is in only 20), but as well 85 to 90 of those blurred by a Gaussian of 1
 *                      to 2 px: nothing is there either
 *   blocks             1 of them; 96 saved as JPEG 30, 91 as 40, 86 as 50, 73 as 60, 51 as 75, 16
 * as 85, 2 as 95 noise              0 of them, 4 of those halved by averaging (grain of fine
 * textures); with noise of sigma 3 the same in all channels 79, 5: 90, 8: 95, 12: 99; apart in each
 * channel 57, 80, 92, 95. Saved as JPEG afterwards: sigma 12 at 90 in 97, at 75 in none: what noise
 * there is then looks like texture. Its strength is right within 10 % in four of five motion 2 of
 * them, 2 of those halved; blurred along a line of random direction over 3 to 9 px 100, 12 px 96,
 * 15 px 89; saved as JPEG 85 afterwards 5 px 87, 9 px 91; 2 of those blurred by a Gaussian of 1 px.
 * The direction is right within 5 degrees in nine of ten from 5 px on, the length within 1 px up to
 * 12 px Of procedural pictures (data/synth.h) 4 have an empty spectrum and 1 is noisy, as made. */
#define SUSPECT_FALL       1.25 /* of the spectrum beyond what is natural, nepers of power */
#define SUSPECT_CUTOFF     0.63
#define SUSPECT_BLOCKINESS 0.1
#define SUSPECT_TEXTURE    1.0 /* levels */
#define SUSPECT_NOISE      2.0 /* levels */
#define SUSPECT_WHITENESS  0.8
#define SUSPECT_MOTION     0.33 /* nepers of power */
#define SUSPECT_LIKENESS   0.4

typedef struct Suspicion {
    double fall;       /* how much steeper than 1/f^2 the spectrum falls at its steepest; >= 0 */
    double cutoff;     /* where: share of the finest frequency, 0..1 */
    double blockiness; /* plane_blockiness at scale 1 */
    double texture;    /* mean absolute gradient, levels of luma */
    double noise;      /* deviation of what varies where the picture is flattest, levels of a
                          gray picture (255 / 219 of luma's) */
    double whiteness;  /* that deviation relative to the one at half the size: about 1.4 for
                          white noise, about 0.5 for texture */
    double motion;     /* how strongly motion shows in the spectrum, nepers of power; >= 0 */
    double motion_likeness; /* how much of the spectrum's anisotropy that motion explains, 0..1 */
    double motion_length;   /* of that motion, px: 3..15 (longer ones read as less) */
    double motion_angle;    /* its direction, degrees clockwise from rightwards, 0..179, of 10 */
} Suspicion;

/* luma of any extents; what a picture is too small to show (128 px for the fall and for motion,
 * 32 px for blockiness, about 50 for noise) is 0. A picture of 481 x 321 takes about 4 ms. */
Suspicion plane_examine(const Plane *luma);
Suspicion image_examine(const Image *image);

/* Mean absolute difference of neighbours along both axes, in levels. */
double plane_texture(const Plane *luma);

/* By what differences across the borders of 8x8 blocks exceed the others, relative; of the two
 * axes the lesser. With `scale` (1..BLOCKINESS_MOST_SCALE), of blocks enlarged so many times. 0
 * where a picture has fewer than four blocks along an axis. */
enum { BLOCKINESS_MOST_SCALE = 16 };
double plane_blockiness(const Plane *luma, int scale);

typedef enum SuspicionKind {
    SUSPICION_EMPTY,      /* nothing above the cut-off: enlarged, or blurred */
    SUSPICION_COMPRESSED, /* so heavily that blocks show */
    SUSPICION_NOISY,
    SUSPICION_MOVED, /* motion-blurred */
    SUSPICION_FLAT,
    SUSPICION_KINDS
} SuspicionKind;
bool suspicion_has(const Suspicion *suspicion, SuspicionKind kind);

/* What the picture is for: to be enlarged, or to teach and to judge what was. */
typedef enum SuspectUse { SUSPECT_INPUT, SUSPECT_TRUTH, SUSPECT_USES } SuspectUse;

/* The cause in words ("noisy, sigma about 12 levels", at most 128 bytes) and what follows from it
 * ("noise will be sharpened or smoothed as if it were detail"). */
void suspicion_cause(const Suspicion *suspicion, SuspicionKind kind, char *text, size_t size);
const char *suspicion_consequence(SuspicionKind kind, SuspectUse use);

/* Appends the causes of what is suspected, "; " between; explain with the consequence of each after
 * ": ". Returns how many there are. text is of `size` bytes (SUSPICION_BYTES hold all) and holds a
 * string. */
enum { SUSPICION_BYTES = 1024 };
int suspicion_describe(const Suspicion *suspicion, char *text, size_t size);
int suspicion_explain(const Suspicion *suspicion, SuspectUse use, char *text, size_t size);

#endif
