/* A picture's own palette, by median cut (Heckbert 1982, doi:10.1145/965145.801294). */
#ifndef DATA_DEGRADE_PALETTE_H
#define DATA_DEGRADE_PALETTE_H

#include <stdint.h>

#include "data/picture.h"
#include "data/workspace.h"

typedef struct Palette {
    int count;
    float colours[256][3];
    int32_t keys[256], slopes[3][256]; /* see palette_nearest */
} Palette;

/* At most `count` colours (2..256) of a picture of whole levels. The same for the same picture. */
void palette_make(Palette *palette, const Picture *picture, int count, Workspace *work);

/* The colour nearest to `wanted` clipped to 0..255 and rounded to half levels, the first of equals.
 * Red counts twice and green four times as much as blue. */
void palette_nearest(const Palette *palette, const float wanted[3], float found[3]);

#endif
