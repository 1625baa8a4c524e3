/* Means of two planes and of their products under a Gaussian window that moves over the valid
 * region: the pass that SSIM, MS-SSIM and VIF share. */
#ifndef EVAL_LOCAL_MEANS_H
#define EVAL_LOCAL_MEANS_H

#include "data/image.h"

/* Levels are taken relative to mid-gray: variances stay the same and lose fewer digits. */
#define MEANS_MIDDLE 128.0f

/* Which means are wanted; each kind needs the ones before it. */
typedef enum MeansQuantities {
    MEANS_LEVELS = 2,  /* a and b */
    MEANS_SQUARES = 4, /* and a b, a^2 + b^2 */
    MEANS_APART = 5    /* a, b, a b, a^2 and b^2 */
} MeansQuantities;

/* The means under the windows whose top left pixels are (x .. x + count - 1, y). */
typedef struct MeansRow {
    int x, y, count;           /* count at most MEANS_STRIPE */
    const float *a, *b;        /* less MEANS_MIDDLE */
    const float *product;      /* of the values less MEANS_MIDDLE, as what follows */
    const float *squares;      /* a^2 + b^2 or a^2 */
    const float *squares_of_b; /* with MEANS_APART */
} MeansRow;

enum { MEANS_STRIPE = 128 };

typedef struct MeansPass {
    int taps;     /* of the window, both ways: 3, 5, 9, 11 or 17 */
    double sigma; /* its weights sum to 1 */
    MeansQuantities quantities;
    int step; /* of the rows: 2 leaves every other one out */
    void (*take)(void *context, const MeansRow *row);
    void *context;
} MeansPass;

/* Hands every stripe of every row to `take`: stripe by stripe, each from top to bottom.
 *   a, b  same extents, at least taps x taps */
void means_pass(const MeansPass *pass, const Plane *a, const Plane *b);

#endif
